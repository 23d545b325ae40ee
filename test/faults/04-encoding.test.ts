// Row 4 of the fault table: invalid UTF-8 and lone surrogates, wherever in a record they stand.

import { describe, expect, test } from "vitest";
import { latin1 } from "../reference/helpers.js";
import {
  andFiles,
  email,
  peopleIn,
  serial,
  setAside,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

/** What no string may hold: as bytes (written as Latin-1) or as escapes. */
const spoils: readonly (readonly [string, string])[] = [
  ["a continuation byte alone", "\x80"],
  ["a Latin-1 letter", "\xe9"],
  ["a byte that UTF-8 never has", "\xff"],
  ["an overlong slash", "\xc0\xaf"],
  ["an overlong letter in three bytes", "\xe0\x81\x81"],
  ["a character cut off after one byte", "\xc3"],
  ["a character cut off after two bytes", "\xe2\x82"],
  ["a character cut off after three bytes", "\xf0\x9f\x98"],
  ["a surrogate in bytes", "\xed\xa0\x80"],
  ["a pair of surrogates in bytes", "\xed\xa0\xbd\xed\xb8\x80"],
  ["a character beyond the last", "\xf4\x90\x80\x80"],
  ["a high surrogate alone, escaped", "\\ud800"],
  ["a low surrogate alone, escaped", "\\udc00"],
  ["a pair the wrong way round, escaped", "\\udc00\\ud83d"],
  ["a high surrogate before another character", "\\ud83d\\u0041"],
];

const date = 1_600_000_000_050;
const whose = `"email":"${email("ben")}","serialNumber":"${serial("ben")}","lastUpdateDate":${date}`;

/** A record of ben's, spoiled in one place. */
const places: readonly (readonly [string, (spoil: string) => string])[] = [
  ["a field that is read", (spoil) => `{${whose},"customerName":"A${spoil}B"}`],
  ["a field of another table", (spoil) => `{"x":"${spoil}",${whose}}`],
  ["an unknown field", (spoil) => `{${whose},"other":"${spoil}"}`],
  ["the name of an unknown field", (spoil) => `{${whose},"A${spoil}":1}`],
  ["an array", (spoil) => `{${whose},"other":[["${spoil}"]]}`],
  ["a name in an object below", (spoil) => `{"other":{"${spoil}":{}},${whose}}`],
];

describe("fault 4: invalid UTF-8 and lone surrogates", () => {
  test.each(spoils)("%s: that record is quarantined, counts as a no at its date", async (_, spoil) => {
    await withLake(async (lake) => {
      await lake.run(andFiles());
      for (const [place, recordOf] of places) {
        const record = recordOf(spoil);
        const content = latin1(`${record}\n${yes("eve")}\n`);
        const outcome = await lake.run(andFiles(["customer/landing/b.json", content]));
        expect(setAside(outcome), place).toEqual([`customer 0+${record.length} encoding`]);
        expect(peopleIn(outcome), place).toEqual(["ann", "cat", "eve"]);
      }
      // A later yes undoes it, since its date is known.
      const content = latin1(`${places[0]![1](spoil)}\n${yes("ben", 60)}\n`);
      const later = await lake.run(andFiles(["customer/landing/b.json", content]));
      expect(later.zones.customer_trusted!.some((row) => row.includes(email("ben")))).toBe(true);
    });
  });

  test.each(spoils)("%s in an e-mail address: whose word it was cannot be told", async (_, spoil) => {
    const record = `{"email":"${spoil}${email("ben")}","serialNumber":"${serial("ben")}","lastUpdateDate":${date}}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", latin1(record)]));
      expect(setAside(outcome)).toEqual([`customer 0+${record.length} encoding`]);
      expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(1);
      // The serial number has an unknown owner now.
      const steps = outcome.zones.step_trainer_trusted!;
      expect(steps.some((row) => row.includes(serial("ben")))).toBe(false);
      expect(steps.some((row) => row.includes(serial("ann")))).toBe(true);
    });
  });

  test.each(spoils)("%s in readings: they are quarantined, all else is whole", async (_, spoil) => {
    const motion = `{"user":"${email("ann")}${spoil}","timestamp":${date},"x":1,"y":1,"z":1}`;
    const strange = `{"user":"${email("ann")}","timestamp":${date},"x":1,"y":1,"z":1,"${spoil}":null}`;
    const step = `{"sensorReadingTime":${date},"serialNumber":"${serial("ann")}${spoil}","distanceFromObject":1}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(
          ["accelerometer/landing/b.json", latin1(motion + strange)],
          ["step_trainer/landing/b.json", latin1(`[${step}]`)],
        ),
      );
      expect(outcome.zones).toEqual(soundZones());
      expect(setAside(outcome)).toEqual([
        `accelerometer 0+${motion.length} encoding`,
        `accelerometer ${motion.length}+${strange.length} encoding`,
        `step_trainer 1+${step.length} encoding`,
      ]);
    });
  });

  test("UTF-16 instead of UTF-8 is garbage, and refused where the customers are nothing else", async () => {
    await withFolderLake(async (lake) => {
      await lake.run(andFiles());
      const wide = Buffer.from(`\ufeff${yes("eve")}\n`, "utf16le");
      const outcome = await lake.run(andFiles(["customer/landing/b.json", wide]));
      expect(outcome.zones).toEqual(soundZones());
      expect(outcome.quarantine.length).toBeGreaterThan(0);
      expect(await lake.refusal(andFiles(["customer/landing/a.json", wide]))).toBe("STEDI_NO_CUSTOMERS");
    });
  });

  test("characters of every length, and pairs of surrogates, are no fault", async () => {
    const record = yes("eve").replace("{", '{"customerName":"\u00e9\u20ac\u{1f600}\\ud83d\\ude00\\u0000",');
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(outcome.quarantine).toEqual([]);
      expect(outcome.zones.customer_trusted!.at(-1)).toContain('"\u00e9\u20ac\u{1f600}\u{1f600}\\u0000"');
    });
  });
});
