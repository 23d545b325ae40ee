// Row 9 of the fault table: numbers that JavaScript cannot hold, or would write in another way.

import { describe, expect, test } from "vitest";
import { at } from "../reference/helpers.js";
import {
  andFiles,
  email,
  type Outcome,
  peopleIn,
  serial,
  setAside,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

/** Numbers that must come out with the digits they came with. */
const exact = [
  "9007199254740993",
  "-9007199254740993",
  "18446744073709551617",
  "123456789012345678901234567890",
  `1${"0".repeat(299)}`,
  `1${"0".repeat(308)}`,
  "-0",
  "-0.0",
  "0.0",
  "0e0",
  "1E2",
  "1e+2",
  "1e-2",
  "1.50",
  "100.000",
  "1e308",
  "1.7976931348623157e308",
  "1.7976931348623158e308",
  "5e-324",
  "1e-400",
  "-1e-400",
  "0e400",
  "0.1000000000000000055511151231257827021181583404541015625",
  `0.${"0".repeat(400)}1`,
] as const;

/** Numbers that are not finite as a double. */
const infinite = [
  "1e400",
  "-1e400",
  "1E+309",
  "1.7976931348623159e308",
  `1${"0".repeat(309)}`,
  `-${"9".repeat(400)}`,
  "1e99999999999999999999",
] as const;

/** What is no number of JSON at all. */
const broken = [
  "01",
  "-01",
  "+1",
  ".5",
  "1.",
  "-",
  "1e",
  "1e+",
  "0x10",
  "NaN",
  "Infinity",
  "-Infinity",
  "1_000",
];

/** Ann's reading, with one number in every place; a step that pairs with it. */
const withNumber = (literal: string): ReturnType<typeof andFiles> =>
  andFiles(
    [
      "accelerometer/landing/b.json",
      `{"user":"${email("ann")}","timestamp":${at(500)},"x":${literal},"y":${literal},"z":${literal}}`,
    ],
    [
      "step_trainer/landing/b.json",
      `{"sensorReadingTime":${at(500)},"serialNumber":"${serial("ann")}","distanceFromObject":${literal}}`,
    ],
  );

describe("fault 9: numbers of readings", () => {
  test("exact digits, through every zone", async () => {
    await withLake(async (lake) => {
      for (const literal of exact) {
        const { zones, quarantine } = await lake.run(withNumber(literal));
        expect(quarantine, literal).toEqual([]);
        expect(zones.accelerometer_trusted!.at(-1)).toBe(
          `{"user":"${email("ann")}","timestamp":${at(500)},"x":${literal},"y":${literal},"z":${literal}}`,
        );
        expect(zones.step_trainer_trusted!.at(-1)).toContain(`"distanceFromObject":${literal}}`);
        expect(zones.machine_learning_curated!.filter((row) => row.includes(String(at(500))))).toEqual([
          `{"sensorReadingTime":${at(500)},"serialNumber":"${serial("ann")}","distanceFromObject":${literal},"x":${literal},"y":${literal},"z":${literal}}`,
        ]);
      }
    });
  });

  test("all of them in one file, after each other: none takes the shape of the one before", async () => {
    const records = exact.map(
      (literal) => `{"user":"${email("ann")}","timestamp":${at(500)},"x":${literal},"y":1,"z":${literal}}`,
    );
    await withFolderLake(async (lake) => {
      const { zones } = await lake.run(andFiles(["accelerometer/landing/b.json", records.join("\n")]));
      expect(zones.accelerometer_trusted!.slice(-records.length)).toEqual(records);
    });
  });

  test("not finite as a double: contract", async () => {
    await withLake(async (lake) => {
      for (const literal of infinite) {
        const outcome = await lake.run(withNumber(literal));
        expect(outcome.zones, literal).toEqual(soundZones());
        expect(
          outcome.quarantine.map(({ reason, field, hint }) => [reason, field, hint]),
          literal,
        ).toEqual([
          ["contract", "x", "range"],
          ["contract", "distanceFromObject", "range"],
        ]);
      }
    });
  });

  test("no number of JSON: syntax", async () => {
    await withLake(async (lake) => {
      for (const literal of broken) {
        const outcome = await lake.run(withNumber(literal));
        expect(outcome.zones, literal).toEqual(soundZones());
        expect(
          outcome.quarantine.map(({ reason }) => reason),
          literal,
        ).toEqual(["syntax", "syntax"]);
      }
    });
  });

  test("a number in quotation marks: contract", async () => {
    await withLake(async (lake) => {
      const outcome = await lake.run(withNumber('"1"'));
      expect(outcome.quarantine.map(({ reason, hint }) => [reason, hint])).toEqual([
        ["contract", "type"],
        ["contract", "type"],
      ]);
    });
  });
});

describe("fault 9: times", () => {
  const fit = ["1000000000000", "9999999999999", "1600000000001"];
  const unfit: readonly (readonly [string, string])[] = [
    ["999999999999", "range"],
    ["10000000000000", "range"],
    ["9007199254740993", "microseconds"],
    ["1600000000", "seconds"],
    ["1.6e12", "range"],
    ["16E11", "range"],
    ["1E12", "range"],
    ["1600000000001.0", "range"],
    ["-1600000000001", "range"],
    ["-0", "range"],
    ["0", "range"],
    ["1e400", "range"],
    ["123456789012345678901234567890", "range"],
  ];

  test("of 13 digits: as they came", async () => {
    await withLake(async (lake) => {
      for (const time of fit) {
        const step = `{"sensorReadingTime":${time},"serialNumber":"${serial("ann")}","distanceFromObject":1}`;
        const outcome = await lake.run(andFiles(["step_trainer/landing/b.json", step]));
        expect(outcome.zones.step_trainer_trusted!.at(-1)).toBe(step);
      }
    });
  });

  test("of any other form, though the same number: contract", async () => {
    await withLake(async (lake) => {
      for (const [time, hint] of unfit) {
        const outcome = await lake.run(
          andFiles(
            [
              "accelerometer/landing/b.json",
              `{"user":"${email("ann")}","timestamp":${time},"x":1,"y":1,"z":1}`,
            ],
            [
              "step_trainer/landing/b.json",
              `{"sensorReadingTime":${time},"serialNumber":"${serial("ann")}","distanceFromObject":1}`,
            ],
          ),
        );
        expect(outcome.zones, time).toEqual(soundZones());
        expect(
          outcome.quarantine.map(({ reason, field, hint: found }) => [reason, field, found]),
          time,
        ).toEqual([
          ["contract", "timestamp", hint],
          ["contract", "sensorReadingTime", hint],
        ]);
      }
    });
  });

  const ben = (updated: string, share: string): string =>
    `{"email":"${email("ben")}","serialNumber":"${serial("ben")}","lastUpdateDate":${updated},"shareWithResearchAsOfDate":${share}}`;
  const benIsIn = (outcome: Outcome): boolean => peopleIn(outcome).includes("ben");

  test("of a record of consent, of any other form: a no that no later word undoes", async () => {
    await withLake(async (lake) => {
      for (const [time] of unfit) {
        const record = ben(time, String(at(1)));
        const outcome = await lake.run(
          andFiles(["customer/landing/b.json", `${record}\n${yes("ben", 900)}`]),
        );
        expect(setAside(outcome), time).toEqual([`customer 0+${record.length} contract`]);
        expect(benIsIn(outcome), time).toBe(false);
      }
    });
  });

  test("consent dates that are exactly zero are blank: a good no", async () => {
    await withLake(async (lake) => {
      for (const zero of ["0", "-0", "0.0", "-0.00", "0e0", "0E400", "-0.0e-5", "0e99999999999999999999"]) {
        const outcome = await lake.run(andFiles(["customer/landing/b.json", ben(String(at(60)), zero)]));
        expect(outcome.quarantine, zero).toEqual([]);
        expect(benIsIn(outcome), zero).toBe(false);
      }
    });
  });

  test("consent dates that a double would take for zero, or for a time, are neither: contract", async () => {
    await withLake(async (lake) => {
      for (const date of [
        "1e-400",
        "-1e-400",
        "0.00000001",
        `0.${"0".repeat(400)}1`,
        ...unfit.map(([time]) => time),
      ]) {
        if (/^-?0$/.test(date)) continue;
        const record = ben(String(at(60)), date);
        const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
        expect(setAside(outcome), date).toEqual([`customer 0+${record.length} contract`]);
        expect(benIsIn(outcome), date).toBe(false);
        expect(warned(outcome, "STEDI_W_CONTRACT"), date).toBe(1);
      }
    });
  });

  test("numbers in fields that nobody knows may be anything that JSON has", async () => {
    await withLake(async (lake) => {
      for (const literal of [...exact, ...infinite]) {
        const record = yes("eve").replace("{", `{"note":${literal},`);
        const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
        expect(outcome.quarantine, literal).toEqual([]);
        expect(peopleIn(outcome), literal).toEqual(["ann", "ben", "cat", "eve"]);
      }
    });
  });
});
