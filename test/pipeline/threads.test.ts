// Passes over readings, split among real threads: the same bytes whatever their number. What comes of one that dies is
// in test/faults/15-thread-dies.test.ts.

import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Tuning } from "../../src/pipeline/readings-pass.js";
import { ReadingsPool } from "../../src/pipeline/readings-pool.js";
import { referenceRun } from "../../src/reference/index.js";
import { samplePreset, syntheticLake } from "../../src/synthetic/lake.js";
import { type EngineResult, runEngine } from "../support/engine.js";
import { builtThreads } from "../support/threads.js";

const rules = { consent: "latest", pair: "person" } as const;

/** Blocks so small that a file of the lake is many of them. */
const tuning: Tuning = {
  blockBytes: 8 * 1024,
  threadsFrom: -1,
  leastJoinBytes: 10_000,
  scanners: (count) => new ReadingsPool(count, builtThreads),
};

const lake = new Map<string, Uint8Array>();
let alone: EngineResult;

async function run(
  options: { workers?: number; memory?: number; tuning?: Tuning },
  of = lake,
): Promise<EngineResult> {
  const result = await runEngine(of, rules, options);
  if (typeof result === "string") throw new Error(`refused with ${result}`);
  return result;
}

/** Every file that a run has written but for its commit, by its path with the run left out. */
function filesOf({ out, report }: EngineResult): ReadonlyMap<string, string> {
  return new Map(
    [...out.files]
      .filter(([path]) => !path.includes("/commits/"))
      .map(([path, bytes]) => [path.replace(report.run, "RUN"), Buffer.from(bytes).toString("latin1")]),
  );
}

beforeAll(async () => {
  for (const { path, chunks } of syntheticLake(samplePreset)) lake.set(path, Buffer.concat([...chunks]));
  alone = await run({ workers: 1 });
});

describe("threads", () => {
  test("are not needed for what the reference says", () => {
    const expected = referenceRun(lake, rules);
    expect(alone.zones).toEqual(expected.zones);
  });

  test.each([1, 2, 3, 8])("%d of them give the same bytes as none", async (workers) => {
    expect(filesOf(await run({ workers, tuning }))).toEqual(filesOf(alone));
  });

  test("give the same bytes of packed files, one of which is cut off", async () => {
    const packed = new Map([...lake].map(([path, bytes]) => [`${path}.gz`, gzipSync(bytes)]));
    const cut = [...packed.keys()].find((path) => path.startsWith("accelerometer"))!;
    packed.set(cut, packed.get(cut)!.subarray(0, -1000));
    expect(filesOf(await run({ workers: 3, tuning }, packed))).toEqual(
      filesOf(await run({ workers: 1 }, packed)),
    );
  });

  test("give the same bytes where the join spills, and the same rows as where it does not", async () => {
    const spilled = await run({ workers: 1, memory: 1, tuning });
    for (const workers of [2, 3, 8]) {
      expect(filesOf(await run({ workers, memory: 1, tuning }))).toEqual(filesOf(spilled));
    }
    const sorted = ({ zones }: EngineResult): readonly string[] => zones.machine_learning_curated!.toSorted();
    expect(sorted(spilled)).toEqual(sorted(alone));
    const others = (result: EngineResult): unknown => ({ ...result.zones, machine_learning_curated: [] });
    expect(others(spilled)).toEqual(others(alone));
    expect(spilled.commit.zones.machine_learning_curated!.books).toEqual(
      alone.commit.zones.machine_learning_curated!.books,
    );
  });
});
