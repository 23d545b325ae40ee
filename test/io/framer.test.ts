// Where the framer finds records and stretches: every framing, every kind of damage, and the same answer wherever
// the input is cut into chunks.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Framer, maxDepth, maxRecordBytes } from "../../src/io/framer.js";
import { frame } from "../../src/reference/index.js";
import { cutAt, frameChunks, inChunks, inChunksOf, latin1, MemoryGauge, MiB, type Piece } from "./support.js";

type Expected = readonly (readonly [kind: Piece["kind"], text: string])[];

const records = (...texts: string[]): Expected => texts.map((text) => ["record", text] as const);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const arrays = (depth: number): string => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

/** What stands in each file, one character a byte, and the entries that the rules make of it. */
const files: readonly (readonly [name: string, source: string, expected: Expected])[] = [
  ["an empty file", "", []],
  ["white space alone", " \t\r\n\n", []],
  ["one object a line", '{"a":1}\n{"a":2}\n', records('{"a":1}', '{"a":2}')],
  ["no newline at the end", '{"a":1}\n{"a":2}', records('{"a":1}', '{"a":2}')],
  ["back to back", '{}{ }{"":""}{"a":{}}', records("{}", "{ }", '{"":""}', '{"a":{}}')],
  [
    "pretty-printed, CRLF",
    '{\r\n  "a": 1\r\n}\r\n{\r\n  "a": [\r\n    {}\r\n  ]\r\n}\r\n',
    records('{\r\n  "a": 1\r\n}', '{\r\n  "a": [\r\n    {}\r\n  ]\r\n}'),
  ],
  [
    "an array, and lines behind it",
    ' [{"a":1},\r\n{"a":2} , [{"a":3}]]\n{"a":4},,]',
    records('{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'),
  ],
  ["an empty array", "[ ]\n", []],
  [
    "an array with garbage and something broken",
    '[{"a":1},x,{"a":2},{"a":},\n{"a":3}]',
    [
      ["record", '{"a":1}'],
      ["syntax", "x,"],
      ["record", '{"a":2}'],
      ["syntax", '{"a":},\n'],
      ["record", '{"a":3}'],
    ],
  ],
  [
    "an array: separators between two pieces of garbage, and behind the last",
    '[x\n,]\ny\n,{"a":1},z\n],\n',
    [
      ["syntax", "x\n,]\ny\n"],
      ["record", '{"a":1}'],
      ["syntax", "z\n"],
    ],
  ],
  [
    "separators that are garbage, since no array starts the file",
    '{"a":1},{"a":2}]\n[\n',
    [
      ["record", '{"a":1}'],
      ["syntax", ","],
      ["record", '{"a":2}'],
      ["syntax", "]\n[\n"],
    ],
  ],
  [
    "a byte-order mark at the start, and one elsewhere",
    '\xef\xbb\xbf{"a":1}\n\xef\xbb\xbf{"a":2}',
    [
      ["record", '{"a":1}'],
      ["syntax", "\xef\xbb\xbf"],
      ["record", '{"a":2}'],
    ],
  ],
  ["a byte-order mark before an array", '\xef\xbb\xbf \n[{"a":1},{}]', records('{"a":1}', "{}")],
  ["a byte-order mark alone", "\xef\xbb\xbf", []],
  [
    "two byte-order marks, so that no array starts the file",
    '\xef\xbb\xbf\xef\xbb\xbf[{"a":1},{"a":2}]',
    [
      ["syntax", "\xef\xbb\xbf["],
      ["record", '{"a":1}'],
      ["syntax", ","],
      ["record", '{"a":2}'],
      ["syntax", "]"],
    ],
  ],
  [
    "a byte-order mark after a space",
    ' \xef\xbb\xbf{"a":1}',
    [["syntax", "\xef\xbb\xbf"], ...records('{"a":1}')],
  ],
  ["a byte-order mark cut in its middle", "\xef\xbb", [["syntax", "\xef\xbb"]]],
  [
    "two bytes of a byte-order mark, then a record",
    '\xef\xbb{"a":1}',
    [["syntax", "\xef\xbb"], ...records('{"a":1}')],
  ],
  [
    "broken lines",
    '{"a":1}\n{"a":1,\n{"a":2}\n{"a" 3}\n{"a":4}\n',
    [
      ["record", '{"a":1}'],
      ["syntax", '{"a":1,\n'],
      ["record", '{"a":2}'],
      ["syntax", '{"a" 3}\n'],
      ["record", '{"a":4}'],
    ],
  ],
  [
    "broken records back to back",
    '{"a":1}{"a":}{"a":2}{"a"}{"a":3}',
    [
      ["record", '{"a":1}'],
      ["syntax", '{"a":}'],
      ["record", '{"a":2}'],
      ["syntax", '{"a"}'],
      ["record", '{"a":3}'],
    ],
  ],
  [
    "a record cut off in the middle of a file, back to back with the next",
    '{"a":"x{"b":1}{"c":2}',
    [
      ["syntax", '{"a":"x{"b":1}'],
      ["record", '{"c":2}'],
    ],
  ],
  [
    "a broken record with }{ in a string",
    '{"a":"}{","b":tru}{"c":1}',
    [
      ["syntax", '{"a":"}'],
      ["syntax", '{","b":tru}'],
      ["record", '{"c":1}'],
    ],
  ],
  [
    "} and { that are not side by side do not end what is skipped",
    '{"a":x} {"b":1}\n{"a":x}\r{"b":2}\n{"c":1}',
    [
      ["syntax", '{"a":x} {"b":1}\n'],
      ["syntax", '{"a":x}\r{"b":2}\n'],
      ["record", '{"c":1}'],
    ],
  ],
  [
    "braces too many",
    '}{"a":1}}{{"b":2}\n{"a":x}}{"c":1}}\n}{"d":1}',
    [
      ["syntax", "}"],
      ["record", '{"a":1}'],
      ["syntax", "}"],
      ["syntax", '{{"b":2}\n'],
      ["syntax", '{"a":x}}'],
      ["record", '{"c":1}'],
      ["syntax", "}\n}"],
      ["record", '{"d":1}'],
    ],
  ],
  [
    "a chain of garbage is one stretch",
    'xx\nyy\n\n zz{"a":1}ww\n \t',
    [
      ["syntax", "xx\nyy\n\n zz"],
      ["record", '{"a":1}'],
      ["syntax", "ww\n"],
    ],
  ],
  [
    "garbage belongs to the broken record before it, and not to the whole one",
    '{"a":\nfoo\n  bar\n{"a":1} foo\n{"a":1,}\n}\n',
    [
      ["syntax", '{"a":\nfoo\n  bar\n'],
      ["record", '{"a":1}'],
      ["syntax", "foo\n"],
      ["syntax", '{"a":1,}\n}\n'],
    ],
  ],
  [
    "a broken record in CRLF lines",
    '{"a":1}\r\n{"a":x\r\n{"a":2}\r\n',
    [
      ["record", '{"a":1}'],
      ["syntax", '{"a":x\r\n'],
      ["record", '{"a":2}'],
    ],
  ],
  [
    "a line cut off after a colon takes the next record for its value, and gives it back",
    '{"a":\r\n{"a":2}\r\n',
    [
      ["truncated", '{"a":\r\n'],
      ["record", '{"a":2}'],
    ],
  ],
  [
    "NUL bytes",
    '\0\0{"a":1}\0\n\0{"a":"\0"}\n{"a":2}\0',
    [
      ["syntax", "\0\0"],
      ["record", '{"a":1}'],
      ["syntax", "\0\n\0"],
      ["syntax", '{"a":"\0"}\n'],
      ["record", '{"a":2}'],
      ["syntax", "\0"],
    ],
  ],
  [
    "white space that JSON does not know",
    '\f{"a":1}\xc2\xa0{"a":\v1}\n{"a":2}\xe2\x80\xa8',
    [
      ["syntax", "\f"],
      ["record", '{"a":1}'],
      ["syntax", "\xc2\xa0"],
      ["syntax", '{"a":\v1}\n'],
      ["record", '{"a":2}'],
      ["syntax", "\xe2\x80\xa8"],
    ],
  ],
  [
    "escapes, good and bad",
    String.raw`{"a":"\"}{","\u0022":"\\"}{"a":"\x"}{"b":"\u12g4"}{"b":"\u"}{"c":"\ud83d\uDE00\/\b\f\n\r\t"}{"d":"\"}`,
    [
      ["record", String.raw`{"a":"\"}{","\u0022":"\\"}`],
      ["syntax", String.raw`{"a":"\x"}`],
      ["syntax", String.raw`{"b":"\u12g4"}`],
      ["syntax", String.raw`{"b":"\u"}`],
      ["record", String.raw`{"c":"\ud83d\uDE00\/\b\f\n\r\t"}`],
      ["truncated", String.raw`{"d":"\"}`],
    ],
  ],
  [
    "bytes that are not ASCII: fine in strings, whether or not they are UTF-8",
    '{"\xc3\xa9":"\xf0\x9f\x98\x80"}{"a":"\xff\x80"}\xc3\xa9{"a":\xc3\xa9}\n{"a":1}',
    [
      ["record", '{"\xc3\xa9":"\xf0\x9f\x98\x80"}'],
      ["record", '{"a":"\xff\x80"}'],
      ["syntax", "\xc3\xa9"],
      ["syntax", '{"a":\xc3\xa9}\n'],
      ["record", '{"a":1}'],
    ],
  ],
  [
    "control characters in strings",
    '{"a":"\t"}{"b":"x\ny"}{"c":"\x7f"}{"\x1f":1}{"d":1}',
    [
      ["syntax", '{"a":"\t"}'],
      ["syntax", '{"b":"x\ny"}'],
      ["record", '{"c":"\x7f"}'],
      ["syntax", '{"\x1f":1}'],
      ["record", '{"d":1}'],
    ],
  ],
  [
    "numbers, good and bad",
    '{"a":01}{"a":-}{"a":1.}{"a":1e}{"a":.5}{"a":+1}{"a":-01}{"a":0x1}{"a":1e+}{"a":1.e1}' +
      '{"a":-0.0e-0}{"a":1E+2}{"a":0}{"a":[-1,0.5e1]}',
    [
      ...[
        '{"a":01}',
        '{"a":-}',
        '{"a":1.}',
        '{"a":1e}',
        '{"a":.5}',
        '{"a":+1}',
        '{"a":-01}',
        '{"a":0x1}',
      ].map((text) => ["syntax", text] as const),
      ["syntax", '{"a":1e+}'],
      ["syntax", '{"a":1.e1}'],
      ...records('{"a":-0.0e-0}', '{"a":1E+2}', '{"a":0}', '{"a":[-1,0.5e1]}'),
    ],
  ],
  [
    "what other parsers let pass",
    '{"a":1,}{\'a\':1}{a:1}{"a":NaN}{"a":[1,]}{"a":[,1]}{,}{"a":1 "b":2}{"a":1/**/}' +
      '{"a":True}{"a":nul}{"a":nulll}{"a":[}]}{"a":1]}{"a"::1}{"a":null,"b":[true,false]}',
    [
      ...[
        '{"a":1,}',
        "{'a':1}",
        "{a:1}",
        '{"a":NaN}',
        '{"a":[1,]}',
        '{"a":[,1]}',
        "{,}",
        '{"a":1 "b":2}',
        '{"a":1/**/}',
        '{"a":True}',
        '{"a":nul}',
        '{"a":nulll}',
        '{"a":[}]}',
        '{"a":1]}',
        '{"a"::1}',
      ].map((text) => ["syntax", text] as const),
      ["record", '{"a":null,"b":[true,false]}'],
    ],
  ],
  [
    "a pretty-printed record that is broken",
    '{\n  "a": 1,\n  "b": {"c": tru},\n  "d": 2\n}\n{\n  "a": 2\n}\n',
    [
      ["syntax", '{\n  "a": 1,\n  "b": '],
      ["syntax", '{"c": tru},\n  "d": 2\n}\n'],
      ["record", '{\n  "a": 2\n}'],
    ],
  ],
  ["a file of one brace", "{", [["truncated", "{"]]],
  ["a file cut off in a string", '{"a":1}\n{"b":"cc', [...records('{"a":1}'), ["truncated", '{"b":"cc']]],
  ["a file cut off in a literal", '{"a":1}{"b":tr', [...records('{"a":1}'), ["truncated", '{"b":tr']]],
  ["a file cut off in a number", '{"a":1}{"b":-', [...records('{"a":1}'), ["truncated", '{"b":-']]],
  ["a file cut off in an escape", String.raw`{"b":"\u00`, [["truncated", String.raw`{"b":"\u00`]]],
  ["a file cut off before the last brace", '{"a":[{}],"b":"}" \n', [["truncated", '{"a":[{}],"b":"}" \n']]],
  [
    "a pretty-printed file that is cut off",
    '{\n "a": [1,\n  {"b": 2},\n',
    [
      ["truncated", '{\n "a": [1,\n'],
      ["record", '{"b": 2}'],
      ["syntax", ",\n"],
    ],
  ],
  [
    "a file cut off in a record that holds }{",
    '{"a":"}{"b":"}{"c',
    [
      ["syntax", '{"a":"}'],
      ["syntax", '{"b":"}'],
      ["truncated", '{"c'],
    ],
  ],
  [
    "64 and 65 levels",
    `${objects(64)}${objects(65)}${arrays(64)}${arrays(65)}{"z":1}`,
    [
      ["record", objects(64)],
      ["too_deep", objects(65)],
      ["record", arrays(64)],
      ["too_deep", arrays(65)],
      ["record", '{"z":1}'],
    ],
  ],
  [
    "too deep is what the grammar meets first, or not",
    `{"a":${"[".repeat(64)}x\n{"a":x${"[".repeat(64)}\n{"a":${"[".repeat(63)}\n`,
    [
      ["too_deep", `{"a":${"[".repeat(64)}x\n`],
      ["syntax", `{"a":x${"[".repeat(64)}\n`],
      // Its last bracket is open still when the input ends; nothing follows on its line.
      ["truncated", `{"a":${"[".repeat(63)}\n`],
    ],
  ],
];

/** Whether nothing but white space, separators of an array and the byte-order mark stands outside the pieces. */
function uncovered(source: string, pieces: readonly Piece[]): string {
  let rest = "";
  let from = source.startsWith("\xef\xbb\xbf") ? 3 : 0;
  const inArray = /^[ \t\r\n]*\[/.test(source.slice(from));
  for (const { offset, length } of pieces) {
    rest += offset < from ? "(overlap)" : source.slice(from, offset);
    from = offset + length;
  }
  rest += source.slice(from);
  return rest.replaceAll(inArray ? /[ \t\r\n,[\]]/g : /[ \t\r\n]/g, "");
}

function where(pieces: readonly Piece[]): Omit<Piece, "text">[] {
  return pieces.map(({ kind, offset, length }) => ({ kind, offset, length }));
}

/** What was handed over as skipped, as far as it is a stretch; behind it there may be white space and separators. */
function expectSkipped(source: string, pieces: readonly Piece[]): void {
  for (const { kind, offset, length, text } of pieces) {
    expect(text.slice(0, length)).toBe(source.slice(offset, offset + length));
    if (kind === "record") expect(text).toHaveLength(length);
    else expect(text.slice(length)).toMatch(/^[ \t\r\n,[\]]*$/);
  }
}

describe("what the rules make of a file", () => {
  it.each(files)("%s", (_, source, expected) => {
    const pieces = frameChunks([latin1(source)]);
    expect(pieces.map(({ kind, offset, length }) => [kind, source.slice(offset, offset + length)])).toEqual(
      expected,
    );
    expect(uncovered(source, pieces)).toBe("");
    expectSkipped(source, pieces);
  });
});

describe("the same wherever the input is cut", () => {
  it.each(files)("%s", (_, source) => {
    const bytes = latin1(source);
    const whole = where(frameChunks([bytes]));
    const ways = [1, 2, 3, 5, 7].map((size) => inChunks(bytes, size));
    for (let at = 0; at <= bytes.length; at++) ways.push(cutAt(bytes, at));
    for (const chunks of ways) {
      const pieces = frameChunks(chunks);
      expect(where(pieces)).toEqual(whole);
      expectSkipped(source, pieces);
    }
  });

  it("all the files together, joined by a newline", () => {
    const source = files.map(([, text]) => text).join("\n");
    const bytes = latin1(source);
    const whole = where(frameChunks([bytes]));
    expect(whole.length).toBeGreaterThan(100);
    for (let at = 0; at <= bytes.length; at++) expect(where(frameChunks(cutAt(bytes, at)))).toEqual(whole);
  });

  it("leaves the chunks alone, also where they are part of something larger", () => {
    const source = latin1('{"a":1}{"a":x}{"a":"y"}\nzz\n{"a":[2,3]}');
    for (let at = 1; at < source.length; at++) {
      const memory = new Uint8Array(1000).fill(0x2e);
      memory.set(source.subarray(0, at), 100);
      memory.set(source.subarray(at), 500);
      const before = memory.slice();
      const chunks = [memory.subarray(100, 100 + at), memory.subarray(500, 500 + source.length - at)];
      expect(frameChunks(chunks)).toEqual(frameChunks([source]));
      expect(memory).toEqual(before);
    }
  });

  it("gives a record as soon as its last byte is there", () => {
    const framer = new Framer(() => undefined);
    framer.feed(latin1('{"a":1'));
    expect(framer.next()).toBeUndefined();
    framer.feed(latin1("}"));
    expect(framer.next()).toMatchObject({ kind: "record", start: 0, end: 7 });
    expect(framer.next()).toBeUndefined();
    framer.end();
    expect(framer.next()).toBeUndefined();
    expect(framer.next()).toBeUndefined();
  });

  it("hands over what was skipped before it gives the stretch", () => {
    let skipped = "";
    const framer = new Framer((bytes) => (skipped += Buffer.from(bytes).toString("latin1")));
    framer.feed(latin1('garbage{"a":1}{"b":x}{"c":1}'));
    expect(framer.next()).toMatchObject({ kind: "stretch", offset: 0, length: 7 });
    expect(skipped).toBe("garbage");
    expect(framer.next()).toMatchObject({ kind: "record", start: 7, end: 14 });
    expect(framer.next()).toMatchObject({ kind: "stretch", offset: 14, length: 7 });
    expect(skipped).toBe('garbage{"b":x}');
  });

  it("counts offsets over chunks without anything in them, and over empty chunks", () => {
    const chunks = ["", " \n", "", '{"a":', "", "1}\n", "   ", "{}", ""].map(latin1);
    expect(where(frameChunks(chunks))).toEqual([
      { kind: "record", offset: 2, length: 7 },
      { kind: "record", offset: 13, length: 2 },
    ]);
  });
});

describe("large and deep", () => {
  /** A record of this many bytes. */
  function recordOf(size: number, tail = '"}'): Uint8Array {
    const bytes = new Uint8Array(size).fill(0x78);
    bytes.set(latin1('{"a":"'));
    bytes.set(latin1(tail), size - tail.length);
    return bytes;
  }
  const next = latin1('{"b":1}');

  /** The kinds and places only: no test prints 16 MiB. */
  function frameLarge(...chunks: Uint8Array[]): Omit<Piece, "text">[] {
    const found: Omit<Piece, "text">[] = [];
    const framer = new Framer(() => undefined);
    const drain = (): void => {
      for (let framed = framer.next(); framed; framed = framer.next()) {
        found.push(
          framed.kind === "record"
            ? { kind: "record", offset: framer.base + framed.start, length: framed.end - framed.start }
            : { kind: framed.reason, offset: framed.offset, length: framed.length },
        );
      }
    };
    for (const chunk of chunks) {
      framer.feed(chunk);
      drain();
    }
    framer.end();
    drain();
    return found;
  }

  it("knows its limits", () => {
    expect(maxRecordBytes).toBe(16 * MiB);
    expect(maxDepth).toBe(64);
  });

  /** The whole file as one chunk, in usual chunks, and with the limit at the edge of a chunk. */
  const cuts: readonly (readonly [string, (file: Uint8Array) => Uint8Array[]])[] = [
    ["in one chunk", (file) => [file]],
    ["in chunks of 256 KiB", (file) => inChunks(file, 256 * 1024)],
    ["cut at the limit", (file) => cutAt(file, 16 * MiB)],
    ["cut one byte before the limit", (file) => cutAt(file, 16 * MiB - 1)],
    ["cut one byte behind the limit", (file) => cutAt(file, 16 * MiB + 1)],
  ];
  describe.each(cuts)("%s", (_, cut) => {
    it.each([
      ["a record of exactly 16 MiB is one", recordOf(16 * MiB), "record"],
      ["one byte more is too large", recordOf(16 * MiB + 1), "too_large"],
      ["what the first byte too many is does not matter", recordOf(16 * MiB + 1, '"x'), "too_large"],
      ["a mistake in the last byte allowed is a mistake", recordOf(16 * MiB, '"x'), "syntax"],
    ] as const)("%s", (__, record, kind) => {
      const found = frameLarge(...cut(Buffer.concat([record, next, latin1("\n"), next])));
      // Where it does not end in a brace, what is skipped of it goes on to the end of the line.
      const braced = record.at(-1) === 0x7d;
      const length = braced ? record.length : record.length + next.length + 1;
      expect(found[0]).toEqual({ kind, offset: 0, length });
      expect(found.slice(1).map((piece) => [piece.kind, piece.length])).toEqual(
        braced
          ? [
              ["record", 7],
              ["record", 7],
            ]
          : [["record", 7]],
      );
    });

    it("a record without an end is truncated at 16 MiB and too large one byte later", () => {
      expect(frameLarge(...cut(recordOf(16 * MiB, "x")))).toEqual([
        { kind: "truncated", offset: 0, length: 16 * MiB },
      ]);
      expect(frameLarge(...cut(recordOf(16 * MiB + 1, "x")))).toEqual([
        { kind: "too_large", offset: 0, length: 16 * MiB + 1 },
      ]);
    });
  });

  it("measures each record from its own first byte", () => {
    const file = Buffer.concat([
      recordOf(10 * MiB),
      recordOf(16 * MiB),
      recordOf(16 * MiB + 1),
      recordOf(8 * MiB),
    ]);
    expect(frameLarge(...inChunks(file, 1_000_003)).map(({ kind, length }) => [kind, length])).toEqual([
      ["record", 10 * MiB],
      ["record", 16 * MiB],
      ["too_large", 16 * MiB + 1],
      ["record", 8 * MiB],
    ]);
  });

  it("counts white space in a record, and none before it", () => {
    const spaces = new Uint8Array(17 * MiB).fill(0x20);
    const inside = Buffer.concat([latin1('{"a":'), spaces, latin1("1}\n"), next]);
    expect(frameLarge(...inChunks(Buffer.concat([spaces, next, spaces]), MiB))).toEqual([
      { kind: "record", offset: 17 * MiB, length: 7 },
    ]);
    expect(frameLarge(...inChunks(inside, MiB)).map(({ kind, length }) => [kind, length])).toEqual([
      ["too_large", 17 * MiB + 8],
      ["record", 7],
    ]);
  });

  it.each([
    ["one record", '{"a":"', "x", "too_large"],
    ["a record that never closes its brackets", '{"a":[', "1,", "too_large"],
    ["garbage", "", "x", "syntax"],
    ["a broken record", '{"a":x', "}", "syntax"],
  ] as const)("holds little of a line of 200 MB: %s", (_, head, fill, reason) => {
    const chunk = latin1(fill.repeat((256 * 1024) / fill.length));
    const gauge = new MemoryGauge();
    let skipped = 0;
    let longest = 0;
    const framer = new Framer((bytes) => {
      skipped += bytes.length;
      longest = Math.max(longest, bytes.length);
    });
    framer.feed(latin1(head));
    for (let count = 0; count < 800; count++) {
      expect(framer.next()).toBeUndefined();
      framer.feed(chunk);
      if (count % 10 === 0) gauge.sample();
    }
    framer.feed(latin1('\n{"b":1}'));
    const length = head.length + 800 * chunk.length + 1;
    expect(framer.next()).toEqual({ kind: "stretch", offset: 0, length, reason });
    const record = framer.next();
    expect(record?.kind === "record" && framer.base + record.start).toBe(length);
    expect(skipped).toBe(length);
    expect(longest).toBeLessThanOrEqual(40 * MiB);
    expect(gauge.peak).toBeLessThan(120 * MiB);
  });

  it("an array nested 200,000 deep", () => {
    const deep = "[".repeat(200_000);
    const source = `{"a":${deep}}{"b":1}\n{"a":${deep}\n{"c":1}`;
    const found = frameChunks(inChunks(latin1(source), 8191));
    expect(found.map(({ kind, length }) => [kind, length])).toEqual([
      ["too_deep", 200_006],
      ["record", 7],
      ["too_deep", 200_006],
      ["record", 7],
    ]);
  });

  /** How often the framer looks at a byte of an input that it is given as one chunk. */
  function looks(source: string): number {
    let count = 0;
    const chunk = new Proxy(Buffer.from(source, "latin1"), {
      get(target, name) {
        if (typeof name === "string" && /^\d+$/.test(name)) count++;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value as () => unknown).bind(target) : value;
      },
    });
    const framer = new Framer(() => undefined);
    framer.feed(chunk);
    while (framer.next());
    framer.end();
    while (framer.next());
    return count;
  }

  it.each([
    ["opened objects", '{"a":'],
    ["opened objects, one a line", '{"a":\n'],
    ["opened objects with }{ in between", '{"a":"}{","b":'],
    ["opened arrays in objects", '{"a":[[[[\n'],
    ["braces", "{"],
    ["braces, one a line", "{\n"],
    ["both braces", "}{"],
    ["strings that do not end", '{"a":"'],
    ["strings that hold }{", '{"a":"}{'],
    ["strings of }{ in one record", '","b":"}{'],
    ["opened and closed, one a line", '{"a":[\n{}\n,'],
    ["escaped quotation marks", '{\\"a\\":"}{'],
    ["garbage before braces", 'x{"a":1'],
    ["values cut off at a line's end", '{"a":1,\n'],
  ])("looks at no byte very often: %s", (_, unit) => {
    const small = `{"a":"${unit.repeat(Math.ceil(10_000 / unit.length))}`;
    const large = `{"a":"${unit.repeat(Math.ceil(40_000 / unit.length))}`;
    const [least, most] = [looks(small), looks(large)];
    expect(least).toBeGreaterThanOrEqual(small.length);
    // A byte may be checked once for each level of nesting, and is skipped once.
    expect(most).toBeLessThanOrEqual((maxDepth + 4) * large.length);
    expect(most / large.length).toBeLessThanOrEqual(1.5 * (least / small.length) + 1);
  });
});

describe("any bytes", () => {
  const fragment = fc.constantFrom(
    ...[
      "{",
      "}",
      "[",
      "]",
      '"',
      ":",
      ",",
      "\\",
      "\n",
      " ",
      "\r",
      "\t",
      "0",
      "1",
      "-",
      ".",
      "e",
      "E",
      "+",
      "u",
    ],
    ...["true", "false", "null", "a", "tru", "\0", "\xff", "\xc3\xa9", "\xef\xbb\xbf", "\xef", "\x80", "/"],
    ...[
      '{"a":1}',
      '{"a":',
      "}{",
      '"b"',
      '{"a":[',
      '"},\n',
      '{"a":"',
      "\\u00e9",
      '\\"',
      '"}',
      "1}",
      '{"b":{"c":[1,2',
    ],
  );
  const source = fc.array(fragment, { maxLength: 40 }).map((fragments) => fragments.join(""));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

  it("read the same in any chunks", () => {
    fc.assert(
      fc.property(source, sizes, (text, chunkSizes) => {
        const bytes = latin1(text);
        const whole = frameChunks([bytes]);
        const pieces = frameChunks(inChunksOf(bytes, chunkSizes));
        expect(where(pieces)).toEqual(where(whole));
        expectSkipped(text, pieces);
        expectSkipped(text, whole);
        expect(uncovered(text, pieces)).toBe("");
      }),
      { numRuns: 5000 },
    );
  });

  it("give records that are JSON objects, and only those", () => {
    const utf8 = new TextDecoder();
    fc.assert(
      fc.property(source, (text) => {
        for (const piece of frameChunks([latin1(text)])) {
          if (piece.kind !== "record") continue;
          const value: unknown = JSON.parse(utf8.decode(latin1(piece.text)));
          expect(Object.prototype.toString.call(value)).toBe("[object Object]");
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("give what the reference model finds in them", () => {
    fc.assert(
      fc.property(source, (text) => {
        const expected = frame(latin1(text)).map((entry) => ({
          kind: entry.kind === "whole" ? "record" : entry.reason,
          offset: entry.offset,
          length: entry.length,
        }));
        expect(where(frameChunks([latin1(text)]))).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  /** An object as JSON, written in one of several ways, with a few characters changed. */
  const nearJson = fc
    .tuple(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary", maxDepth: 4 })),
      fc.constantFrom<string | undefined>(undefined, " ", "\t", "\r\n"),
      fc.array(
        fc.record({
          at: fc.nat(),
          remove: fc.integer({ min: 0, max: 2 }),
          insert: fc.constantFrom(
            "",
            "",
            '"',
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\\",
            "0",
            "-",
            ".",
            "e",
            " ",
            "\0",
            "n",
          ),
        }),
        { maxLength: 2 },
      ),
    )
    .map(([value, indent, changes]) => {
      let text = JSON.stringify(value, null, indent === "\r\n" ? " " : indent);
      if (indent === "\r\n") text = text.replaceAll("\n", "\r\n");
      for (const { at, remove, insert } of changes) {
        const from = 1 + (at % text.length);
        text = text.slice(0, from) + insert + text.slice(from + remove);
      }
      return text;
    })
    .filter((text) => text.isWellFormed());

  it("are a record exactly where JSON.parse takes them for an object", () => {
    const outcomes = { whole: 0, broken: 0 };
    fc.assert(
      fc.property(nearJson, (text) => {
        let whole = true;
        try {
          JSON.parse(text);
        } catch {
          whole = false;
        }
        outcomes[whole ? "whole" : "broken"]++;
        const bytes = new TextEncoder().encode(text);
        const pieces = frameChunks([bytes]);
        const covered = pieces.length === 1 && pieces[0]!.kind === "record";
        const outside = covered
          ? Buffer.from(bytes.subarray(pieces[0]!.length)).toString("latin1").trim()
          : "";
        expect(covered && outside === "").toBe(whole);
      }),
      { numRuns: 5000 },
    );
    // The changes must not have made everything the same.
    expect(outcomes.whole).toBeGreaterThan(500);
    expect(outcomes.broken).toBeGreaterThan(500);
  });
});
