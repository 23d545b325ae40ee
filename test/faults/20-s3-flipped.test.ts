// Row 20 of the fault table: a flipped bit in a body whose checksum the store knows. Noticed, and read again.

import { expect, test } from "vitest";
import { largeLake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { warned } from "./support.js";

describeS3.each(["minio", "versitygw"] as const)("fault 20: a flipped bit in a body, on %s", (server) => {
  test.each(["customer", "accelerometer", "step_trainer"])("of a small file of %s: whole", (table) =>
    withS3Lake(
      async (lake) => {
        lake.proxy.fault(
          { operation: "GetObject", key: new RegExp(`${table}/landing`), times: 1 },
          { body: { at: 60, then: "flip" } },
        );
        await lake.whole();
        expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(1);
      },
      undefined,
      server,
    ),
  );

  test("of a file that is read in pieces: whole, and a warning that everything was read again", () =>
    withS3Lake(
      async (lake) => {
        lake.proxy.fault(
          { operation: "GetObject", key: /accelerometer\/landing/, after: 1, times: 1 },
          { body: { at: 1_000_000, then: "flip" } },
        );
        expect(warned({ report: await lake.whole() }, "STEDI_W_READ_AGAIN")).toBe(1);
      },
      largeLake(),
      server,
    ));
});

describeS3("fault 20: a flipped bit", () => {
  test("in a small file of which the body breaks off behind it: whole", () =>
    withS3Lake(async (lake) => {
      const key = /customer\/landing/;
      // What is read on is asked for without the bytes before, and comes without a checksum of the whole.
      lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { body: { at: 200, then: "close" } });
      lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { body: { at: 20, then: "flip" } });
      await lake.whole();
      expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(2);
    }));

  test("in a zone that is read again: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run({ stages: ["customer_trusted"] });
      const fault = { body: { at: 60, then: "flip" } } as const;
      lake.proxy.fault({ operation: "GetObject", key: /customer\/trusted/, times: 1 }, fault);
      await lake.whole();
    }));

  test("in a commit: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      const fault = { body: { at: 60, then: "flip" } } as const;
      lake.proxy.fault({ operation: "GetObject", key: /commits/, times: 1 }, fault);
      await lake.whole();
    }));

  test.each([
    ["a small file", undefined],
    ["a file that is read in pieces", largeLake()],
  ])("in %s, however often it is read: refused, naming it", (_what, files) =>
    withS3Lake(async (lake) => {
      await lake.run();
      const fault = { body: { at: 60, then: "flip" } } as const;
      lake.proxy.fault({ operation: "GetObject", key: /accelerometer\/landing/ }, fault);
      const { code, exitCode, message } = await lake.refused();
      expect([code, exitCode]).toEqual(["STEDI_CHECKSUM", 3]);
      expect(message).toContain("accelerometer/landing/a.json");
    }, files),
  );
});
