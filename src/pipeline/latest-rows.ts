// The greatest snapshot of each registration, while the customers are read: held as the bytes that it came in, and made
// into a row only where two have to be compared closely, and at the end. What has been superseded makes room for what
// comes: memory grows with the registrations, not with the files.

import { RecordReader } from "../io/table-reader.js";
import type { Purpose } from "../transforms/consent.js";
import type { Row } from "../transforms/rows.js";
import { snapshotOrder } from "../transforms/snapshots.js";
import type { TableShape } from "../transforms/tables.js";
import type { Snapshot } from "./row-sink.js";

const chunkBytes = 1024 * 1024;

/** Superseded bytes may be half of what is held, and this much. */
const idleBytes = 4 * 1024 * 1024;

/** See the top of this file. Registrations go by their numbers. */
export class LatestRows {
  readonly #compare: (a: Row, b: Row) => number;
  readonly #reader: RecordReader;
  #chunks: Buffer[] = [];
  /** Where the last chunk is free. */
  #free = 0;
  #heldBytes = 0;
  #idleBytes = 0;
  // Of each registration; `#length` is -1 where none is held.
  readonly #at: number[] = [];
  readonly #chunk: number[] = [];
  readonly #from: number[] = [];
  readonly #length: number[] = [];
  readonly #place: number[] = [];
  #places = 0;

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
    const place = this.#places++;
    while (this.#length.length <= registration) this.#addRoom();
    const hadOne = this.#length[registration]! >= 0;
    // Of two that are equal in every field, the first to come is kept.
    if (hadOne && !this.#isGreater(registration, at, bytes, from, to)) return true;
    this.#at[registration] = at;
    this.#place[registration] = place;
    this.#hold(registration, bytes, from, to);
    return hadOne;
  }

  /** The registrations of which one is held, in the order in which that one came. */
  registrations(): readonly number[] {
    const held: number[] = [];
    for (const [registration, length] of this.#length.entries()) if (length >= 0) held.push(registration);
    return held.sort((a, b) => this.#place[a]! - this.#place[b]!);
  }

  /** What is held of a registration. */
  snapshot(registration: number): Snapshot {
    const start = this.#from[registration]!;
    const end = start + this.#length[registration]!;
    return {
      registration,
      at: this.#at[registration]!,
      bytes: this.#chunks[this.#chunk[registration]!]!,
      start,
      end,
    };
  }

  /** The same as a row. */
  row(registration: number): Row {
    const { bytes, start, end } = this.snapshot(registration);
    return this.#reader.row(bytes, start, end);
  }

  /** Frees what it holds. */
  clear(): void {
    this.#chunks = [];
    this.#free = this.#heldBytes = this.#idleBytes = 0;
    for (const each of [this.#at, this.#chunk, this.#from, this.#length, this.#place]) each.length = 0;
  }

  #addRoom(): void {
    this.#at.push(0);
    this.#chunk.push(0);
    this.#from.push(0);
    this.#length.push(-1);
    this.#place.push(0);
  }

  #isGreater(registration: number, at: number, bytes: Buffer, from: number, to: number): boolean {
    const before = this.#at[registration]!;
    if (at !== before) return at > before;
    const start = this.#from[registration]!;
    const chunk = this.#chunks[this.#chunk[registration]!]!;
    if (bytes.compare(chunk, start, start + this.#length[registration]!, from, to) === 0) return false;
    return this.#compare(this.#reader.row(bytes, from, to), this.row(registration)) > 0;
  }

  #hold(registration: number, bytes: Buffer, from: number, to: number): void {
    const length = to - from;
    const before = Math.max(0, this.#length[registration]!);
    this.#heldBytes += length - before;
    this.#length[registration] = length;
    if (length <= before) {
      this.#idleBytes += before - length;
    } else {
      this.#idleBytes += before;
      this.#chunk[registration] = this.#chunkFor(length);
      this.#from[registration] = this.#free;
      this.#free += length;
    }
    bytes.copy(this.#chunks[this.#chunk[registration]!]!, this.#from[registration], from, to);
    if (this.#idleBytes > this.#heldBytes / 2 + idleBytes) this.#tidy();
  }

  /** A chunk with so much room behind `#free`. */
  #chunkFor(length: number): number {
    if (this.#chunks.length === 0 || this.#free + length > this.#chunks.at(-1)!.length) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(chunkBytes, length)));
      this.#free = 0;
    }
    return this.#chunks.length - 1;
  }

  /** Moves together what is held. */
  #tidy(): void {
    const before = this.#chunks;
    this.#chunks = [];
    this.#idleBytes = 0;
    for (const [registration, length] of this.#length.entries()) {
      if (length < 0) continue;
      const from = this.#from[registration]!;
      const chunk = before[this.#chunk[registration]!]!;
      this.#chunk[registration] = this.#chunkFor(length);
      this.#from[registration] = this.#free;
      chunk.copy(this.#chunks.at(-1)!, this.#free, from, from + length);
      this.#free += length;
    }
  }
}
