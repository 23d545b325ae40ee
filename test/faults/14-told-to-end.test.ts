// Row 14 of the fault table: SIGINT and SIGTERM at any time, and on a disk that does not answer.
// test/e2e/interrupt.test.ts holds what is printed.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import { Lookups } from "../../src/pipeline/lookups.js";
import { defaultTuning } from "../../src/pipeline/readings-pass.js";
import { planReadings } from "../../src/pipeline/readings-spec.js";
import type { RunReport } from "../../src/pipeline/report.js";
import { runPipeline } from "../../src/pipeline/run.js";
import {
  customerCurated,
  customerTrusted,
  machineLearningCurated,
  stepTrainerTrusted,
} from "../../src/pipeline/stedi-plan.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { ConsentIndex } from "../../src/transforms/consent.js";
import { stepTrainerLanding } from "../../src/transforms/tables.js";
import { withFolder } from "../io/support.js";
import { snapshotRow } from "../transforms/support.js";
import { countedRun, type Ended, leftovers, readLake, until, writeFiles } from "./disk-support.js";

async function withCommittedLake(action: (lake: string) => Promise<void>): Promise<void> {
  await withFolder(async (lake) => {
    for (const { path, chunks } of syntheticLake({ people: 20, seed: 14, messy: true })) {
      writeFiles(lake, [[path, Buffer.concat([...chunks])]]);
    }
    await runPipeline({ lake: folderStore(lake) });
    await action(lake);
  });
}

/** Tells which call of a run is the first of a name and place. */
async function callsOf(lake: string): Promise<(start: string) => number> {
  const trace = join(lake, "_calls");
  expect((await countedRun(lake, { STEDI_KILL_TRACE: trace }).ended).code).toBe(0);
  const calls = readFileSync(trace, "utf8").replaceAll(lake, "").split("\n");
  return (start) => calls.findIndex((call) => call.startsWith(start)) + 1;
}

/** Starts a run whose disk is slow at a call, or hangs, and sends it signals once it has got there. */
async function signalled(
  lake: string,
  call: number,
  disk: "slow" | "hang",
  signals: readonly NodeJS.Signals[],
): Promise<Ended> {
  const trace = join(lake, "_calls");
  const go = join(lake, "_go");
  for (const file of [trace, go]) rmSync(file, { force: true });
  const at = disk === "slow" ? `${call}:until:${go}` : `${call}:hang`;
  const { child, ended } = countedRun(lake, { STEDI_KILL_AT: at, STEDI_KILL_TRACE: trace });
  await until(() => existsSync(trace) && readFileSync(trace, "utf8").split("\n").length > call);
  for (const signal of signals) {
    child.kill(signal);
    // Two signals that wait for the same process may reach it in either order.
    await setTimeout(50);
  }
  writeFileSync(go, "");
  return ended;
}

const places = [
  "link\t/_stedi/runs/",
  "open wx\t/_stedi/quarantine/",
  "write\t/accelerometer/trusted/",
  "sync\t/machine_learning/curated/",
] as const;

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("fault 14: %s ends a run with %i wherever it is, and nothing of it is left", (signal, code) =>
  withCommittedLake(async (lake) => {
    const callOf = await callsOf(lake);
    for (const place of places) {
      const call = callOf(place);
      const before = readLake(lake);
      const ended = await signalled(lake, call, "slow", [signal]);
      expect(ended.code, place).toBe(code);
      expect(leftovers(lake), place).toEqual([]);
      expect(readLake(lake), place).toEqual(before);
    }
  }),
);

test("fault 14: a run ends although the disk does not answer, and the next one sweeps", () =>
  withCommittedLake(async (lake) => {
    const call = (await callsOf(lake))("write\t/accelerometer/trusted/");
    const before = readLake(lake);
    // Without a limit of its own it would never end. A shell says 143.
    expect(await signalled(lake, call, "hang", ["SIGTERM"])).toMatchObject({ signal: "SIGTERM" });
    expect(readLake(lake)).toEqual(before);
    expect(leftovers(lake)).not.toEqual([]);
    await runPipeline({ lake: folderStore(lake) });
    expect(leftovers(lake)).toEqual([]);
  }));

test("fault 14: a second signal ends it at once", () =>
  withCommittedLake(async (lake) => {
    const call = (await callsOf(lake))("write\t/accelerometer/trusted/");
    // The limit would end it by the first signal.
    expect(await signalled(lake, call, "hang", ["SIGINT", "SIGTERM"])).toMatchObject({ signal: "SIGTERM" });
  }));

test("fault 14: after the commit a signal only cuts the sweeping short: the run is done, and the next one sweeps", () =>
  withCommittedLake(async (lake) => {
    const call = (await callsOf(lake))("rm\t/accelerometer/trusted/");
    const before = readLake(lake);
    const { code, stdout } = await signalled(lake, call, "slow", ["SIGINT"]);
    expect(code).toBe(0);
    const { commit, warnings } = JSON.parse(stdout) as RunReport;
    expect(commit).toBe(before.number + 1);
    expect(warnings.map((warning) => warning.code)).toContain("STEDI_W_NOT_SWEPT");
    expect(readLake(lake)).toEqual({ number: commit, zones: before.zones });
    expect(leftovers(lake).length).toBeGreaterThan(0);
    await runPipeline({ lake: folderStore(lake) });
    expect(leftovers(lake)).toEqual([]);
  }));

test("fault 14: a signal is heard in a join that has spilled, finds nothing and so writes nothing", () =>
  withFolder(async (folder) => {
    for (const { path, chunks } of syntheticLake({ people: 20, seed: 14, messy: false })) {
      const text = Buffer.concat([...chunks]).toString("latin1");
      // No step trainer reading meets another of its instant.
      writeFiles(folder, [[path, Buffer.from(text.replaceAll(/(?<="sensorReadingTime":)17/g, "18"))]]);
    }
    const run = (signal?: AbortSignal): Promise<RunReport> =>
      runPipeline({
        lake: folderStore(folder),
        out: folderStore(join(folder, "out")),
        memory: 1,
        tuning: { ...defaultTuning, leastJoinBytes: 1000 },
        ...(signal && { signal }),
        onEvent: (event) => {
          isLast ||= event.kind === "pass" && event.zones.includes("machine_learning_curated");
        },
      });
    let isLast = false;
    let turns = 0;
    const controller = new AbortController();
    const turn = (): void => {
      if (isLast && ++turns === 40) controller.abort(new Error("told to end"));
      if (!controller.signal.aborted) setImmediate(turn);
    };
    setImmediate(turn);
    // So many that most of them are the join's.
    await expect(run(controller.signal)).rejects.toThrow("told to end");
    expect(turns).toBe(40);
    const report = await run();
    expect(report.stages.at(-1)).toMatchObject({ stage: "machine_learning_curated", written: 0 });
  }));

test("fault 14: a signal is heard wherever a run has got to in asking the rules about very many people", async () => {
  const purpose = "shareWithResearchAsOfDate";
  const consent = new ConsentIndex("as-of", [purpose], [1, 2]);
  const lookups = new Lookups(consent, { budget: Infinity, folder: "" });
  const zones = [stepTrainerTrusted, machineLearningCurated];
  const plan = (signal: AbortSignal): Promise<unknown> =>
    planReadings(
      stepTrainerLanding,
      zones,
      { rules: { consent: "as-of", pair: "person" }, consent, lookups },
      signal,
    );
  await plan(new AbortController().signal); // names the lookups
  const tables = [customerTrusted, customerCurated].map((zone) => lookups.targetOf(zone));
  for (let person = 0; person < 40_000; person++) {
    const row = snapshotRow(`p${person}`, `s${person}`, 1, 1);
    consent.addSnapshot(row);
    for (const table of tables) void table.push(row);
  }
  // Told to end after one turn of everything else, after two, and so on, until it is through before.
  for (let turns = 1; ; turns++) {
    const controller = new AbortController();
    let left = turns;
    const turn = (): void => {
      left--;
      if (left === 0) controller.abort(new Error("told to end"));
      if (left > 0) setImmediate(turn);
    };
    setImmediate(turn);
    const ended = await plan(controller.signal).then(
      () => "planned",
      (error: unknown) => String(error),
    );
    if (ended === "planned") {
      left = 0;
      // They are gone through for the verdicts, for the dates of consent, and for what the join has to know: two turns each.
      expect(turns).toBeGreaterThan(6);
      break;
    }
    expect(ended).toBe("Error: told to end");
  }
});
