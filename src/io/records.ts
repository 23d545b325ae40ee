// Reads one file of a table from end to end, as it is stored: unpacks it and gives its entries to a handler. What
// becomes of them is the caller's matter.

import type { Damage, RawRecord } from "../transforms/contract.js";
import type { Row } from "../transforms/rows.js";
import type { TableShape } from "../transforms/tables.js";
import { gunzip, type GunzipOutcome, isPacked } from "./gunzip.js";
import { entryKinds, TableReader } from "./table-reader.js";

/** Where an entry of a file stands: offset and length in (unpacked) bytes, number counted from 1. */
export interface EntryPlace {
  readonly offset: number;
  readonly length: number;
  readonly record: number;
}

/** A good record whose values are its plain bytes, until the next one is read; see table-reader.ts. */
export type PlainRecord = Pick<
  TableReader,
  "bytes" | "start" | "end" | "from" | "to" | "dropped" | "canonical" | "plainRow"
>;

/** Takes the entries of a file in order. A promise makes the reader wait before it goes on. */
export interface EntryHandler {
  /** The field whose value is often that of the record before; left out: no more is made of that than pays at once. */
  readonly keyIndex?: number | undefined;
  /** @param dropped the number of fields that the table does not have */
  row(row: Row, dropped: number): Promise<void> | undefined;
  /** Takes a record whose row nobody may need; left out: `row` takes it. */
  plain?(record: PlainRecord): Promise<void> | undefined;
  /** @param record the fields of a record that is whole JSON; nothing for a stretch that holds none */
  damaged(damage: Damage, place: EntryPlace, record: RawRecord | undefined): Promise<void> | undefined;
  /** The bytes of the next stretch without a record, in order, in pieces. */
  skipped(bytes: Uint8Array): void;
}

export const truncated: Damage = { reason: "truncated", field: null, hint: null };

/**
 * @param chunks the file's bytes as stored
 * @param file its path: one that ends in `.gz` is unpacked
 * @param where how errors name it
 * @throws StediError `STEDI_BAD_GZIP`, and whatever `chunks` throws
 */
export async function readRecords(
  table: TableShape,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  where: string,
  handler: EntryHandler,
): Promise<void> {
  const outcome: GunzipOutcome = { cutOff: false };
  const reader = new TableReader(table, {
    skipped: (bytes) => handler.skipped(bytes),
    ...(handler.keyIndex !== undefined && { keyIndex: handler.keyIndex }),
  });
  let length = 0;
  /** Where the last entry ended, if it was cut off by the end of the input. */
  let truncatedAt = -1;
  const place = (): EntryPlace => ({ offset: reader.offset, length: reader.length, record: reader.count });
  const take = (kind: number): Promise<void> | undefined => {
    switch (kind) {
      case entryKinds.plain:
        return handler.plain ? handler.plain(reader) : handler.row(reader.plainRow(), reader.dropped);
      case entryKinds.row:
        return handler.row(reader.row, reader.dropped);
      case entryKinds.damaged:
        return handler.damaged(reader.damage!, place(), reader.record);
      default:
        if (reader.damage!.reason === "truncated") truncatedAt = reader.offset + reader.length;
        return handler.damaged(reader.damage!, place(), undefined);
    }
  };
  const drain = async (): Promise<void> => {
    for (let kind = reader.next(); kind !== entryKinds.none; kind = reader.next()) {
      const wait = take(kind);
      if (wait) await wait;
    }
  };
  for await (const chunk of isPacked(file) ? gunzip(chunks, outcome, where) : chunks) {
    length += chunk.length;
    reader.feed(chunk);
    await drain();
  }
  reader.finish();
  await drain();
  // What a cut-off gzip file has lost may have been anything, even where it was cut between records.
  if (outcome.cutOff && truncatedAt !== length) {
    await handler.damaged(truncated, { offset: length, length: 0, record: reader.count + 1 }, undefined);
  }
}
