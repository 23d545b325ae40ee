// What a record must keep to: every kind of field with every kind of value.

import { describe, expect, it } from "vitest";
import {
  contractFor,
  type ContractResult,
  damageReasons,
  isGoodKey,
  isTime,
  isZero,
  type RawField,
} from "../../src/transforms/contract.js";
import type { FieldKind, TableShape } from "../../src/transforms/tables.js";

const shape: TableShape = {
  name: "a_table",
  folder: "a/table",
  fields: [
    { name: "someText", kind: "text" },
    { name: "someKey", kind: "key" },
    { name: "someTime", kind: "time" },
    { name: "someDate", kind: "date" },
    { name: "someNumber", kind: "number" },
  ],
};

const time = "1600000000000";
const string = (name: string, text: string): RawField => ({ name, kind: "string", text });
const number = (name: string, text: string): RawField => ({ name, kind: "number", text });
const nothing = (name: string): RawField => ({ name, kind: "null", text: "" });
const other = (name: string): RawField => ({ name, kind: "other", text: "" });

const good: readonly RawField[] = [
  string("someText", "t"),
  string("someKey", "k"),
  number("someTime", time),
  number("someDate", time),
  number("someNumber", "1.50"),
];

const judge = (fields: readonly RawField[], wellFormed = true): ContractResult =>
  contractFor(shape)({ fields, nested: [], wellFormed });

const without = (name: string): RawField[] => good.filter((field) => field.name !== name);

describe("a record that keeps to its table", () => {
  it("becomes a row in table order, with the digits it came with", () => {
    const row = ["t", "k", time, time, "1.50"];
    expect(judge(good)).toEqual({ row, dropped: 0 });
    expect(judge([...good].reverse())).toEqual({ row, dropped: 0 });
  });

  it("may spell its names in any case", () => {
    const spelt = good.map((field, index) => ({
      ...field,
      name: index % 2 ? field.name.toUpperCase() : field.name.toLowerCase(),
    }));
    expect(judge(spelt)).toEqual({ row: ["t", "k", time, time, "1.50"], dropped: 0 });
  });

  it("has what its table does not know dropped and counted", () => {
    expect(judge([other("a"), ...good, string("b", "c")])).toMatchObject({ dropped: 2 });
    expect(judge([other("a"), other("a"), ...good])).toMatchObject({ dropped: 2 });
  });
});

describe("a damaged record", () => {
  it("has its encoding looked at first, then fields that stand twice, then the contract", () => {
    const twice = [...without("someKey"), number("someTime", time)];
    expect(judge(twice, false)).toEqual({ damage: { reason: "encoding", field: null, hint: null } });
    expect(judge(twice)).toEqual({ damage: { reason: "duplicate_field", field: "someTime", hint: null } });
    expect(judge(without("someKey"))).toEqual({
      damage: { reason: "contract", field: "someKey", hint: "missing" },
    });
  });

  it("is told by the first field in table order that stands twice, in any spelling", () => {
    expect(judge([...good, number("SOMENUMBER", "1"), number("sometime", time)])).toEqual({
      damage: { reason: "duplicate_field", field: "someTime", hint: null },
    });
    expect(judge([...good, number("sometime", time), number("SOMENUMBER", "1")])).toEqual({
      damage: { reason: "duplicate_field", field: "someTime", hint: null },
    });
    expect(judge([...good, nothing("SomeText")])).toEqual({
      damage: { reason: "duplicate_field", field: "someText", hint: null },
    });
  });

  it("is told by the first field in table order that is wrong", () => {
    expect(judge([number("someText", "1")])).toEqual({
      damage: { reason: "contract", field: "someText", hint: "type" },
    });
    expect(judge([])).toEqual({ damage: { reason: "contract", field: "someKey", hint: "missing" } });
  });
});

/** The hint that a field of a kind gives, or the value that goes into the row. */
function outcome(kind: FieldKind, field: RawField | undefined, strangers: readonly RawField[] = []): unknown {
  const only = contractFor({ name: "t", folder: "t", fields: [{ name: "f", kind }] });
  const fields = [...(field ? [{ ...field, name: "f" }] : []), ...strangers];
  const { row, damage } = only({ fields, nested: [], wellFormed: true });
  return damage ? `wrong: ${damage.hint}` : row[0];
}

describe("a text field", () => {
  it("is a string, null or absent", () => {
    expect(outcome("text", string("", "some text"))).toBe("some text");
    expect(outcome("text", string("", ""))).toBe("");
    expect(outcome("text", nothing(""))).toBeUndefined();
    expect(outcome("text", undefined)).toBeUndefined();
    expect(outcome("text", number("", "1"))).toBe("wrong: type");
    expect(outcome("text", other(""))).toBe("wrong: type");
  });
});

describe("a key field", () => {
  it("is a string with something in it", () => {
    expect(outcome("key", string("", " k "))).toBe(" k ");
    expect(outcome("key", string("", "\u00a0"))).toBe("\u00a0");
    expect(outcome("key", string("", " \t\r\n"))).toBe("wrong: missing");
    expect(outcome("key", string("", ""))).toBe("wrong: missing");
    expect(outcome("key", number("", "1"))).toBe("wrong: type");
    expect(outcome("key", nothing(""))).toBe("wrong: type");
    expect(outcome("key", other(""))).toBe("wrong: type");
  });
});

describe("a time field", () => {
  it("is epoch milliseconds", () => {
    expect(outcome("time", number("", time))).toBe(time);
    expect(outcome("time", string("", time))).toBe("wrong: type");
    expect(outcome("time", nothing(""))).toBe("wrong: type");
    expect(outcome("time", number("", "0"))).toBe("wrong: range");
  });
});

describe("a date field", () => {
  it("is a time", () => {
    expect(outcome("date", number("", time))).toBe(time);
    expect(outcome("date", number("", "1"))).toBe("wrong: range");
    expect(outcome("date", string("", time))).toBe("wrong: type");
    expect(outcome("date", other(""))).toBe("wrong: type");
  });

  it("or blank: absent, null, an empty string or a number equal to 0", () => {
    expect(outcome("date", undefined)).toBeUndefined();
    expect(outcome("date", nothing(""))).toBeUndefined();
    expect(outcome("date", string("", ""))).toBeUndefined();
    expect(outcome("date", number("", "0"))).toBeUndefined();
    expect(outcome("date", number("", "-0.0e+1"))).toBeUndefined();
  });

  it("but no white space, and no zero in a string", () => {
    expect(outcome("date", string("", " "))).toBe("wrong: type");
    expect(outcome("date", string("", "0"))).toBe("wrong: type");
    expect(outcome("date", { name: "", kind: "other", text: "0" })).toBe("wrong: type");
  });
});

describe("a number field", () => {
  it("is finite as a double", () => {
    expect(outcome("number", number("", "-1.0"))).toBe("-1.0");
    expect(outcome("number", number("", "1e308"))).toBe("1e308");
    expect(outcome("number", number("", "1e309"))).toBe("wrong: range");
    expect(outcome("number", number("", "-1e309"))).toBe("wrong: range");
    expect(outcome("number", string("", "1"))).toBe("wrong: type");
    expect(outcome("number", nothing(""))).toBe("wrong: type");
  });
});

describe("a field that must be there", () => {
  it.each(["key", "time", "number"] as const)("of kind %s is missing, or perhaps renamed", (kind) => {
    expect(outcome(kind, undefined)).toBe("wrong: missing");
    expect(outcome(kind, undefined, [other("stranger")])).toBe("wrong: renamed");
  });
});

describe("the hint of a time in another unit", () => {
  it.each([
    ["160000000", "seconds"],
    ["1600000000", "seconds"],
    ["9999999999", "seconds"],
    ["16000000", "range"],
    ["16000000000", "range"],
    ["0160000000", "range"],
    ["-1600000000", "range"],
    ["1600000000.5", "range"],
    ["160000000e1", "range"],
    ["1600000000000000", "microseconds"],
    ["160000000000000", "range"],
    ["16000000000000000", "range"],
    ["0160000000000000", "range"],
    ["-1600000000000000", "range"],
    ["1600000000000000.5", "range"],
  ])("%s is %s", (literal, hint) => {
    expect(outcome("time", number("", literal))).toBe(`wrong: ${hint}`);
    expect(outcome("date", number("", literal))).toBe(`wrong: ${hint}`);
  });
});

describe("a time", () => {
  it.each(["1000000000000", "9999999999999", "1234567890123", "1600000000000"])("is %s", (literal) =>
    expect(isTime(literal)).toBe(true),
  );

  it.each([
    "",
    "0999999999999",
    "0000000000000",
    "999999999999",
    "10000000000000",
    "-160000000000",
    "-1600000000000",
    "160000000000.",
    "1600000000.00",
    "1600000000e10",
    "160000000000/",
    "160000000000:",
    "/600000000000",
    ":600000000000",
    "160000 000000",
  ])("is not %s", (literal) => expect(isTime(literal)).toBe(false));
});

describe("zero", () => {
  it.each(["0", "-0", "0.0", "0.000", "-0.0", "0e0", "0E12", "0e+7", "0e-7", "-0.00e+10"])(
    "is %s",
    (literal) => expect(isZero(literal)).toBe(true),
  );

  it.each(["1", "10", "0.5", "0.05", "0.50", "1e0", "100e-1", "-1", "1.0", "", "0x0"])(
    "is not %s",
    (literal) => expect(isZero(literal)).toBe(false),
  );
});

describe("a good key", () => {
  it("is well-formed and has something in it", () => {
    expect(isGoodKey("k")).toBe(true);
    expect(isGoodKey("\u{1f600}")).toBe(true);
    expect(isGoodKey(" ")).toBe(false);
    expect(isGoodKey("k\ud83d")).toBe(false);
  });
});

describe("the reasons of damage", () => {
  it("are the seven of the specification", () => {
    expect(damageReasons).toEqual([
      "truncated",
      "syntax",
      "too_large",
      "too_deep",
      "encoding",
      "duplicate_field",
      "contract",
    ]);
  });
});
