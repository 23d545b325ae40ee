// Reads the files of a table from end to end, as they are stored: unpacks them and gives their entries to handlers. What
// becomes of them is the caller's matter.

import type { Damage, RawRecord } from "../transforms/contract.js";
import type { Row } from "../transforms/rows.js";
import type { TableShape } from "../transforms/tables.js";
import { gunzip, type GunzipOutcome, isPacked } from "./gunzip.js";
import type { PlainRecords } from "./plain-records.js";
import { readAhead, type TableFile } from "./read-ahead.js";
import { type BlockScanner, scannedAhead } from "./scan-ahead.js";
import { chunkBytes, type ReadAhead, ring } from "./store.js";
import { type EntryKind, entryKinds, TableReader } from "./table-reader.js";

/** Where an entry of a file stands: offset and length in (unpacked) bytes, number counted from 1. */
/** Where a record or stretch stands: offset and length in (unpacked) bytes; records count from 1 in each file. */
export interface EntryPlace {
  readonly offset: number;
  readonly length: number;
  readonly record: number;
}

/** A good record whose values are its plain bytes, until the next one is read; see table-reader.ts. */
export type PlainRecord = Pick<
  TableReader,
  "bytes" | "view" | "start" | "end" | "from" | "to" | "dropped" | "canonical" | "plainRow"
>;

/** Takes the entries of a file in order. A promise makes the reader wait before it goes on. */
export interface EntryHandler {
  /** The field whose value is often that of the record before; left out: no more is made of that than pays at once. */
  readonly keyIndex?: number | undefined;
  /** @param dropped the number of fields that the table does not have */
  row(row: Row, dropped: number): Promise<void> | undefined;
  /**
   * Takes a record whose row nobody may need; left out: `row` takes it.
   * @param hashes of its key fields, by field, where they are known
   */
  plain?(record: PlainRecord, hashes?: Int32Array): Promise<void> | undefined;
  /** Is told of records before it is given them, some at a time; one that is not plain comes with zeros for hashes. */
  coming?(records: PlainRecords, from: number, to: number): void;
  /** @param record the fields of a record that is whole JSON; nothing for a stretch that holds none */
  damaged(damage: Damage, place: EntryPlace, record: RawRecord | undefined): Promise<void> | undefined;
  /**
   * The bytes of stretches without a record, in order, in pieces.
   * @param begins whether something else stands before: the start of the file, or a record
   */
  skipped(bytes: Uint8Array, begins: boolean): void;
}

export const truncated: Damage = { reason: "truncated", field: null, hint: null };

/**
 * @param chunks the bytes of one file, as stored
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
  const reading = new Reading(table, handler);
  for await (const chunk of isPacked(file) ? gunzip(chunks, outcome, where) : chunks)
    await reading.take(chunk);
  await reading.end(outcome);
}

/**
 * Reads files of a table, each from end to end, in order.
 * @param handlerOf takes the entries of one
 * @param scanner looks through what is ahead, where there is one
 * @throws StediError `STEDI_BAD_GZIP`, and whatever reading a file throws
 */
export async function readFiles(
  table: TableShape,
  files: Iterable<TableFile>,
  ahead: ReadAhead,
  handlerOf: (file: TableFile) => EntryHandler,
  scanner: BlockScanner | undefined,
): Promise<void> {
  if (!scanner) {
    for (const [file, read] of readAhead(files, ahead)) {
      const { path, where, size } = file;
      await readRecords(table, read(ring(Math.min(chunkBytes, size))), path, where, handlerOf(file));
    }
    return;
  }
  let reading: Reading | undefined;
  for await (const { file, bytes, records, last } of scannedAhead(files, ahead, scanner)) {
    reading ??= new Reading(table, handlerOf(file));
    await (records && reading.isClear ? reading.takePlain(bytes, records) : reading.take(bytes));
    if (!last) continue;
    await reading.end(last);
    reading = undefined;
  }
}

/** Of some records it is told at a time that they are coming: as many as fit into the cache nearest by. */
const mostComing = 32;

/** One file while it is read. */
class Reading {
  readonly #reader: TableReader;
  readonly #handler: EntryHandler;
  #length = 0;
  /** Where the last entry ended, if it was cut off by the end of the input. */
  #truncatedAt = -1;
  /** How many entries stand before the bytes that would go on with what has been skipped. */
  #skippedAt = -1;

  constructor(table: TableShape, handler: EntryHandler) {
    this.#handler = handler;
    this.#reader = new TableReader(table, {
      skipped: (bytes) => {
        const { count } = this.#reader;
        const begins = count !== this.#skippedAt;
        this.#skippedAt = count;
        handler.skipped(bytes, begins);
      },
      ...(handler.keyIndex !== undefined && { keyIndex: handler.keyIndex }),
    });
  }

  /** Whether `takePlain` will do. */
  get isClear(): boolean {
    return this.#handler.plain !== undefined && this.#reader.isClear;
  }

  /** Takes the next bytes of the file. */
  async take(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    this.#reader.feed(bytes);
    await this.#drain();
  }

  /** The same of bytes whose records somebody has found. */
  async takePlain(bytes: Uint8Array, records: PlainRecords): Promise<void> {
    const reader = this.#reader;
    const handler = this.#handler;
    this.#length += bytes.length;
    reader.feed(bytes);
    for (let index = 0; index < records.count; index++) {
      if (index % mostComing === 0)
        handler.coming?.(records, index, Math.min(records.count, index + mostComing));
      const hashes = reader.comeTo(records, index);
      const wait = hashes ? handler.plain!(reader, hashes) : this.#entry(reader.next());
      if (wait) await wait;
    }
    reader.passAll(records);
    await this.#drain();
  }

  /** Says that there are no more bytes. */
  async end(outcome: GunzipOutcome): Promise<void> {
    this.#reader.finish();
    await this.#drain();
    // What a cut-off gzip file has lost may have been anything, even where it was cut between records.
    if (outcome.cutOff && this.#truncatedAt !== this.#length) {
      const place = { offset: this.#length, length: 0, record: this.#reader.count + 1 };
      await this.#handler.damaged(truncated, place, undefined);
    }
  }

  async #drain(): Promise<void> {
    const reader = this.#reader;
    for (let kind = reader.next(); kind !== entryKinds.none; kind = reader.next()) {
      const wait = this.#entry(kind);
      if (wait) await wait;
    }
  }

  #entry(kind: EntryKind): Promise<void> | undefined {
    const reader = this.#reader;
    const handler = this.#handler;
    switch (kind) {
      case entryKinds.plain:
        return handler.plain ? handler.plain(reader) : handler.row(reader.plainRow(), reader.dropped);
      case entryKinds.row:
        return handler.row(reader.row, reader.dropped);
      case entryKinds.damaged:
        return handler.damaged(reader.damage!, this.#place(), reader.record);
      default:
        if (reader.damage!.reason === "truncated") this.#truncatedAt = reader.offset + reader.length;
        this.#skippedAt = reader.count;
        return handler.damaged(reader.damage!, this.#place(), undefined);
    }
  }

  #place(): EntryPlace {
    const { offset, length, count } = this.#reader;
    return { offset, length, record: count };
  }
}
