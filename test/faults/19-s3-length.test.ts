// Row 19 of the fault table: fewer bytes than there should be, no Content-Length, a server that ignores Range. The run is
// whole or refused, and never silently short.

import { expect, test } from "vitest";
import type { Fault } from "../s3/fault-proxy.js";
import { largeLake, withS3Lake } from "../s3/lake.js";
import { describeS3 } from "../s3/support.js";
import { soundLake } from "./support.js";

const landing = /\/landing\//;

describeS3("fault 19: bodies of another length", () => {
  test.each<[string, Fault]>([
    ["closed before Content-Length is reached", { body: { at: 100, then: "close" } }],
    ["said to be shorter than the object", { body: { at: 100, then: "end" } }],
    ["said to be empty", { body: { at: 0, then: "end" } }],
    ["without a length", { chunked: true }],
    ["without a length, ended early", { chunked: true, body: { at: 100, then: "end" } }],
    ["without a length, closed early", { chunked: true, body: { at: 100, then: "close" } }],
  ])("%s: whole", (_what, fault) =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: landing, times: 3 }, fault);
      await lake.whole();
      expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(3);
    }),
  );

  test("without a length, closed after the last byte: whole, that byte not asked for again", () =>
    withS3Lake(async (lake) => {
      const [path, content] = [...soundLake][0]!;
      lake.proxy.fault(
        { operation: "GetObject", key: new RegExp(path), times: 1 },
        { chunked: true, body: { at: content.length, then: "close" } },
      );
      await lake.whole();
      expect(lake.proxy.seen.filter(({ broken }) => broken)).toHaveLength(1);
    }));

  test("always short by far: whole, in many requests", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: landing }, { body: { at: 100, then: "end" } });
      await lake.whole();
    }));

  test("always empty: refused by the deadline", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject", key: landing }, { body: { at: 0, then: "end" } });
      const { code, exitCode } = await lake.refused({ s3: { retryForMs: 1500 } });
      expect([code, exitCode]).toEqual(["STEDI_UNAVAILABLE", 3]);
    }));

  test("a commit that comes short: whole", () =>
    withS3Lake(async (lake) => {
      await lake.run();
      lake.proxy.fault(
        { operation: "GetObject", key: /commits\//, times: 2 },
        { chunked: true, body: { at: 7, then: "end" } },
      );
      await lake.whole();
    }));

  const wholeInstead: Fault = { without: ["range"] };

  test("a server that ignores Range, and files small enough to be asked for whole: whole", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject" }, wholeInstead);
      await lake.whole();
    }));

  test("a server that ignores Range where a file is read in pieces: refused", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault({ operation: "GetObject" }, wholeInstead);
      const { code, exitCode, message } = await lake.refused();
      expect([code, exitCode]).toEqual(["STEDI_REFUSED", 3]);
      expect(message).toContain("accelerometer/landing/a.json");
    }, largeLake()));

  test("a server that ignores Range where a body is read on: refused, or whole", () =>
    withS3Lake(async (lake) => {
      const key = /customer\/landing/;
      lake.proxy.fault({ operation: "GetObject", key, times: 1 }, { body: { at: 100, then: "close" } });
      lake.proxy.fault({ operation: "GetObject", key }, wholeInstead);
      const { code, exitCode } = await lake.refused();
      expect([code, exitCode]).toEqual(["STEDI_REFUSED", 3]);
    }));

  test("bytes of another place than was asked for: refused", () =>
    withS3Lake(async (lake) => {
      lake.proxy.fault(
        { operation: "GetObject", key: /accelerometer/ },
        { headers: (headers) => (headers["content-range"] &&= "bytes 1-4194304/9000000") },
      );
      expect((await lake.refused()).code).toBe("STEDI_REFUSED");
    }, largeLake()));
});
