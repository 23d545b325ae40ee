// Row 6 of the fault table: records nested 200,000 deep.

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytes } from "../reference/helpers.js";
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

const depth = 200_000;
const whose = `"email":"${email("ben")}","serialNumber":"${serial("ben")}"`;

const shapes: readonly (readonly [string, string, string])[] = [
  ["arrays", "[", "]"],
  ["objects", `{"a":`, "}"],
  ["arrays and objects by turns", `[{"":`, "}]"],
  ["arrays with something in them", "[1, ", "]"],
];

/** A value inside so many others. */
const nested = (open: string, close: string, levels = depth): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

describe("fault 6: nested 200,000 deep", () => {
  test.each(shapes)(
    "%s, before and behind what says whose it is: the person's no",
    async (_, open, close) => {
      const value = nested(open, close);
      await withLake(async (lake) => {
        await lake.run(andFiles());
        for (const [path, record] of [
          ["customer/landing/b.json", `{${whose},"a":${value}}`],
          ["customer/landing/b.json.gz", `{"a":${value},${whose}}`],
        ] as const) {
          const content = bytes(`${record}\n${yes("eve")}\n`);
          const outcome = await lake.run(
            andFiles([path, path.endsWith(".gz") ? gzipSync(content) : content]),
          );
          expect(setAside(outcome)).toEqual([`customer 0+${record.length + 1} too_deep`]);
          expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
        }
      });
    },
  );

  test.each(shapes)("%s that are never closed: the person's no", async (_, open) => {
    const record = `{${whose},"a":${open.repeat(depth)}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(setAside(outcome)).toEqual([`customer 0+${record.length} too_deep`]);
      expect(peopleIn(outcome)).toEqual(["ann", "cat"]);
    });
  });

  test.each(shapes)("%s in readings: set aside, all else is whole", async (_, open, close) => {
    const record = `{"user":"${email("ann")}","a":${nested(open, close)}}`;
    await withFolderLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["accelerometer/landing/b.json", record], ["step_trainer/landing/b.json", `${record}\n`]),
      );
      expect(outcome.zones).toEqual(soundZones());
      expect(setAside(outcome)).toEqual([
        `accelerometer 0+${record.length} too_deep`,
        `step_trainer 0+${record.length + 1} too_deep`,
      ]);
    });
  });

  test("brackets around the records of an array are separators, however many", async () => {
    const content = `${"[".repeat(depth)}${yes("eve")}${"]".repeat(depth)}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", content]));
      expect(outcome.quarantine).toEqual([]);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });

  test("brackets without a record are garbage where the file is no array", async () => {
    const garbage = "[".repeat(depth);
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", `${yes("eve")}\n${garbage}`]));
      expect(setAside(outcome)).toEqual([`customer ${yes("eve").length + 1}+${depth} syntax`]);
      expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(1);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });

  test("braces alone break at the second of them", async () => {
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json", `${"{".repeat(depth)}\n${yes("eve")}`]),
      );
      expect(setAside(outcome)).toEqual([`customer 0+${depth + 1} syntax`]);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });

  test("64 levels are read, the record being the first; 65 are not", async () => {
    const record = (levels: number): string =>
      yes("eve").replace("{", `{"a":${nested("[", "]", levels - 1)},`);
    await withLake(async (lake) => {
      const good = await lake.run(andFiles(["customer/landing/b.json", record(64)]));
      expect(good.quarantine).toEqual([]);
      expect(peopleIn(good)).toEqual(["ann", "ben", "cat", "eve"]);
      const bad = await lake.run(andFiles(["customer/landing/b.json", record(65)]));
      expect(setAside(bad)).toEqual([`customer 0+${record(65).length} too_deep`]);
      expect(peopleIn(bad)).toEqual(["ann", "ben", "cat"]);
    });
  });

  test("brackets in strings are no levels", async () => {
    const record = yes("eve").replace("{", `{"a":"${"[".repeat(depth)}","b":"{\\"[",`);
    await withLake(async (lake) => {
      const outcome = await lake.run(andFiles(["customer/landing/b.json", record]));
      expect(outcome.quarantine).toEqual([]);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });
});
