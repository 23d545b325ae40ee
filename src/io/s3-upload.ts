// One object on its way to an S3 store: a multipart upload straight from what is written, or a single put where it
// stays small. The object appears whole with the last request, or not at all.

import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { asS3Error, statusOf } from "./s3-errors.js";
import type { FileSink } from "./store.js";

/** The name under which an object tells which request stored it, so that an answer that was lost can be made up for. */
export const writeIdKey = "stedi-write";

/** S3 takes no smaller parts, and no more of them. */
const leastPartBytes = 5 * 1024 * 1024;
const mostParts = 10_000;

/** An object of unknown size may get this large. */
const unknownBytes = 64 * 1024 ** 3;

/** Parts of one object under way at once. */
const partsAtOnce = 3;

/** How long an upload that is given up may take to say so to the store; a later run clears up behind it. */
const abortMs = 1_500;

/**
 * What all uploads of a store may hold together, in bytes. The part that each is filling is not counted, so that none waits
 * for another that waits for it.
 */
export class UploadMemory {
  #left: number;
  readonly #waiting: (() => void)[] = [];

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Waits until something is left; then as much as is asked for may be held. */
  async take(bytes: number): Promise<void> {
    while (this.#left <= 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Where an object goes, and how. */
export interface UploadTarget {
  readonly client: S3Client;
  readonly memory: UploadMemory;
  /** Bucket, key and encryption. */
  readonly object: Pick<PutObjectCommandInput, "Bucket" | "Key" | "ServerSideEncryption" | "SSEKMSKeyId">;
  /** How users name it. */
  readonly where: string;
  /** About how many bytes it will have, where that is known: parts grow with it. */
  readonly expectedBytes?: number | undefined;
  /** Gives it up, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** See the top of this file. */
export class UploadSink implements FileSink {
  readonly #target: UploadTarget;
  readonly #writeId = randomUUID();
  readonly #partBytes: number;
  /** Of chunks, as bytes it would copy those that wait into one. */
  readonly #body = new PassThrough({ objectMode: true, highWaterMark: 1 });
  /** Ends the requests that are under way. */
  readonly #stop = new AbortController();
  readonly #stored: Promise<void>;
  #written = 0;
  /** Bytes that the store has. */
  #settled = 0;
  /** Bytes that are taken from the memory of all. */
  #held = 0;

  constructor(target: UploadTarget) {
    this.#target = target;
    const { client, object, expectedBytes = unknownBytes, signal } = target;
    this.#partBytes = Math.max(leastPartBytes, Math.ceil(expectedBytes / mostParts));
    const upload = new Upload({
      client: stoppedBy(client, this.#stop.signal),
      params: {
        ...object,
        Body: this.#body,
        Metadata: { [writeIdKey]: this.#writeId },
        // Without it, the store would know a checksum of each part, but none of an object of several.
        ...({ ChecksumType: "FULL_OBJECT" } as object),
      },
      partSize: this.#partBytes,
      queueSize: partsAtOnce,
    });
    upload.on("httpUploadProgress", ({ loaded = 0 }) => {
      this.#settled = loaded;
      this.#giveBack();
    });
    this.#body.on("error", () => undefined); // it reaches whoever reads the body
    this.#stored = this.#store(upload);
    this.#stored.catch(() => undefined); // told by the next call
    // Whoever writes may be waiting for a store that does not answer.
    const giveUp = (): void => void this.abort();
    if (signal?.aborted) giveUp();
    signal?.addEventListener("abort", giveUp);
    const over = (): void => signal?.removeEventListener("abort", giveUp);
    this.#stored.then(over, over);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const over = this.#beyondOwnPart(bytes.length) - this.#held;
    if (over > 0) {
      await this.#take(over);
      this.#held += over;
    }
    this.#written += bytes.length;
    if (this.#body.destroyed) {
      // It may have ended while memory was waited for.
      this.#settled = this.#written;
      this.#giveBack();
      return this.#stored;
    }
    // A copy, as the caller's bytes change as soon as this is done.
    if (!this.#body.write(Buffer.from(bytes))) await this.#drained();
  }

  async close(): Promise<void> {
    this.#body.end();
    await this.#stored;
  }

  async abort(): Promise<void> {
    // The upload meets this error where it expects bytes, and takes itself away.
    this.#body.destroy(new Error("given up"));
    this.#stop.abort();
    await Promise.race([
      this.#stored.catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, abortMs).unref()),
    ]);
  }

  async #store(upload: Upload): Promise<void> {
    const { where, signal } = this.#target;
    try {
      await upload.done();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (!(await this.#isStoredAllTheSame(error))) throw asS3Error(error, "PutObject", where);
    } finally {
      this.#body.destroy();
      this.#settled = this.#written;
      this.#giveBack();
    }
  }

  /** An upload whose completion was not answered is not there any more when the store is asked again: the object is. */
  async #isStoredAllTheSame(error: unknown): Promise<boolean> {
    if (statusOf(error) !== 404) return false;
    const { client, object } = this.#target;
    const { Bucket, Key } = object;
    const found = await client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => undefined);
    return found?.Metadata?.[writeIdKey] === this.#writeId && found.ContentLength === this.#written;
  }

  async #take(bytes: number): Promise<void> {
    const { memory } = this.#target;
    const taking = memory.take(bytes);
    try {
      await Promise.race([taking, this.#stored]);
    } catch (error) {
      void taking.then(() => {
        memory.give(bytes);
      });
      throw error;
    }
  }

  /** Bytes that would be held besides the part that is being filled, if so many more were written. */
  #beyondOwnPart(more: number): number {
    return Math.max(0, this.#written + more - this.#settled - this.#partBytes);
  }

  #giveBack(): void {
    const bytes = Math.max(0, this.#held - this.#beyondOwnPart(0));
    this.#held -= bytes;
    this.#target.memory.give(bytes);
  }

  #drained(): Promise<void> {
    return Promise.race([
      new Promise<void>((resolve) => this.#body.once("drain", resolve)),
      // Only ends before, if it fails.
      this.#stored,
    ]);
  }
}

/**
 * The client as an upload is to use it: what it sends ends with the signal, but for what begins an upload, whose number is
 * needed to take it away, and what takes it away.
 */
function stoppedBy(client: S3Client, abortSignal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client["send"]>[0]): unknown => {
    const goesOn =
      command instanceof CreateMultipartUploadCommand || command instanceof AbortMultipartUploadCommand;
    return client.send(command, goesOn ? {} : { abortSignal });
  };
  return Object.create(client, { send: { value: send } }) as S3Client;
}
