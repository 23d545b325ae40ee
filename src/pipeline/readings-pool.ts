// Threads that scan blocks, and what is said to them and by them. A thread takes its blocks in the order
// in which they are given to it, and waits when it is some parts ahead of whoever takes these.

import type { ResourceLimits } from "node:worker_threads";
import type { StediError } from "../errors.js";
import type { PlainRecords } from "../io/plain-records.js";
import { giveBack } from "../io/shared-buffers.js";
import { type Unpacker, UnpackingThread } from "../io/unpacker.js";
import { smallHeap, WorkerThread } from "../io/worker-thread.js";
import { readingsProgram, unpackingProgram } from "../programs.js";
import type { Seed } from "../transforms/key-table.js";
import type { JoinIndex, JoinTableMemory } from "../transforms/join-table.js";
import type { TableShape } from "../transforms/tables.js";
import type { Part, ScanInput } from "./readings-scan.js";
import type { ReadingsSpec } from "./readings-spec.js";
import type { Filled, FillInput, ProbeInput } from "./spilled-jobs.js";

/** The work on one block: its parts, in order. */
export interface Work<P = Part> {
  /** Whether the next part is there already. */
  readonly isReady: boolean;
  /** The next part; there is none after the one with an `end`. */
  next(): Promise<P>;
  /** Gives a part's buffers back, once its bytes are not needed any more. */
  release(part: P): void;
  /** Says that no more parts of it are wanted. @returns when the block is not read any more */
  discard(): Promise<void>;
}

/** Scans blocks beside the thread that calls. */
export interface Scanners {
  /** How many threads there are. */
  readonly size: number;
  readonly unpacker: Unpacker | undefined;
  /** Says what the blocks from now on are scanned for. */
  begin(spec: ReadingsSpec): void;
  scan(input: ScanInput): Work;
  /** Puts rows of a spilled join's build side into a table. */
  fill(input: FillInput): Work<FilledPart>;
  /** Says which table of a spilled join is probed from now on. */
  beginProbes(table: JoinTableMemory): void;
  /** @returns nothing where every thread has enough to do */
  probe(input: ProbeInput): Work | undefined;
  /** Indexes the build side of a join. */
  index(table: JoinTableMemory, instants: boolean): Work<IndexPart>;
  /** Says which table the blocks of records from now on are of. */
  beginRecords(input: RecordsInput): void;
  /** @returns nothing where every thread has enough to do */
  records(block: RecordsBlock): Work<RecordsPart> | undefined;
  close(): Promise<void>;
}

/** A table whose records are looked through, and the seed of what their keys are looked up in. */
export interface RecordsInput {
  readonly table: TableShape;
  readonly seed: Seed;
  /** How many blocks their reader has come to (an int32): it does not wait for one that is not done by then. */
  readonly reached: SharedArrayBuffer;
}

/** A block of records. */
export interface RecordsBlock {
  readonly bytes: Uint8Array;
  /** Counted from 1. */
  readonly number: number;
}

/** What has been found in a block of records; nothing where there was anything but whole ones, or it was too late. */
export interface RecordsPart {
  readonly records: PlainRecords | undefined;
  readonly end: true;
}

/** A build side has been indexed, in the memory that it stands in. */
export interface IndexPart {
  readonly index: JoinIndex;
  readonly end: true;
}

/** Rows of a build side that has spilled are in a table. */
export interface FilledPart {
  readonly filled: Filled;
  readonly end: true;
}

export type ToWorker =
  | {
      readonly kind: "index";
      readonly job: number;
      readonly table: JoinTableMemory;
      readonly instants: boolean;
    }
  | { readonly kind: "records-pass"; readonly input: RecordsInput }
  | { readonly kind: "records"; readonly job: number; readonly block: RecordsBlock }
  | { readonly kind: "pass"; readonly spec: ReadingsSpec }
  | { readonly kind: "scan"; readonly job: number; readonly input: ScanInput }
  | { readonly kind: "fill"; readonly job: number; readonly input: FillInput }
  | { readonly kind: "probes"; readonly table: JoinTableMemory }
  | { readonly kind: "probe"; readonly job: number; readonly input: ProbeInput }
  /** A part that is not its job's last one has been taken. */
  | { readonly kind: "taken"; readonly job: number };

export interface FromWorker {
  readonly job: number;
  readonly part: Part | RecordsPart | IndexPart | FilledPart;
}

/** How many parts of a job a thread may be ahead. */
export const partsAhead = 4;

/** How many blocks of records a thread may have before it: so many are soon done. */
const recordsAhead = 4;

/** How many probes of a spilled join a thread may have before it. */
export const probesAhead = 3;

/** What threads run, and how much of the heap each may have. */
export interface ThreadOptions {
  readonly file: URL;
  /** What the one runs that unpacks files: see unpacker.ts. */
  readonly unpacking: URL;
  readonly limits: ResourceLimits;
}

export const defaultThreads: ThreadOptions = {
  file: readingsProgram,
  unpacking: unpackingProgram,
  // What lives long stands in shared memory.
  limits: smallHeap,
};

/** See the top of this file. */
export class ReadingsPool implements Scanners {
  readonly size: number;
  readonly unpacker: Unpacker;
  readonly #threads: readonly Thread[];

  constructor(size: number, options = defaultThreads) {
    this.size = size;
    this.unpacker = new UnpackingThread(options.unpacking);
    this.#threads = Array.from({ length: size }, () => new Thread(options));
  }

  begin(spec: ReadingsSpec): void {
    for (const thread of this.#threads) thread.send({ kind: "pass", spec });
  }

  scan(input: ScanInput): Work {
    return this.#idlest().start((job) => ({ kind: "scan", job, input }), releasePart);
  }

  fill(input: FillInput): Work<FilledPart> {
    // It takes long: what comes behind it would be waited for.
    return this.#idlest().start(
      (job) => ({ kind: "fill", job, input }),
      () => undefined,
      probesAhead,
    );
  }

  beginProbes(table: JoinTableMemory): void {
    for (const thread of this.#threads) thread.send({ kind: "probes", table });
  }

  probe(input: ProbeInput): Work | undefined {
    const thread = this.#threadBelow(probesAhead);
    return thread?.start((job) => ({ kind: "probe", job, input }), releasePart);
  }

  index(table: JoinTableMemory, instants: boolean): Work<IndexPart> {
    return this.#idlest().start(
      (job) => ({ kind: "index", job, table, instants }),
      () => undefined,
    );
  }

  beginRecords(input: RecordsInput): void {
    for (const thread of this.#threads) thread.send({ kind: "records-pass", input });
  }

  records(block: RecordsBlock): Work<RecordsPart> | undefined {
    const thread = this.#threadBelow(recordsAhead);
    return thread?.start((job) => ({ kind: "records", job, block }), releaseRecords);
  }

  /** The thread with the least to do, if that is less than so many jobs. */
  #threadBelow(jobs: number): Thread | undefined {
    const idlest = this.#idlest();
    return idlest.load < jobs ? idlest : undefined;
  }

  #idlest(): Thread {
    return this.#threads.reduce((least, thread) => (thread.load < least.load ? thread : least));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads, this.unpacker].map((thread) => thread.close()));
  }
}

class Thread {
  readonly #thread: WorkerThread<ToWorker, FromWorker>;
  readonly #jobs = new Map<number, AnyJob>();
  #lastJob = 0;
  #load = 0;

  constructor({ file, limits }: ThreadOptions) {
    this.#thread = new WorkerThread(
      file,
      limits,
      ({ job, part }) => {
        const found = this.#jobs.get(job);
        if (part.end) {
          this.#jobs.delete(job);
          this.#load -= found?.weight ?? 0;
        }
        // A job's parts are of its kind.
        (found as Job<typeof part> | undefined)?.arrived(part);
      },
      (failure) => {
        for (const job of this.#jobs.values()) job.fail(failure);
        this.#jobs.clear();
      },
    );
  }

  /** How many jobs it has before it, by their weight. */
  get load(): number {
    return this.#load;
  }

  send(message: ToWorker): void {
    this.#thread.send(message);
  }

  /**
   * @param release gives the buffers of its parts back
   * @param weight as how many jobs it counts
   */
  start<P extends Ending>(
    message: (job: number) => ToWorker,
    release: (part: P) => void,
    weight = 1,
  ): Work<P> {
    const number = ++this.#lastJob;
    const job = new Job(release, () => this.send({ kind: "taken", job: number }), weight);
    const { failure } = this.#thread;
    if (failure) job.fail(failure);
    else {
      this.#jobs.set(number, job as never);
      this.#load += weight;
      this.#thread.keepAlive();
      this.send(message(number));
    }
    return job;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** The last part of a job has an end. */
interface Ending {
  readonly end: unknown;
}

type AnyJob = Job<Part> | Job<RecordsPart> | Job<IndexPart> | Job<FilledPart>;

class Job<P extends Ending> implements Work<P> {
  readonly weight: number;
  readonly #release: (part: P) => void;
  readonly #taken: () => void;
  readonly #parts: P[] = [];
  #failure: StediError | undefined;
  #isDiscarded = false;
  #hasEnded = false;
  #wake = (): void => undefined;

  /** @param taken is told of every part but the last */
  constructor(release: (part: P) => void, taken: () => void, weight: number) {
    this.weight = weight;
    this.#release = release;
    this.#taken = taken;
  }

  get isReady(): boolean {
    return this.#parts.length > 0 || this.#failure !== undefined;
  }

  arrived(part: P): void {
    this.#hasEnded = part.end !== undefined;
    if (this.#isDiscarded) this.release(part);
    else this.#parts.push(part);
    this.#wake();
  }

  fail(error: StediError): void {
    this.#failure = error;
    this.#wake();
  }

  async next(): Promise<P> {
    while (this.#parts.length === 0) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
    return this.#parts.shift()!;
  }

  release(part: P): void {
    this.#release(part);
    if (!part.end) this.#taken();
  }

  async discard(): Promise<void> {
    this.#isDiscarded = true;
    for (const part of this.#parts.splice(0)) this.release(part);
    while (!this.#hasEnded && !this.#failure) await new Promise<void>((wake) => (this.#wake = wake));
  }
}

/** The same as `releasePart`. */
export function releaseRecords({ records }: RecordsPart): void {
  if (records) giveBack(records.columns);
}

/** Gives back the memory that a part's bytes stand in. */
export function releasePart({ routes }: Part): void {
  for (const { lines, brought, probes, joined } of routes) {
    for (const bytes of [lines?.bytes, brought?.texts, probes, joined?.lines.bytes])
      if (bytes) giveBack(bytes);
  }
}
