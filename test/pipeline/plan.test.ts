// Declarations of zones: what is refused, and what the five of them are.

import { describe, expect, test } from "vitest";
import {
  lookupsOf,
  plan,
  purposesOf,
  type Step,
  stepsUnder,
  tablesOf,
  type Zone,
  zone,
} from "../../src/pipeline/plan.js";
import {
  accelerometerTrusted,
  customerCurated,
  customerTrusted,
  machineLearningCurated,
  stediPlan,
  stepTrainerTrusted,
} from "../../src/pipeline/stedi-plan.js";
import {
  accelerometerLanding,
  customerLanding,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";
import { refusal } from "./support.js";

const purpose = "shareWithResearchAsOfDate";
const people = { by: "person", field: "user" } as const;
const latest: Step = { kind: "latest", purpose, reason: "superseded" };
const consenting: Step = { kind: "consenting", purpose, reason: "no_consent" };
const join = machineLearningCurated.steps[0]! as Extract<Step, { kind: "join" }>;

const refusedZone = async (source: TableShape, steps: readonly Step[], name = "made_up"): Promise<string> => {
  const error = await refusal(() => zone(name, "made/up", source, steps));
  expect(error.code).toBe("STEDI_BAD_PLAN");
  return error.message;
};

describe("a zone is refused where", () => {
  test.each(["Made", "", "made-up", "1made", "made up", "../made"])("its name is `%s`", async (name) => {
    expect(await refusedZone(customerLanding, [], name)).toContain("name");
  });

  test.each(["made", "made/up/further", "_stedi/x", "made/", "Made/up", "made/../up", "/made"])(
    "its folder is `%s`",
    async (folder) => {
      const error = await refusal(() => zone("made_up", folder, customerLanding, []));
      expect(error).toMatchObject({ code: "STEDI_BAD_PLAN", parts: { where: "made_up" } });
    },
  );

  test.each<readonly [string, TableShape, Step]>([
    [
      "a field is not there",
      accelerometerLanding,
      { kind: "known", who: { by: "person", field: "email" }, reason: "x" },
    ],
    [
      "a field is no key",
      accelerometerLanding,
      { kind: "known", who: { by: "person", field: "x" }, reason: "x" },
    ],
    ["a time is none", accelerometerLanding, { kind: "since", time: "x", who: people, purpose, reason: "x" }],
    ["rows without dates of consent are asked for them", stepTrainerLanding, latest],
    ["rows without a registration are asked for consent", accelerometerLanding, consenting],
    [
      "a semi-join is on nothing",
      accelerometerLanding,
      { kind: "semi-join", table: customerTrusted, on: [], reason: "x" },
    ],
    [
      "a semi-join is on a field that is no key",
      accelerometerLanding,
      { kind: "semi-join", table: customerTrusted, on: [["user", "phone"]], reason: "x" },
    ],
    [
      "owners are looked for in a table without registrations",
      stepTrainerLanding,
      { kind: "every-owner", serial: "serialNumber", table: accelerometerTrusted, reason: "x" },
    ],
    [
      "the times of a join are none",
      stepTrainerTrusted,
      { ...join, time: ["distanceFromObject", "timestamp"] },
    ],
    [
      "a join goes through a field that is no key",
      stepTrainerTrusted,
      { ...join, through: { ...join.through, build: ["user", "phone"] } },
    ],
    [
      "a reason cannot stand in the books",
      accelerometerLanding,
      { kind: "known", who: people, reason: "No Person" },
    ],
    [
      "a purpose is no date of consent",
      customerLanding,
      { ...latest, purpose: "registrationDate" as typeof purpose },
    ],
  ])("%s", async (_, source, step) => {
    expect(await refusedZone(source, [step])).toContain("made_up, step 1");
  });

  test("a join is not the last step", async () => {
    expect(await refusedZone(stepTrainerTrusted, [join, join])).toContain("not the last step");
  });

  test("a join takes what is not there, or makes a field twice", async () => {
    expect(await refusedZone(stepTrainerTrusted, [{ ...join, take: ["w"] }])).toContain("made_up: w");
    expect(await refusedZone(stepTrainerTrusted, [{ ...join, take: ["x", "x"] }])).toContain("twice");
  });

  test("consent is asked of single snapshots, when it cannot be known yet", async () => {
    expect(await refusedZone(customerLanding, [consenting])).toContain("under latest");
    expect(await refusedZone(customerLanding, [consenting, latest])).toContain("under latest");
    expect(await refusedZone(customerLanding, [{ ...latest, under: ["latest"] }, consenting])).toContain(
      "under as-of",
    );
    zone("made_up", "made/up", customerLanding, [{ ...latest, under: ["latest", "as-of"] }, consenting]);
  });
});

describe("a plan is refused where", () => {
  const other = zone("other", "made/other", customerTrusted, []);

  test.each<readonly [string, readonly Zone[], string]>([
    ["a zone reads one that comes later", [other, customerTrusted], "not declared before it"],
    [
      "a zone looks rows up in one that is not there",
      [customerTrusted, customerCurated],
      "accelerometer_trusted",
    ],
    ["a zone is there twice", [customerTrusted, customerTrusted], "one name or folder"],
    [
      "two zones have one folder",
      [customerTrusted, zone("more", "customer/trusted", customerLanding, [])],
      "one name or folder: customer/trusted",
    ],
    [
      "a zone has a landing table's folder",
      [zone("more", "customer/landing", customerLanding, [])],
      "one name or folder: customer/landing",
    ],
    [
      "a zone has a landing table's name",
      [zone("customer_landing", "a/b", customerLanding, [])],
      "one name or folder",
    ],
    [
      "rows are looked up in a landing table",
      [
        zone("more", "a/b", accelerometerLanding, [
          { kind: "semi-join", table: customerLanding, on: [["user", "email"]], reason: "x" },
        ]),
      ],
      "a landing table to look rows up in",
    ],
  ])("%s", async (_, zones, what) => {
    const error = await refusal(() => plan(zones));
    expect(error).toMatchObject({ code: "STEDI_BAD_PLAN", exitCode: 2 });
    expect(error.message).toContain(what);
  });
});

describe("the five zones", () => {
  test("have these fields, in this order; none of a customer in the training table", () => {
    const fields = Object.fromEntries(
      stediPlan.zones.map((each) => [each.name, each.fields.map(({ name }) => name)]),
    );
    expect(fields).toEqual({
      customer_trusted: customerLanding.fields.map(({ name }) => name),
      accelerometer_trusted: ["user", "timestamp", "x", "y", "z"],
      customer_curated: customerLanding.fields.map(({ name }) => name),
      step_trainer_trusted: ["sensorReadingTime", "serialNumber", "distanceFromObject"],
      machine_learning_curated: ["sensorReadingTime", "serialNumber", "distanceFromObject", "x", "y", "z"],
    });
  });

  test("give these reasons in this order under each policy, as the books have them", () => {
    const reasons = (policy: "latest" | "as-of" | "any"): Readonly<Record<string, string>> =>
      Object.fromEntries(
        stediPlan.zones.map((each) => [
          each.name,
          stepsUnder(each, policy)
            .map(({ reason }) => reason)
            .join(" "),
        ]),
      );
    const underLatest = {
      customer_trusted: "superseded no_consent",
      accelerometer_trusted: "unknown_person no_consent",
      customer_curated: "no_readings",
      step_trainer_trusted: "unknown_serial no_consent shared_serial no_readings",
      machine_learning_curated: "no_pair",
    };
    expect(reasons("latest")).toEqual(underLatest);
    expect(reasons("as-of")).toEqual({
      ...underLatest,
      accelerometer_trusted: "unknown_person no_consent before_consent",
      step_trainer_trusted: "unknown_serial no_consent shared_serial no_readings before_consent",
    });
    expect(reasons("any")).toEqual({
      ...underLatest,
      customer_trusted: "no_consent",
      customer_curated: "superseded no_readings",
      step_trainer_trusted: "unknown_serial no_consent no_readings",
    });
  });

  test("read these tables", () => {
    const read = Object.fromEntries(
      stediPlan.zones.map((each) => [each.name, tablesOf(each).map(({ name }) => name)]),
    );
    expect(read).toEqual({
      customer_trusted: ["customer_landing"],
      accelerometer_trusted: ["accelerometer_landing", "customer_trusted"],
      customer_curated: ["customer_trusted", "accelerometer_trusted"],
      step_trainer_trusted: ["step_trainer_landing", "customer_trusted", "customer_curated"],
      machine_learning_curated: ["step_trainer_trusted", "accelerometer_trusted", "customer_curated"],
    });
    expect(lookupsOf(join)).toEqual([accelerometerTrusted, customerCurated]);
    expect(lookupsOf(latest)).toEqual([]);
  });

  test("ask for one date of consent", () => {
    expect(purposesOf(stediPlan.zones)).toEqual([purpose]);
    expect(purposesOf([machineLearningCurated])).toEqual([]);
  });

  test("cannot be changed", () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(stediPlan)).toBe(true);
  });
});
