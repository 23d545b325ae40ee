// Row 27 of the fault table, on S3: consent cannot be established, exit 4. A listing that is denied is another thing, and
// is exit 3. test/faults/27-no-customers.test.ts has the rest.

import { expect, test } from "vitest";
import { withS3Lake } from "../s3/lake.js";
import { describeS3, storeAt } from "../s3/support.js";
import { andFiles, type Files, lines, no, soundLake } from "./support.js";
import { runPipeline } from "../../src/pipeline/run.js";

const customers = "customer/landing/a.json";
const without: Files = new Map([...soundLake].filter(([path]) => path !== customers));

describeS3.each(["minio", "versitygw"] as const)("fault 27: no customers, on %s", (server) => {
  test.each<[string, Files]>([
    ["none", without],
    ["an empty object", andFiles([customers, ""])],
    ["only white space", andFiles([customers, " \n\r\n"])],
    ["an object that draws a folder", new Map([...without, ["customer/landing/", new Uint8Array()]])],
    ["only under a name that is left out", new Map([...without, ["customer/landing/_x/a.json", lines([])]])],
    ["only damaged ones", andFiles([customers, '{"email":1}\n'])],
  ])("%s: exit 4", (_what, files) =>
    withS3Lake(
      async (lake) => {
        const { code, exitCode } = await lake.refused();
        expect([code, exitCode]).toEqual(["STEDI_NO_CUSTOMERS", 4]);
      },
      files,
      server,
    ),
  );

  test("a file of them gone since the last commit: exit 4, until it is back", () =>
    withS3Lake(
      async (lake) => {
        await lake.run();
        await lake.remove("customer/landing/b.json");
        const { code, exitCode } = await lake.refused();
        expect([code, exitCode]).toEqual(["STEDI_CUSTOMERS_REMOVED", 4]);
        await lake.land([["customer/landing/b.json", lines([no("ben")])]]);
        await lake.whole();
      },
      andFiles(["customer/landing/b.json", lines([no("ben")])]),
      server,
    ));

  test("no lake, no bucket: exit 3", () =>
    withS3Lake(
      async (lake) => {
        for (const uri of [
          `s3://${lake.bucket.name}/nowhere`,
          `s3://${lake.bucket.name}-not-there/some/lake`,
        ]) {
          const run = runPipeline({ lake: await storeAt(lake.proxy, uri) });
          await expect(run, uri).rejects.toMatchObject({ code: "STEDI_NOT_FOUND", exitCode: 3 });
        }
      },
      undefined,
      server,
    ));
});

describeS3("fault 27: customers cannot be listed", () => {
  test.each([
    ["denied", 403, "AccessDenied", "STEDI_NO_ACCESS"],
    ["not found", 404, "NoSuchBucket", "STEDI_NOT_FOUND"],
  ])("%s: exit 3, not 4", (_what, status, code, expected) =>
    withS3Lake(async (lake) => {
      await lake.run();
      lake.proxy.fault(
        { operation: "ListObjects", when: ({ query }) => query.get("prefix")!.includes("customer/landing") },
        { instead: { status, code } },
      );
      const error = await lake.refused();
      expect([error.code, error.exitCode]).toEqual([expected, 3]);
      expect(error.parts.where).toContain("customer/landing");
    }),
  );
});
