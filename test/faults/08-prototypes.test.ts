// Row 8 of the fault table: names that mean something to JavaScript, as fields, values and files.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acceleration, at, snapshot, step } from "../reference/helpers.js";
import {
  andFiles,
  email,
  lines,
  peopleIn,
  serial,
  setAside,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "toJSON",
  "then",
  "length",
  "__defineGetter__",
] as const;

/** What any object has by itself. */
const natures = [Object, Array, Function, String, Number, Map, Set, Uint8Array, Promise, Error].map(
  (type) => type.prototype as object,
);
const properties = (): readonly (readonly PropertyKey[])[] =>
  natures.map((nature) => Reflect.ownKeys(nature));
const methods = (): readonly unknown[] => [
  Object.getPrototypeOf({}),
  Reflect.get({}, "constructor"),
  Reflect.get({}, "toString"),
  Reflect.get([], "length"),
];

let before: readonly unknown[];
beforeEach(() => {
  before = [properties(), methods()];
});
afterEach(() => {
  expect([properties(), methods()], "a prototype was touched").toEqual(before);
  expect(Reflect.get({}, "email")).toBeUndefined();
  expect(Reflect.get({}, "shareWithResearchAsOfDate")).toBeUndefined();
});

/** Fields that the table knows, as what an object of that name would bring in. */
const poison = `{"email":"${email("cat")}","shareWithResearchAsOfDate":${at(1)},"x":1}`;

const values: readonly (readonly [string, string])[] = [
  ["an object of known fields", poison],
  ["an object of the same name", `{"__proto__":${poison},"constructor":{"prototype":${poison}}}`],
  ["an array", `[${poison}]`],
  ["null", "null"],
  ["a number", "1"],
  ["a string", `"toString"`],
];

describe.each(names)("fault 8: %s as a field name", (name) => {
  test.each(values)("with %s: dropped as unknown, the record is read", async (_, value) => {
    const field = `"${name}":${value}`;
    const records = [yes("eve"), acceleration(email("eve"), 100), step(serial("eve"), 100)] as const;
    await withLake(async (lake) => {
      const expected = await lake.run(
        andFiles(
          ["customer/landing/b.json", records[0]],
          ["accelerometer/landing/b.json", records[1]],
          ["step_trainer/landing/b.json", records[2]],
        ),
      );
      for (const spoil of [
        (record: string) => record.replace("{", `{${field},`),
        (record: string) => record.replace(/\}$/, `,${field}}`),
      ]) {
        const outcome = await lake.run(
          andFiles(
            ["customer/landing/b.json", spoil(records[0])],
            ["accelerometer/landing/b.json", spoil(records[1])],
            ["step_trainer/landing/b.json", spoil(records[2])],
          ),
        );
        expect(outcome.zones).toEqual(expected.zones);
        expect(outcome.quarantine).toEqual([]);
        expect(warned(outcome, "STEDI_W_FIELDS_DROPPED")).toBe(1);
        for (const { droppedFields } of Object.values(outcome.commit.landing).map(({ books }) => books))
          expect(droppedFields).toBe(1);
      }
    });
  });

  test("in place of a field that must be there: nothing is inherited, the record is damaged", async () => {
    const record = `{"${name}":{"email":"${email("eve")}"},"serialNumber":"${serial("eve")}","lastUpdateDate":${at(1)}}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(setAside(outcome)).toEqual([`customer 0+${record.length} contract`]);
      expect(outcome.quarantine[0]).toMatchObject({ field: "email", hint: "renamed" });
      expect(outcome.zones).toEqual(soundZones());
      // The address in it is found, so the snapshot is somebody's.
      expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(0);
    });
  });

  test("escaped, or twice: unknown all the same", async () => {
    const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}`;
    await withLake(async (lake) => {
      const record = yes("eve").replace("{", `{"${escaped}":${poison},"${name}":1,"${name}":2,`);
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(outcome.quarantine).toEqual([]);
      expect(warned(outcome, "STEDI_W_FIELDS_DROPPED")).toBe(3);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });

  test("as an e-mail address and a serial number: a person and a device like others", async () => {
    await withLake(async (lake) => {
      for (const consent of ["latest", "as-of", "any"] as const) {
        for (const pair of ["person", "timestamp"] as const) {
          const outcome = await lake.run(
            andFiles(
              ["customer/landing/b.json", lines([snapshot(name, name, 1, 1)])],
              [
                "accelerometer/landing/b.json",
                lines([acceleration(name, 500), acceleration("toLocaleString", 500)]),
              ],
              ["step_trainer/landing/b.json", lines([step(name, 500), step("toLocaleString", 500)])],
            ),
            { consent, pair },
          );
          expect(outcome.zones.accelerometer_trusted!.at(-1)).toBe(acceleration(name, 500));
          expect(outcome.zones.step_trainer_trusted!.at(-1)).toBe(step(name, 500));
          expect(outcome.zones.machine_learning_curated!.at(-1)).toContain(`"serialNumber":"${name}"`);
        }
      }
    });
  });
});

test("fault 8: as the names of files and folders", async () => {
  await withFolderLake(async (lake) => {
    const outcome = await lake.run(
      andFiles(
        ["customer/landing/constructor.json", yes("eve")],
        ["accelerometer/landing/constructor/prototype/toString.json", acceleration(email("eve"), 100)],
        // A name that starts with `_` is invisible.
        ["customer/landing/__proto__.json", snapshot("unseen@person.example", "SERIAL-unseen", 1, 1)],
      ),
    );
    expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    expect(Object.values(outcome.zones).flat().join("\n")).not.toContain("unseen");
  });
});
