// Rewrites one landing file in its clean form (transforms/clean.ts), in flat memory, by the same readers as a run.

import { StediError } from "../errors.js";
import { maxRecordBytes } from "../io/framer.js";
import { isPacked } from "../io/gunzip.js";
import { type ByteTarget, gzipTo } from "../io/gzip.js";
import { OutBuffer } from "../io/out-buffer.js";
import { PlainLine } from "../io/plain-line.js";
import { type PlainRecord, readRecords } from "../io/records.js";
import { AttributionFinder, attributeRecord } from "../transforms/attribution.js";
import { cleanDamage, cleanFormat, isLoweredAt } from "../transforms/clean.js";
import type { DamageReason } from "../transforms/contract.js";
import { customerLanding, type TableShape } from "../transforms/tables.js";
import { count } from "./landing.js";

const bufferBytes = 256 * 1024;

const newline = 0x0a;

/** What was rewritten of a table: counts of records by what became of them. */
export interface CleanTally {
  read: number;
  /** Damaged records by reason. Of customers they are in the clean files as what they count as; readings are left out. */
  readonly damaged: Map<DamageReason, number>;
  /** Damaged snapshots that may be the word of somebody who cannot be told. */
  unattributable: number;
  /** Fields of good records that the table does not have. */
  droppedFields: number;
}

export function emptyTally(): CleanTally {
  return { read: 0, damaged: new Map(), unattributable: 0, droppedFields: 0 };
}

/** Adds what was counted of one file to what was counted of others. */
export function addTally(to: CleanTally, of: CleanTally): void {
  to.read += of.read;
  to.unattributable += of.unattributable;
  to.droppedFields += of.droppedFields;
  for (const [reason, count] of of.damaged) to.damaged.set(reason, (to.damaged.get(reason) ?? 0) + count);
}

/**
 * @param chunks the file's bytes as stored
 * @param file its path: what comes packed goes packed
 * @param where how errors name it
 * @param target is given the clean file
 * @throws StediError as `readRecords` does, and `STEDI_TOO_LARGE_TO_CLEAN`
 */
export async function cleanFile(
  table: TableShape,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  where: string,
  target: ByteTarget,
): Promise<CleanTally> {
  if (!isPacked(file)) return cleanLines(table, chunks, file, where, target);
  const packing = gzipTo(target);
  try {
    const tally = await cleanLines(table, chunks, file, where, packing.write);
    await packing.end();
    return tally;
  } catch (error) {
    await packing.abort();
    throw error;
  }
}

async function cleanLines(
  table: TableShape,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  where: string,
  target: ByteTarget,
): Promise<CleanTally> {
  const tally = emptyTally();
  const format = cleanFormat(table);
  const finder = table === customerLanding ? new AttributionFinder() : undefined;
  const lines = new OutBuffer(Buffer.allocUnsafe(bufferBytes));
  const plainLines = table === customerLanding ? undefined : new PlainReadings(table);
  let record = 0;
  const flush = async (): Promise<void> => {
    await target(lines.bytes.subarray(0, lines.length));
    lines.clear();
  };
  /** @returns whether to flush */
  const put = (line: string): boolean => {
    const from = lines.length;
    lines.text(line);
    if (lines.length - from > maxRecordBytes) throw tooLarge(where, record);
    return lines.length >= bufferBytes;
  };
  await readRecords(table, chunks, file, where, {
    keyIndex: plainLines?.keyIndex,
    row(row, dropped) {
      record++;
      tally.read++;
      tally.droppedFields += dropped;
      return put(format(row)) ? flush() : undefined;
    },
    ...(plainLines && {
      plain(reading: PlainRecord): Promise<void> | undefined {
        record++;
        tally.read++;
        tally.droppedFields += reading.dropped;
        if (!plainLines.put(lines, reading)) return put(format(reading.plainRow())) ? flush() : undefined;
        return lines.length >= bufferBytes ? flush() : undefined;
      },
    }),
    damaged(damage, _place, found) {
      record++;
      tally.read++;
      count(tally.damaged, damage.reason);
      if (!finder) return undefined;
      const attribution = found ? attributeRecord(found) : finder.take();
      if (attribution.isUnknown) tally.unattributable++;
      return (async () => {
        for (const line of cleanDamage(attribution)) if (put(line)) await flush();
      })();
    },
    skipped: (bytes, begins) => finder?.feed(bytes, begins),
  });
  if (lines.length > 0) await flush();
  return tally;
}

/** The short way for readings, which are many: those that need no key beside them are lines of zones, made from bytes. */
class PlainReadings {
  /** Readings have one. */
  readonly keyIndex: number;
  readonly #line: PlainLine;

  constructor(table: TableShape) {
    this.keyIndex = table.fields.findIndex(({ kind }) => kind === "key");
    this.#line = new PlainLine(table);
  }

  /** @returns whether it has put a line: not where the record needs its key beside it */
  put(lines: OutBuffer, { bytes, view, start, end, from, to, canonical }: PlainRecord): boolean {
    if (!isLoweredAt(bytes, from[this.keyIndex]!, to[this.keyIndex]!)) return false;
    if (canonical) lines.copy(bytes, view, start, end);
    else this.#line.put(lines, bytes, view, from, to);
    lines.byte(newline);
    return true;
  }
}

/** A record that would be too large for the program itself to read again. */
function tooLarge(where: string, record: number): StediError {
  return new StediError("STEDI_TOO_LARGE_TO_CLEAN", {
    what: "a record that would be too large once its keys are written out",
    where: `${where}, record ${record}`,
    why: `a record can have ${maxRecordBytes} bytes`,
    next: "look at what made an e-mail address or serial number of that size, and repair the file",
  });
}
