// What a run warns about: counts, reasons, declared fields and paths.

import { describe, expect, test } from "vitest";
import type { LandingTally } from "../../src/pipeline/landing.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import { landingWarnings, listingWarnings, runWarnings } from "../../src/pipeline/warnings.js";
import type { ZoneBuild } from "../../src/pipeline/zone-build.js";
import { ConsentIndex } from "../../src/transforms/consent.js";
import type { Rules } from "../../src/transforms/policy.js";
import { accelerometerLanding, customerLanding, stepTrainerLanding } from "../../src/transforms/tables.js";
import { MemoryStore } from "../support/memory-store.js";
import { byDefault } from "./support.js";

const store = new MemoryStore();
const file = (path: string) => ({ path, size: 1, version: "1" });
const landing = (
  table: typeof customerLanding,
  files: readonly string[],
  unread: readonly string[] = [],
) => ({
  table,
  store,
  files: files.map(file),
  unread: unread.map(file),
});

describe("about listings", () => {
  test("nothing where all is well, and nothing about missing customers: those are refused", () => {
    expect(listingWarnings([landing(stepTrainerLanding, ["a"]), landing(customerLanding, [])])).toEqual([]);
  });

  test("files that nothing reads, by the first of them", () => {
    expect(
      listingWarnings([
        landing(customerLanding, ["a"], ["customer/landing/x.csv"]),
        landing(accelerometerLanding, ["a"], ["accelerometer/landing/1.txt", "accelerometer/landing/2.txt"]),
      ]),
    ).toEqual([
      {
        code: "STEDI_W_UNREAD_FILES",
        message:
          "1 file in customer/landing is no landing file (*.json, *.json.gz) and was not read: customer/landing/x.csv",
        count: 1,
      },
      {
        code: "STEDI_W_UNREAD_FILES",
        message:
          "2 files in accelerometer/landing are no landing files (*.json, *.json.gz) and were not read: accelerometer/landing/1.txt and others",
        count: 2,
      },
    ]);
  });

  test("no readings of a kind", () => {
    expect(listingWarnings([landing(stepTrainerLanding, [])])).toEqual([
      {
        code: "STEDI_W_NO_READINGS",
        message: "there are no landing files in step_trainer/landing: the zones made from it are empty",
        count: 1,
      },
    ]);
  });
});

describe("about records", () => {
  const tally = (more: Partial<LandingTally> = {}): LandingTally => ({
    read: 10,
    good: 10,
    droppedFields: 0,
    bytes: 0,
    quarantined: new Map(),
    hints: new Map(),
    ...more,
  });

  test("nothing where all are good", () => {
    expect(landingWarnings(customerLanding, tally())).toEqual([]);
  });

  test("damage, by reason", () => {
    const quarantined = new Map([
      ["syntax", 2],
      ["contract", 1],
    ] as const);
    expect(landingWarnings(customerLanding, tally({ good: 7, quarantined }))).toEqual([
      {
        code: "STEDI_W_QUARANTINED",
        message: "3 damaged records set aside in customer/landing: 2 syntax, 1 contract",
        count: 3,
      },
    ]);
  });

  test("what contract errors look like, the most frequent first", () => {
    const hints = new Map([
      ["x type", { field: "x", hint: "type" as const, count: 1 }],
      ["timestamp seconds", { field: "timestamp", hint: "seconds" as const, count: 5 }],
    ]);
    const warning = landingWarnings(accelerometerLanding, tally({ hints }))[0]!;
    expect(warning).toEqual({
      code: "STEDI_W_CONTRACT",
      message:
        "records in accelerometer/landing do not keep to the contract: timestamp looks like seconds, not milliseconds (5); x is of the wrong type (1)",
      count: 6,
    });
  });

  test("fields that the table does not know", () => {
    expect(landingWarnings(stepTrainerLanding, tally({ droppedFields: 1 }))).toEqual([
      {
        code: "STEDI_W_FIELDS_DROPPED",
        message: "1 field that the table does not know dropped in step_trainer/landing",
        count: 1,
      },
    ]);
  });
});

describe("about what was asked for and what came of it", () => {
  const build = (name: string, read: number, written: number, crossPersonPairs = 0): ZoneBuild => {
    const zone = stediPlan.zones.find((each) => each.name === name)!;
    const tally = { filtered: new Map(), pairs: 0, crossPersonPairs };
    // What the warnings go by, without a place to write to.
    return { zone, tally, read, written } as unknown as ZoneBuild;
  };
  const codes = (rules: Rules, ...builds: ZoneBuild[]): readonly (readonly [string, number])[] =>
    runWarnings(rules, new ConsentIndex(rules.consent, [], [1, 2]), builds).map(({ code, count }) => [
      code,
      count,
    ]);

  test("nothing by default", () => {
    expect(codes(byDefault, build("machine_learning_curated", 10, 1000))).toEqual([]);
  });

  test("--consent any, --pair timestamp with its pairs of different people", () => {
    expect(codes({ consent: "any", pair: "person" })).toEqual([["STEDI_W_POLICY_ANY", 1]]);
    expect(
      codes({ consent: "latest", pair: "timestamp" }, build("machine_learning_curated", 10, 20, 7)),
    ).toEqual([["STEDI_W_PAIR_TIMESTAMP", 7]]);
    // The join is not part of the run.
    expect(codes({ consent: "latest", pair: "timestamp" }, build("step_trainer_trusted", 10, 9))).toEqual([]);
  });

  test("a table that grows more than a hundredfold in the join", () => {
    expect(codes(byDefault, build("machine_learning_curated", 10, 1001))).toEqual([
      ["STEDI_W_JOIN_GROWTH", 1001],
    ]);
    expect(codes(byDefault, build("accelerometer_trusted", 10, 1001))).toEqual([]);
  });

  test("damaged snapshots of which it cannot be told whose they are", () => {
    const consent = new ConsentIndex("latest", [], [1, 2]);
    consent.addDamage({ people: new Set(), serials: new Set(["SERIAL-x"]), isUnknown: true, at: Infinity });
    expect(runWarnings(byDefault, consent, []).map(({ code, count }) => [code, count])).toEqual([
      ["STEDI_W_UNATTRIBUTABLE", 1],
    ]);
  });
});
