// The text of the values that a join takes, and the way back.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Field } from "../../src/transforms/tables.js";
import { isQuoted, takenText, takenValues } from "../../src/transforms/taken.js";

const fields: readonly Field[] = [
  { name: "k", kind: "key" },
  { name: "s", kind: "text" },
  { name: "n", kind: "number" },
  { name: "t", kind: "time" },
  { name: "d", kind: "date" },
];
const text = (given: Uint8Array): string => Buffer.from(given).toString("latin1");

describe("the text of some values", () => {
  it("is their tokens as they are written out, each behind its length", () => {
    expect(text(takenText(fields, ["k", 's"\n', "-1.0", "1", "2"]))).toBe(
      ['\x03"k"', String.raw`"s\"\n"`.replace(String.raw``, "\x07"), "\x04-1.0", "\x011", "\x012"].join(""),
    );
  });

  it("has nothing for a value that is left out", () => {
    expect(text(takenText(fields, ["k", undefined, "0", "1", undefined]))).toBe('\x03"k"\0\x010\x011\0');
  });

  it("has an empty string told apart from one that is left out", () => {
    expect(text(takenText(fields.slice(1, 2), [""]))).toBe('\x02""');
    expect(text(takenText(fields.slice(1, 2), [undefined]))).toBe("\0");
  });

  it("gives the values back, however long they are", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    const digits = fc.integer().map(String);
    const values = fc.tuple(
      text,
      fc.option(text, { nil: undefined }),
      digits,
      digits,
      fc.option(digits, { nil: undefined }),
    );
    fc.assert(
      fc.property(values, (given) => {
        expect(takenValues(fields, takenText(fields, given))).toEqual(given);
      }),
    );
  });
});

describe("a field", () => {
  it("is quoted when it is a string", () => {
    expect(fields.map(isQuoted)).toEqual([true, true, false, false, false]);
  });
});
