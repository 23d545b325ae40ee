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

  constructor(target: PartTarget, folder: string) {
    this.#parts = new PartWriter(target, folder);
  }

  write(place: QuarantinePlace, { reason, field, hint }: Damage): Promise<void> | undefined {
    const { table, file, offset, length, record } = place;
    return this.#parts.write(
      `${JSON.stringify({ table, file, offset, length, record, reason, field, hint })}\n`,
    );
  }

  close(): Promise<readonly PartFile[]> {
    return this.#parts.close();
  }

  abort(): Promise<void> {
    return this.#parts.abort();
  }
}
