// Zones that agree: whatever stages are run in whatever order, while landing files come, change and go and options
// change, all zones of a commit are what the reference makes of the customers as that run found them and of the
// readings as they were last built. (test/property/stages.test.ts tells exactly which zones stay, as customers change.)

import fc from "fast-check";
import { expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { lastCommit } from "../../src/pipeline/commit-log.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { referenceRun } from "../../src/reference/index.js";
import type { Rules } from "../../src/transforms/policy.js";
import { email, type Files, lines, no, people, serial, soundLake, yes } from "../faults/support.js";
import { acceleration, step } from "../reference/helpers.js";
import { allRules } from "../support/engine.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";

const stages = [
  "customer_trusted",
  "accelerometer_trusted",
  "customer_curated",
  "step_trainer_trusted",
  "machine_learning_curated",
];

type Change =
  | {
      readonly does: "put";
      readonly table: number;
      readonly file: number;
      readonly who: number;
      readonly yes: boolean;
    }
  | { readonly does: "delete"; readonly table: number; readonly file: number }
  | { readonly does: "run"; readonly stages: readonly string[]; readonly acceptRemoved: boolean }
  | { readonly does: "options"; readonly rules: Rules };

const place = { table: fc.nat({ max: 2 }), file: fc.nat({ max: 2 }) };
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("put" as const),
      ...place,
      who: fc.nat({ max: people.length - 1 }),
      yes: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete" as const), ...place }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("run" as const),
      stages: fc.oneof(
        fc.constantFrom(...stages).map((stage) => [stage]),
        fc.subarray(stages, { minLength: 1 }),
        fc.constantFrom(
          ["all"],
          ["+customer_curated"],
          ["accelerometer_trusted+"],
          ["step_trainer_trusted+"],
        ),
      ),
      acceptRemoved: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("options" as const), rules: fc.constantFrom(...allRules) }),
  },
);

const tables = ["customer", "accelerometer", "step_trainer"] as const;

function put(
  files: Map<string, Uint8Array>,
  { table, file, who, yes: says }: Change & { does: "put" },
  time: number,
): void {
  const name = people[who]!;
  const record = [
    says ? yes(name, time) : no(name, time),
    acceleration(email(name), 100 + (time % 3)),
    step(serial(name), 100 + (time % 3)),
  ][table]!;
  files.set(`${tables[table]!}/landing/${file}.json`, lines([record]));
}

const of = (files: Files, table: string): Files =>
  new Map([...files].filter(([path]) => path.startsWith(`${table}/`)));

test("all zones of every commit are the reference's, of one set of customers under one policy", async () => {
  const seen = { refused: 0, committed: 0, parts: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 14 }), async (changes) => {
      const files = new Map(soundLake);
      const out = new MemoryStore();
      let rules = allRules[0]!;
      /** Readings as they were when the zone made from them was built. */
      let accelerations: Files = new Map();
      let steps: Files = new Map();
      let time = 60;
      for (const each of changes) {
        if (each.does === "options") rules = each.rules;
        else if (each.does === "put") put(files, each, time++);
        else if (each.does === "delete") files.delete(`${tables[each.table]!}/landing/${each.file}.json`);
        if (each.does !== "run") continue;

        const before = await lastCommit(out);
        const known = before?.landing.customer_landing?.files.map(({ path }) => path) ?? [];
        const isRemoved = known.some((path) => !files.has(path));
        try {
          await runPipeline({
            lake: new MemoryStore(files),
            out,
            rules,
            stages: each.stages,
            acceptRemoved: each.acceptRemoved,
          });
        } catch (error) {
          if (!(error instanceof StediError)) throw error;
          expect(await lastCommit(out)).toEqual(before);
          expect([2, 4]).toContain(error.exitCode);
          expect(error.code === "STEDI_CUSTOMERS_REMOVED").toBe(isRemoved && !each.acceptRemoved);
          seen.refused++;
          continue;
        }
        expect(!isRemoved || each.acceptRemoved).toBe(true);
        seen.committed++;
        const commit = (await lastCommit(out))!;
        const isNew = (zone: string): boolean => commit.zones[zone]?.run === commit.run;
        if (isNew("accelerometer_trusted")) accelerations = of(files, "accelerometer");
        if (isNew("step_trainer_trusted")) steps = of(files, "step_trainer");
        const expected = referenceRun(
          new Map([...of(files, "customer"), ...accelerations, ...steps]),
          rules,
        ).zones;
        const found = Object.entries(commit.zones).map(
          ([zone, { files: parts }]) =>
            [
              zone as keyof typeof expected,
              parts.flatMap(({ path }) =>
                Buffer.from(out.files.get(path)!).toString().split("\n").slice(0, -1),
              ),
            ] as const,
        );
        for (const [zone, rows] of found) expect(rows, zone).toEqual(expected[zone]);
        expect(new Set(Object.values(commit.zones).map(({ sources }) => sources.customer_landing)).size).toBe(
          1,
        );
        expect([commit.consent, commit.pair]).toEqual([rules.consent, rules.pair]);
        if (found.length < stages.length) seen.parts++;
        // Nothing lingers of what has left the commit.
        const runs = new Set(Object.values(commit.zones).map(({ run }) => run));
        for (const path of out.files.keys()) {
          const run = /^[a-z_]+\/(?:trusted|curated)\/run=([^/]+)\//.exec(path)?.[1];
          if (run !== undefined) expect(runs).toContain(run);
        }
      }
    }),
    { numRuns: Math.ceil(lakesPerProperty / 2) },
  );
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(20);
});
