// Templates: what one takes, it takes as the flat reader does; what it passes, are records that it would have taken.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlatReader } from "../../src/io/flat-reader.js";
import { viewOf } from "../../src/transforms/words-copy.js";
import { makeTemplate, type Template, writtenTemplate } from "../../src/io/template.js";
import { rowFormat } from "../../src/transforms/rows.js";
import {
  accelerometerLanding,
  customerLanding,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";
import { at } from "../reference/helpers.js";

/** What a template says of the record at the start of some bytes. */
function scanned(
  { scan }: Template,
  shape: TableShape,
  bytes: Buffer,
): (number | string | undefined)[] | undefined {
  const [from, to] = [new Int32Array(shape.fields.length), new Int32Array(shape.fields.length)];
  const end = scan(bytes, viewOf(bytes), 0, bytes.length, from, to, { from: 0, to: 0, same: false, end: 0 });
  if (end === 0) return undefined;
  return [end, ...Array.from(from, (start, index) => (start < 0 ? undefined : `${start}-${to[index]!}`))];
}

function readFlat(shape: TableShape, bytes: Buffer): (number | string | undefined)[] {
  const reader = new FlatReader(shape);
  const end = reader.read(bytes, 0, bytes.length);
  return [
    end,
    ...Array.from(reader.from, (start, index) => (start < 0 ? undefined : `${start}-${reader.to[index]!}`)),
  ];
}

describe("the template of written rows", () => {
  const plain = fc.string({ unit: fc.constantFrom("a", "Z", "@", " ", "/", "~"), maxLength: 6 });
  const time = fc.integer({ min: 0, max: 1e9 }).map((ms) => String(at(1) + ms));
  const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined });
  const key = plain.map((text) => `k${text}`);
  const date = optional(time);
  const row = fc.tuple(
    optional(plain),
    key,
    optional(plain),
    optional(plain),
    key,
    date,
    time,
    date,
    date,
    date,
  );
  const template = writtenTemplate(customerLanding);
  const format = rowFormat(customerLanding);

  it("takes every row whose values are plain", () => {
    fc.assert(
      fc.property(row, (values) => {
        const bytes = Buffer.from(format(values));
        expect(scanned(template, customerLanding, bytes)).toEqual(readFlat(customerLanding, bytes));
      }),
    );
  });

  it("takes nothing that the flat reader reads otherwise, whatever has happened to a row", () => {
    const change = fc.tuple(
      fc.nat(400),
      fc.nat(3),
      fc.constantFrom("", ",", "{", "}", '"', "0", " ", "\\", "\n", "é"),
    );
    let taken = 0;
    fc.assert(
      fc.property(row, change, (values, [where, length, text]) => {
        const line = format(values);
        const place = where % line.length;
        const bytes = Buffer.from(line.slice(0, place) + text + line.slice(place + length));
        const found = scanned(template, customerLanding, bytes);
        if (!found) return;
        taken++;
        expect(found).toEqual(readFlat(customerLanding, bytes));
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it("takes no record without a field that must be there, or with nothing in it", () => {
    for (const text of ["{}", "{", '{"customerName":"a"}', '{"email":"a","serialNumber":"b"}']) {
      expect(scanned(template, customerLanding, Buffer.from(text))).toBeUndefined();
    }
  });
});

describe("a template that is learnt from a record", () => {
  it.each<[TableShape, number, string]>([
    [accelerometerLanding, 0, '{"user":"some@body","timestamp":1704083476572,"x":-1.0,"y":0,"z":12.25}'],
    [accelerometerLanding, 0, '{"z":0,"y":1,"x":2,"timeStamp":1704083476572,"user":"s"}'],
    [
      stepTrainerLanding,
      1,
      '{ "serialNumber" : "a-b-c", "distanceFromObject":7,"sensorReadingTime":1704083476572 }',
    ],
    [customerLanding, 1, '{"email":"a@b","serialNumber":"c","lastUpdateDate":1704083476572,"phone":"8"}'],
  ])(
    "takes nothing that the flat reader reads otherwise, whichever byte of it is another: %#",
    (shape, key, text) => {
      const record = Buffer.from(text);
      const reader = new FlatReader(shape);
      const end = reader.read(record, 0, record.length);
      expect(end).toBe(record.length);
      const template = makeTemplate(shape, record, 0, end, reader.from, reader.to, key);
      let taken = 0;
      for (let place = 0; place < record.length; place++) {
        for (const other of [
          record[place]!,
          record[place]! ^ 1,
          record[place]! ^ 0x20,
          0,
          0x20,
          0x22,
          0x7d,
          0xff,
        ]) {
          const bytes = Buffer.from(record);
          bytes[place] = other;
          const found = scanned(template, shape, bytes);
          if (!found) continue;
          taken++;
          expect(found).toEqual(readFlat(shape, bytes));
        }
      }
      expect(taken).toBeGreaterThan(record.length);
    },
  );
});

describe("records of one key", () => {
  const format = rowFormat(accelerometerLanding);
  const line = (user: string, x = "1.0"): string => format([user, String(at(1)), x, "0", "-1"]);
  const first = Buffer.from(line("somebody"));
  const reader = new FlatReader(accelerometerLanding);
  const firstEnd = reader.read(first, 0, first.length);
  const { pass } = makeTemplate(accelerometerLanding, first, 0, firstEnd, reader.from, reader.to, 0);

  /** How many are passed behind the first, and what follows. */
  function passed(behind: string): [number, string] {
    const bytes = Buffer.from(line("somebody") + behind);
    const key = { from: reader.from[0]!, to: reader.to[0]!, end: 0 };
    const count = pass!(bytes, viewOf(bytes), firstEnd, bytes.length, key);
    return [count, bytes.toString("latin1", key.end)];
  }

  it("are passed up to one of another key", () => {
    const other = line("somebodY");
    expect(passed(line("somebody", "-2") + line("somebody", "3.25") + other)).toEqual([2, `\n${other}`]);
    expect(passed(other)).toEqual([0, `\n${other}`]);
    expect(passed(line("somebody2"))).toEqual([0, `\n${line("somebody2")}`]);
  });

  it("are not passed where any byte of the key is another, however long it is", () => {
    for (let length = 1; length <= 26; length++) {
      const user = "abcdefghijklmnopqrstuvwxyz".slice(0, length);
      const record = Buffer.from(line(user).trimEnd());
      const reader = new FlatReader(accelerometerLanding);
      const end = reader.read(record, 0, record.length);
      const { pass, scan } = makeTemplate(accelerometerLanding, record, 0, end, reader.from, reader.to, 0);
      for (let place = -1; place < length; place++) {
        const other = place < 0 ? user : `${user.slice(0, place)}_${user.slice(place + 1)}`;
        const bytes = Buffer.concat([record, Buffer.from(line(other).trimEnd())]);
        const key = { from: reader.from[0]!, to: reader.from[0]! + length, same: true, end: 0 };
        expect(pass!(bytes, viewOf(bytes), end, bytes.length, key)).toBe(place < 0 ? 1 : 0);
        const [from, to] = [new Int32Array(5), new Int32Array(5)];
        expect(scan(bytes, viewOf(bytes), end, bytes.length, from, to, key)).toBe(bytes.length);
        expect(key.same).toBe(place < 0);
      }
    }
  });

  it("are passed back to back, and with empty lines between", () => {
    const one = line("somebody").trimEnd();
    expect(passed(`${one}${one}\n\n\n${one}`)).toEqual([3, ""]);
  });

  it.each(["01", "1.", "--1", "1e5", "", "null", '"1"'])("are not passed with %j for a number", (x) => {
    const broken = line("somebody", x);
    expect(passed(line("somebody") + broken)).toEqual([1, `\n${broken}`]);
  });

  it("are not passed where they are cut off", () => {
    const whole = line("somebody").trimEnd();
    for (let length = 0; length < whole.length; length++) {
      expect(passed(`${whole}\n${whole.slice(0, length)}`)).toEqual([1, `\n${whole.slice(0, length)}`]);
    }
  });
});
