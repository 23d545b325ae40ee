// Numbers for pairs of numbers (a person and a serial number), given out from 0 in the order in which they came. A pair is
// found by its second, which has one as a rule. Those of seconds that have more stand in a hash table with open addressing:
// a Map of so many numbers costs three times the time and five times the memory.

import { column, present, withRoom } from "./columns.js";
import type { Seed } from "./key-table.js";

/** See the top of this file. Numbers are given out from 0: they are places in columns. */
export class PairTable {
  readonly #seed: Seed;
  #firsts = new Int32Array(16);
  #seconds = new Int32Array(16);
  /** Of each pair: the one before it with the same second, plus 1; 0: none. */
  #before = new Int32Array(16);
  /** Of each second: its last pair, plus 1; 0: none. */
  #last = new Int32Array(16);
  #size = 0;
  /** The number of the pair in each slot, plus 1; 0 where the slot is free. */
  #slots = new Int32Array(32);
  #taken = 0;

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

  /** The last pair with a second; -1: none. */
  lastOf(second: number): number {
    return second < this.#last.length ? this.#last[second]! - 1 : -1;
  }

  /** The pair before one with the same second; -1: none. */
  before(pair: number): number {
    return this.#before[pair]! - 1;
  }

  /** The number of a pair; -1 where it has none. */
  find(first: number, second: number): number {
    const last = this.lastOf(second);
    if (last < 0 || this.#firsts[last] === first) return last;
    return this.#before[last] === 0 ? -1 : this.#slots[this.#slotOf(first, second)]! - 1;
  }

  /** The number of a pair, which gets one here. */
  add(first: number, second: number): number {
    const known = this.find(first, second);
    if (known >= 0) return known;
    const pair = this.#size++;
    this.#firsts = withRoom(this.#firsts, this.#size);
    this.#seconds = withRoom(this.#seconds, this.#size);
    this.#before = withRoom(this.#before, this.#size);
    this.#last = withRoom(this.#last, second + 1);
    this.#firsts[pair] = first;
    this.#seconds[pair] = second;
    const before = this.#last[second]!;
    this.#before[pair] = before;
    this.#last[second] = pair + 1;
    if (before === 0) return pair;
    if (this.#before[before - 1] === 0) this.#put(before - 1);
    this.#put(pair);
    return pair;
  }

  #put(pair: number): void {
    // At most half of the slots are taken.
    if (2 * ++this.#taken > this.#slots.length) this.#spread();
    this.#slots[this.#slotOf(this.#firsts[pair]!, this.#seconds[pair]!)] = pair + 1;
  }

  #spread(): void {
    const before = this.#slots;
    this.#slots = present(column(Int32Array, 2 * before.length));
    for (const each of before) {
      if (each > 0) this.#slots[this.#slotOf(this.#firsts[each - 1]!, this.#seconds[each - 1]!)] = each;
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
