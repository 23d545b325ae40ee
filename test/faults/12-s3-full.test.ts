// Row 12 of the fault table, on S3: a store that is full, or that may be read and not written to. Each is refused with
// exit 3 and its code; what was committed stays whole; nothing is left behind. What fails for a while is row 16, what
// changes under the run is row 21, and what may not be read is row 22.

import { expect, test } from "vitest";
import { errorOf, inPlace, stedi } from "../e2e/support.js";
import type { Answer, Operation } from "../s3/fault-proxy.js";
import { largeLake, type S3Lake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { lines, no } from "./support.js";

const withdrawal = [["customer/landing/b.json", lines([no("ben")])]] as const;
const putting: readonly Operation[] = [
  "PutObject",
  "CreateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
];
const deleting: readonly Operation[] = ["DeleteObject", "DeleteObjects", "AbortMultipartUpload"];

const full: Answer = { status: 507, code: "XMinioStorageFull" };
const denied: Answer = { status: 403, code: "AccessDenied" };

/** What stores say that take no more. */
const answers: readonly (readonly [Answer, string])[] = [
  [full, "STEDI_NO_SPACE"],
  [{ status: 507, code: "InsufficientStorage" }, "STEDI_NO_SPACE"],
  [{ status: 400, code: "XMinioAdminBucketQuotaExceeded" }, "STEDI_NO_SPACE"],
  [{ status: 403, code: "QuotaExceeded" }, "STEDI_NO_SPACE"],
  [denied, "STEDI_NO_ACCESS"],
];

/** A lake with one commit, whose customers have changed since. */
function withCommittedLake(action: (lake: S3Lake) => Promise<void>): Promise<void> {
  return withS3Lake(async (lake) => {
    await lake.run();
    await lake.land(withdrawal);
    lake.proxy.reset();
    await action(lake);
  });
}

describeS3("fault 12: a store that takes no more", () => {
  test.each(answers)("%o, at any put: refused with %s, and nothing is left", (instead, expected) =>
    withCommittedLake(async (lake) => {
      const undisturbed = await lake.find();
      let refusals = 0;
      for (let after = 0; ; after++) {
        lake.proxy.fault({ operation: putting, after }, { instead });
        const { number } = await lake.find();
        const refusal = await lake.refused().catch(() => undefined);
        const broken = lake.proxy.seen.filter((request) => request.broken);
        lake.proxy.reset();
        if (broken.length === 0) {
          expect((await lake.find()).number).toBe(number + 1);
          break;
        }
        refusals++;
        expect([refusal?.code, refusal?.exitCode], `after ${after} puts`).toEqual([expected, 3]);
        expect(refusal!.parts.where).toContain(broken[0]!.key);
        // It is not tried again: room does not come by waiting, and neither does a permission.
        expect(new Set(broken.map(({ key }) => key)).size).toBe(broken.length);
        expect(await lake.find()).toEqual(undisturbed);
      }
      // The mark of the run twice, five zones, the commit.
      expect(refusals).toBeGreaterThan(7);
    }),
  );

  test.each<Operation>(["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])(
    "a store that is full at %s: refused, and no upload is left open",
    (operation) =>
      withS3Lake(async (lake) => {
        lake.proxy.fault({ operation }, { instead: full });
        const { code, exitCode } = await lake.refused();
        expect([code, exitCode]).toEqual(["STEDI_NO_SPACE", 3]);
        lake.proxy.reset();
        await lake.whole();
      }, largeLake()),
  );

  test("a store that may only be read: refused as an output, read as a lake", () =>
    withCommittedLake((lake) =>
      inPlace(async (here) => {
        lake.proxy.fault({ operation: [...putting, ...deleting] }, { instead: denied });
        expect((await lake.refused()).code).toBe("STEDI_NO_ACCESS");
        for (const line of [`status --lake ${lake.uri}`, `plan --lake ${lake.uri}`])
          await here.done(line, lake.environment);
        await here.done(`run all --lake ${lake.uri} --out out`, lake.environment);
        expect(here.files("out").some((path) => path.startsWith("out/customer/trusted/run="))).toBe(true);
      }),
    ));

  test("by the command line: `run`, `doctor` and `sync` exit with 3, and say so", () =>
    withCommittedLake((lake) =>
      inPlace(async (here) => {
        const before = await lake.find();
        const call = (line: string) => stedi(line.split(" "), { cwd: here.folder, env: lake.environment });
        for (const [instead, expected] of [
          [full, "STEDI_NO_SPACE"],
          [denied, "STEDI_NO_ACCESS"],
        ] as const) {
          lake.proxy.fault({ operation: putting }, { instead });
          const run = await call(`run all --lake ${lake.uri} --json`);
          const copy = await call(`sync data s3://${lake.bucket.name}/copy --json`);
          for (const { code, stdout } of [run, copy]) {
            expect(code).toBe(3);
            expect(errorOf(stdout).code).toBe(expected);
          }
          const doctor = await call(`doctor --lake ${lake.uri}`);
          expect(doctor.code).toBe(3);
          expect(doctor.stdout).toMatch(new RegExp(`^failed +output: put +${expected}`, "m"));
          for (const { stdout, stderr } of [run, copy, doctor]) lake.expectDiscreet(stdout, stderr);
          lake.proxy.reset();
          expect(await lake.find()).toEqual(before);
        }
      }),
    ));
});
