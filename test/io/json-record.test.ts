// What is read of the fields of one whole record: names, strings and numbers as they stand, damage made visible.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonRecord } from "../../src/io/json-record.js";
import type { RawField } from "../../src/transforms/contract.js";
import { latin1, utf8 } from "./support.js";

type Short = readonly [name: string, kind: RawField["kind"], text: string];

function short(fields: readonly RawField[]): Short[] {
  return fields.map(({ name, kind, text }) => [name, kind, text]);
}

const fieldsOf = (source: string): Short[] => short(readJsonRecord(utf8(source)).fields);
const nestedOf = (source: string): Short[] => short(readJsonRecord(utf8(source)).nested);

describe("fields", () => {
  it("of each kind, in order", () => {
    expect(fieldsOf('{"s":"t","n":1,"z":null,"t":true,"f":false,"o":{},"a":[1,"x"],"":""}')).toEqual([
      ["s", "string", "t"],
      ["n", "number", "1"],
      ["z", "null", ""],
      ["t", "other", ""],
      ["f", "other", ""],
      ["o", "other", ""],
      ["a", "other", ""],
      ["", "string", ""],
    ]);
  });

  it("of an empty object: none", () => {
    expect(readJsonRecord(utf8("{ }"))).toEqual({ fields: [], nested: [], wellFormed: true });
  });

  it("with white space wherever JSON has room for it", () => {
    expect(fieldsOf(' {\r\n\t"a" : 1 ,\n "b"\t:\t[ 1 , { } ]\r , "c" : "d" } '.trim())).toEqual([
      ["a", "number", "1"],
      ["b", "other", ""],
      ["c", "string", "d"],
    ]);
  });

  it.each([
    ...["0", "-0", "-1.0", "1.50", "1E2", "1e+400", "-1e-400", "0.1e05", "9007199254740993"],
    ...[
      "123456789012345678901234567890",
      "1655564444103",
      "0.30000000000000004",
      "100000000000000000000.000",
    ],
  ])("keep the digits of %s", (literal) => {
    for (const tail of ["", " ", "\n", ',"b":0']) {
      expect(fieldsOf(`{"a":${literal}${tail}}`)[0]).toEqual(["a", "number", literal]);
    }
    expect(nestedOf(`{"a":[{"b":${literal}}]}`)).toEqual([["b", "number", literal]]);
  });

  it("with escapes in names and values", () => {
    const source = String.raw`{"\u0065m\u0061il":"\"\\\/\b\f\n\r\t\u00e9\u0000\ud83d\ude00","a\nb":"\u005C"}`;
    expect(fieldsOf(source)).toEqual([
      ["email", "string", '"\\/\b\f\n\r\té\0😀'],
      ["a\nb", "string", "\\"],
    ]);
    expect(readJsonRecord(utf8(source)).wellFormed).toBe(true);
  });

  it("twice, in any spelling: each of them", () => {
    expect(fieldsOf('{"a":1,"A":2,"a":null,"\\u0061":"x"}')).toEqual([
      ["a", "number", "1"],
      ["A", "number", "2"],
      ["a", "null", ""],
      ["a", "string", "x"],
    ]);
  });

  it.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "named %s are fields like others, and no prototype is touched",
    (name) => {
      const record = readJsonRecord(utf8(`{"${name}":{"${name}":"x","polluted":"yes"},"email":"e"}`));
      expect(short(record.fields)).toEqual([
        [name, "other", ""],
        ["email", "string", "e"],
      ]);
      expect(short(record.nested)).toEqual([
        [name, "string", "x"],
        ["polluted", "string", "yes"],
      ]);
      expect(Object.getPrototypeOf(record.fields[0])).toBe(Object.prototype);
      expect("polluted" in {}).toBe(false);
    },
  );

  it("longer than any buffer of a parser", () => {
    const long = "é😀x".repeat(100_000);
    const escaped = '\\n\\u00e9\\"'.repeat(50_000);
    expect(fieldsOf(`{"${long}":"${long}","e":"${escaped}"}`)).toEqual([
      [long, "string", long],
      ["e", "string", '\né"'.repeat(50_000)],
    ]);
    const digits = `1${"0".repeat(300_000)}.${"3".repeat(300_000)}`;
    expect(fieldsOf(`{"a":${digits}}`)).toEqual([["a", "number", digits]]);
  });

  it("do not lose a U+FEFF at the start of a string or anywhere", () => {
    expect(fieldsOf('{"\ufeffa":"\ufeff"}')).toEqual([["\ufeffa", "string", "\ufeff"]]);
  });
});

describe("nested fields", () => {
  it("of objects at any depth, and not the elements of arrays", () => {
    expect(nestedOf('{"a":{"b":{"c":"1"},"d":["x",{"e":2},[{"f":null}],{}]},"email":["g"],"h":3}')).toEqual([
      ["b", "other", ""],
      ["c", "string", "1"],
      ["d", "other", ""],
      ["e", "number", "2"],
      ["f", "null", ""],
    ]);
  });

  it("do not take the place of the fields behind them", () => {
    expect(fieldsOf('{"a":{"email":"n"},"email":"t","b":[{"email":"n"}],"c":[[]],"d":1}')).toEqual([
      ["a", "other", ""],
      ["email", "string", "t"],
      ["b", "other", ""],
      ["c", "other", ""],
      ["d", "number", "1"],
    ]);
  });

  it("at the greatest depth that there is", () => {
    const source = `${'{"a":'.repeat(63)}{"email":"x"}${"}".repeat(63)}`;
    expect(nestedOf(source).at(-1)).toEqual(["email", "string", "x"]);
    expect(nestedOf(source)).toHaveLength(63);
  });
});

describe("lone surrogates", () => {
  it.each([
    ["high, in a value", String.raw`{"a":"\ud800"}`],
    ["low, in a value", String.raw`{"a":"\udfff"}`],
    ["in the wrong order", String.raw`{"a":"\ude00\ud83d"}`],
    ["two high ones before a low one", String.raw`{"a":"\ud83d\ud83d\ude00"}`],
    ["high, before another escape", String.raw`{"a":"\ud83d\n"}`],
    ["in a name", String.raw`{"\ud800":1}`],
    ["in a name of an unknown field with an object in it", String.raw`{"\ud800":{}}`],
    ["in a nested value", String.raw`{"a":{"b":"\ud800"}}`],
    ["in a nested name", String.raw`{"a":[{"\udc00":1}]}`],
    ["in an element of an array", String.raw`{"a":[1,["\udc00"]]}`],
    ["the halves of a pair in two strings", String.raw`{"a":["\ud83d","\ude00"]}`],
    ["the halves of a pair in name and value", String.raw`{"\ud83d":"\ude00"}`],
  ])("%s", (_, source) => {
    expect(readJsonRecord(utf8(source)).wellFormed).toBe(false);
  });

  it("are none where the pair is whole, or an escape is only written about", () => {
    for (const source of [
      String.raw`{"\uD83D\uDE00":"\ud83d\ude00"}`,
      String.raw`{"a":"\\ud800"}`,
      '{"😀":"😀"}',
    ]) {
      expect(readJsonRecord(utf8(source)).wellFormed).toBe(true);
    }
  });
});

describe("invalid UTF-8", () => {
  /** No good text, and nothing that could pass for one. */
  function bad(field: RawField | undefined): boolean {
    return field?.text.isWellFormed() === false;
  }

  it.each([
    ["a byte that is none", "\xff"],
    ["a lone continuation", "\x80"],
    ["a character cut short", "\xc3"],
    ["a character of four bytes cut short", "\xf0\x9f\x98"],
    ["an overlong form", "\xc0\xaf"],
    ["an overlong NUL", "\xc0\x80"],
    ["a surrogate written in UTF-8", "\xed\xa0\x80"],
    ["a pair of surrogates written in UTF-8", "\xed\xa0\xbd\xed\xb8\x80"],
    ["beyond U+10FFFF", "\xf4\x90\x80\x80"],
    ["Latin-1", "Jos\xe9 x"],
    ["good characters around it", "\xc3\xa9\xff\xf0\x9f\x98\x80"],
  ])("%s: marks the record and its string, and no other", (_, text) => {
    const record = readJsonRecord(
      latin1(`{"a":"${text}","b":"\xc3\xa9\xf0\x9f\x98\x80","c":{"d":"x","e":"${text}"}}`),
    );
    expect(record.wellFormed).toBe(false);
    const [a, b, c] = record.fields;
    expect(bad(a)).toBe(true);
    expect(b).toEqual({ name: "b", kind: "string", text: "é😀" });
    expect(c).toEqual({ name: "c", kind: "other", text: "" });
    expect(record.nested[0]).toEqual({ name: "d", kind: "string", text: "x" });
    expect(bad(record.nested[1])).toBe(true);
  });

  it("in a name: the name is nobody's", () => {
    const record = readJsonRecord(latin1('{"email\xff":"a","email":"b","\x80email":1}'));
    expect(record.wellFormed).toBe(false);
    expect(record.fields.map((field) => field.name === "email")).toEqual([false, true, false]);
    expect(record.fields.map((field) => field.name.isWellFormed())).toEqual([false, true, false]);
  });

  it.each([
    ["a high surrogate before it", String.raw`\ud83d` + "\xff"],
    ["a low surrogate behind it", "\xff" + String.raw`\ude00`],
    ["surrogates on both sides", String.raw`\ud83d` + "\xff" + String.raw`\ude00`],
    ["a high surrogate before two of it", String.raw`\ud83d` + "\xff\xff"],
    ["high surrogates on both sides", String.raw`\ud83d` + "\x80" + String.raw`\ud83d`],
    ["high surrogates between", "\x80" + String.raw`\ud83d` + "\x80" + String.raw`\ud83d` + "\x80"],
  ])("does not become good by an escape beside it: %s", (_, text) => {
    const record = readJsonRecord(latin1(`{"a":"${text}","${text}":"b"}`));
    expect(record.wellFormed).toBe(false);
    expect(bad(record.fields[0])).toBe(true);
    expect(record.fields[1]!.name.isWellFormed()).toBe(false);
  });

  it("does not become good by any escapes beside any bytes", () => {
    const piece = fc.constantFrom(
      "\xff",
      "\x80",
      "\xc3",
      "\xf0\x9f",
      "\\ud83d",
      "\\ude00",
      "x",
      "\xc3\xa9",
      "\\u00e9",
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(piece), (before, after) => {
        const record = readJsonRecord(latin1(`{"a":"${before.join("")}\xff${after.join("")}"}`));
        expect(record.wellFormed).toBe(false);
        expect(bad(record.fields[0])).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("any object", () => {
  /** What JSON.parse makes of the fields; it keeps neither digits nor what stands twice, so the input has none of that. */
  function expected(value: Readonly<Record<string, unknown>>): Short[] {
    return Object.entries(value).map(([name, member]) => {
      if (typeof member === "string") return [name, "string", member];
      if (typeof member === "number") return [name, "number", JSON.stringify(member)];
      return [name, member === null ? "null" : "other", ""];
    });
  }

  it("has the fields that JSON.parse finds", () => {
    const value = fc.dictionary(
      fc.string({ unit: "binary" }),
      fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }),
    );
    fc.assert(
      fc.property(value, fc.constantFrom("", " ", "\t"), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        const record = readJsonRecord(utf8(text));
        expect(short(record.fields)).toEqual(expected(JSON.parse(text) as Record<string, unknown>));
        expect(record.wellFormed).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("has the nested fields of all objects in it", () => {
    const nestedBy = (value: unknown, top: boolean): string[] => {
      if (typeof value !== "object" || value === null) return [];
      if (Array.isArray(value)) return value.flatMap((element: unknown) => nestedBy(element, false));
      return Object.entries(value).flatMap(([name, member]: [string, unknown]) => [
        ...(top ? [] : [name]),
        ...nestedBy(member, false),
      ]);
    };
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 }));
    fc.assert(
      fc.property(value, (object) => {
        const names = readJsonRecord(utf8(JSON.stringify(object))).nested.map((field) => field.name);
        expect(names).toEqual(nestedBy(object, true));
      }),
      { numRuns: 2000 },
    );
  });

  it("is well-formed exactly where all its strings are", () => {
    const unit = fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00");
    fc.assert(
      fc.property(fc.string({ unit }), fc.string({ unit }), (name, text) => {
        // JSON.stringify writes lone surrogates as escapes.
        const source = JSON.stringify({ [name]: { x: [text] } });
        expect(readJsonRecord(utf8(source)).wellFormed).toBe(name.isWellFormed() && text.isWellFormed());
      }),
      { numRuns: 2000 },
    );
  });
});
