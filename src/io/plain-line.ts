// Writes plain records (table-reader.ts) as lines of output, straight from their bytes: what `rowFormat` makes of their
// rows.

import { isQuoted } from "../transforms/taken.js";
import type { TableShape } from "../transforms/tables.js";
import type { OutBuffer } from "./out-buffer.js";

const openBrace = 0x7b;
const closeBrace = 0x7d;
const comma = 0x2c;
const mark = 0x22;

/** The lines of one table. */
export class PlainLine {
  /** What stands before each value in a line. */
  readonly #names: readonly Uint8Array[];
  readonly #quoted: readonly boolean[];

  constructor({ fields }: TableShape) {
    this.#names = fields.map(({ name }) => Buffer.from(`"${name}":`));
    this.#quoted = fields.map((field) => isQuoted(field));
  }

  /**
   * Puts one line, without its newline.
   * @param view over the memory of `bytes`
   * @param from where the record's values start, `to` where they end, in table order; -1 where there is none
   */
  put(out: OutBuffer, bytes: Uint8Array, view: DataView, from: Int32Array, to: Int32Array): void {
    out.byte(openBrace);
    let first = true;
    for (let index = 0; index < this.#names.length; index++) {
      if (from[index]! < 0) continue;
      if (!first) out.byte(comma);
      first = false;
      out.put(this.#names[index]!);
      if (this.#quoted[index]!) out.byte(mark);
      out.copy(bytes, view, from[index]!, to[index]!);
      if (this.#quoted[index]!) out.byte(mark);
    }
    out.byte(closeBrace);
  }
}
