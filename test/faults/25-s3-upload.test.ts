// Row 25 of the fault table: UploadPart fails, or the process dies with an upload open. Failures are tried again; what a
// dead process has left open is given up by a later run, and what a live one has open is not.

import type { ChildProcess } from "node:child_process";
import { CreateMultipartUploadCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { inPlace, stedi } from "../e2e/support.js";
import { countedRun } from "./disk-support.js";
import type { Fault, Seen } from "../s3/fault-proxy.js";
import { largeLake, type S3Lake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

const part = { operation: "UploadPart" } as const;
const denied = { status: 403, code: "AccessDenied" } as const;

/** Ends a process when it has got to some request. */
async function killed(
  lake: S3Lake,
  at: "before" | "afterwards",
  operation: Seen["operation"],
): Promise<void> {
  const run = countedRun(lake.uri, lake.environment);
  const die = async (): Promise<void> => {
    run.child.kill("SIGKILL");
    await run.ended;
  };
  lake.proxy.fault({ operation, times: 1 }, at === "before" ? { before: die } : { afterwards: die });
  expect((await run.ended).signal).toBe("SIGKILL");
  lake.proxy.reset();
}

describeS3.each(["minio", "versitygw"] as const)("fault 25: uploads of parts, on %s", (server) => {
  const withLargeLake = (action: (lake: S3Lake) => Promise<void>): Promise<void> =>
    withS3Lake(action, largeLake(), server);

  test.each<[string, number, Fault]>([
    ["a 500", 2, { instead: { status: 500, code: "InternalError" } }],
    ["a reset", 2, { instead: "reset" }],
    ["a timeout that the server tells of", 1, { instead: { status: 400, code: "RequestTimeout" } }],
    ["no answer", 1, { instead: "hang" }],
  ])("%s: whole, tried again", (_what, times, fault) =>
    withLargeLake(async (lake) => {
      lake.proxy.fault({ ...part, times }, fault);
      await lake.whole({ s3: { retryForMs: 3000 } });
      expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(times);
      expect(lake.proxy.seen.filter(({ operation }) => operation === "UploadPart").length).toBeGreaterThan(
        times + 1,
      );
    }),
  );

  test("a run that is refused half-way gives its uploads up", () =>
    withLargeLake(async (lake) => {
      lake.proxy.fault({ ...part, after: 1 }, { instead: denied });
      expect((await lake.refused()).code).toBe("STEDI_NO_ACCESS");
      expect(lake.proxy.seen.map(({ operation }) => operation)).toContain("AbortMultipartUpload");
    }));

  describe("a process that dies with an upload open", () => {
    test.each([
      ["after it was begun", "afterwards", "CreateMultipartUpload"],
      ["before it is completed", "before", "CompleteMultipartUpload"],
    ] as const)("%s: a later run gives it up, and is whole", (_when, at, operation) =>
      withLargeLake(async (lake) => {
        await killed(lake, at, operation);
        const { number, uploads, left } = await lake.find();
        expect(number).toBe(0);
        expect(uploads).toHaveLength(1);
        expect(left.length).toBeGreaterThan(0);
        await lake.whole();
      }),
    );
  });
});

describeS3("fault 25: uploads that are not a dead run's", () => {
  test("one of a run that is under way is left alone", () =>
    withS3Lake(async (lake) => {
      let overtaken = false;
      const overtake = async (): Promise<void> => {
        expect((await lake.find()).uploads).toHaveLength(1);
        // Another process, to which this one is a stranger.
        const { code, stderr } = await countedRun(lake.uri, lake.environment).ended;
        expect(code, stderr).toBe(0);
        expect((await lake.find()).uploads).toHaveLength(1);
        overtaken = true;
      };
      lake.proxy.fault({ operation: "CompleteMultipartUpload", times: 1 }, { before: overtake });
      const run = lake.run({ s3: { retryForMs: 100_000 } });
      await expect(run).rejects.toMatchObject({ code: "STEDI_COMMITTED_BY_ANOTHER" });
      expect(overtaken).toBe(true);
      const { number, left, uploads } = await lake.find();
      expect([number, left, uploads]).toEqual([1, [], []]);
    }, largeLake()));

  test("those that are no run's, or another lake's, are left alone", () =>
    withS3Lake(async (lake) => {
      const others = ["some/lake/customer/landing/x.json", "some/lake-2/customer/trusted/run=1/x", "x"];
      for (const Key of others) {
        await lake.bucket.client.send(new CreateMultipartUploadCommand({ Bucket: lake.bucket.name, Key }));
      }
      await lake.run();
      expect([...(await lake.find()).uploads].sort()).toEqual([...others].sort());
    }));
});

describeS3("fault 25: uploads that a sync has left open", () => {
  test("a later sync of the same file gives them up once they are a day old, and no others", () =>
    withS3Lake(
      (lake) =>
        inPlace(async (here) => {
          const large = "accelerometer/landing/a.json";
          const others = [
            "some/lake/accelerometer/landing/b.json",
            "some/lake-2/accelerometer/landing/a.json",
          ];
          for (const Key of others) {
            await lake.bucket.client.send(
              new CreateMultipartUploadCommand({ Bucket: lake.bucket.name, Key }),
            );
          }
          let child: ChildProcess | undefined;
          lake.proxy.fault(part, { before: () => child!.kill("SIGKILL"), instead: "hang" });
          const args = ["sync", "data", lake.uri];
          const started = (process: ChildProcess): void => void (child = process);
          const killed = await stedi(args, { cwd: here.folder, env: lake.environment, started });
          expect(killed.code).toBe("SIGKILL");
          lake.proxy.reset();
          const uploads = async (): Promise<readonly string[]> => [...(await lake.find()).uploads].sort();
          const all = [`some/lake/${large}`, ...others].sort();
          expect(await uploads()).toEqual(all);

          // It may still be under way somewhere.
          await here.done(args.join(" "), lake.environment);
          expect(await uploads()).toEqual(all);
          const older = (hours: number) => ({
            rewrite: (body: string) =>
              body.replace(
                /(<Initiated>)[^<]+/g,
                `$1${new Date(Date.now() - hours * 3_600_000).toISOString()}`,
              ),
          });
          const listing = { operation: "ListMultipartUploads" } as const;
          lake.proxy.fault(listing, older(23));
          await here.done(args.join(" "), lake.environment);
          expect(await uploads()).toEqual(all);
          lake.proxy.reset();
          lake.proxy.fault(listing, older(25));
          await here.done(`${args.join(" ")} --dry-run`, lake.environment);
          expect(await uploads()).toEqual(all);
          await here.done(args.join(" "), lake.environment);
          expect(await uploads()).toEqual([...others].sort());
          lake.proxy.reset();
          lake.proxy.fault(listing, { instead: denied });
          await here.done(args.join(" "), lake.environment);
        }, largeLake()),
      new Map(),
    ));
});
