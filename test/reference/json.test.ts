// The byte reader: what it keeps, where it stops and why.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRecord, type JsonValue } from "../../src/reference/index.js";
import { bytes, latin1 } from "./helpers.js";

const MIB16 = 16 * 1024 * 1024;

function reasonOf(text: string): string {
  const outcome = readRecord(bytes(text), 0);
  return outcome.whole ? "whole" : outcome.reason;
}

describe("a whole record", () => {
  it("keeps the digits of its numbers", () => {
    const outcome = readRecord(bytes('{"a":-1.0,"b":[0,1E+05,12.50e-1,-0]}'), 0);
    expect(outcome).toMatchObject({
      value: {
        fields: [
          { name: "a", value: { literal: "-1.0" } },
          {
            name: "b",
            value: {
              items: [{ literal: "0" }, { literal: "1E+05" }, { literal: "12.50e-1" }, { literal: "-0" }],
            },
          },
        ],
      },
    });
  });

  it("keeps fields of the same name, in order", () => {
    const outcome = readRecord(bytes('{"a":1,"a":2}'), 0);
    expect(outcome).toMatchObject({
      value: {
        fields: [
          { name: "a", value: { literal: "1" } },
          { name: "a", value: { literal: "2" } },
        ],
      },
    });
  });

  it("ends after its bracket, whatever follows", () => {
    expect(readRecord(bytes('xx{"a":{}}{"b":1}'), 2)).toMatchObject({ whole: true, end: 10 });
  });

  it("undoes escapes in names and values", () => {
    expect(readRecord(bytes(String.raw`{"\u0061\n":"\"\\\/\b\f\r\t\u00e9\ud83d\ude00"}`), 0)).toMatchObject({
      value: { fields: [{ name: "a\n", value: { text: '"\\/\b\f\r\té😀' } }] },
    });
  });

  it("keeps a byte-order mark and line separators inside a string", () => {
    const outcome = readRecord(bytes('{"a":"\ufeffx\u2028"}'), 0);
    expect(outcome).toMatchObject({ value: { fields: [{ value: { text: "\ufeffx\u2028" } }] } });
  });
});

describe("text that is not sound", () => {
  const text = (source: string): string => {
    const outcome = readRecord(latin1(`{"a":${source}}`), 0);
    const value = outcome.whole ? outcome.value.fields[0]?.value : undefined;
    if (value?.kind !== "string") throw new Error("it is no whole string");
    return value.text;
  };

  it.each([
    ["an invalid byte", '"a\xffb"'],
    ["a character that is cut off by the closing quote", '"\xc3"'],
    ["an overlong encoding", '"\xc0\xaf"'],
    ["a surrogate encoded as bytes", '"\xed\xa0\x80"'],
    ["a lone high surrogate", '"\\ud800"'],
    ["a lone low surrogate", '"\\udc00"'],
    ["surrogates in the wrong order", '"\\udc00\\ud800"'],
    ["an invalid byte where the second half of a pair was due", '"\\ud800\xff"'],
    ["an invalid byte, and half a pair at the end", '"\xff\\ud800"'],
  ])("shows: %s", (_, source) => expect(text(source).isWellFormed()).toBe(false));

  it("is told from text that is", () => {
    expect(text('"\xc3\xa9\\ud83d\\ude00"').isWellFormed()).toBe(true);
  });
});

describe("what breaks a record", () => {
  it.each([
    ["{"],
    ['{"a'],
    ['{"a\\'],
    ['{"a\\u00'],
    ['{"a":'],
    ['{"a":-'],
    ['{"a":1'],
    ['{"a":1.'],
    ['{"a":1e'],
    ['{"a":tr'],
    ['{"a":[1, '],
    ['{"a":1, '],
  ])("truncated: %s", (source) => expect(reasonOf(source)).toBe("truncated"));

  it.each([
    ["{a"],
    ["{,"],
    ['{"a" 1'],
    ['{"a":1,}'],
    ['{"a":[1,]}'],
    ['{"a":01}'],
    ['{"a":1.}'],
    ['{"a":.5}'],
    ['{"a":+1}'],
    ['{"a":1e+}'],
    ['{"a":-a}'],
    ['{"a":NaN}'],
    ['{"a":trUe}'],
    ['{"a":"\\x"}'],
    ['{"a":"\\u00g0"}'],
    ['{"a":"\u0001"}'],
    ['{"a":"line\nbreak"}'],
    ['{"a":\u00a01}'],
    ['{"a":1]'],
    ['{"a":1 "b":2}'],
  ])("syntax: %j", (source) => expect(reasonOf(source)).toBe("syntax"));

  it("allows 64 levels and not one more", () => {
    const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    expect(reasonOf(nested(64))).toBe("whole");
    expect(reasonOf(nested(65))).toBe("too_deep");
    expect(reasonOf(`{"a":${"[".repeat(200_000)}`)).toBe("too_deep");
    expect(reasonOf('{"a":'.repeat(65))).toBe("too_deep");
  });

  it("calls a bracket that may not stand there a syntax error, however deep", () => {
    expect(reasonOf(`{"a":${"[".repeat(63)}1[`)).toBe("syntax");
  });

  it("allows 16 MiB and not one byte more", () => {
    const sized = (size: number): string => `{"a":"${"x".repeat(size - 8)}"}`;
    expect(reasonOf(sized(MIB16))).toBe("whole");
    expect(reasonOf(sized(MIB16 + 1))).toBe("too_large");
    expect(reasonOf(sized(MIB16 + 1).slice(0, MIB16))).toBe("truncated");
    expect(reasonOf(`${sized(MIB16 + 1).slice(0, MIB16)}\u0001`)).toBe("too_large");
  });
});

describe("agrees with JSON.parse", () => {
  function toPlain(value: JsonValue): unknown {
    switch (value.kind) {
      case "string":
        return value.text;
      case "number":
        return Number(value.literal);
      case "array":
        return value.items.map(toPlain);
      case "object":
        return Object.fromEntries(value.fields.map((field) => [field.name, toPlain(field.value)]));
      case "true":
      case "false":
      case "null":
        return JSON.parse(value.kind);
    }
  }

  it("on the value of whole records", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })),
        fc.boolean(),
        (record, pretty) => {
          const text = JSON.stringify(record, null, pretty ? 2 : 0);
          const outcome = readRecord(bytes(text), 0);
          expect(outcome).toMatchObject({ whole: true, end: bytes(text).length });
          if (outcome.whole) expect(toPlain(outcome.value)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it("on what is whole, when pieces of JSON are put together anyhow", () => {
    const piece = fc.constantFrom(
      ...Array.from('{}[]:,"\\ \n01-.eEu+a', String),
      '"a"',
      '"a":',
      "true",
      "null",
      "1.5",
      "\\u0041",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `{${pieces.join("")}`;
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        const outcome = readRecord(bytes(text), 0);
        // JSON.parse takes the whole text or nothing; the reader stops where the record ends.
        const whole = outcome.whole && text.slice(outcome.end).trim() === "";
        expect(whole).toBe(parsed);
        if (outcome.whole) expect(() => JSON.parse(text.slice(0, outcome.end)) as unknown).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });

  it("on where a record that was cut off turns out to be truncated", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.nat(), (record, cut) => {
        const whole = bytes(JSON.stringify(record));
        const outcome = readRecord(whole.subarray(0, 1 + (cut % (whole.length - 1))), 0);
        expect(outcome).toEqual({ whole: false, reason: "truncated" });
      }),
    );
  });
});
