// The text of the values that a join takes, and the way back.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Field } from "../../src/transforms/tables.js";
import { isQuoted, takenText, takenValues, tokenSeparator } from "../../src/transforms/taken.js";

const fields: readonly Field[] = [
  { name: "k", kind: "key" },
  { name: "s", kind: "text" },
  { name: "n", kind: "number" },
  { name: "t", kind: "time" },
  { name: "d", kind: "date" },
];
const separator = String.fromCharCode(tokenSeparator);

describe("the text of some values", () => {
  it("is their tokens as they are written out, with a separator between", () => {
    expect(takenText(fields, ["k", 's"\n', "-1.0", "1", "2"])).toBe(
      ['"k"', String.raw`"s\"\n"`, "-1.0", "1", "2"].join(separator),
    );
  });

  it("has nothing for a value that is left out", () => {
    expect(takenText(fields, ["k", undefined, "0", "1", undefined])).toBe(
      ['"k"', "", "0", "1", ""].join(separator),
    );
  });

  it("has an empty string told apart from one that is left out", () => {
    expect(takenText(fields.slice(1, 2), [""])).toBe('""');
    expect(takenText(fields.slice(1, 2), [undefined])).toBe("");
  });

  it("gives the values back, also where they hold the separator", () => {
    const text = fc.string({ unit: "binary", maxLength: 5 });
    const digits = fc.integer().map(String);
    const values = fc.tuple(
      fc.oneof(text, fc.constant(separator)),
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

describe("the separator", () => {
  it("is a control character, which no token holds", () => {
    expect(tokenSeparator).toBe(1);
    expect(JSON.stringify(separator)).toBe(String.raw`"\u0001"`);
  });
});
