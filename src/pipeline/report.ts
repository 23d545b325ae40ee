// What a run tells: its books stage by stage and its warnings (the shape that `run --json` prints), and the
// events that progress is drawn from.

import type { Pairing, Policy } from "../transforms/policy.js";

/** Counts by reason; a reason that did not occur is left out. */
export type Counts = Readonly<Record<string, number>>;

/** The books of a stage, or of the reading of a landing table. */
export interface StageReport {
  readonly stage: string;
  /** Its folder below the lake's root. */
  readonly table: string;
  /** Records or rows that came in. */
  readonly read: number;
  /** Rows written; of a landing table, good records. */
  readonly written: number;
  readonly filtered: Counts;
  readonly quarantined: Counts;
  /** Further pairs of a reading; only where the stage joins. */
  readonly pairs?: number;
  /** Files read of a landing table, written of a zone. */
  readonly files: number;
  /** Stored bytes of the files that were read. */
  readonly bytesIn: number;
  /** Stored bytes of the files that were written. */
  readonly bytesOut: number;
  /** Wall time of the pass that it was part of. */
  readonly seconds: number;
}

/** Something that a run met and went on with. */
export interface Warning {
  /** A stable code, `STEDI_W_…`. */
  readonly code: string;
  /** Counts, reasons, declared field names and paths; never a value of a record. */
  readonly message: string;
  /** Of what the message is about: records, files, zones. */
  readonly count: number;
}

/** What a run did. */
export interface RunReport {
  /** Its name, as in `run=…` folders. */
  readonly run: string;
  /** The number of its commit. */
  readonly commit: number;
  /** The lake's `uri`. */
  readonly lake: string;
  /** The `uri` of where the zones went. */
  readonly out: string;
  readonly consent: Policy;
  readonly pair: Pairing;
  /** Wall time. */
  readonly seconds: number;
  readonly stages: readonly StageReport[];
  readonly warnings: readonly Warning[];
}

/** What happens while a run is under way. Bytes are stored bytes of the table that is read. */
export type RunEvent =
  | {
      readonly kind: "pass";
      readonly source: string;
      readonly zones: readonly string[];
      readonly bytes: number;
    }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "stage"; readonly report: StageReport }
  /** Everything is read once more, as what came from there was not what is stored. */
  | { readonly kind: "again"; readonly where: string }
  | { readonly kind: "commit"; readonly number: number };

export function asCounts(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries([...counts].filter(([, count]) => count > 0));
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
