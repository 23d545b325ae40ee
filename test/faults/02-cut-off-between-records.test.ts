// Row 2 of the fault table: a file that ends between two records, is empty, or holds nothing but white space.

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { acceleration, bytes, step } from "../reference/helpers.js";
import {
  andFiles,
  email,
  lines,
  no,
  peopleIn,
  serial,
  setAside,
  soundLake,
  soundZones,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

/** More people than stand in the sound lake: one after the other is lost to the cut. */
const names = ["eve", "fay", "gus"] as const;

/** What stands before, between and after the records of a file. */
const framings: readonly (readonly [string, string, string, string])[] = [
  ["one a line", "", "\n", "\n"],
  ["one a line, CRLF", "", "\r\n", "\r\n"],
  ["back to back", "", "", ""],
  ["an array", "[", ",", "]"],
  ["an array over several lines", "[\n  ", ",\n  ", "\n]\n"],
  ["blank lines between", "\n\n", "\n \t\r\n", "\n\n"],
];

describe("fault 2: file cut off between records", () => {
  test.each(framings)(
    "%s: every record before the cut counts, nothing is damaged",
    async (_, start, gap, end) => {
      const records = names.map((name) => yes(name));
      const whole = start + records.join(gap) + end;
      const spans = records.map(
        (record) => [whole.indexOf(record), whole.indexOf(record) + record.length] as const,
      );
      const spaces = Array.from({ length: whole.length + 1 }, (_, cut) => cut).filter((cut) =>
        spans.every(([from, to]) => cut <= from || cut >= to),
      );
      expect(spaces.length).toBeGreaterThanOrEqual(names.length + 1);
      await withLake(async (lake) => {
        await lake.run(andFiles());
        for (const cut of spaces) {
          const outcome = await lake.run(andFiles(["customer/landing/b.json", whole.slice(0, cut)]));
          const left = names.filter((name) => whole.slice(0, cut).includes(yes(name)));
          expect(setAside(outcome), `cut at ${cut}`).toEqual([]);
          const rows = outcome.zones.customer_trusted!.filter((row) =>
            names.some((name) => row.includes(email(name))),
          );
          expect(rows, `cut at ${cut}`).toHaveLength(left.length);
        }
      });
    },
  );

  test("in a folder on disk, too", async () => {
    await withFolderLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(
          ["customer/landing/b.json", yes("eve")],
          ["customer/landing/c.json", ""],
          ["step_trainer/landing/b.json", " \n\t\r\n"],
        ),
      );
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
      expect(outcome.quarantine).toEqual([]);
    });
  });
});

describe("fault 2: file with nothing in it", () => {
  const nothings: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["a newline", "\n"],
    ["white space of every kind", " \t\r\n \n\n\t"],
    ["spaces over several chunks", " ".repeat(300 * 1024)],
    ["a byte-order mark", "\ufeff"],
    ["a byte-order mark and white space", "\ufeff \n"],
    ["an empty array", "[]"],
    ["an empty array over two lines", "[\n]\n"],
  ];

  test.each(nothings)("%s: whole", async (_, content) => {
    await withLake(async (lake) => {
      for (const table of ["customer", "accelerometer", "step_trainer"]) {
        for (const place of ["0", "a/b/c", "z"]) {
          for (const packed of [false, true]) {
            const path = `${table}/landing/${place}.json${packed ? ".gz" : ""}`;
            const outcome = await lake.run(andFiles([path, packed ? gzipSync(bytes(content)) : content]));
            expect(outcome.zones, path).toEqual(soundZones());
            expect(outcome.quarantine, path).toEqual([]);
          }
        }
      }
    });
  });

  test.each(nothings)("%s, as all there is of the readings: empty zones", async (_, content) => {
    await withLake(async (lake) => {
      for (const table of ["accelerometer", "step_trainer"]) {
        const outcome = await lake.run(andFiles([`${table}/landing/a.json`, content]));
        expect(outcome.zones[`${table}_trusted`]).toEqual([]);
        expect(outcome.zones.machine_learning_curated).toEqual([]);
        expect(outcome.zones.customer_trusted).toEqual(soundZones().customer_trusted);
      }
    });
  });

  test.each(nothings)(
    "%s, as all there is of the customers: refused, what was committed stays",
    async (_, content) => {
      await withLake(async (lake) => {
        await lake.run(soundLake);
        expect(await lake.refusal(andFiles(["customer/landing/a.json", content]))).toBe("STEDI_NO_CUSTOMERS");
        expect((await lake.run(soundLake)).zones).toEqual(soundZones());
      });
    },
  );

  test("files of nothing among many files change nothing", async () => {
    await withLake(async (lake) => {
      const more = [
        ["customer/landing/b.json", lines([yes("eve"), no("ben")])],
        ["accelerometer/landing/b.json", lines([acceleration(email("eve"), 100)])],
        ["step_trainer/landing/b.json", lines([step(serial("eve"), 100)])],
      ] as const;
      const expected = (await lake.run(andFiles(...more))).zones;
      const empty = Array.from({ length: 40 }, (_, index) => [
        `${["customer", "accelerometer", "step_trainer"][index % 3]}/landing/${index % 2 === 0 ? "0" : "b"}${index}.json`,
        index % 4 === 0 ? "" : "\n".repeat(index),
      ]) as (readonly [string, string])[];
      expect((await lake.run(andFiles(...more, ...empty))).zones).toEqual(expected);
    });
  });
});
