// What a join spills: rows come back whole, in order, by partition, and nothing of the file has a name.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { viewOf } from "../../src/io/out-buffer.js";
import { readSpilled, requireSpillFolder, rowHeader, SpillFile } from "../../src/io/spill-file.js";
import { utf8, withFolder } from "./support.js";

type Rows = readonly (readonly [time: number, number: number, text: string])[];

function rowsOf(file: SpillFile, partition: number): Rows {
  const rows: [number, number, string][] = [];
  for (const piece of readSpilled(file.rows(partition), "here")) {
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

  test("cannot be made where there is no folder", () => {
    expect(() => new SpillFile("/nowhere/at/all")).toThrow(StediError);
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
