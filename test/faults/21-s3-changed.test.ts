// Row 21 of the fault table: an object changed, or deleted, during the run. Refused with exit 3, naming it.

import { describe, expect, test } from "vitest";
import { lines, no, soundLake, yes } from "./support.js";
import type { Fault } from "../s3/fault-proxy.js";
import { largeLake, type S3Lake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

/** Other content of the same length. */
function changed(lake: S3Lake, path: string): Uint8Array {
  return Buffer.from(lake.files.get(path)!).reverse();
}

describeS3("fault 21: an object that changes under the run", () => {
  const tables = ["customer", "accelerometer", "step_trainer"] as const;

  describe.each(tables)("of %s", (table) => {
    const path = `${table}/landing/a.json`;
    const key = new RegExp(path);

    test.each(["changed", "deleted"] as const)("%s after it was listed: refused, naming it", (what) =>
      withS3Lake(async (lake) => {
        await lake.run();
        const before = (): Promise<void> =>
          what === "changed" ? lake.put(path, changed(lake, path)) : lake.remove(path);
        lake.proxy.reset();
        lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { before });
        const { code, exitCode, message } = await lake.refused();
        expect([code, exitCode]).toEqual(["STEDI_CHANGED", 3]);
        expect(message).toContain(path);
      }),
    );
  });

  const readings = "accelerometer/landing/a.json";

  test("changed between two pieces of it: refused", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault(
        { operation: "GetObject", key: /accelerometer\/landing/, after: 1, times: 1 },
        { before: () => lake.put(readings, changed(lake, readings)) },
      );
      const { code, message } = await lake.refused();
      expect(code).toBe("STEDI_CHANGED");
      expect(message).toContain(readings);
    }, largeLake()));

  test.each(["changed", "deleted"] as const)("%s while a body of it is broken off: refused", (what) =>
    withS3Lake(async (lake) => {
      const key = /accelerometer\/landing/;
      lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { body: { at: 100, then: "close" } });
      const before = (): Promise<void> =>
        what === "changed" ? lake.put(readings, changed(lake, readings)) : lake.remove(readings);
      lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { before });
      expect((await lake.refused()).code).toBe("STEDI_CHANGED");
    }),
  );

  test("changed, on a server that ignores If-Match: refused all the same", () =>
    withS3Lake(async (lake) => {
      const fault: Fault = {
        without: ["if-match"],
        before: () => lake.put(readings, changed(lake, readings)),
      };
      lake.proxy.fault({ operation: "GetObject", key: /accelerometer\/landing/ }, fault);
      const { exitCode, message } = await lake.refused();
      expect(exitCode).toBe(3);
      expect(message).toContain(readings);
    }));

  test("put anew with the same content is no change: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault(
        { operation: "GetObject", key: /accelerometer\/landing/, times: 1 },
        { before: () => lake.put(readings, soundLake.get(readings)!) },
      );
      await lake.whole();
    }));

  test("a withdrawal that comes after the listing counts in the next run", () =>
    withS3Lake(async (lake) => {
      await lake.land([["customer/landing/b.json", lines([yes("ben", 2)])]]);
      lake.proxy.fault(
        { operation: "GetObject", key: /customer\/landing\/a/, times: 1 },
        { before: () => lake.put("customer/landing/c.json", lines([no("ben")])) },
      );
      await lake.whole();
      await lake.land([["customer/landing/c.json", lines([no("ben")])]]);
      await lake.whole();
    }));

  test("a file of the run that is deleted before its commit: refused, nothing published", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      lake.proxy.reset();
      const remove = async (): Promise<void> => {
        const { key } = lake.proxy.seen.find(
          (seen) => seen.operation === "PutObject" && seen.key.includes("step_trainer/trusted"),
        )!;
        await lake.remove(key.slice("some/lake/".length));
      };
      // The last look before the commit. Zones are stored side by side, but all of them are by then.
      const look = ({ query }: { query: URLSearchParams }): boolean =>
        query.get("prefix")?.includes("step_trainer/trusted/run=") ?? false;
      lake.proxy.fault({ operation: "ListObjects", when: look, times: 1 }, { before: remove });
      const { code, exitCode, message } = await lake.refused();
      expect([code, exitCode]).toEqual(["STEDI_CHANGED", 3]);
      expect(message).toContain("step_trainer/trusted");
    }));
});
