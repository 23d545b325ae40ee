// Row 14 of the fault table, on S3: SIGINT and SIGTERM at any request, and on a store that does not answer. Unfinished
// uploads are given up, and nothing is published. test/e2e/interrupt.test.ts holds what is printed.

import type { ChildProcess } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RunReport } from "../../src/pipeline/report.js";
import { type Ended, errorOf, inPlace, stedi } from "../e2e/support.js";
import { withFolder } from "../io/support.js";
import type { Fault, Matching } from "../s3/fault-proxy.js";
import { largeLake, type S3Lake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

const ends = [
  ["SIGINT", 130, "STEDI_INTERRUPTED"],
  ["SIGTERM", 143, "STEDI_TERMINATED"],
] as const;

/** Where a run is when it is told to end. */
const places: readonly (readonly [string, Matching])[] = [
  ["marking itself as under way", { operation: "PutObject", key: /_stedi\/runs/ }],
  ["listing", { operation: "ListObjects" }],
  ["reading customers", { operation: "GetObject", key: /customer\/landing/ }],
  ["reading a large file", { operation: "GetObject", key: /accelerometer\/landing/, after: 1 }],
  ["beginning an upload", { operation: "CreateMultipartUpload" }],
  ["uploading", { operation: "UploadPart" }],
  ["storing its last zone", { operation: "PutObject", key: /machine_learning/ }],
  [
    "having its last look before the commit",
    { operation: "ListObjects", when: ({ query }) => query.get("prefix")!.includes("trusted/run=") },
  ],
];

/** Starts a command and sends it signals when it has got to a request, of which then comes what is said. */
async function signalled(
  lake: S3Lake,
  args: readonly string[],
  matching: Matching,
  signals: readonly NodeJS.Signals[],
  fault: Fault = {},
  cwd?: string,
): Promise<Ended> {
  if (cwd === undefined)
    return withFolder((folder) => signalled(lake, args, matching, signals, fault, folder));
  let child: ChildProcess | undefined;
  const tell = async (): Promise<void> => {
    for (const signal of signals) {
      child!.kill(signal);
      // Two signals that wait for the same process may reach it in either order.
      await setTimeout(50);
    }
  };
  lake.proxy.fault({ ...matching, times: 1 }, { before: tell, ...fault });
  const ended = await stedi(args, {
    cwd,
    env: lake.environment,
    started: (process) => (child = process),
  });
  lake.expectDiscreet(ended.stdout, ended.stderr);
  lake.proxy.reset();
  return ended;
}

function run(lake: S3Lake, ...more: readonly string[]): readonly string[] {
  return ["run", "all", "--lake", lake.uri, "--json", ...more];
}

describeS3("fault 14: a run on S3 that is told to end", () => {
  test.each(ends)("%s: exit %i wherever it is, and nothing of it is left", (signal, exitCode, error) =>
    withS3Lake(async (lake) => {
      await lake.run();
      const before = await lake.find();
      for (const [place, matching] of places) {
        lake.proxy.reset();
        const { code, stdout } = await signalled(lake, run(lake), matching, [signal]);
        expect(code, place).toBe(exitCode);
        expect(errorOf(stdout).code, place).toBe(error);
        // Nothing is left of it, nor any upload open.
        expect(await lake.find(), place).toEqual(before);
      }
    }, largeLake()),
  );

  test("while a part is on its way: the upload is given up", () =>
    withS3Lake(async (lake) => {
      const upload = { operation: "UploadPart" } as const;
      // No answer to any part would ever come.
      lake.proxy.fault({ ...upload, after: 1 }, { instead: "hang" });
      const { code } = await signalled(lake, run(lake), upload, ["SIGINT"], { instead: "hang" });
      expect(code).toBe(130);
      expect(await lake.find()).toMatchObject({ number: 0, left: [], uploads: [] });
    }, largeLake()));

  test("a run ends although the store does not answer, and the next one sweeps", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      const before = await lake.find();
      let isSilent = false;
      let child: ChildProcess | undefined;
      const silence = (): void => {
        isSilent = true;
        child!.kill("SIGTERM");
      };
      const storing = { operation: "PutObject", key: /step_trainer\/trusted/, times: 1 } as const;
      lake.proxy.fault(storing, { before: silence, instead: "hang" });
      lake.proxy.fault({ when: () => isSilent }, { instead: "hang" });
      // Without a limit of its own it would wait for hours.
      const { code } = await withFolder((cwd) =>
        stedi(run(lake, "--retry-for", "100000"), {
          cwd,
          env: lake.environment,
          started: (process) => (child = process),
        }),
      );
      expect(code).toBe("SIGTERM"); // a shell says 143
      lake.proxy.reset();
      const { number, zones, left } = await lake.find();
      expect([number, zones]).toEqual([before.number, before.zones]);
      expect(left.length).toBeGreaterThan(0);
      await lake.whole();
    }));

  test("a second signal ends it at once", () =>
    withS3Lake(async (lake) => {
      const matching = { operation: "PutObject", key: /customer\/trusted/ } as const;
      lake.proxy.fault({ ...matching, after: 1 }, { instead: "hang" });
      lake.proxy.fault({ operation: ["DeleteObject", "DeleteObjects"] }, { instead: "hang" });
      // The limit would end it by the first signal.
      const signals = ["SIGINT", "SIGTERM"] as const;
      expect((await signalled(lake, run(lake), matching, signals, { instead: "hang" })).code).toBe("SIGTERM");
      expect((await lake.find()).number).toBe(0);
      await lake.whole();
    }));

  test("after the commit a signal only cuts the sweeping short: the run is done, and the next one sweeps", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      const before = await lake.find();
      const deleting: Matching = { operation: ["DeleteObject", "DeleteObjects"] };
      lake.proxy.reset();
      const { code, stdout } = await signalled(lake, run(lake), deleting, ["SIGINT"]);
      expect(code).toBe(0);
      const { commit, warnings } = JSON.parse(stdout) as RunReport;
      expect(commit).toBe(before.number + 1);
      expect(warnings.map((warning) => warning.code)).toContain("STEDI_W_NOT_SWEPT");
      const { number, zones, left } = await lake.find();
      expect([number, zones]).toEqual([commit, before.zones]);
      expect(left.length).toBeGreaterThan(0);
      await lake.whole();
    }));
});

describeS3("fault 14: a sync with S3 that is told to end", () => {
  test.each(ends)("%s: exit %i; uploads are given up, what was copied is whole", (signal, exitCode, error) =>
    withS3Lake(
      (lake) =>
        inPlace(async ({ folder }) => {
          for (const more of [[], ["--clean"]]) {
            for (const operation of ["UploadPart", "CompleteMultipartUpload"] as const) {
              const args = ["sync", "data", lake.uri, "--json", ...more];
              const fault = { instead: "hang" } as const;
              const { code, stdout } = await signalled(lake, args, { operation }, [signal], fault, folder);
              expect(code).toBe(exitCode);
              expect(errorOf(stdout).code).toBe(error);
              const there = await lake.content();
              expect([...there.keys()]).toEqual(["customer/landing/a.json"]);
              expect((await lake.find()).uploads).toEqual([]);
              await lake.remove("customer/landing/a.json");
            }
          }
        }, largeLake()),
      new Map(),
    ),
  );

  test.each(ends)("%s: exit %i from S3 to a folder; no part of a file is left", (signal, exitCode) =>
    withS3Lake(
      (lake) =>
        inPlace(async (here) => {
          const reading = { operation: "GetObject", key: /accelerometer/, after: 2 } as const;
          const args = ["sync", lake.uri, "copy", "--json"];
          const { code } = await signalled(lake, args, reading, [signal], { instead: "hang" }, here.folder);
          expect(code).toBe(exitCode);
          expect(here.files("copy")).toEqual(["copy/customer/landing/a.json"]);
        }, new Map()),
      largeLake(),
    ),
  );
});
