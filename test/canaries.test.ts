// Planted e-mail addresses, names, serial numbers and unlisted fields, in good and in damaged records, appear nowhere
// but in the zones they belong to: whatever the run wrote, said or threw, at every verbosity, and however it ended.

import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { reportError } from "../src/commands/terminal.js";
import { folderStore } from "../src/io/folder-store.js";
import { runPipeline } from "../src/pipeline/run.js";
import { stediPlan } from "../src/pipeline/stedi-plan.js";
import { type Ended, inPlace, type Place, stedi } from "./e2e/support.js";
import { until } from "./faults/disk-support.js";
import { Aviary } from "./support/canaries.js";
import { heard, planted, search } from "./support/planted.js";

/** Everything below some folders but the landing zones, with its paths: nothing may be where it does not belong. */
function searched(
  birds: Aviary,
  here: Place,
  ...folders: readonly string[]
): ReadonlyMap<string, Uint8Array> {
  const paths = folders.flatMap((folder) => here.files(folder));
  return search(
    birds,
    paths.map((path) => [path, readFileSync(join(here.folder, path))] as const),
  );
}

/** Runs a command line, and looks at all that it said. */
async function says(
  birds: Aviary,
  here: Place,
  line: string,
  code?: number,
  env?: Readonly<Record<string, string>>,
): Promise<void> {
  heard(birds, line, await here.call(line, env), code);
}

/** Runs a command line whose disk does as kill-at.js is told. */
function disturbed(
  here: Place,
  line: string,
  settings: Readonly<Record<string, string>>,
  started?: (child: ChildProcess) => void,
): Promise<Ended> {
  const killer = new URL("faults/kill-at.js", import.meta.url).href;
  return stedi(line.split(" "), {
    cwd: here.folder,
    env: { ...settings, NODE_OPTIONS: `--import=${killer}` },
    ...(started && { started }),
  });
}

/** Runs everything once. @returns a file with the calls that change the disk, and these, one after the other */
async function traced(here: Place): Promise<{ readonly trace: string; readonly calls: readonly string[] }> {
  const trace = join(here.folder, "calls");
  expect((await disturbed(here, "run all", { STEDI_KILL_TRACE: trace })).code).toBe(0);
  return { trace, calls: readFileSync(trace, "utf8").split("\n") };
}

/** When a run whose calls go into a file has come to one of them. */
function reached(trace: string, call: number): Promise<void> {
  return until(() => existsSync(trace) && readFileSync(trace, "utf8").split("\n").length > call);
}

test("the search finds what is planted, plain or disguised, and allows it where it belongs", () => {
  const birds = new Aviary();
  const value = birds.plant("it", ["here"], (mark) => `${mark}@canary.example`);
  const bytes = Buffer.from(value);
  const forms = [
    value,
    value.toUpperCase(),
    JSON.stringify({ value }),
    bytes.toString("hex"),
    encodeURIComponent(value),
    ...["", "a", "bc"].map((before) => Buffer.from(`${before}${value} and more`).toString("base64")),
  ];
  for (const form of forms) {
    expect(birds.found(`before ${form} behind`), form).toEqual(["it"]);
    expect(birds.found(form, "there"), form).toEqual(["it"]);
    expect(birds.found(form, "here"), form).toEqual([]);
  }
  expect(birds.found("something else")).toEqual([]);
  expect(birds.missing(new Map([["here", bytes]]))).toEqual([]);
  expect(birds.missing(new Map())).toEqual(["it"]);
});

describe("a run", () => {
  test.each([
    ["--consent latest --workers 1", false],
    ["--consent as-of", false],
    ["--consent latest --pair timestamp", false],
    ["--consent any", true],
    ["--reference", true],
  ])("%s: everything is where it belongs, and nothing of it is said", async (rules, any) => {
    const { birds, files } = planted(any);
    await inPlace(async (here) => {
      await says(birds, here, `run all ${rules} --verbose --progress plain`, 0);
      expect(birds.missing(searched(birds, here, "data"))).toEqual([]);
      for (const line of ["status", "status --json", "doctor", "doctor --json"])
        await says(birds, here, line, 0);
      for (const line of ["", "--json", "--quiet", "--json --verbose", "--progress none"])
        await says(birds, here, `run all ${rules} ${line}`, 0);
      for (const line of ["plan", "plan --graph", "plan --json", "status --verbose"])
        await says(birds, here, line, 0);
      searched(birds, here, "data");
    }, files);
  });

  test("stage by stage, and with a join that spills", async () => {
    const { birds, files } = planted();
    await inPlace(async (here) => {
      for (const { name } of stediPlan.zones) await says(birds, here, `run ${name} --verbose`, 0);
      expect(birds.missing(searched(birds, here, "data"))).toEqual([]);
      await mkdir(join(here.folder, "spill"));
      await says(birds, here, "run all --memory 1 --tmp spill --verbose", 0);
      expect(birds.missing(searched(birds, here, "data"))).toEqual([]);
      expect(readdirSync(join(here.folder, "spill"))).toEqual([]);
    }, files);
  });
});

/** How a run can be made to fail: what is done to the lake first, the command, its exit code. */
const failures: readonly (readonly [string, (here: Place) => Promise<unknown>, string, number])[] = [
  ["damage, and the run is strict", () => Promise.resolve(), "run all --strict", 1],
  [
    "a packed file that is none",
    (here) => here.write("data/accelerometer/landing/c.json.gz", gzipSync("x").fill(7, 10)),
    "run all",
    3,
  ],
  [
    "text behind a packed file",
    (here) => appendLanding(here, "accelerometer/landing/b.json.gz"),
    "run all",
    3,
  ],
  [
    "a folder where a file should be",
    (here) => mkdir(join(here.folder, "data/customer/landing/x.json")),
    "run all",
    3,
  ],
  ["no usable customer", onlyDamagedCustomers, "run all", 4],
  ["a customer file that is gone", customersGone, "run all", 4],
  ["inputs that are missing", () => Promise.resolve(), "run machine_learning_curated", 2],
  ["inputs that are stale", customersChanged, "run machine_learning_curated", 2],
  ["a zone that something else has changed", zoneChanged, "run customer_curated", 3],
  [
    "a commit that is none",
    (here) => here.write("data/_stedi/commits/000000000009.json", someLanding(here)),
    "run all",
    3,
  ],
  ["an output that is a file", (here) => here.write("out", someLanding(here)), "run all --out out", 3],
  [
    "a spill folder that is a file",
    (here) => here.write("spill", someLanding(here)),
    "run all --tmp spill",
    3,
  ],
];

function someLanding(here: Place): Uint8Array {
  return readFileSync(join(here.folder, "data/customer/landing/a.json"));
}

function appendLanding(here: Place, path: string): Promise<void> {
  return appendFile(join(here.folder, "data", path), someLanding(here));
}

async function onlyDamagedCustomers(here: Place): Promise<void> {
  const damaged = someLanding(here).toString().replaceAll('"email":', '"mail":');
  await here.write("data/customer/landing/a.json", damaged);
}

async function customersGone(here: Place): Promise<void> {
  await here.write("data/customer/landing/b.json", someLanding(here));
  await here.done("run all");
  await rm(join(here.folder, "data/customer/landing/a.json"));
}

async function customersChanged(here: Place): Promise<void> {
  await here.done("run all");
  await here.write("data/customer/landing/b.json", someLanding(here));
}

async function zoneChanged(here: Place): Promise<void> {
  await here.done("run all");
  const part = here.files("data/customer/trusted").find((path) => path.includes("/run="))!;
  const file = join(here.folder, part);
  await writeFile(file, Buffer.from(readFileSync(file)).reverse());
}

describe("a run that fails", () => {
  test.each(failures)("%s: nothing of it is said or left", async (_name, prepare, line, code) => {
    const { birds, files } = planted();
    await inPlace(async (here) => {
      await prepare(here);
      const before = here.files("data");
      for (const options of ["--verbose", "--json", "--quiet"])
        await says(birds, here, `${line} ${options}`, code);
      // The tampered zone and commit are the test's own doing.
      const left = here.files("data").filter((path) => !before.includes(path));
      for (const path of left) expect(birds.found(readFileSync(join(here.folder, path))), path).toEqual([]);
      await says(birds, here, "plan");
    }, files);
  });

  test("a disk that fails, at any call and with any code: nothing of it is said or left", async () => {
    const { birds, files } = planted();
    const message = birds.plant("what a disk quotes");
    await inPlace(async (here) => {
      await here.done("run all");
      const count = (await traced(here)).calls.length - 1;
      const codes = ["EIO", "ENOSPC", "EROFS", "EACCES", "EMFILE", "EDQUOT", "ENOENT", "ENOTDIR"];
      const said = new Set<Ended["code"]>();
      for (let turn = 0; turn < 16; turn++) {
        const call = 1 + Math.floor((turn * count) / 16);
        const at = {
          STEDI_KILL_AT: `${call}:fail:${codes[turn % codes.length]!}`,
          STEDI_KILL_MESSAGE: message,
        };
        const ended = await disturbed(here, `run all ${["--verbose", "--json", "--quiet"][turn % 3]!}`, at);
        heard(birds, JSON.stringify(at), ended);
        said.add(ended.code);
        searched(birds, here, "data");
      }
      // Some calls may fail: those that sweep, and those that find out whose process this is.
      expect([...said].sort()).toEqual([0, 3]);
    }, files);
  });

  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "%s on a disk that hangs: nothing of it is said or left",
    async (signal) => {
      const { birds, files } = planted();
      await inPlace(async (here) => {
        await here.done("run all");
        const { trace, calls } = await traced(here);
        for (const zone of ["customer/trusted", "step_trainer/trusted"]) {
          const call = 1 + calls.findIndex((each) => each.startsWith("sync\t") && each.includes(`/${zone}/`));
          await rm(trace);
          const at = { STEDI_KILL_AT: `${call}:hang`, STEDI_KILL_TRACE: trace };
          const ended = await disturbed(here, "run all --verbose --json", at, (child) => {
            void reached(trace, call).then(() => child.kill(signal));
          });
          heard(birds, `${signal} at ${zone}`, ended, signal);
          // A part of a zone has only what the zone may have.
          searched(birds, here, "data");
        }
        await says(birds, here, "run all --verbose", 0);
        expect(birds.missing(searched(birds, here, "data"))).toEqual([]);
      }, files);
    },
  );

  test("another run that commits first: nothing of it is said or left", async () => {
    const { birds, files } = planted();
    await inPlace(async (here) => {
      await here.done("run all");
      const { trace, calls } = await traced(here);
      const commit = 1 + calls.findIndex((each) => each.startsWith("link\t") && each.includes("/commits/"));
      await rm(trace);
      const go = join(here.folder, "go");
      const at = { STEDI_KILL_AT: `${commit}:until:${go}`, STEDI_KILL_TRACE: trace };
      const slow = disturbed(here, "run all --verbose --json", at);
      await reached(trace, commit);
      await says(birds, here, "run all --verbose", 0);
      await here.write("go", "");
      heard(birds, "the slow one", await slow, 5);
      expect(birds.missing(searched(birds, here, "data"))).toEqual([]);
    }, files);
  });

  test("an error in a program has nothing of it either, its causes included", async () => {
    const { birds, files } = planted();
    await inPlace(async (here) => {
      for (const [, prepare, line] of failures.slice(1, 5)) {
        await prepare(here);
        const lake = folderStore(join(here.folder, "data"));
        const said: unknown[] = [];
        const run = runPipeline({
          lake,
          rules: { consent: "latest", pair: "person" },
          onEvent: (event) => void said.push(event),
        });
        const error: unknown = await run.then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error, line).toBeInstanceOf(Error);
        expect(birds.found(inspect([error, said], { depth: Infinity, showHidden: true })), line).toEqual([]);
      }
    }, files);
  });

  test("an error that quotes what it was reading is told without its words", () => {
    const birds = new Aviary();
    const value = birds.plant("quoted");
    let said = "";
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((text) => {
        said += String(text);
        return true;
      });
    }
    try {
      reportError(new SyntaxError(`Unexpected token in ${value}`, { cause: new Error(value) }), true);
    } finally {
      vi.restoreAllMocks();
    }
    expect(said).toContain("STEDI_BUG");
    expect(birds.found(said)).toEqual([]);
  });
});
