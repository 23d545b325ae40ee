// What a lake's zones are, and whether a run would build the same now.

import { expect, test } from "vitest";
import { lastCommit } from "../../src/pipeline/commit-log.js";
import { lakeStatus, type ZoneStatus } from "../../src/pipeline/status.js";
import { no } from "../faults/support.js";
import { bytes } from "../reference/helpers.js";
import { MemoryStore } from "../support/memory-store.js";
import { byDefault, committed, smallLake } from "./support.js";

const states = async (lake: MemoryStore, rules = byDefault): Promise<readonly string[]> =>
  (await lakeStatus({ lake, out: lake, rules })).zones.map(({ state }) => state);

const all = (state: ZoneStatus["state"]): readonly string[] => Array.from({ length: 5 }, () => state);

test("nothing committed: every zone is missing", async () => {
  const lake = smallLake();
  const status = await lakeStatus({ lake, out: lake, rules: byDefault });
  expect(status.commit).toBeNull();
  expect(status.zones.map(({ state }) => state)).toEqual(all("missing"));
  expect(status.zones[0]).toEqual({
    zone: "customer_trusted",
    folder: "customer/trusted",
    state: "missing",
    why: "no commit has it; build it with `stedi run`",
    rows: null,
    bytes: null,
    files: null,
    run: null,
    builtAt: null,
    ageSeconds: null,
  });
});

test("fresh: what the commit says of each zone", async () => {
  const lake = smallLake();
  const commit = await committed(lake);
  const builtAt = new Date(commit.zones.customer_trusted!.builtAt);
  const status = await lakeStatus({
    lake,
    out: lake,
    rules: byDefault,
    now: new Date(builtAt.getTime() + 90_500),
  });
  expect(status.commit).toEqual({
    number: 1,
    consent: "latest",
    pair: "person",
    consentReadAt: commit.consentReadAt,
    version: commit.version,
  });
  const zone = commit.zones.customer_trusted!;
  expect(status.zones[0]).toEqual({
    zone: "customer_trusted",
    folder: "customer/trusted",
    state: "fresh",
    why: null,
    rows: 3,
    bytes: zone.files[0]!.bytes,
    files: 1,
    run: commit.run,
    builtAt: zone.builtAt,
    ageSeconds: 90.5,
  });
  expect(await states(lake)).toEqual(all("fresh"));
});

test("an age is never below zero, whatever the clock says", async () => {
  const lake = smallLake();
  await committed(lake);
  const status = await lakeStatus({ lake, out: lake, rules: byDefault, now: new Date(0) });
  expect(status.zones.map(({ ageSeconds }) => ageSeconds)).toEqual([0, 0, 0, 0, 0]);
});

test("stale: all zones when customers or options change", async () => {
  const lake = smallLake();
  await committed(lake);
  expect(await states(lake, { consent: "as-of", pair: "person" })).toEqual(all("stale"));
  expect(await states(lake, { consent: "latest", pair: "timestamp" })).toEqual(all("stale"));
  lake.files.set("customer/landing/b.json", bytes(no("ann")));
  expect(await states(lake)).toEqual(all("stale"));
});

test("stale: the zones made from readings that have changed, and they say which", async () => {
  const lake = smallLake();
  await committed(lake);
  lake.files.set("accelerometer/landing/b.json", bytes(""));
  const { zones } = await lakeStatus({ lake, out: lake, rules: byDefault });
  expect(zones.map(({ zone, why }) => [zone, why])).toEqual([
    ["customer_trusted", null],
    ["accelerometer_trusted", "the files of accelerometer_landing have changed"],
    ["customer_curated", "the files of accelerometer_landing have changed"],
    ["step_trainer_trusted", "the files of accelerometer_landing have changed"],
    ["machine_learning_curated", "the files of accelerometer_landing have changed"],
  ]);
});

test("stale: a zone whose files are not there as they were written", async () => {
  const lake = smallLake();
  await committed(lake);
  const commit = (await lastCommit(lake))!;
  lake.files.delete(commit.zones.customer_trusted!.files[0]!.path);
  lake.files.set(commit.zones.step_trainer_trusted!.files[0]!.path, bytes(""));
  const { zones } = await lakeStatus({ lake, out: lake, rules: byDefault });
  expect(zones.map(({ state, why }) => [state, why])).toEqual([
    ["stale", "1 file of it is gone or changed"],
    ["fresh", null],
    ["fresh", null],
    ["stale", "1 file of it is gone or changed"],
    ["fresh", null],
  ]);
});

test("missing: what no stage has built yet", async () => {
  const lake = smallLake();
  await committed(lake, { stages: ["+accelerometer_trusted"] });
  expect(await states(lake)).toEqual(["fresh", "fresh", "missing", "missing", "missing"]);
});

test("no lake is refused", async () => {
  const lake = new MemoryStore();
  lake.exists = () => Promise.resolve(false);
  await expect(lakeStatus({ lake, out: lake, rules: byDefault })).rejects.toMatchObject({
    code: "STEDI_NOT_FOUND",
  });
});
