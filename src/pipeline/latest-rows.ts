// The greatest snapshot of each registration, while the customers are read: held as the bytes that it came in, and made
// into a row only where two have to be compared closely, and at the end. Bytes stand one record after another in chunks;
// a chunk in which much has been superseded is emptied and used again. So memory grows with the registrations of which
// one is held, not with the files.

import { viewOf } from "../transforms/words-copy.js";
import { RecordReader } from "../io/table-reader.js";
import { withRoom } from "../transforms/columns.js";
import type { Purpose } from "../transforms/consent.js";
import { Regions } from "../transforms/regions.js";
import type { Row } from "../transforms/rows.js";
import { snapshotOrder } from "../transforms/snapshots.js";
import type { TableShape } from "../transforms/tables.js";
import type { Snapshot } from "./row-sink.js";

const chunkBytes = 1024 * 1024;

/** Before a record in a chunk: its registration, and how many bytes there are for it (int32 each). */
const headerBytes = 8;

/** Superseded bytes may be a sixth of what is held, and this much. */
const idleBytes = 4 * 1024 * 1024;

/** What is held of a registration, where it is not a number of bytes. */
const unknown = 0;
const nothing = -1;

interface Chunk {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Where it is free. */
  used: number;
  /** Bytes of records that are held, with their headers. */
  held: number;
}

/** See the top of this file. Registrations go by their numbers. */
export class LatestRows {
  readonly #compare: (a: Row, b: Row) => number;
  readonly #reader: RecordReader;
  /** By their numbers; one that has been emptied is used again. */
  readonly #chunks: Chunk[] = [];
  readonly #emptied: number[] = [];
  readonly #regions = new Regions((bytes) => new ArrayBuffer(bytes));
  /** The number of the chunk that is being filled. */
  #last = -1;
  #usedBytes = 0;
  #heldBytes = 0;
  // Of each registration.
  #at = new Float64Array(16);
  #place = new Uint32Array(16);
  #chunk = new Int32Array(16);
  #from = new Int32Array(16);
  #length = new Int32Array(16);
  #places = 0;
  #forgone = 0;

  constructor(shape: TableShape, purpose: Purpose) {
    this.#compare = snapshotOrder(shape, purpose);
    this.#reader = new RecordReader(shape);
  }

  /**
   * Takes a snapshot, a whole record in `bytes` from `from` to `to`.
   * @param at its date, epoch milliseconds
   * @returns whether this one, or one before, has been superseded
   */
  offer(registration: number, at: number, bytes: Buffer, from: number, to: number): boolean {
    const before = this.#lengthOf(registration);
    // Of two that are equal in every field, the first to come is kept.
    if (before > 0 && !this.#isGreater(registration, at, bytes, from, to)) return true;
    if (before === nothing) this.#forgone--;
    this.#at[registration] = at;
    this.#place[registration] = this.#places++;
    this.#hold(registration, bytes, from, to);
    return before !== unknown;
  }

  /**
   * Takes a snapshot after which only a later one of its registration may be wanted: nothing is held until that comes.
   * @returns whether one before has been superseded, or this one
   */
  forgo(registration: number): boolean {
    const before = this.#lengthOf(registration);
    if (before === nothing) return true;
    if (before > 0) this.#release(registration);
    this.#length[registration] = nothing;
    this.#forgone++;
    return before !== unknown;
  }

  /** The number of registrations of which nothing is held. */
  get forgone(): number {
    return this.#forgone;
  }

  /** The registrations of which one is held, in the order in which that one came. */
  registrations(): Int32Array {
    const at = new Int32Array(this.#places);
    let held = 0;
    for (let registration = 0; registration < this.#length.length; registration++) {
      if (this.#length[registration]! <= 0) continue;
      at[this.#place[registration]!] = registration + 1;
      held++;
    }
    const inOrder = new Int32Array(held);
    let next = 0;
    for (const registration of at) if (registration > 0) inOrder[next++] = registration - 1;
    return inOrder;
  }

  /** What is held of a registration. */
  snapshot(registration: number): Snapshot {
    const start = this.#from[registration]!;
    const end = start + this.#length[registration]!;
    const { bytes } = this.#chunks[this.#chunk[registration]!]!;
    return { registration, at: this.#at[registration]!, bytes, start, end };
  }

  /** The same as a row. */
  row(registration: number): Row {
    const { bytes, start, end } = this.snapshot(registration);
    return this.#reader.row(bytes, start, end);
  }

  #lengthOf(registration: number): number {
    if (registration >= this.#length.length) {
      this.#at = withRoom(this.#at, registration + 1);
      this.#place = withRoom(this.#place, registration + 1);
      this.#chunk = withRoom(this.#chunk, registration + 1);
      this.#from = withRoom(this.#from, registration + 1);
      this.#length = withRoom(this.#length, registration + 1);
    }
    return this.#length[registration]!;
  }

  #isGreater(registration: number, at: number, bytes: Buffer, from: number, to: number): boolean {
    const before = this.#at[registration]!;
    if (at !== before) return at > before;
    const { bytes: held, start, end } = this.snapshot(registration);
    if (bytes.compare(held, start, end, from, to) === 0) return false;
    return this.#compare(this.#reader.row(bytes, from, to), this.row(registration)) > 0;
  }

  #hold(registration: number, bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    const isHeld = this.#length[registration]! > 0;
    if (!isHeld || length > this.#spaceOf(registration)) {
      if (isHeld) this.#release(registration);
      this.#makeSpace(registration, length);
    }
    this.#length[registration] = length;
    const chunk = this.#chunks[this.#chunk[registration]!]!;
    chunk.bytes.set(bytes.subarray(from, to), this.#from[registration]);
    if (this.#usedBytes - this.#heldBytes > this.#heldBytes / 6 + idleBytes) this.#tidy();
  }

  /** How many bytes there are where a registration's record stands. */
  #spaceOf(registration: number): number {
    const { view } = this.#chunks[this.#chunk[registration]!]!;
    return view.getInt32(this.#from[registration]! - 4);
  }

  /** Gives up what is held of a registration. */
  #release(registration: number): void {
    const bytes = headerBytes + this.#spaceOf(registration);
    this.#chunks[this.#chunk[registration]!]!.held -= bytes;
    this.#heldBytes -= bytes;
  }

  /** Finds a place for a registration's record. */
  #makeSpace(registration: number, length: number): void {
    const needed = headerBytes + length;
    let chunk = this.#chunks[this.#last];
    if (!chunk || chunk.used + needed > chunk.bytes.length) {
      const emptied = needed <= chunkBytes ? this.#emptied.pop() : undefined;
      this.#last =
        emptied ?? this.#chunks.push(chunkOf(this.#regions.take(Math.max(chunkBytes, needed)))) - 1;
      chunk = this.#chunks[this.#last]!;
    }
    chunk.view.setInt32(chunk.used, registration);
    chunk.view.setInt32(chunk.used + 4, length);
    this.#chunk[registration] = this.#last;
    this.#from[registration] = chunk.used + headerBytes;
    chunk.used += needed;
    chunk.held += needed;
    this.#usedBytes += needed;
    this.#heldBytes += needed;
  }

  /** Empties the chunks of which less than seven eighths are held. */
  #tidy(): void {
    const count = this.#chunks.length;
    for (let number = 0; number < count; number++) {
      const { used, held } = this.#chunks[number]!;
      if (number !== this.#last && held < (used * 7) / 8) this.#empty(number);
    }
  }

  #empty(number: number): void {
    const { bytes, view, used } = this.#chunks[number]!;
    for (let at = 0; at < used;) {
      const registration = view.getInt32(at);
      const from = at + headerBytes;
      at = from + view.getInt32(at + 4);
      const length = this.#length[registration]!;
      if (length <= 0 || this.#chunk[registration] !== number || this.#from[registration] !== from) continue;
      this.#release(registration);
      this.#makeSpace(registration, length);
      this.#chunks[this.#chunk[registration]]!.bytes.set(
        bytes.subarray(from, from + length),
        this.#from[registration],
      );
    }
    this.#usedBytes -= used;
    // One for a large record is of no use to others.
    if (bytes.length > chunkBytes) this.#chunks[number] = chunkOf(new Uint8Array(0));
    else {
      this.#chunks[number]!.used = 0;
      this.#emptied.push(number);
    }
  }
}

function chunkOf({ buffer, byteOffset, length }: Uint8Array): Chunk {
  const bytes = Buffer.from(buffer, byteOffset, length);
  return { bytes, view: viewOf(bytes), used: 0, held: 0 };
}
