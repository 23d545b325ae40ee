// A pass over a table of readings, block by block: reads ahead, has the blocks scanned by threads, where there are any, and
// takes what becomes of their rows strictly in the order of the files.
//
// A block is given to a thread before those ahead of it are read, on the guess that the one before ends where a
// record does. Where that turns out wrong, it is scanned once more from what the one before has left over.

import { BlockPool, blocksOf, smallRooms } from "../io/blocks.js";
import { BoundedQueue } from "../io/bounded-queue.js";
import { clearState, type FramerState } from "../io/framer.js";
import type { GunzipOutcome } from "../io/gunzip.js";
import { type EntryPlace, truncated } from "../io/records.js";
import { blocksHeld } from "../io/scan-ahead.js";
import type { SharedBuffers } from "../io/shared-buffers.js";
import { RowCursor, SpillFile } from "../io/spill-file.js";
import { readAhead, type TableFile } from "../io/read-ahead.js";
import type { ReadAhead } from "../io/store.js";
import { unpacked } from "../io/unpacker.js";
import type { Damage } from "../transforms/contract.js";
import { JoinTable } from "../transforms/join-table.js";
import type { KeyTable } from "../transforms/key-table.js";
import type { MarkedKeys } from "../transforms/marked-keys.js";
import { type JoinMemory, partitionOf } from "./lookups.js";
import { probesAhead, ReadingsPool, releasePart, type Scanners, type Work } from "./readings-pool.js";
import { type JoinedPart, type Part, ReadingsScanner, type ScanInput } from "./readings-scan.js";
import type { ReadingsPlan } from "./readings-spec.js";
import { fillSpilled, probeSpilled } from "./spilled-jobs.js";
import { joinSpilled, type SpillWorkers, tablesHeld } from "./spilled-join.js";
import { nextTurn } from "./turns.js";
import { UnderWay } from "./under-way.js";
import type { ZoneBuild } from "./zone-build.js";

/** Takes what is no zone's. */
export interface ReadingsHandler {
  good(records: number, droppedFields: number): void;
  damaged(file: TableFile, place: EntryPlace, damage: Damage): Promise<void> | undefined;
}

/** How the work is cut up. */
export interface Tuning {
  /** Bytes of a block. */
  readonly blockBytes: number;
  /** Threads are started for a table of more bytes than this. */
  readonly threadsFrom: number;
  /** The least that a thread may hold of a join that has spilled, in bytes. */
  readonly leastJoinBytes: number;
  scanners(count: number): Scanners;
}

export const defaultTuning: Tuning = {
  blockBytes: 1024 * 1024,
  threadsFrom: 8 * 1024 * 1024,
  leastJoinBytes: 1024 * 1024,
  scanners: (count) => new ReadingsPool(count),
};

/** What a pass works with. */
export interface PassOptions {
  /** Left out: everything is done in this thread. */
  readonly pool: Scanners | undefined;
  readonly tuning: Tuning;
  /** What is read goes here, and what is made of it there: see `passBlocks`. */
  readonly blocks: BlockPool;
  readonly buffers: SharedBuffers;
  readonly memory: JoinMemory;
  /** What of the files pays off to be read before its turn. */
  readonly ahead: ReadAhead;
  /** Ends it with the signal's reason, also while nothing is read or written. */
  readonly signal: AbortSignal | undefined;
}

/** How many blocks may be on their way: a thread has some before it, so that it never waits for one to be read. */
function blocksUnderWay(pool: Scanners | undefined): number {
  return pool ? 8 * pool.size : 2;
}

/** The blocks of all passes of a run: what one leaves behind would be in the way of the next. */
export function passBlocks(pool: Scanners | undefined, { blockBytes }: Tuning, ahead: ReadAhead): BlockPool {
  const blocks = blocksUnderWay(pool) + 2;
  // One more is being taken, and one waits to be put into the queue.
  const shared = { size: blockBytes, count: ahead.files + 1 + blocks };
  return new BlockPool({ size: blockBytes, count: Math.max(blocks, blocksHeld) }, shared);
}

/** A file so many of whose blocks in a row end within a record is taken block after block. */
const mostWrongGuesses = 2;

/**
 * Bytes of parts that may be on their way to the store while more is scanned. A large part is waited for: what is scanned
 * meanwhile would drive it out of the cache.
 */
const bytesWritten = 512 * 1024;

const nothingJoined: JoinedPart = {
  lines: { bytes: new Uint8Array(0), rows: 0 },
  noPair: 0,
  pairs: 0,
  crossPersonPairs: 0,
};

/** A file while its blocks are read. */
interface FileScan {
  readonly file: TableFile;
  readonly gunzip: GunzipOutcome;
  /** What the reader of the next block has to know; left out: the file starts there. */
  state: FramerState | undefined;
  /** How many have been wrong in a row. */
  wrongGuesses: number;
  entries: number;
  /** Where the last entry ended, if it was cut off by the end of the input. */
  truncatedAt: number;
}

interface Flight {
  /** Of each block. */
  readonly scans: readonly FileScan[];
  readonly input: ScanInput;
  /** Where the last block ends in its file. */
  readonly end: number;
  /** What a thread has begun; nothing where it is scanned when it is taken. */
  readonly work: Work | undefined;
}

/** See the top of this file. */
export class ReadingsPass {
  readonly #plan: ReadingsPlan;
  readonly #builds: ReadonlyMap<unknown, ZoneBuild>;
  readonly #handler: ReadingsHandler;
  readonly #pool: Scanners | undefined;
  readonly #scanner: ReadingsScanner;
  readonly #ahead: ReadAhead;
  readonly #signal: AbortSignal | undefined;
  readonly #blocks: BlockPool;
  readonly #queue: BoundedQueue<Flight>;
  readonly #memory: JoinMemory;
  readonly #leastJoinBytes: number;
  /** For each route whose join has spilled: its probe side. */
  readonly #probes: (SpillFile | undefined)[];
  readonly #stop = new AbortController();
  readonly #writing = new UnderWay(bytesWritten);

  /** @param builds the zones that are built in the pass */
  constructor(
    plan: ReadingsPlan,
    builds: ReadonlyMap<unknown, ZoneBuild>,
    handler: ReadingsHandler,
    { pool, tuning: { leastJoinBytes }, blocks, buffers, memory, ahead, signal }: PassOptions,
  ) {
    this.#plan = plan;
    this.#memory = memory;
    this.#leastJoinBytes = leastJoinBytes;
    this.#probes = plan.routes.map(() => undefined);
    this.#builds = builds;
    this.#handler = handler;
    this.#pool = pool;
    this.#scanner = new ReadingsScanner(plan.spec, buffers);
    this.#ahead = ahead;
    this.#signal = signal;
    this.#blocks = blocks;
    this.#queue = new BoundedQueue(blocksUnderWay(pool));
    pool?.begin(plan.spec);
  }

  async run(files: Iterable<TableFile>): Promise<void> {
    const reading = this.#read(files).then(
      () => this.#queue.end(),
      (error: unknown) => this.#queue.fail(error),
    );
    try {
      for (let flight = await this.#queue.take(); flight; flight = await this.#queue.take()) {
        await this.#take(flight);
      }
      for (const index of this.#plan.routes.keys()) await this.#joinSpilled(index);
      await this.#writing.settle();
    } catch (error) {
      this.#stop.abort();
      await this.#queue.drain(({ input }) => this.#release(input));
      throw error;
    } finally {
      await reading;
      for (const probes of this.#probes) probes?.close();
    }
  }

  /** Joins what had to wait. */
  async #joinSpilled(route: number): Promise<void> {
    const probes = this.#probes[route];
    const build = this.#plan.routes[route]!.joinBuild?.spill;
    if (!probes || !build) return;
    const { instants } = this.#plan.spec.routes[route]!.join!;
    const pieceBytes = Math.max(this.#leastJoinBytes, this.#memory.budget / tablesHeld);
    const where = this.#memory.folder;
    const join = { route, instants, build, probes, pieceBytes, where };
    for await (const work of joinSpilled(join, this.#spillWorkers())) {
      await this.#takeParts(work, []);
      // Without threads nothing else would have its turn, and a join without pairs writes nothing.
      await nextTurn(this.#signal);
    }
  }

  /** The threads, and this one, which helps out. */
  #spillWorkers(): SpillWorkers {
    const pool = this.#pool;
    let table: JoinTable;
    return {
      most: 1 + probesAhead * (pool?.size ?? 0),
      fill: (input) => pool?.fill(input) ?? { next: () => Promise.resolve({ filled: fillSpilled(input) }) },
      beginProbes: (memory) => {
        pool?.beginProbes(memory);
        table = JoinTable.of(memory);
      },
      probe: (input) => pool?.probe(input) ?? this.#workHere(probeSpilled(this.#scanner, table, input)),
    };
  }

  /** Reads blocks and has their scanning begun, as far ahead as the queue allows. */
  async #read(files: Iterable<TableFile>): Promise<void> {
    const { signal } = this.#stop;
    /** Files that have been read as a whole into one block: more may stand in it. */
    let whole: { readonly scans: FileScan[]; readonly blocks: Uint8Array[] } | undefined;
    const beginWhole = async (): Promise<void> => {
      if (!whole) return;
      const { scans, blocks } = whole;
      whole = undefined;
      await this.#begin(scans, { blocks, state: undefined, last: true }, blocks.at(-1)!.length);
    };
    for (const [file, read] of readAhead(files, this.#ahead, signal, smallRooms(this.#blocks))) {
      const scan: FileScan = {
        file,
        gunzip: { cutOff: false },
        state: undefined,
        wrongGuesses: 0,
        entries: 0,
        truncatedAt: -1,
      };
      for await (const { bytes, offset, last } of blocksOf(
        unpacked(file, read, scan.gunzip, this.#pool?.unpacker),
        this.#blocks,
      )) {
        if (signal.aborted) {
          for (const each of [...(whole?.blocks ?? []), bytes]) this.#blocks.release(each);
          return;
        }
        const isWhole = offset === 0 && last;
        if (!isWhole || whole?.blocks[0]!.buffer !== bytes.buffer) await beginWhole();
        if (isWhole) {
          whole ??= { scans: [], blocks: [] };
          whole.scans.push(scan);
          whole.blocks.push(bytes);
        } else {
          const state = offset === 0 ? undefined : this.#guess(scan, offset);
          await this.#begin([scan], { blocks: [bytes], state, last }, offset + bytes.length);
        }
      }
    }
    await beginWhole();
  }

  /** Has scanning begun, if where it starts is a good guess. */
  async #begin(scans: readonly FileScan[], input: ScanInput, end: number): Promise<void> {
    const isGuessed = !input.state || scans[0]!.wrongGuesses < mostWrongGuesses;
    const work = isGuessed ? this.#pool?.scan(input) : undefined;
    await this.#queue.push({ scans, input, end, work });
  }

  #guess({ state }: FileScan, offset: number): FramerState {
    return { ...clearState(offset), inArray: state?.inArray ?? false };
  }

  async #take({ scans, input, end, work: begun }: Flight): Promise<void> {
    const scan = scans.at(-1)!;
    const { state } = scan;
    let work = begun;
    let discarded: Promise<void> | undefined;
    if (work && input.state) {
      if (isSame(input.state, state!)) scan.wrongGuesses = 0;
      else {
        scan.wrongGuesses++;
        discarded = work.discard();
        work = undefined;
      }
    }
    work ??= this.#scanHere({ ...input, state });
    await this.#takeParts(work, scans);
    if (input.last && scan.gunzip.cutOff && scan.truncatedAt !== end) {
      // What a cut-off gzip file has lost may have been anything, even where it was cut between records.
      const place = { offset: end, length: 0, record: scan.entries + 1 };
      await this.#handler.damaged(scan.file, place, truncated);
    }
    // A thread may still be reading what it has been told to discard.
    if (discarded) void discarded.then(() => this.#release(input));
    else this.#release(input);
  }

  #release({ blocks }: ScanInput): void {
    for (const bytes of blocks) this.#blocks.release(bytes);
  }

  /** @param scans of the blocks that its entries stand in, if they stand in any */
  async #takeParts(work: Work, scans: readonly FileScan[]): Promise<void> {
    for (;;) {
      const part = await work.next();
      await this.#takeRecords(part, scans);
      const written = [...this.#plan.routes.keys()].map((index) => this.#takeRoute(index, part));
      await this.#writing.add(
        Promise.all(written).then(() => work.release(part)),
        writtenBytes(part),
      );
      if (!part.end) continue;
      const scan = scans.at(-1);
      if (scan) {
        scan.state = part.end.state;
        scan.entries += part.end.count;
      }
      return;
    }
  }

  #scanHere(input: ScanInput): Work {
    return this.#workHere(this.#scanner.scan(input));
  }

  #workHere(scan: { next(): Part }): Work {
    return {
      isReady: true,
      next: () => Promise.resolve(scan.next()),
      release: releasePart,
      discard: () => Promise.resolve(),
    };
  }

  async #takeRecords(part: Part, scans: readonly FileScan[]): Promise<void> {
    this.#handler.good(part.good, part.dropped);
    const { places, damages } = part.damaged;
    for (let index = 0, at = 0; index < damages.length; index++, at += 4) {
      const scan = scans[places[at]!]!;
      const [offset, length] = [places[at + 1]!, places[at + 2]!];
      const damage = damages[index]!;
      if (damage.reason === "truncated") scan.truncatedAt = offset + length;
      const wait = this.#handler.damaged(
        scan.file,
        { offset, length, record: scan.entries + places[at + 3]! },
        damage,
      );
      if (wait) await wait;
    }
  }

  /** @returns when what is written of it is with the store */
  async #takeRoute(index: number, { good, routes }: Part): Promise<void> {
    const { zone, reasons, seen, build, joined } = this.#plan.routes[index]!;
    const part = routes[index]!;
    const { keys } = this.#plan;
    let kept = good;
    const filtered: [string, number][] = [];
    for (const [step, count] of part.filtered.entries()) {
      filtered.push([reasons[step]!, count]);
      kept -= count;
    }
    if (part.seen) for (const each of seen) addSeen(each, keys, part.seen);
    if (part.brought && build) build.addSegments(keys, part.brought);
    if (part.probes) this.#spillProbes(index, part.probes);
    const waits: Promise<void>[] = [];
    if (part.lines) waits.push(this.#builds.get(zone)!.take(good, filtered, part.lines));
    if (joined) {
      const { lines, noPair, pairs, crossPersonPairs } = part.joined ?? nothingJoined;
      const ownFilters = joined.zone === zone ? filtered : [];
      const target = this.#builds.get(joined.zone)!;
      target.tally.pairs += pairs;
      target.tally.crossPersonPairs += crossPersonPairs;
      const read = joined.zone === zone ? good : kept;
      waits.push(target.take(read, [...ownFilters, [joined.step.reason, noPair]], lines));
    }
    await Promise.all(waits);
  }

  #spillProbes(index: number, rows: Uint8Array): void {
    const probes = (this.#probes[index] ??= new SpillFile(this.#memory.folder));
    const row = new RowCursor(rows);
    while (row.next())
      probes.append(partitionOf(row.time), row.time, row.number, rows, row.view, row.from, row.to);
  }
}

function writtenBytes({ routes }: Part): number {
  return routes.reduce(
    (sum, { lines, joined }) => sum + (lines?.bytes.length ?? 0) + (joined?.lines.bytes.length ?? 0),
    0,
  );
}

/** @param numbers of some of the keys */
function addSeen(seen: MarkedKeys, keys: KeyTable, numbers: Int32Array): void {
  const known = keys.beginsWith(seen.table) ? seen.table.size : 0;
  for (const number of numbers) {
    if (number < known) seen.marks.add(number);
    else seen.add(keys.keyAt(number));
  }
}

/** Whether a reader that starts with the one state gives the same as one that starts with the other. */
function isSame(guess: FramerState, state: FramerState): boolean {
  return (
    state.place === "between" &&
    state.stretch === undefined &&
    state.left.length === 0 &&
    state.inArray === guess.inArray
  );
}
