// What was set aside of one landing table, and why: one line an entry, places and reasons only, never a value.

import type { Damage } from "../transforms/contract.js";
import type { TableShape } from "../transforms/tables.js";
import { type PartFile, type PartTarget, PartWriter } from "./part-writer.js";
import type { EntryPlace } from "./records.js";

/** Writes the quarantine of one table. */
export class QuarantineWriter {
  readonly #table: TableShape;
  readonly #parts: PartWriter;
  // What stands around the numbers of an entry: as a rule the same as in the one before.
  #before = { file: "", text: "" };
  #behind: { readonly damage: Damage | undefined; readonly text: string } = { damage: undefined, text: "" };

  constructor(target: PartTarget, folder: string, table: TableShape) {
    this.#table = table;
    this.#parts = new PartWriter(target, folder);
  }

  write(file: string, { offset, length, record }: EntryPlace, damage: Damage): Promise<void> | undefined {
    if (this.#before.file !== file) {
      const names = JSON.stringify({ table: this.#table.name, file });
      this.#before = { file, text: `${names.slice(0, -1)},"offset":` };
    }
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
