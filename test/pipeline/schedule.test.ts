// In what passes zones are built: what each pass needs is there before it, and no table is read more often than it
// has to be.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupsOf, plan, type Zone, zone } from "../../src/pipeline/plan.js";
import { type Pass, schedule } from "../../src/pipeline/schedule.js";
import { select } from "../../src/pipeline/selection.js";
import { accelerometerTrusted, customerTrusted, stediPlan } from "../../src/pipeline/stedi-plan.js";
import {
  accelerometerLanding,
  customerLanding,
  landingTables,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";

const inWords = (passes: readonly Pass[]): readonly string[] =>
  passes.map(({ source, from, zones }) => [source.name, from, ...zones.map(({ name }) => name)].join(" "));

const ofStages = (...stages: string[]): readonly string[] => inWords(schedule(select(stediPlan, stages)));

describe("the passes of", () => {
  test("all zones: each landing table is read once", () => {
    expect(ofStages("all")).toEqual([
      "customer_landing landing customer_trusted",
      "accelerometer_landing landing accelerometer_trusted",
      "customer_trusted run customer_curated",
      "step_trainer_landing landing step_trainer_trusted machine_learning_curated",
    ]);
  });

  test("a single stage: what it looks up is read from the commit, and the customers' landing zone always", () => {
    expect(ofStages("customer_trusted")).toEqual(["customer_landing landing customer_trusted"]);
    expect(ofStages("step_trainer_trusted")).toEqual([
      "customer_trusted commit",
      "customer_curated commit",
      "customer_landing landing",
      "step_trainer_landing landing step_trainer_trusted",
    ]);
    expect(ofStages("machine_learning_curated")).toEqual([
      "accelerometer_trusted commit",
      "customer_curated commit",
      "customer_landing landing",
      "step_trainer_trusted commit machine_learning_curated",
    ]);
  });

  test("stages with a gap between them", () => {
    expect(ofStages("customer_trusted", "customer_curated")).toEqual([
      "accelerometer_trusted commit",
      "customer_landing landing customer_trusted customer_curated",
    ]);
  });
});

/** What has to hold of any passes of a selection. */
function expectSound(selected: readonly Zone[], passes: readonly Pass[]): void {
  expect(passes.flatMap(({ zones }) => zones).toSorted(byName)).toEqual([...selected].toSorted(byName));
  const isSelected = (table: TableShape): boolean => selected.some((each) => each === table);
  const there = new Set<TableShape>();
  let customersRead = false;
  for (const { source, from, zones } of passes) {
    if (landingTables.includes(source)) {
      expect(from).toBe("landing");
      expect(customersRead || source === customerLanding).toBe(true);
      customersRead = true;
    } else {
      expect(from).toBe(isSelected(source) ? "run" : "commit");
      if (from === "run") expect(there).toContain(source);
    }
    const rows = new Set<TableShape>([source]);
    for (const each of zones) {
      expect(rows).toContain(each.source);
      // Looked up: read before from the commit, or built in a pass before this one.
      for (const table of each.steps.flatMap(lookupsOf)) expect(there).toContain(table);
      rows.add(each);
    }
    for (const each of zones) there.add(each);
    if (zones.length === 0) there.add(source);
  }
  expect(customersRead).toBe(true);
  const read = passes.filter(({ from }) => from === "landing").map(({ source }) => source.name);
  expect(new Set(read).size).toBe(read.length);
}

const byName = (one: TableShape, other: TableShape): number => (one.name < other.name ? -1 : 1);

test("any of the zones, together: all that a pass needs comes before it", () => {
  for (let subset = 1; subset < 2 ** stediPlan.zones.length; subset++) {
    const selected = stediPlan.zones.filter((_, index) => subset & (1 << index));
    expectSound(selected, schedule(selected));
  }
});

test("any plan of zones made of each other: all that a pass needs comes before it", () => {
  // Each zone takes its rows from the customers or a zone made of them, and looks some up in zones before it.
  const zoneSeeds = fc.array(fc.record({ source: fc.nat(), lookups: fc.array(fc.nat(), { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 7,
  });
  fc.assert(
    fc.property(zoneSeeds, fc.nat(), (seeds, picked) => {
      const zones: Zone[] = [];
      for (const [index, { source, lookups }] of seeds.entries()) {
        const tables = [customerLanding, ...zones];
        const from = tables[source % tables.length]!;
        const asked = zones.length === 0 ? [] : lookups.map((lookup) => zones[lookup % zones.length]!);
        zones.push(
          zone(
            `zone_${index}`,
            `zone/number_${index}`,
            from,
            asked.map((table) => ({
              kind: "semi-join",
              table,
              on: [["email", "email"]],
              reason: "not_found",
            })),
          ),
        );
      }
      const { zones: all } = plan(zones);
      const selected = all.filter((_, index) => index === picked % all.length || (picked >> index) & 1);
      const passes = schedule(selected);
      const built = passes.flatMap((pass) => pass.zones);
      expect(built.toSorted(byName)).toEqual([...selected].toSorted(byName));
      const done = new Set<TableShape>();
      for (const pass of passes) {
        for (const each of pass.zones) {
          for (const table of each.steps.flatMap(lookupsOf)) {
            expect(
              done.has(table) || !selected.includes(table as Zone),
              `${each.name} needs ${table.name}`,
            ).toBe(true);
          }
        }
        for (const each of pass.zones) done.add(each);
      }
    }),
    { numRuns: 300 },
  );
});

test("a sixth zone on a landing table is built in the pass that reads it anyway", () => {
  const more = zone("accelerometer_all", "accelerometer/all", accelerometerLanding, []);
  const six = plan([...stediPlan.zones, more]);
  const pass = schedule(six.zones).find(({ source }) => source === accelerometerLanding)!;
  expect(pass.zones).toEqual([accelerometerTrusted, more]);
  expect(schedule([customerTrusted, more]).map(({ source }) => source)).toEqual([
    customerLanding,
    accelerometerLanding,
  ]);
});

test("a table is read once where another that can wait is read after it", () => {
  const one = zone("one", "a/one", accelerometerLanding, []);
  const between = zone("between", "a/between", stepTrainerLanding, []);
  const two = zone("two", "a/two", accelerometerLanding, [
    { kind: "semi-join", table: between, on: [["user", "serialNumber"]], reason: "not_found" },
  ]);
  expect(inWords(schedule(plan([one, between, two]).zones)).slice(1)).toEqual([
    "step_trainer_landing landing between",
    "accelerometer_landing landing one two",
  ]);
});
