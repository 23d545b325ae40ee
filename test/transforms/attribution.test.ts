// Whose word a damaged snapshot may have been: by its fields where it is whole JSON, byte by byte where it is not.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attribution, AttributionFinder, attributeRecord } from "../../src/transforms/attribution.js";
import type { RawField } from "../../src/transforms/contract.js";
import { attributeAll } from "../../src/reference/index.js";
import { cutAt, inChunks, latin1, utf8 } from "../io/support.js";
import { at } from "../reference/helpers.js";

type Found = [people: string[], serials: string[], at: number];

const shown = ({ people, serials, at: when }: Attribution): Found => [[...people], [...serials], when];

const string = (name: string, text: string): RawField => ({ name, kind: "string", text });
const number = (name: string, text: string): RawField => ({ name, kind: "number", text });

describe("whole JSON", () => {
  const whole = (fields: readonly RawField[], nested: readonly RawField[] = []): Found =>
    shown(attributeRecord({ fields, nested, wellFormed: true }));
  const date = number("lastUpdateDate", String(at(5)));

  it("names its people and serial numbers by their keys", () => {
    expect(whole([string("email", " P@Example.Test "), string("serialNumber", "SN\n")])).toEqual([
      ["p@example.test"],
      ["sn"],
      Infinity,
    ]);
  });

  it("names them in any spelling of case, every one, at any depth", () => {
    const fields = [string("EMAIL", "p"), string("Email", "q"), string("serialnumber", "s")];
    const nested = [string("SERIALNUMBER", "t"), string("email", "r")];
    expect(whole(fields, nested)).toEqual([["p", "q", "r"], ["s", "t"], Infinity]);
  });

  it("does not name by what is no good key, or another field", () => {
    const fields: RawField[] = [
      string("email", " "),
      string("email", "\ud800"),
      string("serialNumber", ""),
      number("email", "1"),
      { name: "serialNumber", kind: "other", text: "s" },
      { name: "email", kind: "null", text: "p" },
      string("user", "q"),
      string("", "r"),
    ];
    expect(whole(fields)).toEqual([[], [], Infinity]);
  });

  it("counts at its date, where that stands once and is a time", () => {
    expect(whole([date])).toEqual([[], [], at(5)]);
    expect(whole([number("LASTUPDATEDATE", String(at(6)))])).toEqual([[], [], at(6)]);
  });

  it("may be anybody's where it has no e-mail address of its own that can be read, whoever else stands in it", () => {
    const isUnknown = (fields: readonly RawField[], nested: readonly RawField[] = []): boolean =>
      attributeRecord({ fields, nested, wellFormed: true }).isUnknown;
    const email = string("email", "p");
    expect(isUnknown([string("serialNumber", "s")])).toBe(true);
    expect(isUnknown([email])).toBe(false);
    expect(isUnknown([email, string("EMAIL", "q")])).toBe(false);
    expect(isUnknown([], [email])).toBe(false);
    for (const unreadable of [string("email", ""), string("Email", "\ud800"), number("email", "1")]) {
      expect(isUnknown([unreadable], [email])).toBe(true);
      expect(isUnknown([email, unreadable])).toBe(true);
      expect(isUnknown([email], [unreadable])).toBe(false);
    }
  });

  it.each<[string, RawField[], RawField[]]>([
    ["is not there", [], []],
    ["is no time", [number("lastUpdateDate", "5")], []],
    ["is a time in a string", [string("lastUpdateDate", String(at(5)))], []],
    ["is a time of another kind", [{ name: "lastUpdateDate", kind: "other", text: String(at(5)) }], []],
    ["stands deeper only, where it may be that of anything", [], [date]],
    ["stands twice", [date, date], []],
    ["stands twice, in two spellings", [date, number("lastupdatedate", String(at(6)))], []],
    ["stands twice, once deeper", [date], [date]],
    ["stands twice, first as no time", [string("lastUpdateDate", ""), date], []],
    ["stands twice, then as no time", [date, string("lastUpdateDate", "")], []],
  ])("counts always where its date %s", (_, fields, nested) => {
    expect(whole(fields, nested)).toEqual([[], [], Infinity]);
  });
});

function foundIn(chunks: readonly Uint8Array[]): Found {
  const finder = new AttributionFinder();
  for (const [index, chunk] of chunks.entries()) finder.feed(chunk, index === 0);
  const attribution = finder.take();
  expect(attribution.isUnknown).toBe(attribution.people.size === 0);
  return shown(attribution);
}

/** What is found in a stretch, however it is cut. */
function found(source: string, encode: (text: string) => Uint8Array = utf8): Found {
  const bytes = encode(source);
  const whole = foundIn([bytes]);
  expect(foundIn(inChunks(bytes, 1))).toEqual(whole);
  for (let cut = 0; cut <= bytes.length; cut++) expect(foundIn(cutAt(bytes, cut))).toEqual(whole);
  return whole;
}

/** A text with every character as a `\u` escape. */
const escaped = (text: string): string =>
  Array.from(text, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");

describe("a broken stretch", () => {
  it("names what stands after a quoted field name and a colon", () => {
    expect(found('{"email":"P","serialNumber":"S",')).toEqual([["p"], ["s"], Infinity]);
    expect(found('"email":"p"')).toEqual([["p"], [], Infinity]);
    expect(found('"serialNumber":"s" nonsense "email":"p"')).toEqual([["p"], ["s"], Infinity]);
  });

  it("names every one in it", () => {
    expect(found('"email":"p","EMAIL":"q","serialNUMBER":"s","email":"r","serialNumber":"t"')).toEqual([
      ["p", "q", "r"],
      ["s", "t"],
      Infinity,
    ]);
  });

  it("may have white space around the colon", () => {
    expect(found('"email" \t\r\n: \t\r\n"p"')).toEqual([["p"], [], Infinity]);
  });

  it("counts always, whatever date is in it", () => {
    expect(found(`"email":"p","lastUpdateDate":${at(5)},`)).toEqual([["p"], [], Infinity]);
  });

  it("has escapes undone, in names and values", () => {
    expect(found(String.raw`"\u0065mail":"P\u0041"`)).toEqual([["pa"], [], Infinity]);
    expect(found(String.raw`"serialNumber":"S\"\\t"`)).toEqual([[], ['s"\\t'], Infinity]);
    expect(found(`"${escaped("serialNumber")}":"${escaped("SN")}"`)).toEqual([[], ["sn"], Infinity]);
    expect(found(String.raw`"email":"p\\"`)).toEqual([["p\\"], [], Infinity]);
    expect(found(String.raw`"email":"p\\\"q\\"`)).toEqual([['p\\"q\\'], [], Infinity]);
  });

  it("may have spaces in its values", () => {
    expect(found('"email":" p q "')).toEqual([["p q"], [], Infinity]);
  });

  it("has texts beyond ASCII read", () => {
    expect(found('"email":"\u00c4\u{1f600}"')).toEqual([["\u00e4\u{1f600}"], [], Infinity]);
    expect(found('"email":"\ufeffp"')).toEqual([["\ufeffp"], [], Infinity]);
  });

  it("has a name looked for at every quotation mark", () => {
    expect(found('{"a":"cut off,"email":"p"')).toEqual([["p"], [], Infinity]);
    expect(found(String.raw`"a":"\"email":"p"`)).toEqual([["p"], [], Infinity]);
    expect(found('"email":"email":"p"')).toEqual([["email", "p"], [], Infinity]);
    expect(found('"email":"serialNumber":"s"')).toEqual([["serialnumber"], ["s"], Infinity]);
    expect(found('""email":"p"')).toEqual([["p"], [], Infinity]);
  });

  it.each([
    ["a value that is cut off", '"email":"p'],
    ["a value that is cut off in an escape", String.raw`"email":"p\"`],
    ["a value that is no string", '"email":5,"a"'],
    ["a value that is a name of something else", '"email":x"p"'],
    ["a blank value", '"email":" \\t"'],
    ["an empty value", '"email":""'],
    ["a value with half a surrogate pair", '"email":"p\\ud800"'],
    ["a name without quotation marks", 'email:"p"'],
    ["a name without its first quotation mark", 'email":"p"'],
    ["a name without its first quotation mark, behind something", 'xemail":"p"'],
    ["a name whose last quotation mark is escaped", String.raw`"email\":"p"`],
    ["a name without a colon", '"email" "p"'],
    ["a name with two colons", '"email"::"p"'],
    ["a name with another mark before the colon", '"email";:"p"'],
    ["a colon with a mark behind it", '"email":;"p"'],
    ["a vertical tab for white space", '"email"\v:"p"'],
    ["another name", '"e-mail":"p","email2":"q","":"r","user":"u"'],
    ["a name with white space in it", '" email":"p","email ":"q"'],
    ["a string that is a value", '"email","p"'],
  ])("does not name by %s", (_, source) => expect(found(source)).toEqual([[], [], Infinity]));

  it("does not name by invalid UTF-8", () => {
    expect(found('"email":"p\xff"', latin1)).toEqual([[], [], Infinity]);
    expect(found('"email\xff":"p"', latin1)).toEqual([[], [], Infinity]);
    expect(found('"email\xff":"p","email":"q"', latin1)).toEqual([["q"], [], Infinity]);
  });

  it("takes what JSON does not allow in a string for what it stands for", () => {
    expect(found('"email":"p\n","email":"\u001fq\t"')).toEqual([["p", "\u001fq"], [], Infinity]);
    expect(found(String.raw`"email":"p\@x","serialNumber":"\u12g4\/\n"`)).toEqual([
      ["p@x"],
      ["u12g4/"],
      Infinity,
    ]);
    expect(found(String.raw`"\email":"p"`)).toEqual([["p"], [], Infinity]);
    // Where a quotation mark is missing, the next one ends the value.
    expect(found('"email":"p\n"serialNumber":"s"')).toEqual([["p"], ["s"], Infinity]);
  });

  it("has no name longer than every character of one escaped", () => {
    const name = escaped("serialNumber");
    expect(found(`"${name}":"s"`)).toEqual([[], ["s"], Infinity]);
    expect(found(`"${name}x":"s"`)).toEqual([[], [], Infinity]);
    expect(found(`"${"x".repeat(100)}email":"p"`)).toEqual([[], [], Infinity]);
    // What comes behind the longest part of a name is no name of its own.
    for (let length = 70; length <= 76; length++) {
      expect(found(`"${"x".repeat(length)}email":"p"`)).toEqual([[], [], Infinity]);
      expect(found(`"e${"x".repeat(length)}mail":"p"`)).toEqual([[], [], Infinity]);
    }
    expect(found(`"${"x".repeat(100)}"email":"p"`)).toEqual([["p"], [], Infinity]);
  });

  it("has values of any length", () => {
    for (const length of [255, 256, 257, 511, 512, 513, 5000]) {
      const value = "v".repeat(length - 1) + "w";
      expect(foundIn([utf8(`"email":"${value}"`)])).toEqual([[value], [], Infinity]);
    }
  });
});

describe("a key that is not its own key", () => {
  // A capital T with two dots is two characters in NFC, a small one is one.
  const [text, other, key] = ["T\u0308om", " T\u0308OM", "t\u0308om"];

  it("comes with the first text of which it is the key; others come without", () => {
    const found = (...emails: string[]): Attribution =>
      attributeRecord({ fields: emails.map((each) => string("email", each)), nested: [], wellFormed: true });
    expect(found(text, other, "p").spellings).toEqual(new Map([[key, text]]));
    expect(found("p")).not.toHaveProperty("spellings");
  });

  it("does so in a broken stretch, for that stretch alone", () => {
    const finder = new AttributionFinder();
    finder.feed(utf8(`"email":"${text}","email":"${other}","email":"p"`), true);
    expect(finder.take().spellings).toEqual(new Map([[key, text]]));
    finder.feed(utf8('"email":"p"'), true);
    expect(finder.take()).not.toHaveProperty("spellings");
  });
});

describe("a finder", () => {
  /** @param begins whether something else stands before each piece */
  const finds = (pieces: readonly string[], begins: boolean): Found[] => {
    const finder = new AttributionFinder();
    return pieces.map((piece, index) => {
      finder.feed(utf8(piece), begins || index === 0);
      return shown(finder.take());
    });
  };

  it.each([true, false])("gives what ends in each stretch (begins: %s)", (begins) => {
    expect(finds(['"email":"p","serialNumber":"s"', '"email":"q"', ""], begins)).toEqual([
      [["p"], ["s"], Infinity],
      [["q"], [], Infinity],
      [[], [], Infinity],
    ]);
  });

  it.each([
    ["in a name", '"ema', 'il":"p"', "p"],
    ["at the first letter of a name", '"e', 'mail":"p"', "p"],
    ["behind a name", '"email"', ':"p"', "p"],
    ["behind a colon", '"email":', '"p"', "p"],
    ["in a value", '"email":"p', '{q"', "p{q"],
    ["behind a quotation mark", '"', 'email":"p"', "p"],
    ["behind a backslash", '"email":"p\\', '"q"', 'p"q'],
  ])(
    "goes on %s where a stretch follows, and not where something else stands between",
    (_, first, second, person) => {
      expect(finds([first, second], false)[1]).toEqual([[person], [], Infinity]);
      expect(finds([first, second], true)[1]).toEqual([[], [], Infinity]);
    },
  );

  it("does not carry a backslash over what stands between", () => {
    expect(finds(["\\", '"email":"p"'], true)[1]).toEqual([["p"], [], Infinity]);
    expect(finds(['"email":"x\\', '"email":"p"'], true)[1]).toEqual([["p"], [], Infinity]);
  });

  it("does not change what it has given", () => {
    const finder = new AttributionFinder();
    finder.feed(utf8('"email":"p"'), true);
    const first = finder.take();
    finder.feed(utf8('"email":"q"'), true);
    finder.take();
    expect(shown(first)).toEqual([["p"], [], Infinity]);
  });

  it("finds what the reference finds, in any jumble", () => {
    const piece = fc.constantFrom(
      ...['"', '"', '"', ":", ":", "\\", "\\\\", '\\"', " ", "\n", ",", "{", "}", "x", "\\u0065", "\x1f"],
      ...[
        '"email"',
        '"email":"',
        '"serialNumber":"',
        "email",
        "serialnumber",
        '":"',
        "p@example.test",
        "\xff",
      ],
      ...["\\ud800", "\xc3\xa4", "\t", "\r", "\v"],
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 24 }),
        fc.array(fc.nat(60), { maxLength: 4 }),
        (pieces, cuts) => {
          const bytes = latin1(pieces.join(""));
          const [expected] = attributeAll([
            {
              file: "a",
              number: 1,
              rest: bytes,
              entry: { kind: "stretch", offset: 0, length: bytes.length, reason: "syntax" },
            },
          ]);
          const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
            (a, b) => a - b,
          );
          const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
          const [people, serials, when] = foundIn(chunks);
          expect(new Set(people)).toEqual(expected!.people);
          expect(new Set(serials)).toEqual(expected!.serials);
          expect(when).toBe(expected!.time);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
