// What a join spills: rows come back whole, in order, by partition, and nothing of the file has a name.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { viewOf } from "../../src/transforms/words-copy.js";
import {
  readSpilled,
  requireSpillFolder,
  rowHeader,
  spilledBehind,
  spilledParts,
  type SpilledRows,
  SpillFile,
} from "../../src/io/spill-file.js";
import { utf8, withFolder } from "./support.js";

type Rows = readonly (readonly [time: number, number: number, text: string])[];

/** How many files this process has open. */
function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

function rowsOf(file: SpillFile, partition: number): Rows {
  return allRows(file.rows(partition));
}

function allRows(spilled: SpilledRows): Rows {
  const rows: [number, number, string][] = [];
  for (const piece of readSpilled(spilled, "here")) {
    for (let at = 0; at < piece.length;) {
      const to = at + rowHeader + piece.readInt32LE(at + 12);
      rows.push([
        piece.readDoubleLE(at),
        piece.readInt32LE(at + 8),
        piece.toString("utf8", at + rowHeader, to),
      ]);
      at = to;
    }
  }
  return rows;
}

describe("a spill file", () => {
  test("gives the rows of each partition back, in the order in which they came", async () => {
    await withFolder((folder) => {
      const file = new SpillFile(folder);
      const expected: [number, number, string][][] = [[], [], []];
      for (let row = 0; row < 20_000; row++) {
        const partition = row % 7 === 0 ? 2 : row % 2;
        const text = row === 5000 ? "x".repeat(200_000) : `row ${row} é`;
        const bytes = utf8(`[${text}]`);
        const time = 1_600_000_000_000 + row;
        file.append(partition, time, row % 11, bytes, viewOf(bytes), 1, bytes.length - 1);
        expected[partition]!.push([1_600_000_000_000 + row, row % 11, text]);
      }
      for (const [partition, rows] of expected.entries()) expect(rowsOf(file, partition)).toEqual(rows);
      expect(rowsOf(file, 3)).toEqual([]);
      file.close();
      return Promise.resolve();
    });
  });

  test("has no name, even while it is in use", async () => {
    await withFolder((folder) => {
      const file = new SpillFile(folder);
      const bytes = utf8("text");
      file.append(0, 1, 2, bytes, viewOf(bytes), 0, 4);
      expect(rowsOf(file, 0)).toEqual([[1, 2, "text"]]);
      expect(readdirSync(folder)).toEqual([]);
      file.close();
      return Promise.resolve();
    });
  });

  test("is written in parts, read in parts, and read on from the row behind some others", async () => {
    await withFolder((folder) => {
      const file = new SpillFile(folder);
      const expected: [number, number, string][] = [];
      for (let row = 0; row < 9000; row++) {
        const text = String(row).padEnd(row % 50, "-");
        const bytes = utf8(text);
        file.append(5, row, row % 3, bytes, viewOf(bytes), 0, bytes.length);
        expected.push([row, row % 3, text]);
      }
      const rows = file.rows(5);
      const parts = [...spilledParts(rows, 100_000)];
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.flatMap((part) => allRows(part))).toEqual(expected);
      let bytes = 0;
      for (const [index, [, , text]] of expected.entries()) {
        if (index % 997 === 0) expect(allRows(spilledBehind(rows, bytes)!)).toEqual(expected.slice(index));
        bytes += rowHeader + text.length;
      }
      expect(spilledBehind(rows, bytes)).toBeUndefined();
      file.close();
      return Promise.resolve();
    });
  });

  test.skipIf(process.platform !== "linux")(
    "gives back the room of partitions that are read no more, and of no others",
    async () => {
      await withFolder((folder) => {
        const openBefore = openFiles();
        const file = new SpillFile(folder);
        const bytes = utf8("text");
        for (let partition = 0; partition < 64; partition++) {
          file.append(partition, 1, partition, bytes, viewOf(bytes), 0, 4);
          file.rows(partition);
        }
        const files = openFiles() - openBefore;
        expect(files).toBeGreaterThan(1);
        for (let partition = 0; partition < 64; partition++) {
          file.freeBefore(partition);
          expect(rowsOf(file, partition)).toEqual([[1, partition, "text"]]);
        }
        expect(openFiles() - openBefore).toBe(1);
        file.close();
        expect(openFiles()).toBe(openBefore);
        return Promise.resolve();
      });
    },
  );

  test("cannot be written where there is no folder", () => {
    const file = new SpillFile("/nowhere/at/all");
    const bytes = utf8("text");
    file.append(0, 1, 2, bytes, viewOf(bytes), 0, 4);
    expect(() => file.rows(0)).toThrow(expect.objectContaining({ code: "STEDI_NOT_FOUND" }) as Error);
  });
});

test("the folder to spill to is looked for before anything is read", async () => {
  await withFolder(async (folder) => {
    await requireSpillFolder(folder);
    await expect(requireSpillFolder(join(folder, "none"))).rejects.toMatchObject({ code: "STEDI_NOT_FOUND" });
    writeFileSync(join(folder, "file"), "");
    await expect(requireSpillFolder(join(folder, "file"))).rejects.toMatchObject({
      code: "STEDI_NOT_A_FOLDER",
    });
  });
});
