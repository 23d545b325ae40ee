// Row 11 of the fault table: one person with half of all readings, one serial number with 100,000 owners, one instant
// with a million readings. Small ones are held to the reference model, large ones to what is known of them. That the
// time is linear shows in processor time at two sizes: for eight times as much, what is quadratic takes 64 times as
// long.

import { describe, expect, test } from "vitest";
import { collectGarbage } from "../../src/pipeline/v8.js";
import type { Rules } from "../../src/transforms/policy.js";
import { acceleration, at, bytes, snapshot, step } from "../reference/helpers.js";
import {
  email,
  heldStream,
  latest,
  type LargeOutcome,
  runLarge,
  serial,
  warned,
  withLake,
} from "./support.js";

const steps = 8;
/** Five times what is linear: garbage collection alone can make it two or three times. Quadratic is eight times. */
const slowest = 5 * steps;

/** A lake as lines of each table, with what must come out of its join. */
interface SkewedLake {
  readonly customers: readonly string[];
  readonly motions: readonly string[];
  readonly steps: readonly string[];
  readonly pairs: readonly string[];
}

const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const text = (records: readonly string[]): Buffer =>
  Buffer.from(records.length === 0 ? "" : `${records.join("\n")}\n`);

const consenting = (person: string, device: string): string => snapshot(person, device, 1, 0);

/** A row of the machine-learning table, of a step and an acceleration as the helpers make them. */
const paired = (device: string, time: number, x: string): string =>
  `${step(device, time).slice(0, -1)},"x":${x},"y":0.0,"z":-1.0}`;

/** A lake as bytes: millions of strings, held while a run is timed, would be walked by each collection of garbage. */
type PackedLake = Readonly<Record<keyof SkewedLake, Buffer>>;

function pack(lake: SkewedLake): PackedLake {
  const { customers, motions, steps, pairs } = lake;
  return { customers: text(customers), motions: text(motions), steps: text(steps), pairs: text(pairs) };
}

const runSkewed = (lake: SkewedLake, rules?: Rules): Promise<LargeOutcome> => runPacked(pack(lake), rules);

async function runPacked(lake: PackedLake, rules: Rules = latest): Promise<LargeOutcome> {
  const streams = new Map([
    ["customer/landing/a.json", heldStream(lake.customers)],
    ["accelerometer/landing/a.json", heldStream(lake.motions)],
    ["step_trainer/landing/a.json", heldStream(lake.steps)],
  ]);
  const outcome = await runLarge(new Map(), streams, [email("p0"), serial("p0"), "SERIAL-"], rules);
  // Not by `expect`, which would show the difference of a hundred megabytes.
  expect(outcome.zone("machine_learning_curated").equals(lake.pairs)).toBe(true);
  return outcome;
}

/** Runs at a size and at one so many times as large, and holds the times to each other. */
async function expectLinear(
  make: (size: number) => SkewedLake,
  size: number,
  rules?: Rules,
): Promise<LargeOutcome> {
  const run = async (count: number): Promise<LargeOutcome> => {
    const lake = pack(make(count));
    collectGarbage();
    return runPacked(lake, rules);
  };
  // The first run pays for what the engine's code costs once.
  await run(size / steps / steps);
  const small = await run(size / steps);
  const large = await run(size);
  expect(large.cpu / small.cpu).toBeLessThan(slowest);
  return large;
}

/** Holds a small lake to the reference model, and what it says comes out of the join to both. */
async function expectWhole(lake: SkewedLake, rules?: Rules): Promise<void> {
  const files = new Map([
    ["customer/landing/a.json", bytes(text(lake.customers).toString())],
    ["accelerometer/landing/a.json", bytes(text(lake.motions).toString())],
    ["step_trainer/landing/a.json", bytes(text(lake.steps).toString())],
  ]);
  const outcome = await withLake((each) => each.run(files, rules));
  expect(text(outcome.zones.machine_learning_curated!).equals(text(lake.pairs))).toBe(true);
}

describe("fault 11: one person with half of all readings", () => {
  /** Person 0 has every other reading, the others share the rest; each step pairs with one. */
  const halfOfOne = (size: number): SkewedLake => {
    const others = Math.max(1, size / 100);
    const who = (index: number): string => (index % 2 === 0 ? "p0" : `p${1 + (index % others)}`);
    return {
      customers: numbered(others + 1, (index) => consenting(email(`p${index}`), serial(`p${index}`))),
      motions: numbered(size, (index) => acceleration(email(who(index)), index, `${index}.50`)),
      steps: numbered(size, (index) => step(serial(who(index)), index)),
      pairs: numbered(size, (index) => paired(serial(who(index)), index, `${index}.50`)),
    };
  };

  test("whole", () => expectWhole(halfOfOne(2000)));

  test("64,000 readings: whole, in linear time", async () => {
    const outcome = await expectLinear(halfOfOne, 64_000);
    expect(warned(outcome, "STEDI_W_JOIN_GROWTH")).toBe(0);
  });
});

describe("fault 11: one serial number with 100,000 owners", () => {
  const device = serial("p0");

  /** Every owner moves at an instant of their own, at which there is a step, and all of them at instant 0. */
  const oneDevice = (owners: number): SkewedLake => ({
    customers: numbered(owners, (index) => consenting(email(`p${index}`), device)),
    motions: numbered(owners, (index) => [
      acceleration(email(`p${index}`), 1 + index, `${index}.25`),
      acceleration(email(`p${index}`), 0, `${index}.75`),
    ]).flat(),
    steps: [step(device, 0), ...numbered(owners, (index) => step(device, 1 + index))],
    pairs: [
      ...numbered(owners, (index) => paired(device, 0, `${index}.75`)),
      ...numbered(owners, (index) => paired(device, 1 + index, `${index}.25`)),
    ],
  });

  test.each([latest, { consent: "as-of", pair: "person" }, { consent: "any", pair: "timestamp" }] as const)(
    "whole, %o",
    (rules) => expectWhole(oneDevice(500), rules),
  );

  test("102,400: whole, in linear time", async () => {
    const outcome = await expectLinear(oneDevice, 102_400);
    const { books } = outcome.commit.zones.machine_learning_curated!;
    expect(books).toMatchObject({ read: 102_401, written: 204_800, pairs: 102_399 });
  });

  test("one of them says no: nobody's readings of it are shown", async () => {
    const owners = 12_500;
    const lake = oneDevice(owners);
    const last = snapshot(email("last"), device, 1, null);
    const outcome = await runSkewed({ ...lake, customers: [...lake.customers, last], pairs: [] });
    expect(outcome.commit.zones.step_trainer_trusted!.books).toMatchObject({
      read: owners + 1,
      written: 0,
      filtered: { shared_serial: owners + 1 },
    });
  });
});

describe("fault 11: one instant with a million readings", () => {
  const each = 1000;

  /** All readings at one instant; so many of each person, in turn, who has one step. */
  const oneInstant = (size: number, ofEach = each): SkewedLake => {
    const people = size / ofEach;
    const x = (index: number): string => `${index}.125`;
    return {
      customers: numbered(people, (index) => consenting(email(`p${index}`), serial(`p${index}`))),
      motions: numbered(size, (index) => acceleration(email(`p${index % people}`), 7, x(index))),
      steps: numbered(people, (index) => step(serial(`p${index}`), 7)),
      pairs: numbered(size, (index) => {
        const person = Math.floor(index / ofEach);
        return paired(serial(`p${person}`), 7, x((index % ofEach) * people + person));
      }),
    };
  };

  test("whole", () => expectWhole(oneInstant(4000, 200)));

  test("a million of a thousand people: whole, in linear time, with a warning that the table has grown", async () => {
    const size = 1_024_000;
    const outcome = await expectLinear((count) => oneInstant(count), size);
    expect(warned(outcome, "STEDI_W_JOIN_GROWTH")).toBe(size);
    expect(outcome.report.warnings.map(({ message }) => message).join("\n")).not.toContain(String(at(7)));
  });

  test("of one person, one after the other, and by time alone", async () => {
    const size = 100_000;
    for (const pair of ["person", "timestamp"] as const) {
      const outcome = await runSkewed(oneInstant(size, size), { consent: "latest", pair });
      expect(warned(outcome, "STEDI_W_JOIN_GROWTH")).toBe(size);
    }
  });

  test("a table that grows a hundredfold is not warned about, one that grows by one row more is", async () => {
    const hundred = oneInstant(100, 100);
    const growth = async (lake: SkewedLake): Promise<number> =>
      warned(await runSkewed(lake), "STEDI_W_JOIN_GROWTH");
    expect(await growth(hundred)).toBe(0);
    expect(await growth(oneInstant(101, 101))).toBe(101);
  });
});

test("all at once: a person with half of the readings, at one instant, of a shared serial number", async () => {
  const owners = 20;
  const device = serial("p0");
  const size = 400;
  const who = (index: number): number => (index % 2 === 0 ? 0 : index % owners);
  const steps = 30;
  await expectWhole({
    customers: numbered(owners, (index) => consenting(email(`p${index}`), device)),
    motions: numbered(size, (index) => acceleration(email(`p${who(index)}`), 7, `${index}.0`)),
    steps: numbered(steps, () => step(device, 7)),
    pairs: numbered(steps, () => numbered(size, (index) => paired(device, 7, `${index}.0`))).flat(),
  });
});
