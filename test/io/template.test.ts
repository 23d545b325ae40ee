// Templates: what one takes, it takes as the flat reader does; what it passes, are records that it would have taken.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlatReader } from "../../src/io/flat-reader.js";
import { viewOf } from "../../src/io/out-buffer.js";
import { makeTemplate, type Template, writtenTemplate } from "../../src/io/template.js";
import { rowFormat } from "../../src/transforms/rows.js";
import { accelerometerLanding, customerLanding, type TableShape } from "../../src/transforms/tables.js";
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
