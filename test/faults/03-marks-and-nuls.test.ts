// Row 3 of the fault table: byte-order marks, CRLF, and NUL bytes between records.

import { describe, expect, test } from "vitest";
import { bytes } from "../reference/helpers.js";
import {
  andFiles,
  type Files,
  no,
  peopleIn,
  setAside,
  soundLake,
  soundZones,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

const mark = "\ufeff";

/** The sound lake, every file of it changed in the same way. */
const everyFile = (change: (text: string) => string): Files =>
  new Map([...soundLake].map(([path, content]) => [path, bytes(change(Buffer.from(content).toString()))]));

describe("fault 3: byte-order mark and CRLF", () => {
  test.each([
    ["a mark at the start of every file", (text: string) => mark + text],
    ["CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
    ["CR alone", (text: string) => text.replaceAll("\n", "\r")],
    ["a mark and CRLF", (text: string) => mark + text.replaceAll("\n", "\r\n")],
    ["a mark and no newline anywhere", (text: string) => mark + text.replaceAll("\n", "")],
    ["a mark before an array", (text: string) => `${mark}[${text.trimEnd().replaceAll("\n", ",\r\n")}]`],
  ])("%s: whole, and nothing of it in a zone", async (_, change) => {
    await withLake(async (lake) => {
      const outcome = await lake.run(everyFile(change));
      expect(outcome.zones).toEqual(soundZones());
      expect(outcome.quarantine).toEqual([]);
    });
  });

  test("a mark in two halves of a file that were put together is garbage, the record after it is read", async () => {
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json", `${mark}${yes("eve")}\n${mark}${no("ben")}\n`]),
      );
      expect(setAside(outcome)).toEqual([`customer ${yes("eve").length + 4}+3 syntax`]);
      expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
    });
  });

  test("half a mark is garbage, and the record after it is read", async () => {
    const half = Buffer.from(mark).subarray(0, 2);
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json", Buffer.concat([half, bytes(yes("eve"))])]),
      );
      expect(setAside(outcome)).toEqual(["customer 0+2 syntax"]);
      expect(peopleIn(outcome)).toEqual(["ann", "ben", "cat", "eve"]);
    });
  });
});

describe("fault 3: NUL bytes between records", () => {
  const first = yes("eve");
  const second = no("ben");

  test.each([
    ["on the line of the record after them", `${first}\n`, 5, second],
    ["directly behind a record, before a newline", first, 5, `\n${second}\n`],
    ["with no newline anywhere", first, 5, second],
    ["at the start of the file", "", 4096, `${first}\n${second}`],
    ["at the end of the file", `${first}\n${second}\n`, 4096, ""],
    ["a page of them between two lines", `${first}\n`, 4096, `\n${second}\n`],
    ["one", `${first}\n`, 1, second],
  ])("%s: set aside as syntax, the record after them is read", async (_, before, count, after) => {
    await withLake(async (lake) => {
      await lake.run(andFiles());
      const content = before + "\0".repeat(count) + after;
      const outcome = await lake.run(andFiles(["customer/landing/b.json", content]));
      const [entry] = outcome.quarantine;
      expect(outcome.quarantine).toHaveLength(1);
      expect(entry).toMatchObject({ offset: before.length, reason: "syntax" });
      expect(entry!.length).toBe(count + (after.startsWith("\n") ? 1 : 0));
      expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
    });
  });

  test("between the records of every table: the zones come out as without them", async () => {
    await withLake(async (lake) => {
      const outcome = await lake.run(everyFile((text) => text.replaceAll("\n", "\n\0\0\0")));
      expect(outcome.zones).toEqual(soundZones());
      expect(new Set(outcome.quarantine.map(({ reason }) => reason))).toEqual(new Set(["syntax"]));
    });
  });

  test("inside a record they break it, and it counts against sharing", async () => {
    await withLake(async (lake) => {
      const record = second.replace(",", ",\0");
      const outcome = await lake.run(andFiles(["customer/landing/b.json", `${record}\n${first}\n`]));
      expect(setAside(outcome)).toEqual([`customer 0+${record.length + 1} syntax`]);
      expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
    });
  });

  test("a file of nothing but them, where a crash lost its data: whole, one entry", async () => {
    await withFolderLake(async (lake) => {
      const outcome = await lake.run(andFiles(["step_trainer/landing/b.json", "\0".repeat(100_000)]));
      expect(outcome.zones).toEqual(soundZones());
      expect(setAside(outcome)).toEqual(["step_trainer 0+100000 syntax"]);
    });
  });
});
