// Stages run one at a time, as one would run jobs: in order they make what `run all` makes; in any order, with
// withdrawals and other options in between, a stage is refused unless its inputs agree with what is there now, and no
// zone that came about under other customers or options stays in the commit.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Commit } from "../../src/pipeline/commit-log.js";
import type { Rules } from "../../src/transforms/policy.js";
import { allRules, type EngineResult, runEngine } from "../support/engine.js";
import { arbCleanLake, arbLake, laterDamages, renderLake, showLake, withLaterNo } from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";
import { manyLakes, runUsable } from "./support.js";

const anyLake = fc.oneof(arbLake(), arbCleanLake());

/** The zones that each is made with. */
const inputs = {
  customer_trusted: [],
  accelerometer_trusted: ["customer_trusted"],
  customer_curated: ["customer_trusted", "accelerometer_trusted"],
  step_trainer_trusted: ["customer_trusted", "customer_curated"],
  machine_learning_curated: ["step_trainer_trusted", "accelerometer_trusted", "customer_curated"],
} as const;
type Stage = keyof typeof inputs;
const stages = Object.keys(inputs) as Stage[];

/** Whether a zone is made, directly or not, with another. */
function isMadeWith(zone: Stage, other: Stage): boolean {
  return inputs[zone].some((input) => input === other || isMadeWith(input, other));
}

/** The files of the zones, by their paths without the run's name, with their checksums. */
function zonesOf({ zones }: Commit): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(zones).map(([zone, { files, books }]) => [
      zone,
      [JSON.stringify(books), ...files.map(({ path, sha256 }) => path.replace(/run=[^/]+/, "") + sha256)],
    ]),
  );
}

describe("the five stages one after the other", () => {
  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}: make the zones, books and parts of run all`, async () => {
      await fc.assert(
        fc.asyncProperty(anyLake, fc.integer({ min: 1, max: 64 }), async (lake, chunkSize) => {
          const files = renderLake(lake);
          const whole = await runUsable(files, rules);
          if (!whole) return;
          const out = new MemoryStore(undefined, undefined, chunkSize);
          let last: EngineResult | undefined;
          for (const stage of stages) {
            const result = await runEngine(files, rules, { out, stages: [stage], chunkSize });
            if (typeof result === "string") throw new Error(`${stage}: ${result}\n${showLake(lake)}`);
            last = result;
          }
          expect(zonesOf(last!.commit), showLake(lake)).toEqual(zonesOf(whole.commit));
          expect(last!.zones).toEqual(whole.zones);
        }),
        { numRuns: Math.ceil(lakesPerProperty / 50) },
      );
    });
  }
});

// ---------------------------------------------------------------------------------------------------------

type Step =
  | { readonly do: "run"; readonly stage: Stage }
  | { readonly do: "withdraw"; readonly person: number; readonly variant: number }
  | { readonly do: "options"; readonly rules: Rules };

const arbStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...stages).map((stage) => ({ do: "run", stage }) as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("withdraw" as const),
      person: fc.nat({ max: 5 }),
      variant: fc.nat({ max: laterDamages.length }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom(...allRules).map((rules) => ({ do: "options", rules }) as const) },
);

/** The five stages, mostly in their order, with something in between at some places. */
const arbSteps: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.array(arbStep, { maxLength: 1 }), { minLength: 10, maxLength: 10 })
  .map((between) =>
    between.flatMap((steps, index) => [
      { do: "run", stage: stages[index % stages.length]! } as const,
      ...steps,
    ]),
  );

describe("a stage that is built again on more readings", () => {
  test.each([
    ["accelerometer_trusted", "accelerometer"],
    ["step_trainer_trusted", "step_trainer"],
  ] as const)(
    "%s takes what is made with it out of the commit where its rows have changed, only then",
    async (stage, table) => {
      await fc.assert(
        fc.asyncProperty(arbCleanLake(), fc.constantFrom(...allRules), async (lake, rules) => {
          const before = (await runUsable(renderLake(lake), rules))!;
          const files = lake.tables[table];
          const more = files.slice(0, 1).map((file) => ({ ...file, stem: "more" }));
          const changed = { ...lake, tables: { ...lake.tables, [table]: [...files, ...more] } };
          const after = (await runUsable(renderLake(changed), rules, { out: before.out, stages: [stage] }))!;
          const same = String(after.zones[stage]) === String(before.zones[stage]);
          const there = stages.filter((zone) => same || !isMadeWith(zone, stage));
          expect(Object.keys(after.commit.zones), showLake(lake)).toEqual(there);
          for (const zone of there.filter((each) => each !== stage)) {
            expect(after.zones[zone]).toEqual(before.zones[zone]);
          }
        }),
        { numRuns: Math.ceil(lakesPerProperty / 25) },
      );
    },
  );
});

describe("stages in any order, with withdrawals and other options in between", () => {
  test("are refused unless their inputs agree, and leave only zones that agree in the commit", async () => {
    const seen = { refused: 0, missing: 0, left: 0, carried: 0, run: 0 };
    await fc.assert(
      fc.asyncProperty(arbCleanLake({ damaged: 5 }), fc.noBias(arbSteps), async (start, steps) => {
        const out = new MemoryStore();
        let rules = allRules[0]!;
        let lake = start;
        /** What `run all` makes of the lake as it is, which a stage's zone has to be, too. */
        const afresh = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
          zonesOf(((await runEngine(renderLake(lake), rules)) as EngineResult).commit);
        let expected = await afresh();
        let withdrawals = 0;
        const basisNow = (): string => [withdrawals, rules.consent, rules.pair].join();
        let basis = basisNow();
        /** The zones of the last commit: what they were made on, and their rows. */
        let there = new Map<Stage, { readonly basis: string; readonly rows: string }>();
        const rowsOf = (zone: Stage): string => expected[zone]!.slice(1).join();

        for (const step of steps) {
          if (step.do !== "run") {
            if (step.do === "options") {
              const same = step.rules.consent === rules.consent && step.rules.pair === rules.pair;
              if (same) continue;
              rules = step.rules;
            } else {
              const { person, variant } = step;
              const damaged = variant > 0;
              lake = withLaterNo(lake, person, damaged, variant);
              // Each withdrawal in a file of its own.
              const customer = lake.tables.customer.map((file) =>
                file.stem === "later" ? { ...file, stem: `later-${withdrawals}` } : file,
              );
              lake = { ...lake, tables: { ...lake.tables, customer } };
              withdrawals++;
            }
            basis = basisNow();
            expected = await afresh();
            continue;
          }
          const { stage } = step;
          const commits = (): number =>
            [...out.files.keys()].filter((path) => path.startsWith("_stedi/commits/")).length;
          const before = commits();
          const result = await runEngine(renderLake(lake), rules, { out, stages: [stage] });
          const wanting = inputs[stage].filter((input) => there.get(input)?.basis !== basis);
          if (wanting.length > 0) {
            const missing = inputs[stage].find((input) => wanting.includes(input) && !there.has(input));
            expect(["STEDI_INPUT_MISSING", "STEDI_INPUT_STALE"], showLake(lake)).toContain(result);
            if (wanting.every((input) => !there.has(input))) expect(result).toBe("STEDI_INPUT_MISSING");
            if (missing === undefined) expect(result).toBe("STEDI_INPUT_STALE");
            // Nothing is published.
            expect(commits()).toBe(before);
            if (result === "STEDI_INPUT_MISSING") seen.missing++;
            else seen.refused++;
            continue;
          }
          if (typeof result === "string") throw new Error(`${stage}: ${result}\n${showLake(lake)}`);
          seen.run++;
          const rows = rowsOf(stage);
          const same = there.get(stage)?.rows === rows;
          const next = new Map([[stage, { basis, rows }]]);
          for (const [zone, made] of there) {
            if (zone === stage) continue;
            if (made.basis === basis && (same || !isMadeWith(zone, stage))) next.set(zone, made);
            else seen.left++;
          }
          seen.carried += next.size - 1;
          there = next;
          const committed = zonesOf(result.commit);
          expect(new Set(Object.keys(committed)), showLake(lake)).toEqual(new Set(there.keys()));
          for (const zone of there.keys()) expect(committed[zone], zone).toEqual(expected[zone]);
        }
      }),
      { numRuns: Math.ceil(lakesPerProperty / 12) },
    );
    if (!manyLakes) return;
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
  });
});
