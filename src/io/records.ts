// Reads the bytes of one file to records: unpacking, framing, field reading. What becomes of a record is the
// caller's matter.

import type { BrokenReason } from "./framer.js";
import { Framer } from "./framer.js";
import { gunzip, type GunzipOutcome } from "./gunzip.js";
import { readJsonRecord } from "./json-record.js";
import type { RawRecord } from "../transforms/contract.js";

/** Where an entry of a file stands: offset and length in (unpacked) bytes, number counted from 1. */
export interface EntryPlace {
  readonly offset: number;
  readonly length: number;
  readonly record: number;
}

/** Takes the entries of a file in order. A promise makes the reader wait before it goes on. */
export interface EntryHandler {
  record(record: RawRecord, place: EntryPlace): Promise<void> | undefined;
  /** The bytes of the next stretch, in order, in pieces. */
  skipped(bytes: Uint8Array): void;
  stretch(reason: BrokenReason, place: EntryPlace): Promise<void> | undefined;
}

/**
 * @param chunks the file's bytes as stored
 * @param file its path: one that ends in `.gz` is unpacked
 * @param where how errors name it
 * @throws StediError `STEDI_BAD_GZIP`, and whatever `chunks` throws
 */
export async function readRecords(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  where: string,
  handler: EntryHandler,
): Promise<void> {
  const outcome: GunzipOutcome = { cutOff: false };
  const unpackedChunks = file.endsWith(".gz") ? gunzip(chunks, outcome, where) : chunks;

  const framer = new Framer((bytes) => handler.skipped(bytes));
  let record = 0;
  let unpacked = 0;
  /** Where the last entry ended, if it was cut off by the end of the input. */
  let truncatedAt = -1;
  const drain = async (): Promise<void> => {
    for (let framed = framer.next(); framed; framed = framer.next()) {
      record++;
      let wait: Promise<void> | undefined;
      if (framed.kind === "record") {
        const { offset, bytes } = framed;
        wait = handler.record(readJsonRecord(bytes), { offset, length: bytes.length, record });
      } else {
        const { offset, length, reason } = framed;
        if (reason === "truncated") truncatedAt = offset + length;
        wait = handler.stretch(reason, { offset, length, record });
      }
      if (wait) await wait;
    }
  };
  for await (const chunk of unpackedChunks) {
    unpacked += chunk.length;
    framer.feed(chunk);
    await drain();
  }
  framer.end();
  await drain();
  // What a cut-off gzip file has lost may have been anything, even where it was cut between records.
  if (outcome.cutOff && truncatedAt !== unpacked) {
    await handler.stretch("truncated", { offset: unpacked, length: 0, record: record + 1 });
  }
}
