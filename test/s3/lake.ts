// A lake on S3 for the fault tests: landing files go straight to the server, the engine goes through the proxy that
// breaks answers. What is left on the server is looked at as a reader would, behind everybody's back.

import { inspect } from "node:util";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type MultipartUpload,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { expect } from "vitest";
import { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import type { S3Options } from "../../src/io/s3-store.js";
import type { Store } from "../../src/io/store.js";
import type { RunReport } from "../../src/pipeline/report.js";
import { runPipeline, type RunOptions } from "../../src/pipeline/run.js";
import { leftovers, readLake, type Reading, writeFiles } from "../faults/disk-support.js";
import {
  andFiles,
  email,
  expectNoneOf,
  type Files,
  lines,
  people,
  soundLake,
  valuesOf,
} from "../faults/support.js";
import { withFolder } from "../io/support.js";
import { acceleration } from "../reference/helpers.js";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.js";
import type { Access } from "./servers.js";
import { type Bucket, environmentOf, newBucket, type S3ServerName, server, storeAt } from "./support.js";
import { type Network, startNetwork } from "./toxiproxy.js";

/** What is there, as a reader finds it. */
export interface Found extends Reading {
  /** What stands there besides landing files, commits and what the last commit names. */
  readonly left: readonly string[];
  /** The keys of uploads that were begun and neither finished nor given up. */
  readonly uploads: readonly string[];
}

/** What a run may be told here. */
export type Options = Omit<Partial<RunOptions>, "lake" | "out"> & { readonly s3?: S3Options };

const prefix = "some/lake";

/** Runs an action on a lake of its own that holds these files, and from which nothing has been built. */
export async function withS3Lake(
  action: (lake: S3Lake) => Promise<void>,
  files: Files = soundLake,
  name: S3ServerName = "minio",
): Promise<void> {
  const bucket = await newBucket(name);
  const proxy = await startFaultProxy(bucket.access);
  const lake = new S3Lake(bucket, proxy);
  await lake.land(files);
  try {
    await action(lake);
  } finally {
    await proxy.close();
  }
}

/** The zones that a run on these files comes out with where nothing goes wrong. */
export async function undisturbed(files: Files, options: Options = {}): Promise<Reading["zones"]> {
  const { rules, stages } = options;
  return withFolder(async (folder) => {
    writeFiles(folder, files);
    await runPipeline({ lake: folderStore(folder), ...(rules && { rules }), ...(stages && { stages }) });
    return readLake(folder).zones;
  });
}

let made: Files | undefined;

/** A lake with a file of some 9 MB, which takes several requests to read, and whose zone takes several to write. */
export function largeLake(): Files {
  const readings = Array.from({ length: 120_000 }, (_, index) =>
    acceleration(email(people[index % 3]!), index),
  );
  made ??= andFiles(["accelerometer/landing/a.json", lines(readings)]);
  return made;
}

/** See the top of this file. */
export class S3Lake {
  readonly bucket: Bucket;
  readonly proxy: FaultProxy;
  readonly uri: string;
  /** Where the engine goes: to the proxy, over a network or at once. */
  #way: Access;
  #files = new Map<string, Uint8Array>();

  constructor(bucket: Bucket, proxy: FaultProxy) {
    this.bucket = bucket;
    this.proxy = proxy;
    this.#way = proxy;
    this.uri = `s3://${bucket.name}/${prefix}`;
  }

  /** The landing files that are there. */
  get files(): Files {
    return this.#files;
  }

  /** Puts files there, or others in their place. */
  async land(files: Iterable<readonly [string, Uint8Array]>): Promise<void> {
    const together = pLimit(16);
    const put = async ([path, content]: readonly [string, Uint8Array]): Promise<void> => {
      this.#files.set(path, content);
      await this.put(path, content);
    };
    await Promise.all([...files].map((file) => together(put, file)));
  }

  async put(path: string, content: Uint8Array): Promise<void> {
    await this.bucket.client.send(new PutObjectCommand({ ...this.#at(path), Body: content }));
  }

  /** Takes a file away. */
  async remove(path: string): Promise<void> {
    this.#files.delete(path);
    await this.bucket.client.send(new DeleteObjectCommand(this.#at(path)));
  }

  /** Has the engine go over a network that can be made bad, while an action lasts. */
  async overNetwork(action: (network: Network) => Promise<void>): Promise<void> {
    const network = await startNetwork(await server("toxiproxy"), this.proxy);
    this.#way = network;
    try {
      await action(network);
    } finally {
      this.#way = this.proxy;
      await network.close();
    }
  }

  /** The lake as the engine sees it: through the proxy. */
  store(options?: S3Options): Promise<Store> {
    return storeAt(this.#way, this.uri, options);
  }

  /** What a process has to be told to see it like that. */
  get environment(): Record<string, string> {
    return environmentOf(this.#way);
  }

  async run({ s3, ...options }: Options = {}): Promise<RunReport> {
    return runPipeline({ ...options, lake: await this.store(s3) });
  }

  /** A run that goes through, comes out as if there had been no fault, and leaves nothing. */
  async whole(options: Options = {}): Promise<RunReport> {
    const before = await this.find();
    const report = await this.run(options);
    const { number, zones, left, uploads } = await this.find();
    expect(number).toBe(before.number + 1);
    expect(zones).toEqual(await undisturbed(this.#files, options));
    expect([left, uploads]).toEqual([[], []]);
    return report;
  }

  /**
   * A run that is refused: what was there before is there still, and the error says no more than it may.
   * @param leaves whether something of it may be left, where it had no way of taking it away
   */
  async refused(options: Options = {}, leaves = false): Promise<StediError> {
    const before = await this.find();
    const error: unknown = await this.run(options).then(
      () => new Error("the run went through"),
      (reason: unknown) => reason,
    );
    const after = await this.find();
    expect([after.number, after.zones]).toEqual([before.number, before.zones]);
    if (!(error instanceof StediError)) throw error;
    this.expectDiscreet(inspect(error, { depth: Infinity, showHidden: true }));
    if (!leaves) expect([after.left, after.uploads]).toEqual([before.left, before.uploads]);
    return error;
  }

  /** Neither values of the data nor credentials are in what is printed. */
  expectDiscreet(...texts: readonly string[]): void {
    const { accessKeyId, secretAccessKey } = this.bucket.access;
    expectNoneOf([...valuesOf(this.#files), accessKeyId, secretAccessKey, "Said by a test"], texts);
  }

  /** What is there, whole as the last commit has it. @throws Error where it is not */
  async find(): Promise<Found> {
    // Of the landing files nothing is asked.
    const content = await this.content((path) => !/^\w+\/landing\//.test(path));
    const uploads = await this.#uploads();
    return withFolder((folder) => {
      writeFiles(folder, content);
      const found = { ...readLake(folder), left: leftovers(folder), uploads: uploads.map(({ Key }) => Key!) };
      return Promise.resolve(found);
    });
  }

  /** The number of the last commit; 0 where nothing has been committed. */
  async lastNumber(): Promise<number> {
    const { client, name: Bucket } = this.bucket;
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/_stedi/commits/` }));
    return Math.max(0, ...(page.Contents ?? []).map(({ Key }) => Number(/(\d+)\.json$/.exec(Key!)![1])));
  }

  /** Everything that is stored, or what of it is wanted, by path. */
  async content(wanted: (path: string) => boolean = () => true): Promise<ReadonlyMap<string, Uint8Array>> {
    const content = new Map<string, Uint8Array>();
    const { client, name: Bucket } = this.bucket;
    const together = pLimit(16);
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/`, ContinuationToken }),
      );
      await Promise.all(
        (page.Contents ?? []).map(async ({ Key }) => {
          const path = Key!.slice(prefix.length + 1);
          if (!wanted(path)) return;
          const { Body } = await together(() => client.send(new GetObjectCommand({ Bucket, Key })));
          content.set(path, await Body!.transformToByteArray());
        }),
      );
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return content;
  }

  async #uploads(): Promise<readonly MultipartUpload[]> {
    const { client, name: Bucket } = this.bucket;
    return (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  }

  #at(path: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket.name, Key: `${prefix}/${path}` };
  }
}
