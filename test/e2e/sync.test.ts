// `stedi sync` from a shell: what is copied, what it says, how it is refused and interrupted.

import { readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SyncReport } from "../../src/pipeline/sync.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { soundLake } from "../faults/support.js";
import { temporaryFolder } from "../io/support.js";
import { errorOf, inPlace, type Place, place, reportOf, stedi } from "./support.js";

const reportOfSync = (stdout: string): SyncReport => JSON.parse(stdout) as SyncReport;

/** The sound lake as it could have been handed around. */
const handedAround = new Map(
  [...soundLake].map(([path, content]) => [
    path.replace("customer/landing/", "customers/").replace("step_trainer/landing", "step-trainer/landing"),
    content,
  ]),
);

const inDownload = (action: (here: Place) => Promise<void>): Promise<void> =>
  inPlace(action, handedAround, "download");

test("a copy in the lake's layout runs like the lake; a second sync copies nothing", () =>
  inDownload(async (here) => {
    const files = [...soundLake.keys()].map((path) => `lake/${path}`).sort();
    const text = await here.done("sync download lake");
    expect(text).toMatch(/^customer_landing +customers +1 +0 +1$/m);
    expect(text).toMatch(/\ncopied 3 of 3 files to lake: [\d.]+ k?B, [\d.]+ s\n$/);
    expect(here.files("lake")).toEqual(files);
    for (const [path, content] of soundLake)
      expect(readFileSync(join(here.folder, "lake", path), "utf8")).toBe(Buffer.from(content).toString());
    const { tables } = reportOfSync(await here.done("sync download lake --json"));
    expect(tables.map(({ same, copied }) => [same, copied.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    for (const [path, content] of soundLake) await here.write(`other/${path}`, content);
    const of = async (lake: string) => reportOf(await here.done(`run all --lake ${lake} --json`)).stages;
    const rows = (stages: Awaited<ReturnType<typeof of>>) =>
      stages.map(({ stage, written }) => [stage, written]);
    expect(rows(await of("lake"))).toEqual(rows(await of("other")));
  }));

test("--dry-run says what would be copied, and writes nothing", () =>
  inDownload(async (here) => {
    await here.done("sync download lake");
    const [path] = [...handedAround.keys()];
    await here.write(`download/${path!}`, "x");
    await here.write("download/accelerometer/landing/new.json", "");
    const before = here.files();
    const text = await here.done("sync download lake --dry-run");
    expect(text).toContain(
      "would copy accelerometer/landing/new.json to accelerometer/landing/new.json (new, 0 B)\n",
    );
    expect(text).toMatch(/^would copy customers\/\S+ to customer\/landing\/\S+ \(another size, 1 B\)$/m);
    expect(text).toMatch(/\nwould copy 2 of 4 files to lake: 1 B, [\d.]+ s\n$/);
    expect(here.files()).toEqual(before);
    const report = reportOfSync(await here.done("sync download lake --dry-run --json"));
    expect(report).toMatchObject({ source: "download", target: "lake", dryRun: true, clean: false });
    expect(report.tables.flatMap(({ copied }) => copied).map(({ why }) => why)).toEqual(["size", "new"]);
  }));

test("--clean rewrites; a run on what comes out gives the same rows", () =>
  inDownload(async (here) => {
    await here.write("download/customers/z.json", '{"email":"ben@example.test');
    await here.write("download/customers/notes.txt", "");
    const { stdout, stderr } = await here.call("sync download clean --clean");
    expect(stdout).toMatch(/^table +from +files +the same +copied +records$/m);
    expect(stdout).toMatch(/^customer_landing +customers +2 +0 +2 +\d+, 1 damaged: truncated$/m);
    expect(stderr).toContain("warning STEDI_W_UNREAD_FILES: 1 file in customer_landing is no landing file");
    for (const path of here.files("clean")) {
      for (const line of readFileSync(join(here.folder, path), "utf8").split("\n").slice(0, -1))
        expect(JSON.parse(line)).toBeTypeOf("object");
    }
    expect(reportOfSync(await here.done("sync download clean --clean --json")).tables[0]!.same).toBe(2);
    await here.done("sync download lake");
    const rows = async (lake: string) =>
      reportOf(await here.done(`run all --lake ${lake} --json`))
        .stages.filter(({ table }) => !table.endsWith("/landing"))
        .map(({ stage, written, filtered }) => [stage, written, filtered]);
    expect(await rows("clean")).toEqual(await rows("lake"));
  }));

describe("what is said", () => {
  test("--quiet: the result only; --verbose: a line for each file; --progress none: no progress", () =>
    inDownload(async (here) => {
      await here.write("download/customers/notes.txt", "");
      const quiet = await here.call("sync download one --quiet");
      expect(quiet).toMatchObject({ code: 0, stderr: "" });
      const verbose = await here.call("sync download two --verbose");
      expect(verbose.stderr.match(/^copied \S+ to \S+ \(new, [^)]+\)$/gm)).toHaveLength(3);
      expect(verbose.stderr).toMatch(/^customer_landing +1 files +1 copied +0 the same +[\d.]+ s$/m);
      const none = await here.call("sync download three --progress none");
      expect(none.stderr).toMatch(/^warning STEDI_W_UNREAD_FILES: [^\n]+\n$/);
    }));

  test("files that the source does not have stay, and are warned about", () =>
    inDownload(async (here) => {
      await here.write("lake/customer/landing/old.json", "x");
      const { stderr, stdout } = await here.call("sync download lake --json");
      expect(stderr).toContain("warning STEDI_W_EXTRA_FILES: 1 file in customer/landing at the destination");
      expect(reportOfSync(stdout).warnings.map(({ code }) => code)).toEqual(["STEDI_W_EXTRA_FILES"]);
      expect(here.files("lake")).toContain("lake/customer/landing/old.json");
    }));
});

describe("what is refused", () => {
  test.each([
    ["sync nowhere lake", 3, "STEDI_NOT_FOUND"],
    ["sync download/customers lake", 3, "STEDI_NOT_FOUND"],
    ["sync download download/customers", 2, "STEDI_SAME_PLACE"],
    ["sync download", 2, "STEDI_BAD_VALUE"],
    ["sync download lake --delete", 2, "STEDI_UNKNOWN_OPTION"],
    ["sync ftp://host/x lake", 2, "STEDI_BAD_VALUE"],
  ])("%s: exit %i, %s", (line, exitCode, code) =>
    inDownload(async (here) => {
      const before = here.files();
      const ended = await here.call(`${line} --json`);
      expect(ended.code).toBe(exitCode);
      expect(errorOf(ended.stdout)).toMatchObject({ code, exitCode });
      expect(here.files()).toEqual(before);
    }),
  );

  test("two layouts of one table", () =>
    inDownload(async (here) => {
      await here.write("download/customer_landing/a.json", "");
      const before = here.files();
      const { code, stdout } = await here.call("sync download lake --json");
      expect(code).toBe(2);
      expect(errorOf(stdout)).toMatchObject({
        code: "STEDI_AMBIGUOUS_LAYOUT",
        where: "download",
        why: "customer_landing: 1; customers: 1",
      });
      expect(here.files()).toEqual(before);
    }));
});

describe("a signal", () => {
  let here: Place;
  beforeAll(async () => {
    here = place(await temporaryFolder());
    for (const { path, chunks } of syntheticLake({
      people: 4000,
      seed: 1,
      messy: false,
      fileBytes: 4_000_000,
    })) {
      await mkdir(dirname(join(here.folder, "lake", path)), { recursive: true });
      await writeFile(join(here.folder, "lake", path), Buffer.concat([...chunks]));
    }
  });
  afterAll(() => rm(here.folder, { recursive: true, force: true }));

  test.each([
    ["SIGINT", 130, "STEDI_INTERRUPTED"],
    ["SIGTERM", 143, "STEDI_TERMINATED"],
  ] as const)(
    "%s: exit %i; every file that is there is whole, and the rest comes next time",
    async (signal, exitCode, code) => {
      const to = `to-${signal}`;
      const {
        code: ended,
        stdout,
        stderr,
      } = await stedi(`sync lake ${to} --clean --json`.split(" "), {
        cwd: here.folder,
        started: (child) => {
          let seen = "";
          child.stderr!.on("data", (text: string) => {
            if (seen === "") child.kill(signal); // the customers are there
            seen += text;
          });
        },
      });
      expect(ended).toBe(exitCode);
      // On a machine that is slow to let go, the program leaves after two seconds without a word.
      if (stdout !== "") {
        expect(errorOf(stdout)).toMatchObject({ code });
        expect(stderr).toContain("next  the files that were copied are whole; run it again for the rest");
      }
      const left = here.files(to).filter((path) => !path.includes("/."));
      expect(left.length).toBeGreaterThan(0);
      await here.done(`sync lake ${to} --clean --quiet`);
      const whole = reportOfSync(await here.done(`sync lake whole --clean --quiet --json`));
      expect(left.length).toBeLessThan(whole.tables.reduce((sum, { files }) => sum + files, 0));
      const bytesOf = (path: string): Buffer => readFileSync(join(here.folder, path));
      for (const path of here.files("whole"))
        expect(bytesOf(path.replace("whole", to)).equals(bytesOf(path)), path).toBe(true);
      expect(here.files(to)).toEqual(here.files("whole").map((path) => path.replace("whole", to)));
    },
  );
});
