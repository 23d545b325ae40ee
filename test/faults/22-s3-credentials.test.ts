// Row 22 of the fault table: credentials that expire half-way, access that is denied on one prefix. Refused with exit 3;
// what was begun is swept by a run that may.

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { Matching } from "../s3/fault-proxy.js";
import { withS3Lake } from "../s3/lake.js";
import { describeS3, storeAt } from "../s3/support.js";
import { lines, no } from "./support.js";
import { runPipeline } from "../../src/pipeline/run.js";

const withdrawal = [["customer/landing/b.json", lines([no("ben")])]] as const;
const denied = { instead: { status: 403, code: "AccessDenied" } } as const;

describeS3("fault 22: credentials expire", () => {
  test.each<[string, Matching]>([
    ["before anything is read", {}],
    ["before the landing files are read", { operation: "GetObject", key: /landing/ }],
    ["before the first zone is stored", { operation: "PutObject", key: /customer\/trusted/ }],
    ["before the last zone is stored", { operation: "PutObject", key: /machine_learning/ }],
    ["before the commit", { operation: "PutObject", key: /commits/ }],
  ])("%s: refused", (_when, matching) =>
    withS3Lake(async (lake) => {
      await lake.run();
      await lake.land(withdrawal);
      lake.proxy.reset();
      let expired = false;
      lake.proxy.fault(
        { ...matching, times: 1 },
        { before: () => (expired = true), instead: { status: 400, code: "ExpiredToken" } },
      );
      lake.proxy.fault({ when: () => expired }, { instead: { status: 400, code: "ExpiredToken" } });
      const { code, exitCode, parts } = await lake.refused({}, true);
      expect([code, exitCode]).toEqual(["STEDI_CREDENTIALS", 3]);
      expect(parts.why).toContain("ExpiredToken, HTTP 400, request FAULT0123456789");
      lake.proxy.reset();
      await lake.whole();
    }),
  );

  test.each([
    ["a key that the server does not know", "InvalidAccessKeyId", { accessKeyId: "AKIAUNKNOWN" }],
    ["another secret", "SignatureDoesNotMatch", { secretAccessKey: "not-the-secret-that-it-is" }],
  ])("%s: refused, without it in what is said", (_what, name, wrong) =>
    withS3Lake(async (lake) => {
      const access = { ...lake.bucket.access, ...wrong };
      const run = runPipeline({ lake: await storeAt(access, lake.uri) });
      const error = await run.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "STEDI_CREDENTIALS", exitCode: 3 });
      const said = inspect(error, { depth: Infinity, showHidden: true });
      expect(said).toContain(name);
      lake.expectDiscreet(said);
      for (const value of Object.values(wrong)) expect(said).not.toContain(value);
    }),
  );

  test("a key without a permission, as a server has it: refused", () =>
    withS3Lake(
      async (lake) => {
        const anyone = { ...lake.bucket.access, accessKeyId: "somebody", secretAccessKey: "or-other" };
        const run = runPipeline({ lake: await storeAt(anyone, lake.uri) });
        await expect(run).rejects.toMatchObject({ exitCode: 3 });
      },
      undefined,
      "versitygw",
    ));
});

describeS3("fault 22: access denied on one prefix", () => {
  describe.each<[string, Matching, string]>([
    [
      "listing customers",
      { operation: "ListObjects", when: ({ query }) => query.get("prefix")!.includes("customer/landing") },
      "customer/landing",
    ],
    ["reading customers", { operation: "GetObject", key: /customer\/landing/ }, "customer/landing/a.json"],
    [
      "reading step trainers",
      { operation: "GetObject", key: /step_trainer\/landing/ },
      "step_trainer/landing/a.json",
    ],
    ["writing one zone", { operation: "PutObject", key: /accelerometer\/trusted/ }, "accelerometer/trusted"],
    ["writing commits", { operation: "PutObject", key: /commits/ }, "_stedi/commits"],
    ["saying that a run is under way", { operation: "PutObject", key: /_stedi\/runs/ }, "_stedi/runs"],
  ])("%s", (_what, matching, where) => {
    test("refused, naming it, and nothing of it is left", () =>
      withS3Lake(async (lake) => {
        await lake.run();
        await lake.land(withdrawal);
        lake.proxy.reset();
        lake.proxy.fault(matching, denied);
        const { code, exitCode, parts } = await lake.refused();
        expect([code, exitCode]).toEqual(["STEDI_NO_ACCESS", 3]);
        expect(parts.where).toContain(where);
        // It is not tried again: a permission does not come by waiting.
        expect(lake.proxy.seen.filter(({ broken }) => broken).length).toBeLessThanOrEqual(2);
      }));
  });

  test("deleting: the run is done, with a warning, and a later one sweeps", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      await lake.land(withdrawal);
      lake.proxy.fault({ operation: ["DeleteObject", "DeleteObjects"] }, denied);
      const { warnings } = await lake.run();
      expect(warnings.map(({ code }) => code)).toContain("STEDI_W_NOT_SWEPT");
      lake.expectDiscreet(JSON.stringify(warnings));
      lake.proxy.reset();
      await lake.whole();
    }));
});
