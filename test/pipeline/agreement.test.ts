// Which zones may stand in one commit, and which are refused as input or leave.

import { describe, expect, test } from "vitest";
import { carriedOver, committedInputs, disagreement } from "../../src/pipeline/agreement.js";
import type { Commit, CommittedZone } from "../../src/pipeline/commit-log.js";
import type { Zone } from "../../src/pipeline/plan.js";
import {
  accelerometerTrusted,
  customerCurated,
  customerTrusted,
  machineLearningCurated,
  stediPlan,
  stepTrainerTrusted,
} from "../../src/pipeline/stedi-plan.js";
import { no } from "../faults/support.js";
import { bytes } from "../reference/helpers.js";
import { basisOf, byDefault, committed, refusal, smallLake } from "./support.js";

const zoneOf = (commit: Commit, zone: Zone): CommittedZone => commit.zones[zone.name]!;

const names = (zones: Iterable<Zone>): readonly string[] => [...zones].map(({ name }) => name);

describe("a committed zone does not agree once", () => {
  const why = async (
    change: (lake: ReturnType<typeof smallLake>) => void,
    of: Zone = stepTrainerTrusted,
  ): Promise<string | undefined> => {
    const lake = smallLake();
    const commit = await committed(lake);
    change(lake);
    return disagreement(commit, zoneOf(commit, of), await basisOf(lake));
  };

  test("customer files are added, changed, removed or renamed", async () => {
    const changed = "the customer files have changed";
    expect(await why(() => undefined)).toBeUndefined();
    expect(await why((lake) => lake.files.set("customer/landing/b.json", bytes(no("ann"))))).toBe(changed);
    expect(await why((lake) => lake.files.set("customer/landing/a.json", bytes(no("ann"))))).toBe(changed);
    expect(await why((lake) => lake.files.delete("customer/landing/a.json"))).toBe(changed);
    expect(
      await why((lake) => {
        lake.files.set("customer/landing/b.json", lake.files.get("customer/landing/a.json")!);
        lake.files.delete("customer/landing/a.json");
      }),
    ).toBe(changed);
  });

  test("but not for files that nobody reads, or of readings", async () => {
    expect(await why((lake) => lake.files.set("customer/landing/notes.txt", bytes("")))).toBeUndefined();
    expect(await why((lake) => lake.files.set("step_trainer/landing/b.json", bytes("")))).toBeUndefined();
  });

  test("another policy, pairing or version is asked for", async () => {
    const lake = smallLake();
    const commit = await committed(lake);
    const zone = zoneOf(commit, customerTrusted);
    const { customers } = await basisOf(lake);
    const asked = (rules: Partial<typeof byDefault>): string | undefined =>
      disagreement(commit, zone, { customers, rules: { ...byDefault, ...rules } });
    expect(asked({})).toBeUndefined();
    expect(asked({ consent: "as-of" })).toBe("it was built with --consent latest");
    expect(asked({ pair: "timestamp" })).toBe("it was built with --pair person");
    const older = { ...commit, version: "0.0.1" };
    expect(disagreement(older, zone, { customers, rules: byDefault })).toBe("it was built by version 0.0.1");
  });
});

describe("the inputs of selected stages", () => {
  test("are the committed zones that they read and that are not built with them", async () => {
    const lake = smallLake();
    const commit = await committed(lake);
    const basis = await basisOf(lake);
    const inputs = (...zones: Zone[]): readonly string[] =>
      names(committedInputs(zones, commit, basis).keys());
    expect(inputs(...stediPlan.zones)).toEqual([]);
    expect(inputs(customerTrusted)).toEqual([]);
    expect(inputs(stepTrainerTrusted)).toEqual(["customer_trusted", "customer_curated"]);
    expect(inputs(customerTrusted, stepTrainerTrusted)).toEqual(["customer_curated"]);
    expect(inputs(machineLearningCurated)).toEqual([
      "step_trainer_trusted",
      "accelerometer_trusted",
      "customer_curated",
    ]);
    expect(committedInputs([accelerometerTrusted], commit, basis).get(customerTrusted)).toBe(
      zoneOf(commit, customerTrusted),
    );
  });

  test("missing: refused, and told what to run", async () => {
    const lake = smallLake();
    const basis = await basisOf(lake);
    const parts = {
      what: "stage customer_curated needs the zone customer_trusted, which is not there",
      where: "customer/trusted",
      next: "run `+customer_curated`, which builds everything before it too",
    };
    expect(await refusal(() => committedInputs([customerCurated], undefined, basis))).toMatchObject({
      code: "STEDI_INPUT_MISSING",
      exitCode: 2,
      parts,
    });
    const commit = await committed(lake, { stages: ["customer_trusted"] });
    expect(await refusal(() => committedInputs([customerCurated], commit, basis))).toMatchObject({
      code: "STEDI_INPUT_MISSING",
      parts: { where: "accelerometer/trusted" },
    });
  });

  test("out of date: refused, and told why", async () => {
    const lake = smallLake();
    const commit = await committed(lake);
    lake.files.set("customer/landing/b.json", bytes(no("ann")));
    const basis = await basisOf(lake);
    expect(await refusal(() => committedInputs([customerCurated], commit, basis))).toMatchObject({
      code: "STEDI_INPUT_STALE",
      exitCode: 2,
      parts: { where: "customer/trusted", why: "the customer files have changed" },
    });
  });
});

describe("the zones that go on into the next commit", () => {
  const carried = async (
    built: (commit: Commit) => readonly (readonly [Zone, CommittedZone])[],
    options: { readonly before?: readonly string[]; readonly withdrawn?: boolean } = {},
  ): Promise<{ readonly carried: readonly string[]; readonly left: readonly string[] }> => {
    const lake = smallLake();
    const commit = await committed(lake, { stages: options.before ?? ["all"] });
    if (options.withdrawn) lake.files.set("customer/landing/b.json", bytes(no("ann")));
    const outcome = carriedOver(stediPlan, commit, new Map(built(commit)), await basisOf(lake));
    for (const [zone, record] of outcome.carried) expect(record).toBe(zoneOf(commit, zone));
    return { carried: names(outcome.carried.keys()), left: names(outcome.left) };
  };

  const otherRows = (zone: CommittedZone): CommittedZone => ({
    ...zone,
    files: zone.files.map((file) => ({ ...file, sha256: "0".repeat(64) })),
  });

  test("all that were not built, where what was built has the same rows", async () => {
    expect(
      await carried((commit) => [[customerTrusted, { ...zoneOf(commit, customerTrusted), run: "another" }]]),
    ).toEqual({ carried: names(stediPlan.zones.slice(1)), left: [] });
  });

  test("not those made from what came out with other rows, directly or not", async () => {
    expect(
      await carried((commit) => [[customerCurated, otherRows(zoneOf(commit, customerCurated))]]),
    ).toEqual({
      carried: ["customer_trusted", "accelerometer_trusted"],
      left: ["step_trainer_trusted", "machine_learning_curated"],
    });
    expect(
      await carried((commit) => [[customerTrusted, otherRows(zoneOf(commit, customerTrusted))]]),
    ).toEqual({ carried: [], left: names(stediPlan.zones.slice(1)) });
  });

  test("not those that do not agree, even if the rows built anew are the same", async () => {
    expect(
      await carried((commit) => [[customerTrusted, zoneOf(commit, customerTrusted)]], { withdrawn: true }),
    ).toEqual({ carried: [], left: names(stediPlan.zones.slice(1)) });
  });

  test("a zone that was not there before takes away what was made without it", async () => {
    const lake = smallLake();
    const commit = await committed(lake);
    const { customer_trusted, ...others } = commit.zones;
    const outcome = carriedOver(
      stediPlan,
      { ...commit, zones: others },
      new Map([[customerTrusted, customer_trusted!]]),
      await basisOf(lake),
    );
    expect(names(outcome.left)).toEqual(names(stediPlan.zones.slice(1)));
  });

  test("none where nothing was committed, or nothing more", async () => {
    expect(carriedOver(stediPlan, undefined, new Map(), await basisOf(smallLake()))).toEqual({
      carried: new Map(),
      left: [],
    });
    expect(await carried(() => [], { before: ["customer_trusted"] })).toEqual({
      carried: ["customer_trusted"],
      left: [],
    });
  });
});
