// Rewrites one landing file in its clean form (transforms/clean.ts), in flat memory, by the same readers as a run.

import { StediError } from "../errors.js";
import { maxRecordBytes } from "../io/framer.js";
import { isPacked } from "../io/gunzip.js";
import { type ByteTarget, gzipTo } from "../io/gzip.js";
import { OutBuffer } from "../io/out-buffer.js";
import { readRecords } from "../io/records.js";
import { AttributionFinder, attributeRecord } from "../transforms/attribution.js";
import { cleanDamage, cleanFormat } from "../transforms/clean.js";
import type { DamageReason } from "../transforms/contract.js";
import { customerLanding, type TableShape } from "../transforms/tables.js";
import { count } from "./landing.js";

const bufferBytes = 256 * 1024;

/** What was rewritten of a table: counts of records by what became of them. */
export interface CleanTally {
  read: number;
  /** Damaged records by reason. Of customers they are in the clean files as what they count as; readings are left out. */
  readonly damaged: Map<DamageReason, number>;
  /** Damaged snapshots without a readable e-mail address. */
  unattributable: number;
  /** Fields of good records that the table does not have. */
  droppedFields: number;
}

export function emptyTally(): CleanTally {
  return { read: 0, damaged: new Map(), unattributable: 0, droppedFields: 0 };
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
  tally: CleanTally,
): Promise<void> {
  if (!isPacked(file)) return cleanLines(table, chunks, file, where, target, tally);
  const packing = gzipTo(target);
  try {
    await cleanLines(table, chunks, file, where, packing.write, tally);
    await packing.end();
  } catch (error) {
    packing.abort();
    throw error;
  }
}

async function cleanLines(
  table: TableShape,
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  where: string,
  target: ByteTarget,
  tally: CleanTally,
): Promise<void> {
  const format = cleanFormat(table);
  const finder = table === customerLanding ? new AttributionFinder() : undefined;
  const lines = new OutBuffer(Buffer.allocUnsafe(bufferBytes));
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
    row(row, dropped) {
      record++;
      tally.read++;
      tally.droppedFields += dropped;
      return put(format(row)) ? flush() : undefined;
    },
    damaged(damage, _place, found) {
      record++;
      tally.read++;
      count(tally.damaged, damage.reason);
      if (!finder) return undefined;
      const attribution = found ? attributeRecord(found) : finder.take();
      if (attribution.people.size === 0) tally.unattributable++;
      return (async () => {
        for (const line of cleanDamage(attribution)) if (put(line)) await flush();
      })();
    },
    skipped: (bytes) => finder?.feed(bytes),
  });
  if (lines.length > 0) await flush();
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
