// Row 27 of the fault table: consent cannot be established. No customer data, none of it usable, or files of it gone
// since the last commit: exit 4. A listing that is denied is another thing, and is exit 3.

import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import { runPipeline, type RunOptions } from "../../src/pipeline/run.js";
import { withFolder } from "../io/support.js";
import { leftovers, readLake, unprivileged, writeFiles } from "./disk-support.js";
import { andFiles, email, lines, no, soundLake, yes } from "./support.js";

/** @returns code and exit code of the refusal, of which nothing may come */
async function refusal(
  folder: string,
  options: Partial<RunOptions> = {},
): Promise<readonly [string, number]> {
  const before = readLake(folder);
  try {
    await runPipeline({ lake: folderStore(folder), ...options });
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    expect(readLake(folder)).toEqual(before);
    expect(leftovers(folder)).toEqual([]);
    expect(JSON.stringify(error.parts)).not.toContain(email("ben"));
    return [error.code, error.exitCode];
  }
  throw new Error("the run went through");
}

const readingsOnly = [...soundLake].filter(([path]) => !path.startsWith("customer/"));
const noCustomers = ["STEDI_NO_CUSTOMERS", 4];
const removed = ["STEDI_CUSTOMERS_REMOVED", 4];

describe("fault 27: no customer data", () => {
  test.each<[string, readonly (readonly [string, Uint8Array])[]]>([
    ["no folder of it", []],
    ["an empty file", [["customer/landing/a.json", new Uint8Array()]]],
    ["only white space", [["customer/landing/a.json", Buffer.from(" \r\n\t\n")]]],
    ["only files that are not read", [["customer/landing/a.csv", lines([yes("ben")])]]],
    ["only files under a name that is left out", [["customer/landing/_old/a.json", lines([yes("ben")])]]],
    [
      "only damaged snapshots",
      [["customer/landing/a.json", lines([yes("ben").slice(0, -1), "{}", "garbage"])]],
    ],
    [
      "only snapshots in seconds",
      [["customer/landing/a.json", lines([yes("ben").replaceAll(/(\d{10})\d{3}/g, "$1")])]],
    ],
    [
      "only records of another table",
      [["customer/landing/a.json", soundLake.get("accelerometer/landing/a.json")!]],
    ],
  ])("%s: exit 4", (_what, files) =>
    withFolder(async (folder) => {
      writeFiles(folder, [...readingsOnly, ...files]);
      expect(await refusal(folder)).toEqual(noCustomers);
      for (const stages of [["customer_trusted"], ["+customer_curated"]]) {
        expect(await refusal(folder, { stages })).toEqual(noCustomers);
      }
      expect(await refusal(folder, { rules: { consent: "any", pair: "timestamp" } })).toEqual(noCustomers);
    }),
  );

  test("an empty folder: exit 4", () =>
    withFolder(async (folder) => {
      writeFiles(folder, readingsOnly);
      mkdirSync(join(folder, "customer/landing"), { recursive: true });
      expect(await refusal(folder)).toEqual(noCustomers);
    }));

  test("customers who all say no are no fault: empty zones", () =>
    withFolder(async (folder) => {
      writeFiles(folder, [...readingsOnly, ["customer/landing/a.json", lines([no("ben")])]]);
      await runPipeline({ lake: folderStore(folder) });
      expect(new Set(Object.values(readLake(folder).zones))).toEqual(new Set([""]));
    }));

  test("no lake at all: exit 3", () =>
    withFolder(async (folder) => {
      expect(await refusal(join(folder, "nowhere"))).toEqual(["STEDI_NOT_FOUND", 3]);
    }));
});

describe("fault 27: customer files gone since the last commit", () => {
  const withdrawal = "customer/landing/b.json";
  const files = andFiles([withdrawal, `${no("ben")}\n`]);

  async function withCommittedLake(action: (folder: string) => Promise<void>): Promise<void> {
    await withFolder(async (folder) => {
      writeFiles(folder, files);
      await runPipeline({ lake: folderStore(folder) });
      await action(folder);
    });
  }

  test("exit 4, in every kind of run, as long as it is gone", () =>
    withCommittedLake(async (folder) => {
      rmSync(join(folder, withdrawal));
      for (const stages of [["all"], ["customer_trusted"], ["machine_learning_curated"]]) {
        expect(await refusal(folder, { stages })).toEqual(removed);
      }
      expect(await refusal(folder, { rules: { consent: "as-of", pair: "person" } })).toEqual(removed);
      writeFiles(folder, files);
      await runPipeline({ lake: folderStore(folder) });
      expect(readLake(folder).zones.customer_trusted).not.toContain(email("ben"));
    }));

  test("a name is not the same in another place or ending", () =>
    withCommittedLake(async (folder) => {
      rmSync(join(folder, withdrawal));
      writeFiles(folder, [["customer/landing/2026/b.json", lines([no("ben")])]]);
      expect(await refusal(folder)).toEqual(removed);
    }));

  test("all of them gone: exit 4, with --accept-removed too", () =>
    withCommittedLake(async (folder) => {
      rmSync(join(folder, "customer/landing"), { recursive: true });
      expect(await refusal(folder)).toEqual(removed);
      expect(await refusal(folder, { acceptRemoved: true })).toEqual(noCustomers);
    }));

  test("--accept-removed goes on once; the next run needs it no more", () =>
    withCommittedLake(async (folder) => {
      rmSync(join(folder, withdrawal));
      await runPipeline({ lake: folderStore(folder), acceptRemoved: true });
      // What the flag is there to be careful about: the consent is back.
      expect(readLake(folder).zones.customer_trusted).toContain(email("ben"));
      await runPipeline({ lake: folderStore(folder) });
      expect(readLake(folder).number).toBe(3);
    }));

  test("files of readings may go", () =>
    withCommittedLake(async (folder) => {
      rmSync(join(folder, "accelerometer/landing/a.json"));
      const { warnings } = await runPipeline({ lake: folderStore(folder) });
      expect(warnings.map(({ code }) => code)).toContain("STEDI_W_NO_READINGS");
      expect(readLake(folder).zones.accelerometer_trusted).toBe("");
    }));

  test("a single stage remembers the customer files for the next run", () =>
    withCommittedLake(async (folder) => {
      await runPipeline({ lake: folderStore(folder), stages: ["machine_learning_curated"] });
      rmSync(join(folder, withdrawal));
      expect(await refusal(folder)).toEqual(removed);
    }));
});

test.each(["customer/landing", "customer/landing/2026"])(
  "fault 27: listing %s is denied: exit 3, not 4",
  (path) =>
    withFolder(async (folder) => {
      writeFiles(folder, [...soundLake, ["customer/landing/2026/b.json", lines([no("ben")])]]);
      await runPipeline({ lake: folderStore(folder) });
      chmodSync(folder, 0o755);
      chmodSync(join(folder, path), 0o000);
      expect(await unprivileged(() => refusalCode(folder))).toBe("STEDI_NO_ACCESS 3");
      chmodSync(join(folder, path), 0o755);
    }),
);

/** As one who may not write either: nothing is looked at but the error. */
async function refusalCode(folder: string): Promise<string> {
  try {
    await runPipeline({ lake: folderStore(folder) });
  } catch (error) {
    if (error instanceof StediError) return `${error.code} ${error.exitCode}`;
    throw error;
  }
  return "went through";
}
