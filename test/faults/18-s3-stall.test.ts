// Row 18 of the fault table: a body that stalls, or an answer that does not come. A watchdog notices, and the run is
// whole, read on from that byte.

import { expect, test } from "vitest";
import { largeLake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

/** So the watchdog waits for a second. */
const s3 = { retryForMs: 3000 };
const readings = /accelerometer\/landing\/a\.json$/;

describeS3("fault 18: a body that stalls", () => {
  test.each([0, 1, 1_000_000])("after %i bytes: whole, read on from that byte", (at) =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: readings, times: 1 }, { body: { at, then: "stall" } });
      await lake.whole({ s3 });
      const ranges = lake.proxy.seen
        .filter(
          ({ operation, key }) => operation === "GetObject" && key.endsWith("accelerometer/landing/a.json"),
        )
        .map(({ headers }) => headers.range!);
      const to = ranges[0]!.split("-")[1]!;
      expect(ranges.filter((range) => range.endsWith(`-${to}`))).toEqual([
        `bytes=0-${to}`,
        `bytes=${at}-${to}`,
      ]);
    }, largeLake()),
  );

  test.each(["ListObjects", "HeadObject", "GetObject", "PutObject", "DeleteObjects"] as const)(
    "no answer at all to %s: whole",
    (operation) =>
      withS3Lake(async (lake) => {
        await lake.run({ s3 });
        lake.proxy.reset();
        lake.proxy.fault({ operation, times: 1 }, { instead: "hang" });
        await lake.whole({ s3 });
        expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(1);
      }),
  );

  test("a body that is slow, but goes on, is none that stalls: one request", () =>
    withS3Lake(
      (lake) =>
        lake.overNetwork(async (network) => {
          await network.add({ type: "bandwidth", rate: 3000 });
          await lake.whole({ s3 });
          const whole = lake.proxy.seen.filter(
            ({ operation, key }) => operation === "GetObject" && key.endsWith("accelerometer/landing/a.json"),
          );
          expect(new Set(whole.map(({ headers }) => headers.range)).size).toBe(whole.length);
        }),
      largeLake(),
    ));

  test("a network that swallows everything for a while: whole", () =>
    withS3Lake((lake) =>
      lake.overNetwork(async (network) => {
        const swallow = async (): Promise<void> => {
          await network.add({ type: "timeout", timeout: 0 });
          setTimeout(() => void network.clear(), 1500);
        };
        lake.proxy.fault({ operation: "GetObject", key: readings, times: 1 }, { afterwards: swallow });
        await lake.whole({ s3 });
      }),
    ));

  test("without end: refused by the deadline", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: readings }, { body: { at: 0, then: "stall" } });
      const { code, exitCode } = await lake.refused({ s3: { retryForMs: 1500 } });
      expect([code, exitCode]).toEqual(["STEDI_UNAVAILABLE", 3]);
    }));
});
