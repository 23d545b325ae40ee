// Where records, broken records and garbage begin and end in a file.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame } from "../../src/reference/index.js";
import { bytes, latin1 } from "./helpers.js";

/** Each entry as what it is and the text it covers. */
function pieces(source: string): [string, string][] {
  const data = latin1(source);
  return frame(data).map((entry) => [
    entry.kind === "whole" ? "whole" : entry.reason,
    source.slice(entry.offset, entry.offset + entry.length),
  ]);
}

function allWhole(...records: string[]): [string, string][] {
  return records.map((record) => ["whole", record]);
}

describe("the framings of whole records", () => {
  it.each([
    ["one a line", '{"a":1}\n{"a":2}\n', allWhole('{"a":1}', '{"a":2}')],
    ["without the last newline", '{"a":1}\n{"a":2}', allWhole('{"a":1}', '{"a":2}')],
    ["CRLF", '{"a":1}\r\n{"a":2}\r\n', allWhole('{"a":1}', '{"a":2}')],
    ["back to back", '{"a":1}{"a":2}{}', allWhole('{"a":1}', '{"a":2}', "{}")],
    ["over several lines", '{\n  "a": 1\n}\n{\n  "a": 2\n}\n', allWhole('{\n  "a": 1\n}', '{\n  "a": 2\n}')],
    ["an array", ' [{"a":1},\n{"a":2}]\n', allWhole('{"a":1}', '{"a":2}')],
    ["an array of arrays, then lines", '[[{"a":1}],[]]\n{"a":2}\n', allWhole('{"a":1}', '{"a":2}')],
    ["an empty array", "[]", []],
    ["a byte-order mark", '\xef\xbb\xbf{"a":1}', allWhole('{"a":1}')],
    ["a byte-order mark before an array", '\xef\xbb\xbf\n[{"a":1}]', allWhole('{"a":1}')],
    ["a byte-order mark alone", "\xef\xbb\xbf", []],
    ["empty", "", []],
    ["white space", " \t\r\n\n", []],
    ["records with records in them", '{"a":{"b":1}}{"a":[{}]}', allWhole('{"a":{"b":1}}', '{"a":[{}]}')],
    ["brackets in strings", '{"a":"}{"}{"b":"]"}', allWhole('{"a":"}{"}', '{"b":"]"}')],
  ])("%s", (_, source, expected) => expect(pieces(source)).toEqual(expected));
});

describe("a broken record is skipped from its first byte", () => {
  it("up to the byte after the next newline, so that the next line is not lost", () => {
    expect(pieces('{"a":1,\n{"a":2}\n')).toEqual([["syntax", '{"a":1,\n'], ...allWhole('{"a":2}')]);
    expect(pieces('{"a":\n{"a":2}\n')).toEqual([["truncated", '{"a":\n'], ...allWhole('{"a":2}')]);
  });

  it("or up to the next record that stands back to back", () => {
    expect(pieces('{"a":x}{"a":2}')).toEqual([["syntax", '{"a":x}'], ...allWhole('{"a":2}')]);
    expect(pieces('{"a":"}{"b":2}')).toEqual([["syntax", '{"a":"}'], ...allWhole('{"b":2}')]);
  });

  it("whichever comes first", () => {
    expect(pieces('{"a":x}{"b":2}\n')).toEqual([["syntax", '{"a":x}'], ...allWhole('{"b":2}')]);
    expect(pieces('{"a":x\n{"b":1}{"b":2}')).toEqual([
      ["syntax", '{"a":x\n'],
      ...allWhole('{"b":1}', '{"b":2}'),
    ]);
  });

  it("else up to the end", () => {
    expect(pieces('{"a":1}{"a":')).toEqual([...allWhole('{"a":1}'), ["truncated", '{"a":']]);
    expect(pieces('{"a":1,} {"b":2}')).toEqual([["syntax", '{"a":1,} {"b":2}']]);
    expect(pieces('[{"a":1,},{"b":2}]')).toEqual([["syntax", '{"a":1,},{"b":2}]']]);
  });

  it("each broken record for itself", () => {
    expect(pieces('{"a":x}{"a":y}{"a":')).toEqual([
      ["syntax", '{"a":x}'],
      ["syntax", '{"a":y}'],
      ["truncated", '{"a":'],
    ]);
  });

  it("even if all of it would be valid further on", () => {
    expect(pieces('{\n"a":1,\n}\n{"b":2}')).toEqual([["syntax", '{\n"a":1,\n}\n'], ...allWhole('{"b":2}')]);
  });
});

describe("garbage", () => {
  it("is skipped up to the next bracket or newline", () => {
    expect(pieces('abc{"a":1}')).toEqual([["syntax", "abc"], ...allWhole('{"a":1}')]);
    expect(pieces('abc\n{"a":1}')).toEqual([["syntax", "abc\n"], ...allWhole('{"a":1}')]);
    expect(pieces("abc")).toEqual([["syntax", "abc"]]);
  });

  it("is one stretch with the garbage that follows, white space between pieces included", () => {
    expect(pieces('abc\n \ndef\n\n{"a":1}')).toEqual([["syntax", "abc\n \ndef\n"], ...allWhole('{"a":1}')]);
  });

  it("belongs to the broken record before it, which gives the reason", () => {
    expect(pieces('{"a":\n,1}\n2\n {"b":1}')).toEqual([
      ["syntax", '{"a":\n,1}\n2\n'],
      ...allWhole('{"b":1}'),
    ]);
    expect(pieces(`{"a":${"[".repeat(64)}\n]]]\n]\n`)).toEqual([
      ["too_deep", `{"a":${"[".repeat(64)}\n]]]\n]\n`],
    ]);
  });

  it("stands for itself after a whole record", () => {
    expect(pieces('{"a":1},\n{"a":2}')).toEqual([
      ...allWhole('{"a":1}'),
      ["syntax", ",\n"],
      ...allWhole('{"a":2}'),
    ]);
  });

  it("is what an array's separators are in a file that is none", () => {
    expect(pieces('{"a":1}[{"a":2},{"a":3}]')).toEqual([
      ...allWhole('{"a":1}'),
      ["syntax", "["],
      ...allWhole('{"a":2}'),
      ["syntax", ","],
      ...allWhole('{"a":3}'),
      ["syntax", "]"],
    ]);
  });

  it("may hold separators in an array; those between pieces do not split it", () => {
    expect(pieces('[1,2\n,\n3\n,{"a":1},]')).toEqual([["syntax", "1,2\n,\n3\n"], ...allWhole('{"a":1}')]);
  });

  it("is what a byte-order mark is, anywhere but at the start", () => {
    expect(pieces(' \xef\xbb\xbf{"a":1}')).toEqual([["syntax", "\xef\xbb\xbf"], ...allWhole('{"a":1}')]);
    expect(pieces('\xef\xbb\xbf\xef\xbb\xbf{"a":1}')).toEqual([
      ["syntax", "\xef\xbb\xbf"],
      ...allWhole('{"a":1}'),
    ]);
    expect(pieces("\xef\xbb")).toEqual([["syntax", "\xef\xbb"]]);
  });

  it("leaves white space at the end out", () => {
    expect(pieces("abc\n\n  \n")).toEqual([["syntax", "abc\n"]]);
    expect(pieces("abc  ")).toEqual([["syntax", "abc  "]]);
  });
});

describe("any bytes at all", () => {
  const piece = fc.constantFrom(
    '{"a":1}',
    '{"a":',
    "{",
    "}",
    "[",
    "]",
    ",",
    "\n",
    " ",
    "x",
    '"',
    "\u00e9",
    "1",
  );

  it("are covered: what no entry covers is white space, separators or a byte-order mark", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (parts) => {
        const data = bytes(parts.join(""));
        let position = 0;
        let left = "";
        for (const entry of frame(data)) {
          expect(entry.offset).toBeGreaterThanOrEqual(position);
          expect(entry.length).toBeGreaterThan(0);
          left += new TextDecoder().decode(data.subarray(position, entry.offset));
          position = entry.offset + entry.length;
        }
        left += new TextDecoder().decode(data.subarray(position));
        const array = parts.join("").trim().startsWith("[");
        expect(left).toMatch(array ? /^[ \n[\],]*$/ : /^[ \n]*$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it("give no two stretches in a row, unless the second starts with a bracket", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (parts) => {
        const data = bytes(parts.join(""));
        const entries = frame(data);
        for (const [i, entry] of entries.entries()) {
          if (i === 0 || entry.kind === "whole" || entries[i - 1]!.kind === "whole") continue;
          expect(String.fromCharCode(data[entry.offset]!)).toBe("{");
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
