// The engine against the reference model, on made-up lakes with every kind of damage and framing: the same rows in
// the same order, the same books, the same quarantine, for every policy and pairing.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceRun, type ReferenceResult } from "../../src/reference/index.js";
import type { Rules } from "../../src/transforms/policy.js";
import { landingTables } from "../../src/transforms/tables.js";
import { allRules, type EngineResult, runEngine } from "../support/engine.js";
import { arbLake, renderLake, showLake } from "../support/lakes.js";
import { ScannersHere } from "../support/scanners.js";
import { lakesPerProperty } from "../support/runs.js";

/**
 * Small blocks, so that records are cut in two; scanned one by one, or ahead on a guess of where records start. No memory
 * for the join, so that it spills; then so little that a partition is joined bit by bit.
 */
const arbWork = fc
  .record({
    workers: fc.integer({ min: 1, max: 3 }),
    blockBytes: fc.integer({ min: 1, max: 2000 }),
    memory: fc.constantFrom(undefined, undefined, 0),
    leastJoinBytes: fc.constantFrom(1, 200, 1_000_000),
  })
  .map(({ workers, memory, ...cuts }) => ({
    workers,
    ...(memory !== undefined && { memory }),
    tuning: { ...cuts, threadsFrom: -1, scanners: (count: number) => new ScannersHere(count) },
  }));

describe("the engine equals the reference", () => {
  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          arbLake(),
          fc.integer({ min: 1, max: 64 }),
          arbWork,
          async (lake, chunkSize, work) => {
            const files = renderLake(lake);
            const expected = referenceRun(files, rules);
            const result = await runEngine(files, rules, { chunkSize, ...work });
            compare(result, expected, rules, work.memory === 0, () => showLake(lake));
          },
        ),
        { numRuns: lakesPerProperty },
      );
    });
  }
});

function compare(
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
