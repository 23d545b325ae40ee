// A lake in MinIO on which runs are disturbed: some of its landing files change from round to round, and after each round
// it is looked at as a reader would, by a way that nothing disturbs, and held to the rules. Which faults befall a
// run, whether it is killed and whether another one is under way comes from a seed.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { setTimeout } from "node:timers/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { errorCodes, exitCodes, StediError } from "../../src/errors.js";
import { openStore } from "../../src/io/open-store.js";
import { lastCommits } from "../../src/pipeline/commit-log.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { type Random, stream } from "../../src/synthetic/random.js";
import { type Ended, leftovers, readLake, type Reading, stedi, writeFiles } from "../faults/disk-support.js";
import { clientOf, environmentOf } from "../s3/client.js";
import { type FaultProxy, startFaultProxy } from "../s3/fault-proxy.js";
import type { Access } from "../s3/servers.js";
import { startNetwork } from "../s3/toxiproxy.js";
import { killAt, kinds, pick, type Way } from "./faults.js";

/** What befell one run, and what came of it. */
export interface RunOutcome {
  /** How often each kind of fault struck; kinds that were set up and had no occasion are there with 0. */
  readonly struck: ReadonlyMap<string, number>;
  readonly outcome: string;
  /** What a run that was refused said of it. */
  readonly said: string;
}

/** The kind that is no fault of the store. */
export const killing = "killed";

const bucket = "chaos";
const prefix = "some/lake";

/** The file that says who has withdrawn. */
const withdrawals = "customer/landing/zz-withdrawals.json";

/** Files of an ending that nothing reads, so many that the customers' listing has a second page, with the withdrawals. */
const fillers = 1100;

/** How long a store may fail in a row, in seconds: short, so that runs that are refused do not take up all the time. */
const retryFor = 3;

/** No run takes so long, whatever befalls it. */
const longestRunMs = 120_000;

/** How long what a dead process has asked for may still be on its way. */
const settleMs = 150;

/** See the top of this file. */
export class ChaosLake {
  readonly #minio: Access;
  readonly #toxiproxy: Access;
  readonly #client: S3Client;
  readonly #folder: string;
  readonly #seed: number;
  readonly #uri = `s3://${bucket}/${prefix}`;
  /** In front of the server, one for each run at once. */
  #proxies: readonly FaultProxy[] = [];
  /** What the file of withdrawals may say, and the zones that a run then has to come out with. */
  #variants: readonly { readonly withdrawn: string; readonly zones: Reading["zones"] }[] = [];
  #current = 0;
  #before: Reading = { number: 0, zones: {} };
  #requests = 0;
  #milliseconds = 0;

  /** @param folder an empty one, for copies of what is looked at */
  constructor(minio: Access, toxiproxy: Access, folder: string, seed: number) {
    Object.assign(process.env, environmentOf(minio));
    this.#minio = minio;
    this.#toxiproxy = toxiproxy;
    this.#client = clientOf(minio);
    this.#folder = folder;
    this.#seed = seed;
  }

  /** Makes the lake, and the zones that runs have to come out with. */
  async prepare(people: number): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: bucket }));
    // Of several requests each, to be read and to be written.
    const options = { people, seed: this.#seed, messy: true, fileBytes: 6 * 1024 * 1024 };
    for (const { path, chunks } of syntheticLake(options)) await this.#put(path, Buffer.concat([...chunks]));
    const limit = pLimit(16);
    const names = Array.from({ length: fillers }, (_, index) => `customer/landing/m-${index}.txt`);
    await Promise.all(names.map((name) => limit(() => this.#put(name, "-"))));

    const nobody = await this.#undisturbed("\n");
    const [first = ""] = nobody.customer_trusted!.split("\n");
    const { email, serialNumber } = JSON.parse(first) as Record<string, string>;
    const withdrawn = `${JSON.stringify({ email, serialNumber, lastUpdateDate: 9_999_999_999_999 })}\n`;
    const somebody = await this.#undisturbed(withdrawn);
    if (isDeepStrictEqual(nobody, somebody)) throw new Error("the withdrawal makes no difference");
    this.#variants = [
      { withdrawn: "\n", zones: nobody },
      { withdrawn, zones: somebody },
    ];
    await this.#land(0);

    this.#proxies = await Promise.all([0, 1].map(() => startFaultProxy(this.#minio)));
    const [proxy] = this.#proxies;
    const start = performance.now();
    const { code, stderr } = await this.#command(proxy!).ended;
    if (code !== 0) throw new Error(`the undisturbed run failed: ${stderr}`);
    this.#milliseconds = performance.now() - start;
    this.#requests = proxy!.seen.length;
    this.#before = (await this.#look()).reading;
  }

  /** @returns how many connections broke off on the other side of the proxies: faults too, but none that were drawn */
  async close(): Promise<number> {
    let others = 0;
    for (const proxy of this.#proxies) {
      await proxy.close().catch((error: unknown) => {
        if (!(error instanceof AggregateError)) throw error;
        others += error.errors.length;
      });
    }
    this.#client.destroy();
    return others;
  }

  /** One round: the landing zone changes or not, one run or two at once are disturbed. @throws Error where a rule is broken */
  async round(index: number): Promise<readonly RunOutcome[]> {
    const random = stream(this.#seed, index, 0);
    if (random.coin()) await this.#land(1 - this.#current);
    const both = random.below(4) === 0;
    const proxies = both ? this.#proxies : this.#proxies.slice(0, 1);
    const runs = await Promise.all(
      proxies.map((proxy, which) => this.#disturbed(proxy, index, which + 1, both)),
    );
    await setTimeout(settleMs);

    const before = this.#before;
    const { reading } = await this.#look();
    const now = this.#variants[this.#current]!;
    const committed = reading.number - before.number;
    const fine = runs.filter(({ ended }) => ended.code === 0).length;
    const unsure = runs.filter(({ ended }) => mayHaveCommitted(ended)).length;
    if (committed < fine) throw new Error(`${fine} runs say they have committed, and ${committed} have`);
    if (committed > fine + unsure) throw new Error("a run that was refused has committed");
    if (!isDeepStrictEqual(reading.zones, committed === 0 ? before.zones : now.zones))
      throw new Error(`a reader saw zones that commit ${reading.number} cannot have`);
    await this.#checkRuns(runs.flatMap(({ ended }) => (ended.code === 0 ? [ended] : [])));
    this.#before = reading;

    // Now and then a lake is disturbed again before anybody has cleared up.
    const states = runs.map((run) => ({
      struck: run.struck,
      outcome: outcomeOf(run.ended, both, committed),
      said: run.ended.code === 0 ? "" : run.ended.stderr,
    }));
    if (random.below(4) > 0) await this.#goodRun();
    return states;
  }

  /** A run that nothing disturbs: whole, and nothing is left behind it. */
  async #goodRun(): Promise<void> {
    for (let again = 0; ; again++) {
      try {
        await runPipeline({ lake: await openStore(this.#uri) });
        break;
      } catch (error) {
        // A killed run's commit that was on its way has come first. Not twice.
        if (!(error instanceof StediError)) throw error;
        if (error.code !== "STEDI_COMMITTED_BY_ANOTHER" || again > 0)
          throw new Error(`the undisturbed run was refused: ${error.code}: ${error.message}`, {
            cause: error,
          });
      }
    }
    const { reading, left } = await this.#look();
    if (reading.number <= this.#before.number) throw new Error("the undisturbed run left no commit");
    if (!isDeepStrictEqual(reading.zones, this.#variants[this.#current]!.zones))
      throw new Error("the undisturbed run made other zones");
    if (left.length > 0) throw new Error(`the undisturbed run left ${left.join(", ")}`);
    this.#before = reading;
  }

  async #disturbed(
    proxy: FaultProxy,
    index: number,
    which: number,
    both: boolean,
  ): Promise<{ struck: ReadonlyMap<string, number>; ended: Ended }> {
    const random = stream(this.#seed, index, which);
    if (both) await setTimeout(random.below(2) * random.below(Math.ceil(this.#milliseconds)));
    proxy.reset();
    // Each run has a network of its own, so that nothing of an earlier one is left on its way.
    const network = await startNetwork(this.#toxiproxy, proxy);
    const struck = new Map<string, number>();
    const over = new AbortController();
    const wayOf = (kind: string): Way => {
      struck.set(kind, 0);
      return {
        proxy,
        network,
        random,
        requests: this.#requests,
        milliseconds: this.#milliseconds,
        strike: () => struck.set(kind, struck.get(kind)! + 1),
        meanwhile: (happening) => underWay.push(happening),
        over: over.signal,
      };
    };
    const underWay: Promise<void>[] = [];
    const command = this.#command(network);
    const isKilled = random.below(3) === 0;
    if (isKilled) killAt(wayOf(killing), () => command.child.kill("SIGKILL"));
    for (const kind of this.#drawn(random, both)) await kinds[kind]!(wayOf(kind));

    const hangs = new AbortController();
    const ended = await Promise.race([
      command.ended,
      setTimeout(longestRunMs, undefined, { signal: hangs.signal }).catch(() => undefined),
    ]);
    hangs.abort();
    over.abort();
    if (!ended) command.child.kill("SIGKILL");
    await Promise.all(underWay);
    await network.close();
    if (!ended) throw new Error(`a run did not end (${[...struck.keys()].join(", ")})`);
    this.#checkEnd(ended, struck, both);
    return { struck, ended };
  }

  /** Kinds of faults for one run: often one, sometimes none or several together. */
  #drawn(random: Random, both: boolean): ReadonlySet<string> {
    // Two runs on a store without conditions may both commit; that is found out by one run alone as well.
    const names = Object.keys(kinds).filter((name) => !both || name !== "a store without conditions");
    const drawn = new Set<string>();
    for (let left = pick(random, [0, 1, 1, 1, 1, 2, 2, 3]); left > 0; left--) drawn.add(pick(random, names));
    return drawn;
  }

  #command(server: Access): ReturnType<typeof stedi> {
    const args = ["run", "all", "--lake", this.#uri, "--retry-for", String(retryFor), "--json", "--quiet"];
    return stedi(args, environmentOf(server));
  }

  /** Runs end well, by refusing, by losing a race that there was, or by being killed. They tell no secrets. */
  #checkEnd(
    { code, signal, stdout, stderr }: Ended,
    struck: ReadonlyMap<string, number>,
    both: boolean,
  ): void {
    const kinds = [...struck.keys()].join(", ");
    const isKilled = signal === "SIGKILL" && (struck.get(killing) ?? 0) > 0;
    const isFine = code === exitCodes.done || code === exitCodes.store || (code === exitCodes.race && both);
    if (!isKilled && !isFine) throw new Error(`ended with ${code ?? signal} (${kinds}): ${stderr}`);
    const { accessKeyId, secretAccessKey } = this.#minio;
    for (const secret of [accessKeyId, secretAccessKey, "@", "Said by a test"]) {
      if ((stdout + stderr).includes(secret))
        throw new Error(`something was printed that is secret (${kinds})`);
    }
  }

  /** What runs say that they have committed stands in the log. */
  async #checkRuns(fine: readonly Ended[]): Promise<void> {
    if (fine.length === 0) return;
    const commits = await lastCommits(await openStore(this.#uri), 4);
    for (const { stdout } of fine) {
      const { run, commit } = JSON.parse(stdout) as { run: string; commit: number };
      if (!commits.some((each) => each.number === commit && each.run === run))
        throw new Error(`commit ${commit} is not that of the run that says so`);
    }
  }

  async #undisturbed(withdrawn: string): Promise<Reading["zones"]> {
    await this.#put(withdrawals, withdrawn);
    const out = join(this.#folder, "undisturbed");
    await runPipeline({ lake: await openStore(this.#uri), out: await openStore(out) });
    const { zones } = readLake(out);
    await rm(out, { recursive: true });
    return zones;
  }

  async #land(variant: number): Promise<void> {
    this.#current = variant;
    await this.#put(withdrawals, this.#variants[variant]!.withdrawn);
  }

  async #put(path: string, content: string | Uint8Array): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${path}`, Body: content }),
    );
  }

  /** What a reader finds, and what stands there that nothing names. @throws Error where what is committed is not whole */
  async #look(): Promise<{ readonly reading: Reading; readonly left: readonly string[] }> {
    const copy = join(this.#folder, "copy");
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy);
    const paths = await this.#paths();
    // Of all that is there, a reader takes what the last commit names. All else is there by name.
    const [last] = await lastCommits(await openStore(this.#uri), 1);
    const named = new Set(
      [
        ...Object.values(last?.zones ?? {}).map(({ files }) => files),
        ...Object.values(last?.landing ?? {}).map(({ quarantine }) => quarantine),
      ]
        .flat()
        .map(({ path }) => path),
    );
    const newest = paths.filter((path) => path.startsWith("_stedi/commits/")).at(-1);
    const limit = pLimit(16);
    await Promise.all(
      paths.map((path) =>
        limit(async () => {
          const isTaken = named.has(path) || path === newest;
          writeFiles(copy, [[path, isTaken ? await this.#get(path) : Buffer.alloc(0)]]);
        }),
      ),
    );
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    const uploads = Uploads.map(({ Key }) => `an upload to ${Key!}`);
    return { reading: readLake(copy), left: [...leftovers(copy), ...uploads] };
  }

  async #get(path: string): Promise<Uint8Array> {
    const { Body } = await this.#client.send(
      new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/${path}` }),
    );
    return Body!.transformToByteArray();
  }

  /** All that is there but landing files. */
  async #paths(): Promise<readonly string[]> {
    const paths: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/`, ContinuationToken }),
      );
      paths.push(...(page.Contents ?? []).map(({ Key }) => Key!.slice(prefix.length + 1)));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return paths.filter((path) => !/^\w+\/landing\//.test(path)).sort();
  }
}

/** Whether a run that did not end well may stand in the log all the same: it was killed, or says so itself. */
function mayHaveCommitted({ code, stdout }: Ended): boolean {
  return code === null || (code === exitCodes.store && errorOf(stdout).why?.includes("may stand") === true);
}

function outcomeOf({ code, stdout }: Ended, both: boolean, committed: number): string {
  if (code === 0) {
    const { warnings } = JSON.parse(stdout) as { warnings: readonly { code: string }[] };
    const said = ["STEDI_W_READ_AGAIN", "STEDI_W_NOT_SWEPT"].filter((each) =>
      warnings.some((warning) => warning.code === each),
    );
    return ["committed", ...said].join(", ");
  }
  // Of two runs it cannot be told by the number alone which one it was.
  if (code === null)
    return both ? "killed" : committed > 0 ? "killed after its commit" : "killed before its commit";
  if (code === errorCodes.STEDI_COMMITTED_BY_ANOTHER) return "lost the race";
  const { code: name, why = "" } = errorOf(stdout);
  return `refused: ${name}${why.includes("may stand") ? ", unconfirmed" : ""}`;
}

function errorOf(stdout: string): { readonly code: string; readonly why?: string } {
  return (JSON.parse(stdout) as { error: { code: string; why?: string } }).error;
}
