// A fixed set of keys (of people or serial numbers) in shared memory, numbered from 0, that many threads look up by
// the bytes of a value as it stands in a record: without a string, and without a copy.
//
// Open addressing over a keyed hash (HalfSipHash-1-3), so that nobody can choose addresses that collide.

/** What another thread needs to use a table. */
export interface KeyTableMemory {
  readonly seed: readonly [number, number];
  readonly slots: SharedArrayBuffer;
  readonly ends: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

const nobody = -1;

const utf8 = new TextEncoder();

/** See the top of this file. Keys come from `keyOf`; values are given as they came. */
export class KeyTable {
  readonly memory: KeyTableMemory;
  readonly size: number;
  readonly #k0: number;
  readonly #k1: number;
  /** The number of the key in each slot, plus 1; 0 where a slot is free. */
  readonly #slots: Int32Array;
  /** Where each key's bytes end; the next one's start. */
  readonly #ends: Uint32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: KeyTableMemory) {
    this.memory = memory;
    [this.#k0, this.#k1] = memory.seed;
    this.#slots = new Int32Array(memory.slots);
    this.#ends = new Uint32Array(memory.ends);
    this.#bytes = new Uint8Array(memory.bytes);
    this.size = this.#ends.length;
  }

  /**
   * @param keys different ones, from `keyOf`
   * @param seed two secret 32-bit numbers
   */
  static of(keys: readonly string[], seed: readonly [number, number]): KeyTable {
    let slots = 16;
    while (slots < keys.length * 2) slots *= 2;
    const encoded = keys.map((key) => utf8.encode(key));
    const length = encoded.reduce((sum, key) => sum + key.length, 0);
    const table = new KeyTable({
      seed,
      slots: new SharedArrayBuffer(slots * 4),
      ends: new SharedArrayBuffer(keys.length * 4),
      bytes: new SharedArrayBuffer(length),
    });
    let end = 0;
    for (const [number, key] of encoded.entries()) {
      table.#bytes.set(key, end);
      table.#ends[number] = end += key.length;
      let slot = table.#hash(key, 0, key.length) & (slots - 1);
      while (table.#slots[slot] !== 0) slot = (slot + 1) & (slots - 1);
      table.#slots[slot] = number + 1;
    }
    return table;
  }

  /** The number of the key of a value that is plain ASCII; -1 where it is not in the table. */
  findPlain(bytes: Uint8Array, from: number, to: number): number {
    let start = from;
    let end = to;
    while (start < end && bytes[start] === 0x20) start++;
    while (end > start && bytes[end - 1] === 0x20) end--;
    return this.#find(bytes, start, end);
  }

  /** The number of a key from `keyOf`; -1 where it is not in the table. */
  find(key: string): number {
    const bytes = utf8.encode(key);
    return this.#find(bytes, 0, bytes.length);
  }

  #find(bytes: Uint8Array, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.#hash(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1;
      if (number < 0) return nobody;
      if (this.#equals(number, bytes, from, to)) return number;
    }
  }

  #equals(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = number === 0 ? 0 : this.#ends[number - 1]!;
    if (this.#ends[number]! - start !== to - from) return false;
    const own = this.#bytes;
    for (let at = from; at < to; at++) {
      if (own[start + at - from] !== lower(bytes[at]!)) return false;
    }
    return true;
  }

  /** Of the bytes in lower case. UTF-8 beyond ASCII has no byte that this changes. */
  #hash(bytes: Uint8Array, from: number, to: number): number {
    let v0 = this.#k0;
    let v1 = this.#k1;
    let v2 = this.#k0 ^ 0x6c796765;
    let v3 = this.#k1 ^ 0x74656462;
    const round = 4;
    for (let at = from, left = to - from; ; at += round, left -= round) {
      let word: number;
      if (left >= round) {
        word =
          lower(bytes[at]!) |
          (lower(bytes[at + 1]!) << 8) |
          (lower(bytes[at + 2]!) << 16) |
          (lower(bytes[at + 3]!) << 24);
      } else {
        word = (to - from) << 24;
        for (let rest = 0; rest < left; rest++) word |= lower(bytes[at + rest]!) << (8 * rest);
      }
      v3 ^= word;
      // One round while there are bytes, three at the end.
      for (let turn = left >= round ? 1 : 4; turn > 0; turn--) {
        if (turn === 3 && left < round) {
          v0 ^= word;
          v2 ^= 0xff;
        }
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
      if (left < round) return v1 ^ v3;
      v0 ^= word;
    }
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
