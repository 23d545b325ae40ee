// What a run of the engine has to have in common with the reference model: everything.

import { expect } from "vitest";
import type { ReferenceResult } from "../../src/reference/index.js";
import type { Rules } from "../../src/transforms/policy.js";
import { landingTables } from "../../src/transforms/tables.js";
import type { EngineResult } from "./engine.js";

/**
 * @param hasSpilled whether the join had no memory: its rows come in another order then
 * @param show the lake, for a message
 */
export function expectReference(
  result: EngineResult | string,
  expected: ReferenceResult,
  rules: Rules,
  hasSpilled: boolean,
  show: () => string,
): void {
  if (!expected.usable) {
    expect(result, show()).toBe("STEDI_NO_CUSTOMERS");
    return;
  }
  if (typeof result === "string") throw new Error(`the engine refused with ${result}\n${show()}`);
  expect(inOrder(result.zones, hasSpilled)).toEqual(inOrder(expected.zones, hasSpilled));

  for (const [zone, books] of Object.entries(expected.books))
    expect(result.commit.zones[zone]!.books).toEqual(books);
  for (const { name } of landingTables) {
    const { files, unread, read, good, quarantined, droppedFields } =
      expected.landing[name as keyof typeof expected.landing];
    const committed = result.commit.landing[name]!;
    expect(committed.books).toEqual({ read, good, quarantined, droppedFields });
    expect([committed.files.length, committed.unread]).toEqual([files, unread.length]);
  }
  const places = result.quarantine.map(({ hint, ...entry }) => {
    expect(hint === null).toBe(entry.reason !== "contract");
    return entry;
  });
  expect(places).toEqual(expected.quarantine);

  const warned = (code: string): number =>
    result.report.warnings.find((each) => each.code === code)?.count ?? 0;
  expect(warned("STEDI_W_UNATTRIBUTABLE")).toBe(expected.unattributable);
  expect(warned("STEDI_W_PAIR_TIMESTAMP")).toBe(rules.pair === "timestamp" ? expected.crossPersonPairs : 0);
}

/** The rows of a join that has spilled come in another order. */
function inOrder(zones: EngineResult["zones"], hasSpilled: boolean): EngineResult["zones"] {
  const joined = zones.machine_learning_curated!;
  return hasSpilled ? { ...zones, machine_learning_curated: joined.toSorted() } : zones;
}
