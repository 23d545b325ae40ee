// The text of the values that a join takes, and the way back.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowFormat } from "../../src/transforms/rows.js";
import type { Field } from "../../src/transforms/tables.js";
import { beforeValue, hasFirst, isQuoted, takenText, takenValues } from "../../src/transforms/taken.js";

const fields: readonly Field[] = [
  { name: "k", kind: "key" },
  { name: "s", kind: "text" },
  { name: "n", kind: "number" },
  { name: "t", kind: "time" },
  { name: "d", kind: "date" },
];
const text = (given: Uint8Array): string => Buffer.from(given).toString("latin1");

const strings = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom('","s":"', '",', "\\", '\\"', ',"n":1'),
);
const digits = fc.integer().map(String);
const option = (values: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.option(values, { nil: undefined });
const someValues = fc.tuple(option(strings), option(strings), option(digits), option(digits), option(digits));

describe("the text of some values", () => {
  it("is what stands of them in a line, from the value of the first on", () => {
    expect(text(takenText(fields, ["k", 's"\n', "-1.0", "1", "2"]))).toBe(
      String.raw`"k","s":"s\"\n","n":-1.0,"t":1,"d":2`,
    );
  });

  it("has nothing of a value that is left out", () => {
    expect(text(takenText(fields, ["k", undefined, "0", "1", undefined]))).toBe('"k","n":0,"t":1');
    expect(text(takenText(fields, [undefined, undefined, "0", "1", undefined]))).toBe(',"n":0,"t":1');
  });

  it("has an empty string told apart from one that is left out", () => {
    expect(text(takenText(fields.slice(1, 2), [""]))).toBe('""');
    expect(text(takenText(fields.slice(1, 2), [undefined]))).toBe("");
  });

  it("ends the line that a row with them has", () => {
    const row = rowFormat({ name: "t", folder: "t", fields: [{ name: "a", kind: "number" }, ...fields] });
    fc.assert(
      fc.property(someValues, (given) => {
        const taken = takenText(fields, given);
        const before = hasFirst(taken, 0, taken.length) ? beforeValue(fields[0]!) : "";
        expect(`{"a":1${before}${Buffer.from(taken).toString()}}\n`).toBe(row(["1", ...given]));
      }),
    );
  });

  it("gives the values back, however long they are", () => {
    fc.assert(
      fc.property(someValues, (given) => {
        expect(takenValues(fields, takenText(fields, given))).toEqual(given);
      }),
    );
  });

  it("has a first value or not, wherever it stands", () => {
    const bytes = Buffer.from('1,"y":2');
    expect([hasFirst(bytes, 0, 7), hasFirst(bytes, 1, 7), hasFirst(bytes, 0, 0)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a field", () => {
  it("is quoted when it is a string", () => {
    expect(fields.map(isQuoted)).toEqual([true, true, false, false, false]);
  });
});
