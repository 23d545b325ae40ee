// Which stages a user means: `all`, names, `+stage` for it and everything before it, `stage+` for it and
// everything after it.

import { closest } from "fastest-levenshtein";
import { StediError } from "../errors.js";
import type { TableShape } from "../transforms/tables.js";
import { type Plan, tablesOf, type Zone } from "./plan.js";

/** Names that the reference project gives its tables, where they differ. */
const aliases: Readonly<Record<string, string>> = {
  customers_trusted: "customer_trusted",
  customers_curated: "customer_curated",
};

/** The zones that a zone reads. */
export function zonesReadBy(zone: Zone): readonly Zone[] {
  return tablesOf(zone).filter((table): table is Zone => "steps" in table);
}

/** The zones that a zone is made from, directly or not. */
export function upstreamOf(plan: Plan, zone: Zone): readonly Zone[] {
  const found = new Set<TableShape>(tablesOf(zone));
  for (const each of plan.zones.toReversed()) {
    if (found.has(each)) for (const table of tablesOf(each)) found.add(table);
  }
  return plan.zones.filter((each) => found.has(each));
}

/** The zones that are made from a zone, directly or not. */
export function downstreamOf(plan: Plan, zone: Zone): readonly Zone[] {
  return plan.zones.filter((each) => upstreamOf(plan, each).includes(zone));
}

/**
 * The zones that are meant, in the plan's order.
 * @throws StediError `STEDI_UNKNOWN_STAGE` with the nearest valid name
 */
export function select(plan: Plan, names: readonly string[]): readonly Zone[] {
  const selected = new Set<Zone>();
  for (const written of names) {
    if (written === "all") {
      for (const zone of plan.zones) selected.add(zone);
      continue;
    }
    const name = written.replace(/^\+/, "").replace(/\+$/, "");
    const zone = plan.zones.find((each) => each.name === (aliases[name] ?? name));
    if (!zone) throw unknownStage(plan, written, name);
    selected.add(zone);
    if (written.startsWith("+")) for (const before of upstreamOf(plan, zone)) selected.add(before);
    if (written.endsWith("+")) for (const after of downstreamOf(plan, zone)) selected.add(after);
  }
  return plan.zones.filter((zone) => selected.has(zone));
}

function unknownStage(plan: Plan, written: string, name: string): StediError {
  const names = ["all", ...plan.zones.map((zone) => zone.name)];
  const meant = name.toLowerCase();
  // Half a name is far from the whole one by its letters.
  const nearest = names.find((each) => each.startsWith(meant)) ?? closest(meant, names);
  return new StediError("STEDI_UNKNOWN_STAGE", {
    what: `there is no stage \`${written}\``,
    why: `the stages are ${names.join(", ")}`,
    next: `did you mean \`${nearest}\`?`,
  });
}
