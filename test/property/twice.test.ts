// The same landing files give the same bytes in the same parts, whenever and wherever they are run.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runPipeline } from "../../src/pipeline/run.js";
import { allRules, type EngineResult } from "../support/engine.js";
import { arbLake, renderLake, showLake } from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";
import { runUsable } from "./support.js";

const numRuns = Math.ceil(lakesPerProperty / 10);
const arbRules = fc.constantFrom(...allRules);

/** What a run wrote of zones and quarantine, by its path without the run's name. */
function filesOf({ out, report }: Pick<EngineResult, "out" | "report">): ReadonlyMap<string, string> {
  const folder = `/run=${report.run}/`;
  return new Map(
    [...out.files]
      .filter(([path]) => path.includes(folder))
      .map(
        ([path, bytes]) => [path.replace(folder, "/run=<id>/"), Buffer.from(bytes).toString("utf8")] as const,
      )
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** A commit without its number, the run's name and when it was. */
function saidBy({ commit, report }: EngineResult): unknown {
  const times = new Set(["number", "committedAt", "consentReadAt", "builtAt"]);
  return JSON.parse(
    JSON.stringify(commit, (key, value: unknown) => (times.has(key) ? undefined : value)).replaceAll(
      report.run,
      "<id>",
    ),
  );
}

describe("a second run", () => {
  test("writes the same bytes to the same parts, into another place and into the same one", async () => {
    await fc.assert(
      fc.asyncProperty(arbLake(), arbRules, async (lake, rules) => {
        const files = renderLake(lake);
        const first = await runUsable(files, rules);
        if (!first) {
          expect(await runUsable(files, rules)).toBeUndefined();
          return;
        }
        const expected = { files: filesOf(first), commit: saidBy(first) };
        const elsewhere = (await runUsable(files, rules))!;
        expect({ files: filesOf(elsewhere), commit: saidBy(elsewhere) }, showLake(lake)).toEqual(expected);
        const again = (await runUsable(files, rules, { out: first.out }))!;
        expect({ files: filesOf(again), commit: saidBy(again) }, showLake(lake)).toEqual(expected);
        expect(again.report.run).not.toBe(first.report.run);
        // Nothing of the first run is left, but its commit.
        expect([...first.out.files.keys()].filter((path) => path.includes(first.report.run))).toEqual([]);
      }),
      { numRuns },
    );
  });

  test("with --keep 2 leaves the first run's files as they were", async () => {
    await fc.assert(
      fc.asyncProperty(arbLake(), arbRules, async (lake, rules) => {
        const files = renderLake(lake);
        const first = await runUsable(files, rules);
        if (!first) return;
        const { out } = first;
        const before = new Map(out.files);
        const report = await runPipeline({ lake: new MemoryStore(files), out, rules, keep: 2 });
        for (const [path, bytes] of before) expect(out.files.get(path), path).toEqual(bytes);
        expect(filesOf({ out, report })).toEqual(filesOf(first));
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    );
  });
});
