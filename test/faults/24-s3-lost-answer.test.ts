// Row 24 of the fault table: the answer to the commit is lost. It was stored, and is recognised as the run's own.

import { expect, test } from "vitest";
import type { Fault } from "../s3/fault-proxy.js";
import { largeLake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { lines, no } from "./support.js";

const commits = { operation: "PutObject", key: /_stedi\/commits/ } as const;
const withdrawal = [["customer/landing/b.json", lines([no("ben")])]] as const;
const s3 = { retryForMs: 3000 };

describeS3.each(["minio", "versitygw"] as const)(
  "fault 24: the answer to a commit is lost, on %s",
  (server) => {
    test.each<[string, number, Fault]>([
      ["the connection is reset", 1, { lost: "reset" }],
      ["it never comes", 1, { lost: "hang" }],
      ["a 500 comes in its place", 1, { lost: { status: 500, code: "InternalError" } }],
      ["a 503 comes in its place, three times", 3, { lost: { status: 503, code: "SlowDown" } }],
    ])("%s: whole", (_what, times, fault) =>
      withS3Lake(
        async (lake) => {
          await lake.run({ s3 });
          await lake.land(withdrawal);
          lake.proxy.fault({ ...commits, times }, fault);
          await lake.whole({ s3 });
          expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(times);
        },
        undefined,
        server,
      ),
    );
  },
);

describeS3("fault 24: a lost answer", () => {
  test("to the commit, and the store is gone then: refused, it says that the commit may stand, and it does", () =>
    withS3Lake(async (lake) => {
      await lake.run({ s3 });
      await lake.land(withdrawal);
      const before = await lake.find();
      let isGone = false;
      lake.proxy.fault(
        { ...commits, times: 1 },
        { lost: { status: 503, code: "SlowDown" }, afterwards: () => (isGone = true) },
      );
      lake.proxy.fault({ when: () => isGone }, { instead: { status: 503, code: "SlowDown" } });
      const error: unknown = await lake.run({ s3: { retryForMs: 1000 } }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ exitCode: 3, code: "STEDI_UNAVAILABLE" });
      expect((error as { parts: { why: string } }).parts.why).toContain("the commit may stand");
      expect((await lake.find()).number).toBe(before.number + 1);
      lake.proxy.reset();
      await lake.whole({ s3 });
    }));

  test("to the mark of a run: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "PutObject", key: /_stedi\/runs/, times: 1 }, { lost: "reset" });
      await lake.whole();
    }));

  test("to a zone, stored in one go or in parts, or to the last word on it: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "PutObject", key: /customer\/trusted/, times: 1 }, { lost: "reset" });
      lake.proxy.fault({ operation: "UploadPart", times: 1 }, { lost: "reset" });
      lake.proxy.fault({ operation: "CompleteMultipartUpload", times: 1 }, { lost: "reset" });
      await lake.whole();
      expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(3);
    }, largeLake()));

  test("to the beginning of an upload: whole, and the one that nobody knows of is swept", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "CreateMultipartUpload", times: 1 }, { lost: "reset" });
      await lake.run();
      await lake.whole();
    }, largeLake()));

  test("to deletions: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      lake.proxy.fault({ operation: ["DeleteObject", "DeleteObjects"], times: 2 }, { lost: "reset" });
      await lake.whole();
    }));

  test("a conflict, as S3 answers where two put at once, is tried again: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault(
        { ...commits, times: 2 },
        { instead: { status: 409, code: "ConditionalRequestConflict" } },
      );
      await lake.whole();
    }));
});
