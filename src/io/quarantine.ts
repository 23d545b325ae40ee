// What was set aside of one landing table, and why: one line an entry, places and reasons only, never a value.

import type { Damage } from "../transforms/contract.js";
import { type PartFile, type PartTarget, PartWriter } from "./part-writer.js";

/** Where a set-aside record or stretch stands. Offset and length in (unpacked) bytes; records count from 1 in each file. */
export interface QuarantinePlace {
  readonly table: string;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly record: number;
}

/** Writes the quarantine of one table. */
export class QuarantineWriter {
  readonly #parts: PartWriter;
  // What stands around the numbers of an entry: as a rule the same as in the one before.
  #before = { table: "", file: "", text: "" };
  #behind: { readonly damage: Damage | undefined; readonly text: string } = { damage: undefined, text: "" };

  constructor(target: PartTarget, folder: string) {
    this.#parts = new PartWriter(target, folder);
  }

  write(place: QuarantinePlace, damage: Damage): Promise<void> | undefined {
    const { table, file, offset, length, record } = place;
    if (this.#before.table !== table || this.#before.file !== file)
      this.#before = { table, file, text: `${JSON.stringify({ table, file }).slice(0, -1)},"offset":` };
    if (this.#behind.damage !== damage) {
      const { reason, field, hint } = damage;
      this.#behind = { damage, text: `,${JSON.stringify({ reason, field, hint }).slice(1)}\n` };
    }
    return this.#parts.write(
      `${this.#before.text}${offset},"length":${length},"record":${record}${this.#behind.text}`,
    );
  }

  close(): Promise<readonly PartFile[]> {
    return this.#parts.close();
  }

  abort(): Promise<void> {
    return this.#parts.abort();
  }
}
