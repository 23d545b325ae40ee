// Row 17 of the fault table: a connection is reset, or closed early, in the middle of a body. The run is whole, read on
// from that byte, of the same version.

import { expect, test } from "vitest";
import type { BodyFault, Seen } from "../s3/fault-proxy.js";
import { largeLake, type S3Lake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";

const MiB = 1024 * 1024;
const readings = /accelerometer\/landing\/a\.json$/;

/** The requests for the readings: the bytes that each asks for, and of which version. */
function asked(lake: S3Lake): readonly { readonly range: string | undefined; readonly version?: string }[] {
  const requests = lake.proxy.seen.filter(
    ({ operation, key }) => operation === "GetObject" && key.endsWith("accelerometer/landing/a.json"),
  );
  return requests.map(({ headers }: Seen) => ({ range: headers.range, version: headers["if-match"]! }));
}

describeS3("fault 17: a body that breaks off", () => {
  test.each<[BodyFault, number]>([
    ["close", 0],
    ["close", 1],
    ["reset", 64 * 1024],
    ["close", 2 * MiB + 1],
    ["reset", 4 * MiB - 1],
  ])("by a %s after %i bytes: whole, read on from that byte, of the same version", (then, at) =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: readings, times: 1 }, { body: { at, then } });
      await lake.whole();
      const requests = asked(lake);
      expect(new Set(requests.map(({ version }) => version)).size).toBe(1);
      expect(requests[0]!.version).toMatch(/^"[0-9a-f]{32}"$/);
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(requests[0]!.range!)!;
      const ranges = requests.map(({ range }) => range);
      // What a reset throws away of the bytes that were on their way is asked for again.
      const again = ranges.find((range) => range!.endsWith(`-${to!}`) && range !== ranges[0]) ?? ranges[0]!;
      const resumed = Number(/^bytes=(\d+)-/.exec(again)![1]);
      if (then === "close") expect(resumed).toBe(Number(from) + at);
      else expect(resumed).toBeLessThanOrEqual(Number(from) + at);
    }, largeLake()),
  );

  test("every body, every 300,000 bytes: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject" }, { body: { at: 300_000, then: "close" } });
      await lake.whole();
      expect(asked(lake).length).toBeGreaterThan(20);
    }, largeLake()));

  test("a connection that carries 500,000 bytes at most: whole", () =>
    withS3Lake(
      (lake) =>
        lake.overNetwork(async (network) => {
          await network.add({ type: "limit_data", bytes: 500_000 });
          await lake.whole();
        }),
      largeLake(),
    ));

  test("a network that cuts all into small pieces, and breaks off for a moment: whole", () =>
    withS3Lake(
      (lake) =>
        lake.overNetwork(async (network) => {
          await network.add({ type: "slicer", average_size: 1000, size_variation: 500, delay: 0 });
          const outage = async (): Promise<void> => {
            await network.up(false);
            setTimeout(() => void network.up(true), 700);
          };
          lake.proxy.fault({ operation: "GetObject", key: readings, times: 1 }, { afterwards: outage });
          await lake.whole();
        }),
      largeLake(),
    ));

  test("without end, at the same byte: refused by the deadline, naming the file", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: readings }, { body: { at: 0, then: "reset" } });
      const { code, exitCode, message } = await lake.refused({ s3: { retryForMs: 1500 } });
      expect([code, exitCode]).toEqual(["STEDI_UNAVAILABLE", 3]);
      expect(message).toContain("accelerometer/landing/a.json");
    }));

  test("a committed zone that is read again: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run({ stages: ["customer_trusted"] });
      lake.proxy.reset();
      lake.proxy.fault(
        { operation: "GetObject", key: /customer\/trusted/, times: 3 },
        { body: { at: 20, then: "close" } },
      );
      await lake.whole();
      expect(lake.proxy.seen.some(({ broken }) => broken)).toBe(true);
    }));
});
