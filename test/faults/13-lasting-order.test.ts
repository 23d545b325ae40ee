// Row 13 of the fault table, for a machine that loses its power: what reaches the disk in what order. A kill cannot
// show this, as the system still writes what a dead process has left.

import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import { isDraft } from "../../src/io/store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { withFolder } from "../io/support.js";
import { interceptDisk } from "./disk-calls.js";
import { commitNumbers, folders, leftovers, readCommit, readLake, writeFiles } from "./disk-support.js";
import { andFiles } from "./support.js";

let restore = (): void => undefined;
afterEach(() => restore());

interface Call {
  readonly name: string;
  readonly path: string;
}

/** Files with something to set aside, so that there is a quarantine too. */
const files = andFiles(["customer/landing/b.json", "{"]);

/** The calls of one run that succeeded, in the order of their ends. */
async function callsOf(lake: string, out: string): Promise<readonly Call[]> {
  const calls: Call[] = [];
  restore = interceptDisk(async (name, path, given, call) => {
    const answer = await call(...given);
    calls.push({ name, path });
    return answer;
  });
  await runPipeline({ lake: folderStore(lake), out: folderStore(out) });
  restore();
  return calls;
}

/** Checks that all that the last commit names was lasting before it appeared, and that nothing was deleted before it was. */
function expectLasting(calls: readonly Call[], out: string): void {
  const number = commitNumbers(out).at(-1)!;
  const { zones, landing } = readCommit(out, number);
  const parts = [
    ...Object.values(zones).flatMap((zone) => zone.files),
    ...Object.values(landing).flatMap(({ quarantine }) => quarantine),
  ];
  expect(parts.length).toBeGreaterThan(5);
  const at = (name: string, path: string, from = 0): number => {
    const index = calls.findIndex((call, each) => each >= from && call.name === name && call.path === path);
    expect(index, `${name} ${path}`).toBeGreaterThanOrEqual(from);
    return index;
  };
  const commits = join(out, folders.commits);
  const commit = calls.findIndex(({ name, path }) => name === "link" && dirname(path) === commits);

  for (const { path } of parts) {
    const file = join(out, path);
    const written = calls.findLastIndex((call) => call.name === "write" && call.path === file);
    expect(written).toBeGreaterThan(-1);
    expect(at("sync", file, written)).toBeLessThan(commit);
    let made = at("open wx", file);
    for (let folder = dirname(file); folder.length >= out.length; folder = dirname(folder)) {
      expect(at("sync", folder, made), "a folder after what was made in it").toBeLessThan(commit);
      made = Math.max(
        0,
        calls.findIndex(({ name, path: of }) => name === "mkdir" && of === folder),
      );
    }
  }
  const draft = calls.findLastIndex(
    ({ name, path }, index) => index < commit && name === "writeFile" && dirname(path) === commits,
  );
  expect(at("sync", calls[draft]!.path, draft)).toBeLessThan(commit);
  for (let folder = commits; folder.length > out.length; folder = dirname(folder)) {
    expect(at("sync", dirname(folder)), "the way to the log").toBeLessThan(commit);
  }
  const lasting = at("sync", commits, commit);
  const deleted = calls.findIndex(({ name, path }) => name === "rm" && path.includes("run="));
  if (deleted !== -1) expect(deleted).toBeGreaterThan(lasting);
}

describe("fault 13: power lost at any instant", () => {
  test("files, their folders, the commit's draft, the commit, its folder; only then is anything deleted", () =>
    withFolder((lake) =>
      withFolder(async (folder) => {
        writeFiles(lake, files);
        const out = join(folder, "zones");
        for (const number of [1, 2, 3]) {
          expectLasting(await callsOf(lake, out), out);
          expect(readLake(out).number).toBe(number);
        }
      }),
    ));
});

describe("drafts of files that appear whole", () => {
  test("one that is swept while it is written is made anew", () =>
    withFolder(async (folder) => {
      const store = folderStore(folder);
      let swept = 0;
      restore = interceptDisk(async (name, path, given, call) => {
        if (name === "link" && swept < 3) {
          for (const draft of readdirSync(dirname(path)).filter(isDraft)) {
            swept++;
            await store.remove(`log/${draft}`);
          }
        }
        return call(...given);
      });
      expect(await store.putIfAbsent("log/a", Buffer.from("whole"))).toBe(true);
      expect(swept).toBe(3);
      expect(Buffer.from((await store.get("log/a"))!).toString()).toBe("whole");
      expect(await store.putIfAbsent("log/a", Buffer.from("other"))).toBe(false);
      expect(readdirSync(join(folder, "log"))).toEqual(["a"]);
    }));

  test("those of dead processes are swept, of the log and of the markers", () =>
    withFolder(async (folder) => {
      writeFiles(folder, files);
      await runPipeline({ lake: folderStore(folder) });
      for (const where of [folders.commits, folders.markers]) {
        writeFileSync(join(folder, where, ".0f1e2d3c-0000-4000-8000-000000000000.draft"), "{");
      }
      expect(leftovers(folder)).toHaveLength(2);
      await runPipeline({ lake: folderStore(folder) });
      expect(leftovers(folder)).toEqual([]);
    }));
});
