// What a run is refused for before it writes a byte, and what it then goes by.

import { describe, expect, test } from "vitest";
import { prepareRun } from "../../src/pipeline/prepare.js";
import { no } from "../faults/support.js";
import { bytes } from "../reference/helpers.js";
import { MemoryStore } from "../support/memory-store.js";
import { committed, refusal, smallLake } from "./support.js";

class NoLake extends MemoryStore {
  override exists(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

describe("refused is", () => {
  test("a stage that is not there, before anything is looked at", async () => {
    expect(await refusal(() => prepareRun({ lake: new NoLake(), stages: ["nope"] }))).toMatchObject({
      code: "STEDI_UNKNOWN_STAGE",
    });
  });

  test("a lake that is not there", async () => {
    const error = await refusal(() => prepareRun({ lake: new NoLake(new Map(), "nowhere") }));
    expect(error).toMatchObject({ code: "STEDI_NOT_FOUND", exitCode: 3, parts: { where: "nowhere" } });
    expect(error.parts.next).toContain("stedi generate nowhere");
  });

  test("a lake without customer files", async () => {
    const lake = smallLake();
    await lake.remove("customer/landing");
    lake.files.set("customer/landing/a.csv", bytes(no("ann")));
    lake.files.set("customer/landing/_a.json", bytes(no("ann")));
    expect(await refusal(() => prepareRun({ lake }))).toMatchObject({
      code: "STEDI_NO_CUSTOMERS",
      exitCode: 4,
      parts: { where: "lake/customer/landing", why: "there is no file that ends in .json or .json.gz" },
    });
  });

  test("a lake that customer files have gone from, unless that is accepted", async () => {
    const lake = smallLake();
    lake.files.set("customer/landing/b.json", bytes(no("ann")));
    await committed(lake);
    lake.files.delete("customer/landing/b.json");
    const error = await refusal(() => prepareRun({ lake }));
    expect(error).toMatchObject({
      code: "STEDI_CUSTOMERS_REMOVED",
      exitCode: 4,
      parts: { where: "lake/customer/landing/b.json" },
    });
    expect(error.parts.what).toMatch(/^1 customer file/);
    const accepted = await prepareRun({ lake, acceptRemoved: true });
    expect(accepted.passes).toHaveLength(4);
  });

  test("a lake that all customer files have gone from, even if that is accepted", async () => {
    const lake = smallLake();
    await committed(lake);
    await lake.remove("customer/landing");
    expect(await refusal(() => prepareRun({ lake, acceptRemoved: true }))).toMatchObject({
      code: "STEDI_NO_CUSTOMERS",
    });
  });

  test("files of readings that have gone are no reason", async () => {
    const lake = smallLake();
    await committed(lake);
    await lake.remove("step_trainer");
    expect((await prepareRun({ lake })).zones).toHaveLength(5);
  });

  test("a commit log that cannot be read", async () => {
    const lake = smallLake();
    lake.files.set("_stedi/commits/000000000001.json", bytes("{}"));
    expect(await refusal(() => prepareRun({ lake }))).toMatchObject({ code: "STEDI_BAD_COMMIT" });
  });

  test("a single stage whose inputs are missing", async () => {
    expect(
      await refusal(() => prepareRun({ lake: smallLake(), stages: ["customer_curated"] })),
    ).toMatchObject({ code: "STEDI_INPUT_MISSING" });
  });
});

describe("a run that can begin", () => {
  test("nothing has been written", async () => {
    const lake = smallLake();
    const before = new Map(lake.files);
    await prepareRun({ lake });
    expect(lake.files).toEqual(before);
  });

  test("by default: all zones, the lake for what comes out, latest and person", async () => {
    const lake = smallLake();
    const prepared = await prepareRun({ lake });
    expect(prepared.out).toBe(lake);
    expect(prepared.rules).toEqual({ consent: "latest", pair: "person" });
    expect(prepared.zones).toHaveLength(5);
    expect(prepared.last).toBeUndefined();
    expect(prepared.inputs.size).toBe(0);
  });

  test("the landing tables that it reads are listed, the customers always", async () => {
    const lake = smallLake();
    await committed(lake);
    const listed = async (stage: string): Promise<readonly string[]> =>
      [...(await prepareRun({ lake, stages: [stage] })).landings.keys()].map(({ name }) => name);
    expect(await listed("all")).toEqual([
      "customer_landing",
      "accelerometer_landing",
      "step_trainer_landing",
    ]);
    expect(await listed("customer_curated")).toEqual(["customer_landing"]);
    expect(await listed("step_trainer_trusted")).toEqual(["customer_landing", "step_trainer_landing"]);
  });

  test("commits are looked for where zones go, not in the lake", async () => {
    const lake = smallLake();
    await committed(lake);
    const out = new MemoryStore();
    expect((await prepareRun({ lake, out })).last).toBeUndefined();
    const commit = await committed(lake, { out });
    expect((await prepareRun({ lake, out, stages: ["customer_curated"] })).last).toEqual(commit);
  });

  test("consent is as of an instant before the customers were listed", async () => {
    const lake = smallLake();
    let listedAt = 0;
    const list = lake.list.bind(lake);
    lake.list = (folder) => {
      listedAt ||= Date.now();
      return list(folder);
    };
    const { consentReadAt } = await prepareRun({ lake });
    expect(consentReadAt.getTime()).toBeLessThanOrEqual(listedAt);
  });
});
