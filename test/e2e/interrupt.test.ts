// A run that is told to end (Ctrl-C, `docker stop`): its exit code, that nothing of it is left, and that what was
// committed before stays as it was.

import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { temporaryFolder } from "../io/support.js";
import { type Ended, inPlace, type Place, place, stedi } from "./support.js";

let here: Place;
let before: readonly string[];

const zoneFiles = (): readonly (readonly [string, string])[] =>
  here.files("lake").flatMap((path) => {
    if (path.includes("/landing/")) return [];
    return [[path, readFileSync(join(here.folder, path), "utf8")] as const];
  });

beforeAll(async () => {
  here = place(await temporaryFolder());
  for (const { path, chunks } of syntheticLake({ people: 4000, seed: 1, messy: false })) {
    await mkdir(dirname(join(here.folder, "lake", path)), { recursive: true });
    await writeFile(join(here.folder, "lake", path), Buffer.concat([...chunks]));
  }
  await here.done("run customer_trusted --lake lake");
  before = here.files();
});

afterAll(() => rm(here.folder, { recursive: true, force: true }));

/** Starts a run that takes a second or so, and does something to it once its first zone is written. */
function duringRun(action: (child: ChildProcess) => void): Promise<Ended> {
  return stedi("run all --lake lake --json".split(" "), {
    cwd: here.folder,
    started: (child) => {
      let seen = "";
      child.stderr!.on("data", (text: string) => {
        if (seen.includes("customer_trusted")) return;
        seen += text;
        if (seen.includes("customer_trusted")) action(child);
      });
    },
  });
}

describe.each([
  ["SIGINT", 130, "STEDI_INTERRUPTED"],
  ["SIGTERM", 143, "STEDI_TERMINATED"],
] as const)("%s", (signal, exitCode, code) => {
  test(`ends a run with exit ${exitCode}; nothing of it is left, the commit stands`, async () => {
    const zones = zoneFiles();
    const { code: ended, stdout, stderr } = await duringRun((child) => child.kill(signal));
    expect(ended).toBe(exitCode);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code, exitCode } });
    expect(stderr).toContain(`error ${code}: ended by ${signal}\n  next  nothing was published; run again\n`);
    expect(here.files()).toEqual(before);
    expect(zoneFiles()).toEqual(zones);
  });
});

test("after a second signal, which ends the program at once, the next run is whole and sweeps", async () => {
  const { code } = await duringRun((child) => {
    child.kill("SIGINT");
    child.kill("SIGTERM");
  });
  // The second one ends it as it would by itself; a shell says 130 or 143.
  expect([130, 143, "SIGINT", "SIGTERM"]).toContain(code);
  await here.done("run customer_trusted --lake lake");
  expect(here.files("lake")).toHaveLength(before.length + 1); // one commit more
});

test("`generate` that is interrupted leaves no half lake, and no folder that it has made", async () => {
  await inPlace(async (place) => {
    const { code } = await stedi("generate lake --people 200000 --file-size 64K".split(" "), {
      cwd: place.folder,
      started: (child) => {
        const look = (): void => {
          if (child.exitCode !== null) return;
          if (place.files().length > 2) child.kill("SIGINT");
          else setTimeout(look, 5);
        };
        look();
      },
    });
    expect(code).toBe(130);
    expect(readdirSync(place.folder)).toEqual([]);
  }, new Map());
});
