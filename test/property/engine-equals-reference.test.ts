// The engine against the reference model, on made-up lakes with every kind of damage and framing: the same rows in
// the same order, the same books, the same quarantine, for every policy and pairing.

import fc from "fast-check";
import { describe, test } from "vitest";
import { referenceRun } from "../../src/reference/index.js";
import { allRules, runEngine } from "../support/engine.js";
import { expectReference } from "../support/expect-reference.js";
import { arbLake, renderLake, showLake } from "../support/lakes.js";
import { ScannersHere } from "../support/scanners.js";
import { lakesPerProperty } from "../support/runs.js";

/**
 * Small blocks, so that records are cut in two, or such that several files stand in one; scanned one by one, or ahead on a
 * guess of where records start. No memory for the join, so that it spills; then so little that a partition is joined bit by
 * bit.
 */
const arbWork = fc
  .record({
    workers: fc.integer({ min: 1, max: 3 }),
    blockBytes: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 2000, max: 50_000 })),
    memory: fc.constantFrom(undefined, undefined, 0),
    leastJoinBytes: fc.constantFrom(1, 200, 1_000_000),
  })
  .map(({ workers, memory, ...cuts }) => ({
    workers,
    ...(memory !== undefined && { memory }),
    tuning: { ...cuts, threadsFrom: -1, scanners: (count: number) => new ScannersHere(count) },
  }));

/** What a store gives at once: a few bytes, or a small file. */
const arbChunk = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.constant(Infinity));

describe("the engine equals the reference", () => {
  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}`, async () => {
      await fc.assert(
        fc.asyncProperty(arbLake(), arbChunk, arbWork, async (lake, chunkSize, work) => {
          const files = renderLake(lake);
          const expected = referenceRun(files, rules);
          const result = await runEngine(files, rules, { chunkSize, ...work });
          expectReference(result, expected, rules, work.memory === 0, () => showLake(lake));
        }),
        { numRuns: lakesPerProperty },
      );
    });
  }
});
