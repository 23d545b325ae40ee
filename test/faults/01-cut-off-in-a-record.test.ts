// Row 1 of the fault table: a record that is cut off, at any byte of it, at the end of a file or in the middle.

import { describe, expect, test } from "vitest";
import { acceleration, step } from "../reference/helpers.js";
import {
  andFiles,
  email,
  type Files,
  no,
  peopleIn,
  serial,
  setAside,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

const everyByteOf = (record: string): readonly number[] =>
  Array.from({ length: record.length - 1 }, (_, index) => index + 1);

/** From how many bytes on a whole e-mail address can be read in a cut-off record. */
const readableFrom = (record: string, name: string): number =>
  record.indexOf(`"${email(name)}"`) + email(name).length + 2;

describe("fault 1: file cut off in a record", () => {
  test("a withdrawal: it counts as soon as it says whose it is", async () => {
    const first = `${yes("cat", 5)}\n`;
    const last = no("ben");
    await withLake(async (lake) => {
      await lake.run(andFiles());
      for (const cut of everyByteOf(last)) {
        const outcome = await lake.run(andFiles(["customer/landing/b.json", first + last.slice(0, cut)]));
        const readable = cut >= readableFrom(last, "ben");
        expect(setAside(outcome), `cut at ${cut}`).toEqual([`customer ${first.length}+${cut} truncated`]);
        expect(peopleIn(outcome), `cut at ${cut}`).toEqual(readable ? ["ann", "cat"] : ["ann", "ben", "cat"]);
        expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(readable ? 0 : 1);
      }
    });
  });

  test("a withdrawal that names the serial number first: nobody gets its readings", async () => {
    const last = `{"serialNumber":"${serial("ben")}","lastUpdateDate":1600000000050,"email":"${email("ben")}"}`;
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json", last.slice(0, last.indexOf(`"email"`))]),
      );
      const { customer_trusted: customers, step_trainer_trusted: steps } = outcome.zones;
      expect(customers!.some((row) => row.includes(email("ben")))).toBe(true);
      expect(steps!.some((row) => row.includes(serial("ben")))).toBe(false);
      expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(1);
    });
  });

  test.each([
    ["accelerometer", acceleration(email("ann"), 104)],
    ["step_trainer", step(serial("ann"), 104)],
  ])("a reading of %s: whole but for it", async (table, last) => {
    await withLake(async (lake) => {
      await lake.run(andFiles());
      for (const cut of everyByteOf(last)) {
        const outcome = await lake.run(andFiles([`${table}/landing/b.json`, last.slice(0, cut)]));
        expect(outcome.zones, `cut at ${cut}`).toEqual(soundZones());
        expect(setAside(outcome), `cut at ${cut}`).toEqual([`${table} 0+${cut} truncated`]);
      }
    });
  });

  test("a record over several lines is skipped to the end of its first line, and the rest of it line by line", async () => {
    const pretty = JSON.stringify(JSON.parse(no("ben")), null, 2);
    await withLake(async (lake) => {
      for (const cut of everyByteOf(pretty)) {
        const outcome = await lake.run(andFiles(["customer/landing/b.json", pretty.slice(0, cut)]));
        const readable = cut >= readableFrom(pretty, "ben");
        expect(peopleIn(outcome), `cut at ${cut}`).toEqual(readable ? ["ann", "cat"] : ["ann", "ben", "cat"]);
        expect(setAside(outcome), `cut at ${cut}`).toHaveLength(1);
      }
    });
  });

  test("in a folder on disk, too", async () => {
    const last = no("ben").slice(0, -1);
    await withFolderLake(async (lake) => {
      await lake.run(andFiles());
      const outcome = await lake.run(andFiles(["customer/landing/b.json", last]));
      expect(setAside(outcome)).toEqual([`customer 0+${last.length} truncated`]);
      expect(peopleIn(outcome)).toEqual(["ann", "cat"]);
    });
  });

  test("every policy and pairing", async () => {
    const last = no("ben").slice(0, -1);
    for (const consent of ["latest", "as-of", "any"] as const) {
      for (const pair of ["person", "timestamp"] as const) {
        await withLake(async (lake) => {
          const outcome = await lake.run(andFiles(["customer/landing/b.json", last]), { consent, pair });
          expect(peopleIn(outcome)).toEqual(consent === "any" ? ["ann", "ben", "cat"] : ["ann", "cat"]);
        });
      }
    }
  });
});

describe("fault 1: record cut off back to back with the next person's withdrawal", () => {
  const cutOff = yes("cat", 5);
  const withdrawal = no("ben");
  const next = yes("eve");

  const expectBothGone = async (fileOf: (cut: number) => string, nextIsRead = true): Promise<void> => {
    await withLake(async (lake) => {
      for (const cut of everyByteOf(cutOff)) {
        const files: Files = andFiles(["customer/landing/b.json", fileOf(cut)]);
        const outcome = await lake.run(files);
        const catToo = cut >= readableFrom(cutOff, "cat");
        expect(peopleIn(outcome), `cut at ${cut}`).toEqual([
          "ann",
          ...(catToo ? [] : ["cat"]),
          ...(nextIsRead ? ["eve"] : []),
        ]);
        expect(outcome.quarantine, `cut at ${cut}`).toHaveLength(1);
        expect(outcome.quarantine[0]!.offset).toBe(0);
      }
    });
  };

  test("the swallowed withdrawal counts, the record on the next line is read", () =>
    expectBothGone((cut) => `${cutOff.slice(0, cut)}${withdrawal}\n${next}\n`));

  test("the swallowed withdrawal counts, the record back to back with it is read", () =>
    expectBothGone((cut) => `${cutOff.slice(0, cut)}${withdrawal}${next}`));

  test("the swallowed withdrawal counts where the file ends with it", () =>
    expectBothGone((cut) => cutOff.slice(0, cut) + withdrawal, false));

  test("a line cut off after a comma does not take the next line with it", async () => {
    const line = cutOff.slice(0, cutOff.indexOf(",") + 1);
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json", `${line}\n${withdrawal}\n${next}\n`]),
      );
      expect(setAside(outcome)).toEqual([`customer 0+${line.length + 1} syntax`]);
      expect(peopleIn(outcome)).toEqual(["ann", "eve"]);
    });
  });
});
