// Which passes over readings can be split among threads, and what the tables say that they go by.

import { describe, expect, test } from "vitest";
import { zone, type Step } from "../../src/pipeline/plan.js";
import { Lookups } from "../../src/pipeline/lookups.js";
import { planReadings } from "../../src/pipeline/readings-spec.js";
import { stepTrainerTrusted, machineLearningCurated, stediPlan } from "../../src/pipeline/stedi-plan.js";
import { ConsentIndex, purposes } from "../../src/transforms/consent.js";
import { accelerometerLanding, stepTrainerLanding } from "../../src/transforms/tables.js";
import { snapshotRow } from "../transforms/support.js";

const research = "shareWithResearchAsOfDate";
const publicly = "shareWithPublicAsOfDate";
const who = { by: "person", field: "user" } as const;
const known: Step = { kind: "known", who, reason: "unknown" };
const since = (purpose: typeof research | typeof publicly, reason: string): Step => ({
  kind: "since",
  time: "timestamp",
  who,
  purpose,
  reason,
});

function context(): Parameters<typeof planReadings>[2] {
  const consent = new ConsentIndex("latest", purposes, [1, 2]);
  consent.addSnapshot(snapshotRow("p", "s", 1, 1));
  return {
    rules: { consent: "latest", pair: "person" },
    consent,
    lookups: new Lookups(consent, { budget: Infinity, folder: "" }),
  };
}

const canSplit = async (steps: readonly Step[]): Promise<boolean> => {
  const made = zone("a_zone", "a/zone", accelerometerLanding, steps);
  return (await planReadings(accelerometerLanding, [made], context())) !== undefined;
};

describe("a pass can be split", () => {
  test("where every step goes by one key, and the last one by a date too", async () => {
    expect(await canSplit([known])).toBe(true);
    expect(await canSplit([known, since(research, "early")])).toBe(true);
  });

  test("not where two steps go by dates: each key has one", async () => {
    expect(await canSplit([known, since(research, "early"), since(publicly, "earlier")])).toBe(false);
  });

  test("not where a step comes behind a date: it would be asked for every row", async () => {
    expect(await canSplit([since(research, "early"), known])).toBe(false);
  });

  test("not without a step that goes by a key", async () => {
    expect(await canSplit([])).toBe(false);
  });

  test("as the zones of the plan can", async () => {
    const both = [stepTrainerTrusted, machineLearningCurated];
    expect((await planReadings(stepTrainerLanding, both, context()))?.spec.keyField).toBe(1);
    const [, accelerometerTrusted] = stediPlan.zones;
    const readings = await planReadings(accelerometerLanding, [accelerometerTrusted!], context());
    expect(readings?.spec.keyField).toBe(0);
  });
});
