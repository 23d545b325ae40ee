// The folders of a run: named after it, taken away when it fails, swept by a later run once no commit names them;
// never those of a run that is alive.

import { spawnSync } from "node:child_process";
import { beforeEach, describe, expect, test } from "vitest";
import { appendCommit, type CommittedZone, lastCommit } from "../../src/pipeline/commit-log.js";
import { identityOf } from "../../src/pipeline/process-identity.js";
import { RunFolders } from "../../src/pipeline/run-folders.js";
import { customerTrusted, stediPlan } from "../../src/pipeline/stedi-plan.js";
import { customerLanding } from "../../src/transforms/tables.js";
import { MemoryStore } from "../support/memory-store.js";
import { committed, smallLake } from "./support.js";

const now = new Date("2026-01-02T03:04:05.678Z");
const dayMs = 24 * 60 * 60 * 1000;
const folders = stediPlan.zones.map((zone) => zone.folder);
const empty = new Uint8Array();

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

const begin = (at = now): Promise<RunFolders> => RunFolders.begin(store, at, folders);
const paths = (): readonly string[] => [...store.files.keys()].sort();

/** What a run leaves in its folders. */
function leave(run: string): void {
  store.files.set(`customer/trusted/run=${run}/part-00000.json`, empty);
  store.files.set(`machine_learning/curated/run=${run}/part-00000.json`, empty);
  store.files.set(`_stedi/quarantine/run=${run}/customer_landing/part-00000.json`, empty);
}

/** Whether anything is left of a run. */
const isLeft = (run: string): boolean => paths().some((path) => path.includes(`run=${run}/`));

/** A commit that names one run. */
async function commit(number: number, run: string): Promise<void> {
  const model = await committed(smallLake());
  const zones = { customer_trusted: { ...model.zones.customer_trusted!, run } };
  await appendCommit(store, { ...model, number, run, zones, landing: {} });
}

/** The marker of a run of another program, with other words on its process. */
async function marker(run: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const other = new MemoryStore();
  const { run: model } = await RunFolders.begin(other, now, folders);
  const text = Buffer.from(other.files.get(`_stedi/runs/${model}.json`)!).toString("utf8");
  const real = JSON.parse(text) as { process: Record<string, unknown> };
  const made = { ...real, program: "another", process: { ...real.process, ...change } };
  store.files.set(`_stedi/runs/${run}.json`, new TextEncoder().encode(JSON.stringify(made)));
}

describe("a run", () => {
  test("has a name of its own that says when it began, and folders named by it", async () => {
    const one = await begin();
    const other = await begin();
    expect(one.run).toMatch(/^20260102T030405Z-[0-9a-f]{8}$/);
    expect(other.run).not.toBe(one.run);
    expect(one.zone(customerTrusted)).toBe(`customer/trusted/run=${one.run}`);
    expect(one.quarantine(customerLanding)).toBe(`_stedi/quarantine/run=${one.run}/customer_landing`);
  });

  test("is marked as under way until it is over", async () => {
    const run = await begin();
    expect(paths()).toEqual([`_stedi/runs/${run.run}.json`]);
    await run.finish();
    expect(paths()).toEqual([]);
  });

  test("takes away what it wrote when it fails, and nothing else", async () => {
    const run = await begin();
    leave("another");
    const before = paths().filter((path) => !path.includes(run.run));
    leave(run.run);
    await run.discard();
    expect(paths()).toEqual(before);
  });
});

describe("sweeping", () => {
  test("takes what no commit names, with the quarantine", async () => {
    leave("old");
    leave("current");
    leave("never-committed");
    await commit(1, "old");
    await commit(2, "current");
    await (await begin()).sweep(1, now);
    expect(["old", "current", "never-committed"].filter(isLeft)).toEqual(["current"]);
    expect((await lastCommit(store))!.number).toBe(2);
  });

  test("takes a zone that has been built anew, though others of its run are carried over", async () => {
    leave("first");
    leave("second");
    const model = await committed(smallLake());
    const of = (zone: string, run: string): CommittedZone => ({ ...model.zones[zone]!, run });
    const zones = {
      customer_trusted: of("customer_trusted", "first"),
      machine_learning_curated: of("machine_learning_curated", "second"),
    };
    const landing = { customer_landing: { ...model.landing.customer_landing!, run: "second" } };
    await appendCommit(store, { ...model, number: 1, run: "second", zones, landing });
    await (await begin()).sweep(1, now);
    expect(paths().filter((path) => path.includes("/run="))).toEqual([
      "_stedi/quarantine/run=second/customer_landing/part-00000.json",
      "customer/trusted/run=first/part-00000.json",
      "machine_learning/curated/run=second/part-00000.json",
    ]);
  });

  test("of the dead that never committed alone, before there is a commit", async () => {
    const ended = { began: "1" };
    const [dead, done, young] = [
      "20260102T030000Z-0000000a",
      "20260102T030000Z-0000000b",
      "20260102T030000Z-0000000c",
    ];
    for (const run of [dead, done]) await marker(run, ended);
    await marker(young, { host: "elsewhere.example" });
    for (const run of [dead, done, young, "unnamed"]) leave(run);
    await commit(1, done);
    const own = await begin();
    leave(own.run);
    await own.sweepDead(1, now);
    expect([dead, done, young, "unnamed", own.run].filter(isLeft)).toEqual([done, young, "unnamed", own.run]);
    expect(paths().filter((path) => path.startsWith("_stedi/runs/"))).toEqual(
      [young, own.run].map((run) => `_stedi/runs/${run}.json`).sort(),
    );
    store.names = () => Promise.reject(new Error("out of reach"));
    await own.sweepDead(1, now);
  });

  test("keeps the folders of as many commits as it is told to", async () => {
    for (const number of [1, 2, 3, 4]) {
      leave(`run-${number}`);
      await commit(number, `run-${number}`);
    }
    const run = await begin();
    const left = (): readonly string[] => ["run-1", "run-2", "run-3", "run-4"].filter(isLeft);
    await run.sweep(3, now);
    expect(left()).toEqual(["run-2", "run-3", "run-4"]);
    await run.sweep(1, now);
    expect(left()).toEqual(["run-4"]);
  });

  test("leaves alone a run that is under way, its own too", async () => {
    const alive = await begin(new Date(now.getTime() - 30 * dayMs));
    const own = await begin();
    leave(alive.run);
    leave(own.run);
    await own.sweep(1, now);
    expect([alive.run, own.run].map(isLeft)).toEqual([true, true]);
    expect(paths()).toContain(`_stedi/runs/${alive.run}.json`);
  });

  test("takes what a process left that has ended, or whose number another has now", async () => {
    const ended = spawnSync(process.execPath, ["--version"]).pid;
    const { began } = await identityOf(process.pid);
    await marker("20260102T030000Z-00000001", { pid: ended, began: "1" });
    await marker("20260102T030000Z-00000002", { began: "1" });
    const dead = ["20260102T030000Z-00000001", "20260102T030000Z-00000002"];
    dead.forEach(leave);
    const own = await begin();
    await own.sweep(1, now);
    expect(dead.filter(isLeft)).toEqual(began === "" ? dead.slice(1) : []);
    expect(paths()).toEqual([`_stedi/runs/${own.run}.json`]);
  });

  test("takes a run on another machine for dead once it is a day old, not before", async () => {
    const elsewhere = { host: "elsewhere.example" };
    const young = "20260101T040000Z-00000001";
    const old = "20260101T030000Z-00000002";
    for (const run of [young, old]) {
      await marker(run, elsewhere);
      leave(run);
    }
    await (await begin()).sweep(1, now);
    expect([young, old].map(isLeft)).toEqual([true, false]);
    expect(paths().some((path) => path === `_stedi/runs/${old}.json`)).toBe(false);
  });

  test("does not trip over a marker that cannot be read, nor over other files and folders", async () => {
    store.files.set("_stedi/runs/20260102T030000Z-00000001.json", new Uint8Array([0x7b]));
    store.files.set("_stedi/runs/notes.txt", empty);
    store.files.set("customer/trusted/notes.txt", empty);
    store.files.set("customer/trusted/other/part-00000.json", empty);
    store.files.set("customer/landing/run=x/a.json", empty);
    leave("20260102T030000Z-00000001");
    const own = await begin();
    await own.sweep(1, now);
    expect(isLeft("20260102T030000Z-00000001")).toBe(true);
    await own.sweep(1, new Date(now.getTime() + 2 * dayMs));
    expect(isLeft("20260102T030000Z-00000001")).toBe(false);
    for (const path of [
      "_stedi/runs/notes.txt",
      "customer/trusted/notes.txt",
      "customer/trusted/other/part-00000.json",
      "customer/landing/run=x/a.json",
    ]) {
      expect(paths()).toContain(path);
    }
  });
});
