// The clean form of records, line by line: what it has for SQL, and that the program's own rules take it for the same.

import { describe, expect, test } from "vitest";
import { readJsonRecord } from "../../src/io/json-record.js";
import { type Attribution, attributeRecord } from "../../src/transforms/attribution.js";
import { cleanDamage, cleanFormat, isLoweredAt } from "../../src/transforms/clean.js";
import { contractFor } from "../../src/transforms/contract.js";
import { accelerometerLanding, customerLanding, stepTrainerLanding } from "../../src/transforms/tables.js";
import { latin1, utf8 } from "../io/support.js";

const date = 1655564444103;

const damage = (
  people: readonly string[],
  serials: readonly string[],
  at: number,
  isUnknown = people.length === 0,
): Attribution => ({
  people: new Set(people),
  serials: new Set(serials),
  isUnknown,
  at,
});

describe("a good record", () => {
  test("a customer's has its keys, and says that it is not damaged", () => {
    const row = [undefined, " Ada@Example.test", undefined, undefined, "SN-1", undefined, String(date)];
    expect(cleanFormat(customerLanding)(row)).toBe(
      `{"email":" Ada@Example.test","serialNumber":"SN-1","lastUpdateDate":${date},"emailKey":"ada@example.test","serialNumberKey":"sn-1","damaged":false}\n`,
    );
  });

  test.each([
    ["ada@example.test", undefined],
    ["Ada@Example.test", undefined],
    ["a\u0001b", undefined],
    [" ada@example.test", "ada@example.test"],
    ["ada@example.test\t", "ada@example.test"],
    ["jos\u00e9", "jos\u00e9"],
    ["JOSE\u0301", "jos\u00e9"],
    // Some engines lower the Kelvin sign, some do not; in NFC it is a K.
    ["\u212aim", "kim"],
  ])("a reading of %j has its key where `lower` could make another one", (user, key) => {
    const more = key === undefined ? "" : `,"userKey":${JSON.stringify(key)}`;
    expect(cleanFormat(accelerometerLanding)([user, String(date), "-1.0", "2e1", "-0"])).toBe(
      `{"user":${JSON.stringify(user)},"timestamp":${date},"x":-1.0,"y":2e1,"z":-0${more}}\n`,
    );
    expect(cleanFormat(stepTrainerLanding)([String(date), user, "1"])).toBe(
      `{"sensorReadingTime":${date},"serialNumber":${JSON.stringify(user)},"distanceFromObject":1${more.replace("user", "serialNumber")}}\n`,
    );
  });

  test("of plain bytes the same is told by their ends", () => {
    for (const [text, lowered] of [
      ["Ada b", true],
      [" a", false],
      ["a ", false],
      ["a", true],
    ] as const) {
      const bytes = latin1(`xx${text}yy`);
      expect(isLoweredAt(bytes, 2, 2 + text.length), text).toBe(lowered);
    }
  });
});

describe("a damaged snapshot", () => {
  test("with a date: each person with each serial number, at that date", () => {
    expect([...cleanDamage(damage(["p", "q"], ["s", "t"], date))]).toEqual(
      [
        ["p", "s"],
        ["p", "t"],
        ["q", "s"],
        ["q", "t"],
      ].map(
        ([email, serial]) =>
          `{"lastUpdateDate":${date},"emailKey":"${email!}","serialNumberKey":"${serial!}","damaged":true,"damage":{"email":"${email!}","serialNumber":"${serial!}"}}\n`,
      ),
    );
  });

  test("without a date: everybody and everything once or more, so that there are no more lines than names", () => {
    const many = Array.from({ length: 5000 }, (_, index) => String(index));
    const lines = [...cleanDamage(damage(["p", "q"], many, Infinity))];
    expect(lines).toHaveLength(5000);
    expect(lines.slice(0, 3)).toEqual(
      [
        ["p", "0"],
        ["q", "1"],
        ["q", "2"],
      ].map(
        ([email, serial]) =>
          `{"emailKey":"${email!}","serialNumberKey":"${serial!}","damaged":true,"damage":{"email":"${email!}","serialNumber":"${serial!}"}}\n`,
      ),
    );
    const alike = [...cleanDamage(damage(many, ["s"], Infinity))];
    expect(alike).toHaveLength(5000);
    expect(alike.filter((line) => line.includes('"serialNumberKey":"s"'))).toHaveLength(5000);
  });

  test.each<[string, Attribution, string[]]>([
    [
      "no serial number",
      damage(["p", "q"], [], date),
      ["p", "q"].map(
        (email) =>
          `{"lastUpdateDate":${date},"emailKey":"${email}","damaged":true,"damage":{"email":"${email}"}}\n`,
      ),
    ],
    [
      "no e-mail address",
      damage([], ["s"], Infinity),
      ['{"serialNumberKey":"s","damaged":true,"damage":{"serialNumber":"s"}}\n'],
    ],
    ["neither", damage([], [], Infinity), ['{"damaged":true}\n']],
    [
      "somebody, and somebody who cannot be told",
      damage(["p"], ["s"], date, true),
      [
        `{"lastUpdateDate":${date},"emailKey":"p","serialNumberKey":"s","damaged":true,"damage":{"email":"p","serialNumber":"s"}}\n`,
        `{"lastUpdateDate":${date},"serialNumberKey":"s","damaged":true,"damage":{"serialNumber":"s"}}\n`,
      ],
    ],
    ["nothing but a date", damage([], [], date), [`{"lastUpdateDate":${date},"damaged":true}\n`]],
  ])("with %s", (_, attribution, lines) => {
    expect([...cleanDamage(attribution)]).toEqual(lines);
  });

  test("whose names are not their own keys: with a spelling that has the key", () => {
    const text = '{"EMAIL":" T\u0308om ","SerialNumber":"J\u030c"}';
    const raw = attributeRecord(readJsonRecord(utf8(text)));
    const [line, ...more] = [...cleanDamage(raw)];
    expect(more).toEqual([]);
    expect(JSON.parse(line!)).toEqual({
      emailKey: "t\u0308om",
      serialNumberKey: "j\u030c",
      damaged: true,
      damage: { email: " T\u0308om ", serialNumber: "J\u030c" },
    });
    expect(attributeRecord(readJsonRecord(utf8(line!.trim())))).toEqual(raw);
  });

  test.each([
    damage(["p", "q"], ["s", "t"], date),
    damage(["p", 'q"uo\\te'], ["s", "\u0000"], Infinity),
    damage(["p"], [], date),
    damage([], ["s"], date),
    damage([], [], Infinity),
    damage(["p"], ["s", "t"], date, true),
    damage(["p"], [], Infinity, true),
  ])("is damaged to the program too, and says the same (%#)", (raw) => {
    const people = new Set<string>();
    const serials = new Set<string>();
    let isUnknown = false;
    for (const line of cleanDamage(raw)) {
      const record = readJsonRecord(utf8(line.trimEnd()));
      expect(contractFor(customerLanding)(record).damage?.reason).toBe("contract");
      const found = attributeRecord(record);
      expect(found.at).toBe(raw.at);
      isUnknown ||= found.isUnknown;
      for (const person of found.people) people.add(person);
      for (const serial of found.serials) serials.add(serial);
    }
    expect({ people, serials, isUnknown, at: raw.at }).toEqual(raw);
  });
});
