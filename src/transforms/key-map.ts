// For each key in one field of some rows, the keys in another field of the same rows. Nearly all of both are in a table of
// keys: such pairs are kept by their numbers, so that no text is kept of them, and whoever knows the numbers need not look
// them up. The tables may get keys later that the map has already.

import type { KeyTable, Seed } from "./key-table.js";
import { compositeKey } from "./keys.js";
import { PairTable } from "./pair-table.js";

/** See the top of this file. */
export class KeyMap {
  readonly from: KeyTable;
  readonly to: KeyTable;
  readonly #pairs: PairTable;
  /** Those of which a table did not have one key when they came, each by both of its keys. */
  #others = new Map<string, readonly [from: string, to: string]>();
  #byKey: Map<string, Set<string>> | undefined;

  /** @param from and `to` have the keys of the two fields, nearly all @param seed of its table of pairs */
  constructor(from: KeyTable, to: KeyTable, seed: Seed) {
    this.from = from;
    this.to = to;
    this.#pairs = new PairTable(seed);
  }

  add(from: string, to: string): void {
    const [left, right] = [this.from.find(from), this.to.find(to)];
    if (left < 0 || right < 0) this.#others.set(compositeKey([from, to]), [from, to]);
    else this.addNumbers(left, right);
  }

  /** Adds a pair by the numbers of its keys. */
  addNumbers(from: number, to: number): void {
    this.#pairs.add(from, to);
  }

  /** All pairs of keys that the tables have by now, by their numbers, each once. */
  get pairs(): PairTable {
    this.#settle();
    return this.#pairs;
  }

  /** The others, each once. */
  get others(): readonly (readonly [from: string, to: string])[] {
    this.#settle();
    return [...this.#others.values()];
  }

  /** The keys that stand with a key. Asked only once no more are added. */
  get(from: string): ReadonlySet<string> {
    this.#byKey ??= this.#texts();
    return this.#byKey.get(from) ?? nothing;
  }

  #texts(): Map<string, Set<string>> {
    const map = new Map<string, Set<string>>();
    const put = (from: string, to: string): void => {
      const known = map.get(from);
      if (known) known.add(to);
      else map.set(from, new Set([to]));
    };
    const { pairs, others } = this;
    for (let pair = 0; pair < pairs.size; pair++)
      put(this.from.keyAt(pairs.first(pair)), this.to.keyAt(pairs.second(pair)));
    for (const [from, to] of others) put(from, to);
    return map;
  }

  #settle(): void {
    if (this.#others.size === 0) return;
    const others = this.#others;
    this.#others = new Map();
    for (const [from, to] of others.values()) this.add(from, to);
  }
}

const nothing: ReadonlySet<string> = new Set();
