// Writes plain records (table-reader.ts) as lines of output, straight from their bytes: what `rowFormat` makes of their
// rows.

import { isQuoted } from "../transforms/taken.js";
import type { TableShape } from "../transforms/tables.js";
import { type OutBuffer, type Words, wordsOf } from "./out-buffer.js";

const closeBrace = 0x7d;
const mark = 0x22;

/** The lines of one table. */
export class PlainLine {
  /** What stands before each value in a line, where it is the line's first, and where it is not. */
  readonly #first: readonly Words[];
  readonly #further: readonly Words[];
  readonly #quoted: readonly boolean[];

  constructor({ fields }: TableShape) {
    const before = (field: (typeof fields)[number]): string =>
      `"${field.name}":${isQuoted(field) ? '"' : ""}`;
    this.#first = fields.map((field) => wordsOf(`{${before(field)}`));
    this.#further = fields.map((field) => wordsOf(`,${before(field)}`));
    this.#quoted = fields.map((field) => isQuoted(field));
  }

  /**
   * Puts one line, without its newline, of a record that has some value.
   * @param view over the memory of `bytes`
   * @param from where the record's values start, `to` where they end, in table order; -1 where there is none
   * @param record where its places begin in both
   */
  put(out: OutBuffer, bytes: Uint8Array, view: DataView, from: Int32Array, to: Int32Array, record = 0): void {
    let names = this.#first;
    for (let index = 0; index < names.length; index++) {
      const start = from[record + index]!;
      if (start < 0) continue;
      out.words(names[index]!);
      names = this.#further;
      out.copy(bytes, view, start, to[record + index]!);
      if (this.#quoted[index]!) out.byte(mark);
    }
    out.byte(closeBrace);
  }
}
