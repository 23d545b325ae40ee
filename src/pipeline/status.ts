// What a lake's zones are, and whether a run would build the same now.

import type { Store } from "../io/store.js";
import { together } from "../io/together.js";
import type { Rules } from "../transforms/policy.js";
import { customerLanding, landingTables, type TableShape } from "../transforms/tables.js";
import { disagreement } from "./agreement.js";
import { type CommittedZone, lastCommit } from "./commit-log.js";
import { fingerprint, type Landing, listLanding } from "./landing.js";
import type { Plan } from "./plan.js";
import { requireLake } from "./prepare.js";
import { runFolder } from "./run-folders.js";
import { stediPlan } from "./stedi-plan.js";
import { plural } from "./warnings.js";

/** A zone in the last commit; what is not there is `null`. */
export interface ZoneStatus {
  readonly zone: string;
  readonly folder: string;
  readonly state: "fresh" | "stale" | "missing";
  /** Why it is stale or missing. */
  readonly why: string | null;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly files: number | null;
  readonly run: string | null;
  readonly builtAt: string | null;
  readonly ageSeconds: number | null;
}

/** See `lakeStatus`. */
export interface LakeStatus {
  /** The last commit, or `null` where there is none. */
  readonly commit: {
    readonly number: number;
    readonly consent: string;
    readonly pair: string;
    readonly consentReadAt: string;
    readonly version: string;
  } | null;
  readonly zones: readonly ZoneStatus[];
}

/** Whose status is asked for. */
export interface StatusOptions {
  /** Where the landing zones are. */
  readonly lake: Store;
  /** Where zones and commits are: the lake, or another place. */
  readonly out: Store;
  /** What a run would be asked for. */
  readonly rules: Rules;
  /** Left out: the five zones of STEDI. */
  readonly plan?: Plan;
  /** The instant that ages are counted to; left out: now. */
  readonly now?: Date;
}

/**
 * What each zone of a plan is in the last commit. Reads listings and the commit, no records.
 * @throws StediError `STEDI_NOT_FOUND` where there is no lake; others where the store fails
 */
export async function lakeStatus(of: StatusOptions): Promise<LakeStatus> {
  const { lake, out, rules, plan = stediPlan, now = new Date() } = of;
  await requireLake(lake);
  const commit = await lastCommit(out);
  const landings = new Map<string, Landing>();
  for (const table of landingTables) landings.set(table.name, await listLanding(lake, table));
  const basis = { customers: landings.get(customerLanding.name)!, rules };

  const gone = await together(
    plan.zones.map(async (zone) => {
      const committed = commit?.zones[zone.name];
      return committed && filesGone(out, committed);
    }),
  );
  const zones = plan.zones.map((zone, index): ZoneStatus => {
    const committed = commit?.zones[zone.name];
    if (!commit || !committed) return missing(zone);
    const why =
      gone[index] ??
      disagreement(commit, committed, basis) ??
      Object.entries(committed.sources)
        .filter(([table, sum]) => fingerprint(landings.get(table)?.files ?? []) !== sum)
        .map(([table]) => `the files of ${table} have changed`)[0];
    const { files, books, run, builtAt } = committed;
    return {
      zone: zone.name,
      folder: zone.folder,
      state: why === undefined ? "fresh" : "stale",
      why: why ?? null,
      rows: books.written,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      files: files.length,
      run,
      builtAt,
      ageSeconds: Math.max(0, (now.getTime() - Date.parse(builtAt)) / 1000),
    };
  });
  if (!commit) return { commit: null, zones };
  const { number, consent, pair, consentReadAt, version } = commit;
  return { commit: { number, consent, pair, consentReadAt, version }, zones };
}

/** What to say where files of a zone are not there, or have another size than they were written with. */
async function filesGone(out: Store, { folder, run, files }: CommittedZone): Promise<string | undefined> {
  const there = new Map((await out.list(runFolder(folder, run))).map(({ path, size }) => [path, size]));
  const count = files.filter(({ path, bytes }) => there.get(path) !== bytes).length;
  return count === 0
    ? undefined
    : `${plural(count, "file")} of it ${count === 1 ? "is" : "are"} gone or changed`;
}

function missing(zone: TableShape): ZoneStatus {
  return {
    zone: zone.name,
    folder: zone.folder,
    state: "missing",
    why: "no commit has it; build it with `stedi run`",
    rows: null,
    bytes: null,
    files: null,
    run: null,
    builtAt: null,
    ageSeconds: null,
  };
}
