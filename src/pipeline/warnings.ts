// What a run warns about. Messages hold counts, reasons, declared field names and paths; never a value.

import type { StoredFile } from "../io/store.js";
import type { ConsentIndex } from "../transforms/consent.js";
import type { ContractHint } from "../transforms/contract.js";
import type { Rules } from "../transforms/policy.js";
import { customerLanding, type TableShape } from "../transforms/tables.js";
import type { Landing, LandingTally } from "./landing.js";
import type { Warning } from "./report.js";
import type { ZoneBuild } from "./zone-build.js";

/** A join that makes more than this many rows of each that comes in is worth a look. */
const growthLimit = 100;

const hintTexts: Readonly<Record<ContractHint, string>> = {
  seconds: "looks like seconds, not milliseconds",
  microseconds: "looks like microseconds, not milliseconds",
  missing: "is missing or blank",
  renamed: "is missing, and a field that the table does not know is there: was it renamed?",
  type: "is of the wrong type",
  range: "is out of range",
};

/** Warnings about the files of landing tables. */
export function listingWarnings(landings: readonly Landing[]): Warning[] {
  const warnings: Warning[] = [];
  for (const { table, unread, files } of landings) {
    if (unread.length > 0) warnings.push(unreadWarning(table.folder, unread, "read"));
    if (files.length === 0 && table !== customerLanding) {
      warnings.push({
        code: "STEDI_W_NO_READINGS",
        message: `there are no landing files in ${table.folder}: the zones made from it are empty`,
        count: 1,
      });
    }
  }
  return warnings;
}

/** @param what was not done with these files */
export function unreadWarning(
  folder: string,
  unread: readonly StoredFile[],
  what: "read" | "copied",
): Warning {
  const isOne = unread.length === 1;
  return {
    code: "STEDI_W_UNREAD_FILES",
    message: `${plural(unread.length, "file")} in ${folder} ${isOne ? "is no landing file" : "are no landing files"} (*.json, *.json.gz) and ${isOne ? "was" : "were"} not ${what}: ${unread[0]!.path}${isOne ? "" : " and others"}`,
    count: unread.length,
  };
}

export function unattributableWarning(count: number): Warning {
  return {
    code: "STEDI_W_UNATTRIBUTABLE",
    message: `${plural(count, "damaged customer snapshot")} without an e-mail address of its own that can be read: whose withdrawal it may have been cannot be told`,
    count,
  };
}

/** Warnings about the records of a landing table. */
export function landingWarnings(table: TableShape, tally: LandingTally): readonly Warning[] {
  const warnings: Warning[] = [];
  const damaged = tally.read - tally.good;
  if (damaged > 0) {
    const reasons = [...tally.quarantined].map(([reason, count]) => `${count} ${reason}`).join(", ");
    warnings.push({
      code: "STEDI_W_QUARANTINED",
      message: `${plural(damaged, "damaged record")} set aside in ${table.folder}: ${reasons}`,
      count: damaged,
    });
  }
  if (tally.hints.size > 0) {
    const kinds = [...tally.hints.values()].sort((one, other) => other.count - one.count);
    warnings.push({
      code: "STEDI_W_CONTRACT",
      message: `records in ${table.folder} do not keep to the contract: ${kinds
        .map(({ field, hint, count }) => `${field} ${hintTexts[hint]} (${count})`)
        .join("; ")}`,
      count: kinds.reduce((sum, { count }) => sum + count, 0),
    });
  }
  if (tally.droppedFields > 0) {
    warnings.push({
      code: "STEDI_W_FIELDS_DROPPED",
      message: `${plural(tally.droppedFields, "field")} that the table does not know dropped in ${table.folder}`,
      count: tally.droppedFields,
    });
  }
  return warnings;
}

/** Warnings about what was asked for and what came of it. */
export function runWarnings(
  rules: Rules,
  consent: ConsentIndex,
  builds: readonly ZoneBuild[],
): readonly Warning[] {
  const warnings: Warning[] = [];
  if (rules.consent === "any") {
    warnings.push({
      code: "STEDI_W_POLICY_ANY",
      message: "--consent any: who ever said yes counts as consenting; a withdrawal has no effect",
      count: 1,
    });
  }
  if (consent.unattributable > 0) warnings.push(unattributableWarning(consent.unattributable));
  for (const { zone, tally, written, read } of builds) {
    if (!zone.steps.some((step) => step.kind === "join")) continue;
    if (rules.pair === "timestamp") {
      warnings.push({
        code: "STEDI_W_PAIR_TIMESTAMP",
        message: `--pair timestamp: ${tally.crossPersonPairs} of ${written} rows of ${zone.name} pair readings of different people`,
        count: tally.crossPersonPairs,
      });
    }
    if (written > growthLimit * read) {
      warnings.push({
        code: "STEDI_W_JOIN_GROWTH",
        message: `${zone.name} has more than ${growthLimit} rows for each reading that was joined: many readings share an instant`,
        count: written,
      });
    }
  }
  return warnings;
}

/** A number of things, such as "1 file" or "2 files". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
