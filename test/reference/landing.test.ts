// Which files are read, in which order, and what gzip has to do with it.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CUSTOMER, gunzip, readTable, referenceRun, RefusedGzip } from "../../src/reference/index.js";
import { acceleration, at, bytes, lake, LATEST, snapshot } from "./helpers.js";

function readingsOf(files: Record<string, Uint8Array>) {
  const customers = lake([snapshot("p@example.test", "s", 1, 1)]);
  return referenceRun(new Map([...customers, ...Object.entries(files)]), LATEST);
}

function xOf(lines: readonly string[]): unknown[] {
  return lines.map((line) => (JSON.parse(line) as { x: unknown }).x);
}

const reading = (x: string): Uint8Array => bytes(acceleration("p@example.test", 1, x));

describe("the files of a table", () => {
  it("are those with the two endings, at any depth, in the order of the bytes of their paths", () => {
    const { zones, landing } = readingsOf({
      "accelerometer/landing/a.json": reading("0"),
      "accelerometer/landing/\u{10000}.json": reading("9"),
      "accelerometer/landing/\uffff.json": reading("8"),
      "accelerometer/landing/é.json": reading("7"),
      "accelerometer/landing/b/c/d.json": reading("4"),
      "accelerometer/landing/b.json.gz": gzipSync(reading("3")),
      "accelerometer/landing/b.json": reading("2"),
      "accelerometer/landing/b-.json": reading("1"),
      "accelerometer/landing/b/ü/e.json": reading("5"),
      "accelerometer/landing/b=/e.json": reading("6"),
    });
    expect(xOf(zones.accelerometer_trusted)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(landing.accelerometer_landing).toMatchObject({ files: 10, read: 10, good: 10, unread: [] });
  });

  it("are not the hidden ones, of which nothing is said", () => {
    const { landing } = readingsOf({
      "accelerometer/landing/_a.json": reading("1"),
      "accelerometer/landing/.a.json": reading("1"),
      "accelerometer/landing/.json": reading("1"),
      "accelerometer/landing/_tmp/a.json": reading("1"),
      "accelerometer/landing/b/.c/a.json": reading("1"),
      "accelerometer/landing/b/_SUCCESS": reading("1"),
      "accelerometer/landing/b/.a.txt": reading("1"),
    });
    // One file: the empty one that the small lake always has.
    expect(landing.accelerometer_landing).toMatchObject({ files: 1, read: 0, unread: [] });
  });

  it("are not those with other endings, which are named", () => {
    const { landing } = readingsOf({
      "accelerometer/landing/z.csv": reading("1"),
      "accelerometer/landing/b/a.JSON": reading("1"),
      "accelerometer/landing/b/a.gz": reading("1"),
      "accelerometer/trusted/a.json": reading("1"),
      "accelerometer/landing-old/a.csv": reading("1"),
    });
    expect(landing.accelerometer_landing).toMatchObject({
      files: 1,
      read: 0,
      unread: [
        "accelerometer/landing/b/a.JSON",
        "accelerometer/landing/b/a.gz",
        "accelerometer/landing/z.csv",
      ],
    });
  });
});

describe("gzip", () => {
  const text = `${snapshot("p@example.test", "s", 1, 1)}\n${snapshot("q@example.test", "t", 2, 2)}\n`;
  const whole = gzipSync(bytes(text));

  it("may have several members, the cut between them anywhere", () => {
    const parts = [text.slice(0, 30), "", text.slice(30, 100), text.slice(100)];
    const stored = Buffer.concat(parts.map((part) => gzipSync(bytes(part))));
    expect(gunzip(stored)).toEqual({ bytes: Buffer.from(text), cutOff: false });
  });

  it("may have all the parts of a header", () => {
    const header = [0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 2, 0, 0xff, 0xff, 0x61, 0, 0x62, 0x63, 0];
    const stored = Buffer.concat([Buffer.from(header), whole.subarray(10)]);
    expect(gunzip(stored)).toEqual({ bytes: Buffer.from(text), cutOff: false });
    for (let length = 0; length < header.length; length += 1) {
      expect(gunzip(stored.subarray(0, length))).toEqual({ bytes: Buffer.alloc(0), cutOff: true });
    }
  });

  it("that is cut off anywhere gives a part of the text and says so", () => {
    let longest = 0;
    for (let length = 0; length < whole.length; length += 1) {
      const { bytes: part, cutOff } = gunzip(whole.subarray(0, length));
      expect(cutOff).toBe(true);
      expect(text.startsWith(Buffer.from(part).toString())).toBe(true);
      longest = Math.max(longest, part.length);
    }
    expect(longest).toBe(text.length);
  });

  it.each([
    ["no gzip at all", bytes("{}")],
    ["another method", Buffer.from([0x1f, 0x8b, 7])],
    ["unknown flags", Buffer.from([0x1f, 0x8b, 8, 0x20])],
    ["bad compressed data", Buffer.concat([whole.subarray(0, 10), Buffer.from([7, 0xff, 0xff])])],
    ["a wrong checksum", Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)])],
    ["a wrong length", Buffer.concat([whole.subarray(0, -4), Buffer.alloc(4)])],
    ["other bytes after it", Buffer.concat([whole, bytes("xy")])],
    ["zeros after it", Buffer.concat([whole, Buffer.alloc(2)])],
  ])("with %s is refused", (_, stored) => {
    expect(() => gunzip(stored)).toThrow(RefusedGzip);
    expect(() => readTable(new Map([["customer/landing/a.json.gz", stored]]), CUSTOMER)).toThrow(RefusedGzip);
  });

  const customersOf = (stored: Uint8Array) =>
    referenceRun(new Map([["customer/landing/a.json.gz", stored]]), LATEST);

  it("counts offsets in the decompressed bytes", () => {
    const { quarantine } = customersOf(gzipSync(bytes(`${text}garbage\n`)));
    expect(quarantine).toMatchObject([{ offset: text.length, length: 8, record: 3, reason: "syntax" }]);
  });

  it("cut between records stands for one more record, and for nobody", () => {
    // Only the trailer is cut: all of the text is there.
    const result = customersOf(whole.subarray(0, -1));
    expect(result.landing.customer_landing).toMatchObject({
      read: 3,
      good: 2,
      quarantined: { truncated: 1 },
    });
    expect(result.quarantine).toEqual([
      {
        table: "customer_landing",
        file: "customer/landing/a.json.gz",
        offset: text.length,
        length: 0,
        record: 3,
        reason: "truncated",
        field: null,
      },
    ]);
    expect(result.unattributable).toBe(1);
    expect(result.zones.customer_trusted).toHaveLength(2);
  });

  it("cut in a record counts that record once", () => {
    const cut = gzipSync(bytes(text.slice(0, -20))).subarray(0, -1);
    const result = customersOf(cut);
    expect(result.landing.customer_landing).toMatchObject({ read: 2, quarantined: { truncated: 1 } });
    expect(result.quarantine).toMatchObject([
      { record: 2, length: text.length - 20 - text.indexOf("\n") - 1 },
    ]);
  });

  it("cut after other damage counts both", () => {
    const result = customersOf(gzipSync(bytes('{"a":x')).subarray(0, -1));
    expect(result.quarantine).toMatchObject([
      { offset: 0, length: 6, record: 1, reason: "syntax" },
      { offset: 6, length: 0, record: 2, reason: "truncated" },
    ]);
  });

  it("cut behind a newline that ended a truncated record counts both", () => {
    const result = customersOf(gzipSync(bytes('{"a":\n \n')).subarray(0, -1));
    expect(result.quarantine).toMatchObject([
      { offset: 0, length: 6, record: 1, reason: "truncated" },
      { offset: 8, length: 0, record: 2, reason: "truncated" },
    ]);
  });

  it("of zero bytes is cut off", () => {
    const result = customersOf(new Uint8Array());
    expect(result.quarantine).toMatchObject([{ offset: 0, length: 0, record: 1, reason: "truncated" }]);
    expect(result.usable).toBe(false);
    // Without the compression an empty file is just empty.
    const plain = referenceRun(new Map([["customer/landing/a.json", new Uint8Array()]]), LATEST);
    expect(plain.quarantine).toEqual([]);
    expect(plain.usable).toBe(false);
  });
});

describe("a lake without files", () => {
  it("has nothing in it and is not usable", () => {
    const result = referenceRun(new Map(), LATEST);
    expect(result.usable).toBe(false);
    expect(Object.values(result.zones).flat()).toEqual([]);
    expect(result.landing.customer_landing).toEqual({
      files: 0,
      read: 0,
      good: 0,
      quarantined: {},
      droppedFields: 0,
      unread: [],
    });
  });
});

describe("the list of what is in quarantine", () => {
  it("goes by table, path and offset", () => {
    const { quarantine } = referenceRun(
      new Map([
        ["step_trainer/landing/a.json", bytes("{}")],
        ["accelerometer/landing/a.json", bytes(`{}\n${acceleration("p@example.test", 1)}\n{}`)],
        ["customer/landing/b.json", bytes(`{"email":"p@example.test","lastUpdateDate":${at(0)}}`)],
        ["customer/landing/a.json", bytes("x\n{}")],
      ]),
      LATEST,
    );
    expect(quarantine.map((q) => [q.table, q.file, q.offset, q.record, q.reason, q.field])).toEqual([
      ["customer_landing", "customer/landing/a.json", 0, 1, "syntax", null],
      ["customer_landing", "customer/landing/a.json", 2, 2, "contract", "email"],
      ["customer_landing", "customer/landing/b.json", 0, 1, "contract", "serialNumber"],
      ["accelerometer_landing", "accelerometer/landing/a.json", 0, 1, "contract", "user"],
      ["accelerometer_landing", "accelerometer/landing/a.json", 80, 3, "contract", "user"],
      ["step_trainer_landing", "step_trainer/landing/a.json", 0, 1, "contract", "sensorReadingTime"],
    ]);
  });
});
