// What a run is about to do: the stages that are meant, what there is to read, the committed zones it builds on.
// Everything that can be refused before a byte is written is refused here; `plan` shows what comes of it.

import { StediError } from "../errors.js";
import type { Store } from "../io/store.js";
import { together } from "../io/together.js";
import type { Rules } from "../transforms/policy.js";
import { customerLanding, landingTables, type TableShape } from "../transforms/tables.js";
import { type Basis, committedInputs } from "./agreement.js";
import { type Commit, type CommittedZone, lastCommit } from "./commit-log.js";
import { type Landing, listLanding, noCustomers } from "./landing.js";
import type { Plan, Zone } from "./plan.js";
import { isWithin } from "./places.js";
import { type Pass, schedule } from "./schedule.js";
import { select } from "./selection.js";
import { stediPlan } from "./stedi-plan.js";
import { plural } from "./warnings.js";

/** What to build, from what, and where. */
export interface PrepareOptions {
  /** Where the landing zones are. */
  readonly lake: Store;
  /** Where zones, commits and quarantine go; left out: the lake. */
  readonly out?: Store;
  /** Stages, as `select` takes them; left out: all. */
  readonly stages?: readonly string[];
  /** Left out: `latest` and `person`. */
  readonly rules?: Rules;
  /** Go on although customer files are gone that the last commit read. */
  readonly acceptRemoved?: boolean;
  readonly plan?: Plan;
}

/** A run that can begin. */
export interface PreparedRun {
  readonly lake: Store;
  readonly out: Store;
  readonly rules: Rules;
  readonly plan: Plan;
  readonly zones: readonly Zone[];
  readonly passes: readonly Pass[];
  /** The commit that stood before anything was listed: whoever commits later is noticed when committing. */
  readonly last: Commit | undefined;
  /** The instant at which the customers were listed: a withdrawal that lands later counts from the next run on. */
  readonly consentReadAt: Date;
  /** The customers, and the tables that the zones are read from. */
  readonly landings: ReadonlyMap<TableShape, Landing>;
  readonly inputs: ReadonlyMap<Zone, CommittedZone>;
  readonly basis: Basis;
}

/** @throws StediError for whatever the run could not go on with */
export async function prepareRun(options: PrepareOptions): Promise<PreparedRun> {
  const { lake, out = lake, rules = { consent: "latest", pair: "person" }, plan = stediPlan } = options;
  const zones = select(plan, options.stages ?? ["all"]);
  await requireLake(lake);
  refuseInLanding(lake, out);
  const last = await lastCommit(out);
  const consentReadAt = new Date();
  const needed = landingTables.filter(
    (table) => table === customerLanding || zones.some((zone) => zone.source === table),
  );
  const listed = await together(needed.map((table) => listLanding(lake, table)));
  const landings = new Map<TableShape, Landing>(listed.map((landing) => [landing.table, landing]));
  const customers = landings.get(customerLanding)!;
  checkCustomers(customers, last, options.acceptRemoved ?? false);
  const basis: Basis = { customers, rules };
  const inputs = committedInputs(zones, last, basis);
  return {
    lake,
    out,
    rules,
    plan,
    zones,
    passes: schedule(zones),
    last,
    consentReadAt,
    landings,
    inputs,
    basis,
  };
}

/** @throws StediError `STEDI_NOT_FOUND` where there is no lake */
export async function requireLake(lake: Store): Promise<void> {
  if (await lake.exists()) return;
  throw new StediError("STEDI_NOT_FOUND", {
    what: "there is no lake here",
    where: lake.uri,
    why: lake.isRemote ? "no key begins with that prefix" : "the folder does not exist",
    next: `name a lake with --lake, or make one to try: \`stedi generate ${lake.uri}\``,
  });
}

/** @throws StediError `STEDI_SAME_PLACE` where zones would be written among the files that the next run reads */
function refuseInLanding(lake: Store, out: Store): void {
  for (const { folder } of landingTables) {
    if (!isWithin({ store: out, folder: "" }, { store: lake, folder })) continue;
    throw new StediError("STEDI_SAME_PLACE", {
      what: "zones would be written into a landing folder",
      where: out.uri,
      why: `it lies within ${lake.uri}/${folder}, all files of which are read`,
      next: "name another place with --out, or leave it out",
    });
  }
}

function checkCustomers(customers: Landing, last: Commit | undefined, acceptRemoved: boolean): void {
  // One that has been emptied is as good as gone.
  const now = new Set(customers.files.filter(({ size }) => size > 0).map(({ path }) => path));
  const before = last?.landing[customerLanding.name]?.files ?? [];
  const gone = before.filter(({ path, size }) => size > 0 && !now.has(path));
  if (gone.length > 0 && !acceptRemoved) {
    throw new StediError("STEDI_CUSTOMERS_REMOVED", {
      what: `${plural(gone.length, "customer file")} that the last commit read ${gone.length === 1 ? "is" : "are"} gone or empty`,
      where: `${customers.store.uri}/${gone[0]!.path}`,
      why: "a file that is lost can bring back a consent that was withdrawn in it",
      next: "put them back; if they were removed on purpose, run once with --accept-removed",
    });
  }
  if (customers.files.length === 0) throw noCustomers(customers);
}
