// Row 16 of the fault table: a storm of 503 SlowDown and 500s. The run is whole, tried again with growing pauses; and
// where the storm does not end, it gives up by a deadline, with exit 3.

import { expect, test } from "vitest";
import type { Operation } from "../s3/fault-proxy.js";
import { largeLake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { lines, no } from "./support.js";

const slowDown = { instead: { status: 503, code: "SlowDown" } } as const;
const internal = { instead: { status: 500, code: "InternalError" } } as const;
const withdrawal = [["customer/landing/b.json", lines([no("ben")])]] as const;

describeS3("fault 16: a storm of 503s and 500s", () => {
  test.each<Operation>(["ListObjects", "GetObject", "HeadObject", "PutObject", "DeleteObjects"])(
    "on %s: whole",
    (operation) =>
      withS3Lake(async (lake) => {
        await lake.run();
        await lake.land(withdrawal);
        lake.proxy.reset();
        lake.proxy.fault({ operation, times: 3 }, slowDown);
        lake.proxy.fault({ operation, times: 2 }, internal);
        await lake.whole();
        expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(5);
      }),
  );

  test.each<Operation>(["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])(
    "on %s: whole",
    (operation) =>
      withS3Lake(async (lake) => {
        lake.proxy.fault({ operation, times: 2 }, slowDown);
        lake.proxy.fault({ operation, times: 2 }, internal);
        await lake.whole();
        expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(4);
      }, largeLake()),
  );

  test("on every other request: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      await lake.land(withdrawal);
      let turn = 0;
      lake.proxy.fault({ when: () => turn++ % 2 === 0 }, slowDown);
      await lake.whole();
    }));

  test("a server that is busy half of the time, however often it is asked: whole", () =>
    withS3Lake(async (lake) => {
      const start = Date.now();
      lake.proxy.fault({ when: () => (Date.now() - start) % 1000 < 500 }, slowDown);
      await lake.whole();
    }));

  // Requests of a run on this lake; at each some storm begins that does not end.
  test.each([0, 1, 4, 8, 12, 16])("without end, from request %i on: refused by the deadline", (after) =>
    withS3Lake(async (lake) => {
      await lake.run();
      await lake.land(withdrawal);
      lake.proxy.reset();
      lake.proxy.fault({ after }, slowDown);
      const { code, exitCode, parts } = await lake.refused({ s3: { retryForMs: 1500 } }, true);
      expect([code, exitCode]).toEqual(["STEDI_UNAVAILABLE", 3]);
      expect(parts.why).toMatch(/^\w+: SlowDown, HTTP 503, request FAULT0123456789$/);
      // Without pauses it would have asked thousands of times by then.
      const asked = lake.proxy.seen.filter(({ broken }) => broken).length;
      expect(asked).toBeGreaterThan(3);
      expect(asked).toBeLessThan(200);
      // The sky is clear again, and what could not be taken away is swept.
      lake.proxy.reset();
      await lake.whole();
    }),
  );

  test("a server that nobody listens at: refused", () =>
    withS3Lake((lake) =>
      lake.overNetwork(async (network) => {
        await network.up(false);
        const { code, exitCode, parts } = await lake.refused({ s3: { retryForMs: 1500 } });
        expect([code, exitCode]).toEqual(["STEDI_UNAVAILABLE", 3]);
        expect(parts.why).toBe("ListObjectsV2: ECONNREFUSED");
      }),
    ));
});
