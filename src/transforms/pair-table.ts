// Numbers for pairs of numbers (a person and a serial number), given out from 0 in the order in which they came. Open
// addressing: a Map of so many numbers costs three times the time and five times the memory.

import { column, present, withRoom } from "./columns.js";
import type { Seed } from "./key-table.js";

/** See the top of this file. */
export class PairTable {
  readonly #seed: Seed;
  /** The number of the pair in each slot, plus 1; 0 where the slot is free. */
  #slots = new Int32Array(32);
  #firsts = new Int32Array(16);
  #seconds = new Int32Array(16);
  #size = 0;

  /** @param seed nobody can choose pairs that collide: they are numbers of keys in the order in which these came */
  constructor(seed: Seed) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** The first of a pair. */
  first(pair: number): number {
    return this.#firsts[pair]!;
  }

  /** The second of a pair. */
  second(pair: number): number {
    return this.#seconds[pair]!;
  }

  /** The number of a pair; -1 where it has none. */
  find(first: number, second: number): number {
    return this.#slots[this.#slotOf(first, second)]! - 1;
  }

  /** The number of a pair, which gets one here. */
  add(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const known = this.#slots[slot]! - 1;
    if (known >= 0) return known;
    const pair = this.#size++;
    this.#firsts = withRoom(this.#firsts, this.#size);
    this.#seconds = withRoom(this.#seconds, this.#size);
    this.#firsts[pair] = first;
    this.#seconds[pair] = second;
    this.#slots[slot] = pair + 1;
    // At most half of the slots are taken.
    if (2 * this.size > this.#slots.length) this.#spread();
    return pair;
  }

  #spread(): void {
    this.#slots = present(column(Int32Array, 2 * this.#slots.length));
    for (let pair = 0; pair < this.size; pair++) {
      this.#slots[this.#slotOf(this.#firsts[pair]!, this.#seconds[pair]!)] = pair + 1;
    }
  }

  /** The slot of a pair, or the free one where it would stand. */
  #slotOf(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = Math.imul(first ^ this.#seed[0], 0x9e3779b1);
    hash = Math.imul((hash ^ (hash >>> 15) ^ second) + this.#seed[1], 0x85ebca6b);
    for (let slot = (hash ^ (hash >>> 13)) & mask; ; slot = (slot + 1) & mask) {
      const pair = slots[slot]! - 1;
      if (pair < 0 || (this.#firsts[pair] === first && this.#seconds[pair] === second)) return slot;
    }
  }
}
