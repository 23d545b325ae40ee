// Keys (of people or serial numbers), numbered from 0 in the order in which they came, that are looked up by the bytes
// of a value as it stands in a record: without a string, and without a copy. Once it is complete, many threads may read it.
//
// Open addressing over a keyed hash (HalfSipHash-1-3), so that nobody can choose addresses that collide.

import { column, present, shared, withRoom } from "./columns.js";
import { viewOf } from "./words-copy.js";

/** Two secret 32-bit numbers. */
export type Seed = readonly [number, number];

/** What another thread needs to use a table. */
export interface KeyTableMemory {
  readonly seed: Seed;
  readonly size: number;
  readonly slots: SharedArrayBuffer;
  readonly ends: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

const nobody = -1;

/** Some keys are read as one text: a call for each takes longer. All of them may be more than a string holds. */
const keysAtOnce = 4096;
const bytesAtOnce = 1024 * 1024;

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** See the top of this file. Keys come from `keyOf`; values are given as they came. */
export class KeyTable {
  #size: number;
  readonly #seed: Seed;
  /** For each slot the key's hash, and its number plus 1; 0 where the slot is free. */
  #slots: Int32Array;
  /** Where each key's bytes end; the next one's start. */
  #ends: Uint32Array;
  #bytes: Uint8Array;
  /** Over them. */
  #view: DataView;
  /** The same as others see it; nothing where keys have come since. */
  #memory: KeyTableMemory | undefined;
  #scratch = new Uint8Array(256);
  #scratchView = viewOf(this.#scratch);
  readonly #touched = new Uint32Array(64);
  #lastKey: string | undefined;
  #lastFound = nobody;
  /** The table that it was made as a copy of, and how many keys that had then. */
  #copied: { readonly table: KeyTable; readonly size: number } | undefined;

  private constructor(seed: Seed, size: number, slots: Int32Array, ends: Uint32Array, bytes: Uint8Array) {
    this.#seed = seed;
    this.#size = size;
    this.#slots = slots;
    this.#ends = ends;
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  static empty(seed: Seed): KeyTable {
    return new KeyTable(seed, 0, new Int32Array(2 * 16), new Uint32Array(8), new Uint8Array(256));
  }

  /** The table of another thread; it may be read, not added to. */
  static of({ seed, size, slots, ends, bytes }: KeyTableMemory): KeyTable {
    return new KeyTable(seed, size, new Int32Array(slots), new Uint32Array(ends), new Uint8Array(bytes));
  }

  /** The number of keys. */
  get size(): number {
    return this.#size;
  }

  /** Of the keys that there are by now. */
  get memory(): KeyTableMemory {
    if (this.#memory) return this.#memory;
    const slots = shared(this.#slots, this.#slots.length);
    const ends = shared(this.#ends, this.#size);
    const bytes = shared(this.#bytes, this.#startOf(this.#size));
    // It goes on with these, so as not to hold everything twice. It grows in memory of its own: what it leaves behind
    // while it does would be unknown to the garbage collector if it were shared.
    this.#slots = new Int32Array(slots);
    this.#ends = new Uint32Array(ends);
    this.#bytes = new Uint8Array(bytes);
    this.#view = viewOf(this.#bytes);
    return (this.#memory = { seed: this.#seed, size: this.#size, slots, ends, bytes });
  }

  /** A table with the same keys under the same numbers, to which more can be added. */
  copy(): KeyTable {
    const size = this.#size;
    const copy = new KeyTable(this.#seed, size, this.#slots.slice(), this.#ends.slice(), this.#bytes.slice());
    copy.#copied = { table: this, size };
    return copy;
  }

  /** Whether its first keys are all those of that table, under the same numbers: it is that one, or a copy of it. */
  beginsWith(other: KeyTable): boolean {
    const copied = this.#copied;
    return other === this || (copied?.table === other && copied.size === other.size);
  }

  /**
   * The number of the key of a value that is plain ASCII; -1 where it is not in the table.
   * @param view over the same memory as `bytes`
   * @param hash its `plainHash`, where it is known
   */
  findPlain(bytes: Uint8Array, view: DataView, from: number, to: number, hash?: number): number {
    const start = afterSpace(bytes, from, to);
    const end = beforeSpace(bytes, start, to);
    return this.#find(bytes, view, start, end, hash ?? hashOf(this.#seed, bytes, view, start, end));
  }

  /** The number of a key from `keyOf`; -1 where it is not in the table. */
  find(key: string): number {
    // Rules ask for one key several times over.
    if (key === this.#lastKey) return this.#lastFound;
    const length = this.#encode(key);
    const hash = hashOf(this.#seed, this.#scratch, this.#scratchView, 0, length);
    const found = this.#find(this.#scratch, this.#scratchView, 0, length, hash);
    this.#lastKey = key;
    this.#lastFound = found;
    return found;
  }

  /**
   * The number of the key of a value that is plain ASCII and has more than spaces; it gets one here.
   * @param view over the same memory as `bytes`
   * @param hash its `plainHash`, where it is known
   */
  addPlain(bytes: Uint8Array, view: DataView, from: number, to: number, hash?: number): number {
    const start = afterSpace(bytes, from, to);
    const end = beforeSpace(bytes, start, to);
    return this.#add(bytes, view, start, end, hash ?? hashOf(this.#seed, bytes, view, start, end));
  }

  /** The number of a key from `keyOf`, which gets one here. */
  add(key: string): number {
    const length = this.#encode(key);
    const hash = hashOf(this.#seed, this.#scratch, this.#scratchView, 0, length);
    return this.#add(this.#scratch, this.#scratchView, 0, length, hash);
  }

  /**
   * Brings what stands in the table of some keys nearer, before they are looked up: what a lookup waits for is memory, and
   * here no key has to wait for the one before.
   * @param hashes theirs, at `at`, `at + stride` and so on
   */
  touch(hashes: Int32Array, at: number, stride: number, count: number): void {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    const numbers = this.#touched;
    const some = Math.min(count, numbers.length);
    for (let index = 0; index < some; index++)
      numbers[index] = slots[2 * (hashes[at + index * stride]! & mask) + 1]!;
    // The key before the one whose number it is: this one starts there.
    for (let index = 0; index < some; index++) numbers[index] = this.#ends[Math.max(0, numbers[index]! - 2)]!;
    for (let index = 0; index < some; index++) numbers[index] = this.#bytes[numbers[index]!]!;
  }

  /** The key of a number. */
  keyAt(number: number): string {
    return fromUtf8.decode(this.#bytes.slice(this.#startOf(number), this.#ends[number]));
  }

  /** All keys, by their numbers. */
  *keys(): Iterable<string> {
    for (let first = 0; first < this.#size; first += keysAtOnce) {
      const behind = Math.min(first + keysAtOnce, this.#size);
      const start = this.#startOf(first);
      const length = this.#startOf(behind) - start;
      // Of ASCII, characters stand where bytes do.
      const text = length > bytesAtOnce ? "" : fromUtf8.decode(this.#bytes.slice(start, start + length));
      const isAscii = text.length === length;
      for (let number = first; number < behind; number++) {
        const key = isAscii
          ? text.slice(this.#startOf(number) - start, this.#ends[number]! - start)
          : this.keyAt(number);
        // Whoever goes through all keys asks for each.
        this.#lastKey = key;
        this.#lastFound = number;
        yield key;
      }
    }
  }

  /** Puts a key's bytes into `#scratch`. @returns how many they are */
  #encode(key: string): number {
    if (3 * key.length > this.#scratch.length) {
      this.#scratch = new Uint8Array(3 * key.length);
      this.#scratchView = viewOf(this.#scratch);
    }
    return utf8.encodeInto(key, this.#scratch).written;
  }

  #find(bytes: Uint8Array, view: DataView, from: number, to: number, hash: number): number {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = slots[2 * slot + 1]! - 1;
      if (number < 0) return nobody;
      if (slots[2 * slot] === hash && this.#equals(number, bytes, view, from, to)) return number;
    }
  }

  #add(bytes: Uint8Array, view: DataView, from: number, to: number, hash: number): number {
    const known = this.#find(bytes, view, from, to, hash);
    if (known >= 0) return known;
    this.#lastKey = undefined;
    this.#memory = undefined;
    const number = this.#size++;
    const start = this.#startOf(number);
    const end = start + to - from;
    if (end > this.#bytes.length) {
      this.#bytes = withRoom(this.#bytes, end);
      this.#view = viewOf(this.#bytes);
    }
    this.#ends = withRoom(this.#ends, number + 1);
    let at = from;
    for (; at + 4 <= to; at += 4)
      this.#view.setInt32(start + at - from, lowerWord(view.getInt32(at, true)), true);
    for (; at < to; at++) this.#bytes[start + at - from] = lower(bytes[at]!);
    this.#ends[number] = end;
    // At most half of the slots are taken.
    if (4 * this.#size > this.#slots.length) this.#spread();
    put(this.#slots, hash, number);
    return number;
  }

  #spread(): void {
    const before = this.#slots;
    this.#slots = present(column(Int32Array, 2 * before.length));
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) put(this.#slots, before[at]!, before[at + 1]! - 1);
    }
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]!;
  }

  #equals(number: number, bytes: Uint8Array, view: DataView, from: number, to: number): boolean {
    const start = this.#startOf(number);
    const length = to - from;
    if (this.#ends[number]! - start !== length) return false;
    const own = this.#view;
    let at = 0;
    for (; at + 4 <= length; at += 4) {
      if (own.getInt32(start + at, true) !== lowerWord(view.getInt32(from + at, true))) return false;
    }
    for (; at < length; at++) {
      if (this.#bytes[start + at] !== lower(bytes[from + at]!)) return false;
    }
    return true;
  }
}

/**
 * The hash under which tables of a seed have the key of a value that is plain ASCII.
 * @param view over the same memory as `bytes`
 */
export function plainHash(seed: Seed, bytes: Uint8Array, view: DataView, from: number, to: number): number {
  const start = afterSpace(bytes, from, to);
  return hashOf(seed, bytes, view, start, beforeSpace(bytes, start, to));
}

/** Of the bytes in lower case. UTF-8 beyond ASCII has no byte that this changes. */
function hashOf(seed: Seed, bytes: Uint8Array, view: DataView, from: number, to: number): number {
  const [k0, k1] = seed;
  let v0 = k0;
  let v1 = k1;
  let v2 = k0 ^ 0x6c796765;
  let v3 = k1 ^ 0x74656462;
  // A round for every four bytes, and one for what is left, with the length; then three more. A loop within the loop, over
  // the rounds of each, costs as much again.
  let isLast = false;
  for (let at = from; !isLast; at += 4) {
    let word: number;
    if (at + 4 <= to) {
      word = lowerWord(view.getInt32(at, true));
    } else {
      word = (to - from) << 24;
      for (let rest = 0; at + rest < to; rest++) word |= lower(bytes[at + rest]!) << (8 * rest);
      isLast = true;
    }
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  v2 ^= 0xff;
  for (let turn = 0; turn < 3; turn++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  return v1 ^ v3;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Four bytes in lower case: where one is a capital letter, its bit 0x20 is set. */
function lowerWord(word: number): number {
  const low = word & 0x7f7f7f7f;
  // Bit 0x80 of each byte tells whether it is at least `A`, and whether it is beyond `Z`; no sum reaches the next byte.
  const capitals = (low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~word & 0x80808080;
  return word | (capitals >>> 2);
}

/** Where a value starts without the spaces before it. */
function afterSpace(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  while (start < to && bytes[start] === 0x20) start++;
  return start;
}

/** Where a value ends without the spaces behind it. */
function beforeSpace(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && bytes[end - 1] === 0x20) end--;
  return end;
}

function put(slots: Int32Array, hash: number, number: number): void {
  const mask = (slots.length >> 1) - 1;
  let slot = hash & mask;
  while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
  slots[2 * slot] = hash;
  slots[2 * slot + 1] = number + 1;
}
