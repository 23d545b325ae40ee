// Row 23 of the fault table: two runs on one lake at once. One commits, the other exits with 5 and leaves nothing;
// readers see the zones of one or of the other, never a mixture.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import type { RunReport } from "../../src/pipeline/report.js";
import { runPipeline } from "../../src/pipeline/run.js";
import type { Rules } from "../../src/transforms/policy.js";
import { withFolder } from "../io/support.js";
import {
  commitNumbers,
  countedRun,
  folders,
  leftovers,
  readCommit,
  readLake,
  type Reading,
  stedi,
  storeBehind,
  until,
  wholeFile,
  writeFiles,
} from "./disk-support.js";
import { andFiles, latest, no, soundLake } from "./support.js";

const rounds = 40;

/** Two ways to build the lake below that come out differently in every zone. */
const one = latest;
const other: Rules = { consent: "any", pair: "timestamp" };
const files = andFiles(["customer/landing/b.json", no("ben")]);

type Zones = Reading["zones"];

async function zonesUnder(rules: Rules): Promise<Zones> {
  return withFolder(async (lake) => {
    writeFiles(lake, files);
    await runPipeline({ lake: folderStore(lake), rules });
    return readLake(lake).zones;
  });
}

/** Two runs that are both ready before either commits. */
async function race(lake: string): Promise<readonly PromiseSettledResult<RunReport>[]> {
  let arrived = 0;
  const store = storeBehind(async (operation, path, call) => {
    if (operation === "putIfAbsent" && path.startsWith(folders.commits)) {
      arrived++;
      await until(() => arrived === 2);
    }
    return call();
  }, folderStore(lake));
  return Promise.allSettled([one, other].map((rules) => runPipeline({ lake: store, rules })));
}

/** Reads the lake again and again, as a reader does whom a newer commit may overtake, until told to stop. */
async function readAll(lake: string, stop: () => boolean, allowed: readonly Zones[]): Promise<number> {
  let readings = 0;
  while (!stop()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const number = commitNumbers(lake).at(-1);
    try {
      const { zones } = readLake(lake);
      expect(allowed).toContainEqual(zones);
      readings++;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      // Swept: then there is something newer to read.
      expect(commitNumbers(lake).at(-1)).toBeGreaterThan(number!);
    }
  }
  return readings;
}

describe("fault 23: two runs on one lake", () => {
  test(`exactly one commits, the other exits with 5 and leaves nothing, ${rounds} times`, async () => {
    const allowed = [await zonesUnder(one), await zonesUnder(other)];
    expect(allowed[0]).not.toEqual(allowed[1]);
    await withFolder(async (lake) => {
      writeFiles(lake, files);
      await runPipeline({ lake: folderStore(lake), rules: one });
      let over = false;
      const reader = readAll(lake, () => over, allowed);
      for (let round = 0; round < rounds; round++) {
        const before = commitNumbers(lake).at(-1)!;
        const ends = await race(lake);
        const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
        const lost = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
        expect([won.length, lost.length]).toEqual([1, 1]);
        expect((lost[0] as StediError).code).toBe("STEDI_COMMITTED_BY_ANOTHER");
        expect((lost[0] as StediError).exitCode).toBe(5);
        expect(won[0]!.commit).toBe(before + 1);
        expect(won[0]!.warnings.map(({ code }) => code)).not.toContain("STEDI_W_NOT_SWEPT");
        expect(readLake(lake)).toEqual({
          number: before + 1,
          zones: allowed[won[0]!.consent === one.consent ? 0 : 1],
        });
        expect(leftovers(lake)).toEqual([]);
      }
      over = true;
      expect(await reader).toBeGreaterThan(0);
    });
  });

  test("two processes: the one that is slow to commit exits with 5", () =>
    withFolder(async (lake) => {
      writeFiles(lake, soundLake);
      await runPipeline({ lake: folderStore(lake) }); // the first one makes folders that are there afterwards
      const trace = join(lake, "_calls");
      expect((await countedRun(lake, { STEDI_KILL_TRACE: trace }).ended).code).toBe(0);
      const calls = readFileSync(trace, "utf8").replaceAll(lake, "").split("\n");
      const commit = calls.findIndex((call) => call.startsWith(`link\t/${folders.commits}`)) + 1;
      rmSync(trace);
      // It hangs at the commit, until the other one is through.
      const through = join(lake, "_through");
      const slow = countedRun(lake, { STEDI_KILL_AT: `${commit}:until:${through}`, STEDI_KILL_TRACE: trace });
      await until(() => leftovers(lake).some((path) => path.endsWith(".draft") && path.includes("commits")));
      const quick = await stedi(["run", "all", "--lake", lake, "--json"]).ended;
      expect(quick.code).toBe(0);
      writeFileSync(through, "");
      const ended = await slow.ended;
      expect(ended.code).toBe(5);
      expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "STEDI_COMMITTED_BY_ANOTHER" } });
      expect(readLake(lake).number).toBe(3);
      expect(leftovers(lake)).toEqual([]);
    }));

  test("four processes at once: who exits with 0 has committed, who exits with 5 has not", () =>
    withFolder(async (lake) => {
      writeFiles(lake, files);
      const runs = [1, 2, 3, 4].map(() => stedi(["run", "all", "--lake", lake, "--json"]).ended);
      const ends = await Promise.all(runs);
      for (const { code, stderr } of ends) expect([0, 5], stderr).toContain(code);
      const commits = ends
        .filter(({ code }) => code === 0)
        .map(({ stdout }) => JSON.parse(stdout) as RunReport);
      expect(commits.map(({ commit }) => commit).sort()).toEqual(commitNumbers(lake));
      expect(readLake(lake).zones).toEqual(await zonesUnder(one));
      expect(leftovers(lake)).toEqual([]);
    }));

  test("a stage that reads a zone which another run has replaced and swept exits with 5", () =>
    withFolder(async (lake) => {
      writeFiles(lake, files);
      await runPipeline({ lake: folderStore(lake) });
      let overtaken = false;
      const store = storeBehind(async (operation, path, call) => {
        if (!overtaken && operation === "find" && path.startsWith("step_trainer/trusted")) {
          overtaken = true;
          await runPipeline({ lake: folderStore(lake) });
        }
        return call();
      }, folderStore(lake));
      const run = runPipeline({ lake: store, stages: ["machine_learning_curated"] });
      await expect(run).rejects.toMatchObject({ code: "STEDI_COMMITTED_BY_ANOTHER", exitCode: 5 });
      expect(overtaken).toBe(true);
      expect(leftovers(lake)).toEqual([]);
      expect(readLake(lake).number).toBe(2);
    }));
});

describe("a reader with an old commit in hand", () => {
  test("finds each file whole or gone, and where one is gone a newer commit", () =>
    withFolder(async (lake) => {
      writeFiles(lake, files);
      await runPipeline({ lake: folderStore(lake), rules: one });
      const old = readCommit(lake, 1);
      const parts = Object.values(old.zones).flatMap((zone) => zone.files);
      let removals = 0;
      const store = storeBehind(async (operation, path, call) => {
        const result = await call();
        if (operation === "remove" && path.includes("run=")) {
          removals++;
          let gone = 0;
          for (const part of parts) {
            try {
              wholeFile(lake, part);
            } catch (error) {
              expect((error as NodeJS.ErrnoException).code).toBe("ENOENT");
              gone++;
            }
          }
          if (gone > 0) expect(readLake(lake).number).toBe(2);
        }
        return result;
      }, folderStore(lake));
      await runPipeline({ lake: store, rules: other });
      expect(removals).toBeGreaterThan(0);
      expect(() => wholeFile(lake, parts[0]!)).toThrow("ENOENT");
      expect(readCommit(lake, 1)).toEqual(old);
    }));

  test("keeps its files for as many commits as --keep says", () =>
    withFolder(async (lake) => {
      writeFiles(lake, files);
      const parts = (number: number): ReturnType<typeof readCommit>["zones"][string]["files"] =>
        Object.values(readCommit(lake, number).zones).flatMap((zone) => zone.files);
      for (let number = 1; number <= 4; number++) {
        await runPipeline({ lake: folderStore(lake), keep: 3 });
        for (let kept = Math.max(1, number - 2); kept <= number; kept++) {
          for (const part of parts(kept)) wholeFile(lake, part);
        }
      }
      expect(() => wholeFile(lake, parts(1)[0]!)).toThrow("ENOENT");
    }));
});
