// Where the landing files of a table are looked for at a source, and what is refused as two layouts.

import { describe, expect, test } from "vitest";
import { findLayouts, type Layout, pathInLake } from "../../src/pipeline/layouts.js";
import {
  accelerometerLanding,
  customerLanding,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";
import { MemoryStore } from "../support/memory-store.js";

const store = (...paths: readonly string[]): MemoryStore =>
  new MemoryStore(new Map(paths.map((path) => [path, new Uint8Array()])), "place");

async function findLayout(place: MemoryStore, table: TableShape): Promise<Layout> {
  return (await findLayouts(place)).get(table)!;
}

describe("each layout is brought to that of a lake", () => {
  test.each([
    ["customer/landing", customerLanding],
    ["customer_landing", customerLanding],
    ["landing/customer", customerLanding],
    ["customer", customerLanding],
    ["customers/landing", customerLanding],
    ["customers_landing", customerLanding],
    ["landing/customers", customerLanding],
    ["customers", customerLanding],
    ["accelerometer/landing", accelerometerLanding],
    ["accelerometer_landing", accelerometerLanding],
    ["landing/accelerometer", accelerometerLanding],
    ["accelerometer", accelerometerLanding],
    ["step_trainer/landing", stepTrainerLanding],
    ["step_trainer_landing", stepTrainerLanding],
    ["landing/step_trainer", stepTrainerLanding],
    ["step_trainer", stepTrainerLanding],
    ["step-trainer/landing", stepTrainerLanding],
    ["step-trainer_landing", stepTrainerLanding],
    ["landing/step-trainer", stepTrainerLanding],
    ["step-trainer", stepTrainerLanding],
  ] as const)("%s", async (folder, table) => {
    const layout = await findLayout(
      store(`${folder}/a.json`, `${folder}/2022/06/b.json.gz`, `${folder}/c.csv`, `${folder}/_d/e.json`),
      table,
    );
    expect(layout.folder).toBe(folder);
    expect(layout.files.map((file) => pathInLake(table, layout, file))).toEqual([
      `${table.folder}/2022/06/b.json.gz`,
      `${table.folder}/a.json`,
    ]);
    expect(layout.unread.map(({ path }) => path)).toEqual([`${folder}/c.csv`]);
  });
});

test("nothing is found where there is nothing, but files of other endings", async () => {
  const layout = await findLayout(
    store("customer/landing/a.csv", "customers/b.txt", "other/c.json"),
    customerLanding,
  );
  expect(layout).toMatchObject({ folder: undefined, files: [] });
  expect(layout.unread.map(({ path }) => path)).toEqual(["customer/landing/a.csv", "customers/b.txt"]);
});

test("zones, and what lies deeper beside a landing folder, are no landing files", async () => {
  const place = store(
    "customer/landing/a.json",
    "customer/trusted/run=1/part-00000.json",
    "customer/curated/run=1/part-00000.json",
    "customer/kept/b.json",
    "customer/README.md",
    "accelerometer/trusted/run=1/part-00000.json",
  );
  const customers = await findLayout(place, customerLanding);
  expect(customers.files.map(({ path }) => path)).toEqual(["customer/landing/a.json"]);
  expect(customers.unread).toEqual([]);
  expect((await findLayout(place, accelerometerLanding)).files).toEqual([]);
});

test("in a lake, what lies deeper in a table's folder than beside landing is none of it, whichever table has landing files", async () => {
  const place = store(
    "customer/landing/a.json",
    "step_trainer/landing-old/b.json",
    "accelerometer/c.json",
    "accelerometer/old/d.json",
  );
  expect(await findLayout(place, stepTrainerLanding)).toMatchObject({
    folder: undefined,
    files: [],
    unread: [{ path: "step_trainer/landing-old/b.json" }],
  });
  const { files, unread } = await findLayout(place, accelerometerLanding);
  expect([...files, ...unread].map(({ path }) => path)).toEqual([
    "accelerometer/c.json",
    "accelerometer/old/d.json",
  ]);
});

describe("two layouts of one table are refused, naming both", () => {
  test.each([
    [["customer/landing/a.json", "customers/b.json"], "customer/landing: 1; customers: 1"],
    [["customer/landing/a.json", "customer/b.json"], "customer/landing: 1; customer: 1"],
    [
      ["customer_landing/a.json", "landing/customer/b.json", "landing/customer/c.json"],
      "customer_landing: 1; landing/customer: 2",
    ],
    [["customers/a.json", "customer/b/c.json"], "customer: 1; customers: 1"],
  ])("%j", async (paths, why) => {
    await expect(findLayout(store(...paths), customerLanding)).rejects.toMatchObject({
      code: "STEDI_AMBIGUOUS_LAYOUT",
      exitCode: 2,
      parts: { where: "place", why },
    });
  });
});
