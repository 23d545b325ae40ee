// In what passes over the data a selection of zones is built. A pass reads one table once; every zone that can be
// built from it then is, and so is every zone that takes its rows from one of these. The customers' landing zone
// always comes before the readings': it says who consents.

import { customerLanding, landingTables, type TableShape } from "../transforms/tables.js";
import { lookupsOf, type Zone } from "./plan.js";

/** One reading of one table. Without zones, its rows are only looked up by later passes. */
export interface Pass {
  readonly source: TableShape;
  /** Where the table's rows are: its landing zone, the last commit, or what this run has written. */
  readonly from: "landing" | "commit" | "run";
  /** What is built, in order: from the source, or from a zone before it in this list. */
  readonly zones: readonly Zone[];
}

/** The tables that a zone looks rows up in. */
function lookups(zone: Zone): readonly TableShape[] {
  return [...new Set(zone.steps.flatMap(lookupsOf))];
}

/** @param selected zones in the plan's order */
export function schedule(selected: readonly Zone[]): readonly Pass[] {
  const isSelected = (table: TableShape): boolean => selected.some((zone) => zone === table);
  const isLanding = (table: TableShape): boolean => landingTables.includes(table);
  const whole = (table: TableShape): Pass["from"] =>
    isLanding(table) ? "landing" : isSelected(table) ? "run" : "commit";

  const passes: Pass[] = [];
  const loaded = new Set(selected.flatMap(lookups).filter((table) => !isSelected(table)));
  for (const source of loaded) passes.push({ source, from: "commit", zones: [] });

  const built = new Set<TableShape>();
  const available = (table: TableShape): boolean => built.has(table) || !isSelected(table);
  let waiting = [...selected];
  const ready = (zone: Zone): boolean => lookups(zone).every(available);
  const add = (source: TableShape): void => {
    const zones: Zone[] = [];
    for (const zone of waiting) {
      if (ready(zone) && (zone.source === source || zones.includes(zone.source as Zone))) zones.push(zone);
    }
    passes.push({ source, from: whole(source), zones });
    for (const zone of zones) built.add(zone);
    waiting = waiting.filter((zone) => !zones.includes(zone));
  };
  add(customerLanding);
  while (waiting.length > 0) {
    const sources = [...new Set(waiting.map((zone) => zone.source))].filter(available);
    const of = (source: TableShape): Zone[] => waiting.filter((zone) => zone.source === source);
    // A source all of whose zones are ready is read just once; the plan's order of zones sees to it that another
    // has to be taken only where one zone needs what is made from a second look at its own source.
    const source =
      sources.find((candidate) => of(candidate).every(ready)) ??
      sources.find((candidate) => of(candidate).some(ready))!;
    add(source);
  }
  return passes;
}
