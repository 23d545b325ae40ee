// Sets of keys most of which a table of keys has: these are marked by their numbers, so that no text is kept of them, and
// whoever knows a key's number need not look it up. The table may get keys later that the set has already.

import { withRoom } from "./columns.js";
import type { KeyTable } from "./key-table.js";

/** Numbers from 0, marked or not. */
export class Marks {
  #marks = new Uint8Array(1024);

  has(number: number): boolean {
    return this.#marks[number] === 1;
  }

  add(number: number): void {
    this.#marks = withRoom(this.#marks, number + 1);
    this.#marks[number] = 1;
  }
}

/** See the top of this file. */
export class MarkedKeys {
  readonly table: KeyTable;
  /** Keys of the table that are in the set, by their numbers. */
  readonly marks = new Marks();
  readonly #others = new Set<string>();

  constructor(table: KeyTable) {
    this.table = table;
  }

  /** Those that the table did not have when they came. */
  get others(): ReadonlySet<string> {
    return this.#others;
  }

  has(key: string): boolean {
    return this.marks.has(this.table.find(key)) || this.#others.has(key);
  }

  add(key: string): void {
    const number = this.table.find(key);
    if (number < 0) this.#others.add(key);
    else this.marks.add(number);
  }
}
