// Reads one landing table: which files are its files, in which order, which of their records are good, and
// what is set aside in quarantine.

import { Buffer } from "node:buffer";
import { judge, type Row } from "./contract.js";
import { frame, type Entry } from "./framing.js";
import { gunzip } from "./gzip.js";
import type { LakeFiles, ReferenceLanding, ReferenceQuarantine, TableContract } from "./model.js";

/** A damaged record with what can still be read of it. */
export interface Damaged {
  readonly file: string;
  /** Which entry of the file it is, counted from 1. */
  readonly number: number;
  readonly entry: Entry;
  /** The bytes of the file, from the entry on. */
  readonly rest: Uint8Array;
}

export interface LandingTable {
  readonly summary: ReferenceLanding;
  /** In landing order. */
  readonly rows: readonly Row[];
  readonly damaged: readonly Damaged[];
  readonly quarantine: readonly ReferenceQuarantine[];
}

export function readTable(files: LakeFiles, contract: TableContract): LandingTable {
  const summary: ReferenceLanding = {
    files: 0,
    read: 0,
    good: 0,
    quarantined: {},
    droppedFields: 0,
    unread: [],
  };
  const rows: Row[] = [];
  const damaged: Damaged[] = [];
  const quarantine: ReferenceQuarantine[] = [];

  for (const path of pathsBelow(files, contract.folder)) {
    if (!path.endsWith(".json") && !path.endsWith(".json.gz")) {
      summary.unread.push(path);
      continue;
    }
    summary.files += 1;
    const { bytes, entries } = entriesOf(path, files.get(path)!);
    for (const [index, entry] of entries.entries()) {
      summary.read += 1;
      const verdict =
        entry.kind === "whole"
          ? judge(contract, entry.value)
          : ({ good: false, reason: entry.reason, field: null } as const);
      if (verdict.good) {
        summary.good += 1;
        summary.droppedFields += verdict.droppedFields;
        rows.push(verdict.row);
        continue;
      }
      const { offset, length } = entry;
      count(summary.quarantined, verdict.reason);
      damaged.push({ file: path, number: index + 1, entry, rest: bytes.subarray(offset) });
      quarantine.push({
        table: contract.table,
        file: path,
        offset,
        length,
        record: index + 1,
        reason: verdict.reason,
        field: verdict.field,
      });
    }
  }
  return { summary, rows, damaged, quarantine };
}

export function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

/** All that is not hidden, in the order of the UTF-8 bytes of the paths. */
function pathsBelow(files: LakeFiles, folder: string): string[] {
  return [...files.keys()]
    .filter((path) => path.startsWith(folder))
    .filter((path) => !path.split("/").some((part) => part.startsWith("_") || part.startsWith(".")))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function entriesOf(path: string, stored: Uint8Array): { bytes: Uint8Array; entries: Entry[] } {
  if (!path.endsWith(".gz")) return { bytes: stored, entries: frame(stored) };
  const { bytes, cutOff } = gunzip(stored);
  const entries = frame(bytes);
  if (cutOff) {
    // Nobody knows what was lost behind the cut, so it stands for a record of its own, unless a record is
    // already known to have been lost there.
    const last = entries.at(-1);
    const known =
      last?.kind === "stretch" && last.reason === "truncated" && last.offset + last.length === bytes.length;
    if (!known) entries.push({ kind: "stretch", offset: bytes.length, length: 0, reason: "truncated" });
  }
  return { bytes, entries };
}
