// Whose "no" a damaged snapshot is, and from when on.

import { describe, expect, it } from "vitest";
import { attributeAll, type Attribution, CUSTOMER, readTable } from "../../src/reference/index.js";
import { at, latin1 } from "./helpers.js";

const ALWAYS = Number.POSITIVE_INFINITY;

/** What the damaged snapshots in a file are attributed to: people, serial numbers, time. */
function attributed(source: string): [string[], string[], number][] {
  return attributions(source).map(({ people, serials, time }) => [[...people], [...serials], time]);
}

function attributions(source: string): readonly Attribution[] {
  return attributeAll(readTable(new Map([["customer/landing/a.json", latin1(source)]]), CUSTOMER).damaged);
}

describe("a whole snapshot that is damaged", () => {
  it("is attributed by its good fields, at its own time", () => {
    expect(
      attributed(`{"email":" P@Example.Test","serialNumber":"S","lastUpdateDate":${at(5)},"phone":1}`),
    ).toEqual([[["p@example.test"], ["s"], at(5)]]);
  });

  it("is attributed to all of them, at any depth and in any spelling of case", () => {
    const source = `{"email":"p","EMAIL":"q","Serialnumber":"s","a":[{"email":"r","serialNumber":"t"}]}`;
    expect(attributed(source)).toEqual([[["p", "q", "r"], ["s", "t"], ALWAYS]]);
  });

  it("passes over fields that are not good", () => {
    expect(attributed('{"email":5,"serialNumber":" "}')).toEqual([[[], [], ALWAYS]]);
    expect(attributed('{"email":"p\xff","serialNumber":"s","a":"email","b":["email","q"]}')).toEqual([
      [[], ["s"], ALWAYS],
    ]);
  });

  it.each([
    ["absent", ""],
    ["not a time", ',"lastUpdateDate":5'],
    ["a time in a string", `,"lastUpdateDate":"${at(5)}"`],
    ["there twice", `,"lastUpdateDate":${at(5)},"lastupdatedate":${at(5)}`],
    ["there further down only", `,"a":{"lastUpdateDate":${at(5)}}`],
    ["there once more further down", `,"lastUpdateDate":${at(5)},"a":{"lastUpdateDate":${at(5)}}`],
  ])("counts always where its date is %s", (_, date) => {
    expect(attributed(`{"email":"p"${date}}`)).toEqual([[["p"], [], ALWAYS]]);
  });

  it.each([
    ["has no e-mail address", '{"serialNumber":"s"}', true],
    ["has none of its own that is good", '{"email":"","a":{"email":"p"}}', true],
    ["has one that is good and one that is not", '{"email":"p","EMAIL":5}', true],
    ["has one that is good", '{"email":"p"}', false],
    ["has one further down only", '{"a":{"email":"p"}}', false],
    ["has one that is not good further down", '{"email":"p","a":{"email":5}}', false],
  ])("may be anybody's or not where it %s", (_, source, unknown) => {
    expect(attributions(source).map((each) => each.unknown)).toEqual([unknown]);
  });
});

describe("a broken snapshot, or garbage", () => {
  it("counts always, whatever date it shows", () => {
    expect(attributed(`{"email":"p","serialNumber":"s","lastUpdateDate":${at(5)},`)).toEqual([
      [["p"], ["s"], ALWAYS],
    ]);
  });

  it("is attributed to everything found in the whole stretch", () => {
    expect(attributed('{"a":x,"Email" :\t"p"\n"EMAIL"\r\n:\n"q","serialNumber":"s"\n')).toEqual([
      [["p", "q"], ["s"], ALWAYS],
    ]);
    expect(attributed('no bracket: "email":"p", "serialNumber":"s"\n')).toEqual([[["p"], ["s"], ALWAYS]]);
  });

  it("has names and values undone of their escapes", () => {
    const name = Array.from("serialNumber", (c) => `\\u00${c.charCodeAt(0).toString(16)}`).join("");
    expect(attributed(String.raw`{"\u0065mail":"P\u0041","${name}":"S\"\\t" x`)).toEqual([
      [["pa"], ['s"\\t'], ALWAYS],
    ]);
  });

  it("is searched at every quote, also within what looks like a string", () => {
    expect(attributed('{"a":"cut off here,"email":"p","b":x')).toEqual([[["p"], [], ALWAYS]]);
    expect(attributed(String.raw`{"a":"\"email":"p" x`)).toEqual([[["p"], [], ALWAYS]]);
  });

  it.each([
    ["a value that is cut off", '{"email":"p'],
    ["a value that is no string", '{"email":5,x'],
    ["a value that is blank", '{"email":" \\n",x'],
    ["a value that is not sound", '{"email":"p\xff",x'],
    ["a value with half a pair", '{"email":"p\\ud800",x'],
    ["a name without quotes", '{email:"p"'],
    ["a name without a colon", '{"email" "p"'],
    ["another name", '{"e-mail":"p","email2":"q",x'],
    ["a name with white space", '{"email ":"p",x'],
  ])("is not attributed by %s", (_, source) => expect(attributed(source)).toEqual([[[], [], ALWAYS]]));

  it("has control characters and bad escapes stand for themselves", () => {
    expect(attributed('{"email":"p\\x",x')).toEqual([[["px"], [], ALWAYS]]);
    expect(attributed('{"email":"p\n","serialNumber":"\ts",x')).toEqual([[["p"], ["s"], ALWAYS]]);
  });

  it("is searched together with those that stand before it", () => {
    expect(attributed('{"email":"p{q}@example.test","serialNumber":"{s}",x\n')).toEqual([
      [["p{q}@example.test"], ["{s}"], ALWAYS],
    ]);
    const source = '{\n"phone":1x,\n"email":"p{q}@example.test",\n"serialNumber":"{s}"\n}\n';
    expect(attributed(source)).toEqual([
      [[], [], ALWAYS],
      [["p{q}@example.test"], [], ALWAYS],
      [[], ["{s}"], ALWAYS],
    ]);
    expect(attributed('{"email":"p}{q",x')).toEqual([
      [[], [], ALWAYS],
      [["p}{q"], [], ALWAYS],
    ]);
    // A record in between ends it.
    expect(attributed('{"email":"p\n{"a":1}q"\n').map(([people]) => people)).toEqual([[], [], []]);
  });

  it("is searched no further than it goes", () => {
    expect(attributed('{"email":x}{"email":"p","serialNumber":"s","phone":1}')).toEqual([
      [[], [], ALWAYS],
      [["p"], ["s"], ALWAYS],
    ]);
    expect(attributed(`{"email":x,\n{"a":1}`)).toEqual([
      [[], [], ALWAYS],
      [[], [], ALWAYS],
    ]);
  });
});
