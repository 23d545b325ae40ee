// Row 13 of the fault table, on S3: SIGKILL at any request. A reader sees the old or the new zones, whole; the next run
// makes the new ones and clears away whatever was left. The customers change before each of them. `npm run chaos` kills
// runs among other faults, for as long as it is told to.

import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { stream } from "../../src/synthetic/random.js";
import { type S3Lake, undisturbed, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { countedRun } from "./disk-support.js";
import { type Files, lines, no, soundLake } from "./support.js";

const kills = 25;
const seed = 13;

/** How long what a dead process has asked for may still be on its way. */
const settleMs = 300;

/** The sound lake's people among others. */
function aLake(): Files {
  const others = syntheticLake({ people: 10, seed, messy: true });
  const files = [...others].map(({ path, chunks }) => [path, Buffer.concat([...chunks])] as const);
  return new Map([
    ...soundLake,
    ...files.map(([path, bytes]) => [path.replace(/(\w+\.)/, "z-$1"), bytes] as const),
  ]);
}

/** What the file of withdrawals says in turn. */
const withdrawn = [lines([no("ben")]), lines([no("cat")])] as const;

/** Kills a run at a request: before the store sees it, or before the run hears of the answer. */
async function killed(lake: S3Lake, after: number, moment: "before" | "afterwards"): Promise<void> {
  const { child, ended } = countedRun(lake.uri, lake.environment);
  const die = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  const fault = moment === "before" ? ({ before: die, instead: "reset" } as const) : { afterwards: die };
  lake.proxy.fault({ after, times: 1 }, fault);
  expect(await ended).toMatchObject({ signal: "SIGKILL" });
  await setTimeout(settleMs);
}

describeS3("fault 13: SIGKILL on S3", () => {
  test(`${kills} runs are killed, from their first request to their last; readers see what is whole, and the next run is tidy`, () =>
    withS3Lake(async (lake) => {
      const zones: unknown[] = [];
      for (const content of withdrawn) {
        zones.push(await undisturbed(new Map([...lake.files, ["customer/landing/zz.json", content]])));
      }
      expect(zones[0]).not.toEqual(zones[1]);
      await lake.land([["customer/landing/zz.json", withdrawn[1]]]);
      await lake.run();
      lake.proxy.reset();
      const { code, stderr } = await countedRun(lake.uri, lake.environment).ended;
      expect(code, stderr).toBe(0);
      const requests = lake.proxy.seen.map(({ operation, key }) => `${operation} ${key}`);
      const commit = requests.findIndex((each) => /^PutObject .*_stedi\/commits/.test(each));
      expect(commit).toBeGreaterThan(kills);

      const states: string[] = [];
      for (let kill = 0; kill < kills; kill++) {
        const random = stream(seed, kill, 0);
        // Evenly over the whole run, and some around the commit.
        const spread = Math.floor(((kill + random.below(100) / 100) * requests.length) / kills);
        const at = kill % 5 === 0 ? commit - 1 + (kill % 3) : Math.min(spread, requests.length - 1);
        const moment = random.coin() ? "before" : "afterwards";
        const aim = `kill ${kill}: ${moment} request ${at}`;
        const before = await lake.find();
        const now = kill % 2;
        await lake.land([["customer/landing/zz.json", withdrawn[now]!]]);
        lake.proxy.reset();
        await killed(lake, at, moment);

        const seen = await lake.find();
        const committed = seen.number - before.number;
        expect([0, 1], aim).toContain(committed);
        expect(seen.zones, aim).toEqual(zones[committed === 1 ? now : 1 - now]);
        states.push(committed === 1 ? "committed" : "not committed", ...seen.left.map(kindOf));
        lake.proxy.reset();
        await lake.run();
        const { number, left, uploads, zones: made } = await lake.find();
        expect([number, left, uploads], aim).toEqual([seen.number + 1, [], []]);
        expect(made, aim).toEqual(zones[now]);
      }
      // The kills are worth something only if they come before and after the commit, and leave something to sweep.
      const kinds = ["a marker", "a run folder", "committed", "not committed"];
      expect([...new Set(states)].sort()).toEqual(kinds);
    }, aLake()));
});

function kindOf(path: string): string {
  return path.startsWith("_stedi/runs/") ? "a marker" : "a run folder";
}
