// Counts in books and reports.

import { expect, test } from "vitest";
import { asCounts, total } from "../../src/pipeline/report.js";

test("reasons that did not occur are left out, the others stay in their order", () => {
  const counts = asCounts(
    new Map([
      ["no_consent", 3],
      ["superseded", 0],
      ["before_consent", 1],
    ]),
  );
  expect(Object.entries(counts)).toEqual([
    ["no_consent", 3],
    ["before_consent", 1],
  ]);
});

test("the sum of counts", () => {
  expect(total({})).toBe(0);
  expect(total({ one: 1, two: 2 })).toBe(3);
});
