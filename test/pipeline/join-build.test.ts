// The build side of a join that memory does not hold: whatever stands where when it is complete, no row is lost, and
// each partition has its rows in the order in which they came.

import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { viewOf } from "../../src/io/out-buffer.js";
import { readSpilled, rowHeader } from "../../src/io/spill-file.js";
import { JoinBuild, partitionOf, spillPartitions } from "../../src/pipeline/lookups.js";
import { KeyTable } from "../../src/transforms/key-table.js";
import { framed, utf8 } from "../io/support.js";

/** More than a table takes that has its first rows, less than one whose segments need a second piece of memory. */
const budget = 6 * 1024 * 1024;
const segmentsBelow = 65_536;

const fields = { time: 0, person: 1, take: [] };

function spilledRows(build: JoinBuild): string[][] {
  return Array.from({ length: spillPartitions }, (_, partition) => {
    const rows: string[] = [];
    for (const piece of readSpilled(build.spill!.rows(partition), "")) {
      for (let at = 0; at < piece.length;) {
        const from = at + rowHeader;
        const to = from + piece.readInt32LE(at + 12);
        for (let text = from; text < to; text += piece[text]!) {
          rows.push(
            `${piece.readDoubleLE(at)} ${piece.readInt32LE(at + 8)} ${piece.toString("latin1", text + 1, text + piece[text]!)}`,
          );
        }
        at = to;
      }
    }
    return rows;
  });
}

/** Adds rows of two people, one or more of an instant, by either way. @returns what is to stand in each partition */
function filled(build: JoinBuild, count: number, alike: number): string[][] {
  const expected = Array.from({ length: spillPartitions }, (): string[] => []);
  for (let row = 0; row < count; row++) {
    const time = 1_655_564_444_103 + Math.floor(row / alike);
    const person = time % 3 === 0 ? 1 : row % 2;
    const text = utf8(String(row));
    expected[partitionOf(time)]!.push(`${time} ${person} ${row}`);
    if (row % 5 > 0) build.add(time, person, text);
    else {
      const bytes = framed(text);
      build.addRows(time, person, bytes, viewOf(bytes), 0, bytes.length);
    }
    if (build.table.bytes > 1.25 * budget) throw new Error(`holds too much with row ${row}`);
  }
  return expected;
}

test.each([
  ["none of which is moved before the last has come", 1, 1, true],
  ["some of which are moved before the last has come", 4000, 1, true],
  ["all of which are moved before the last has come", 12_000, 1, false],
  ["two of an instant each", 70_000, 2, false],
] as const)("rows %s stand in the file in the order in which they came", (_, beyond, alike, isLeft) => {
  const build = new JoinBuild(fields, KeyTable.empty([1, 2]), { budget, folder: tmpdir() });
  try {
    const expected = filled(build, segmentsBelow + beyond, alike);
    expect([...build.complete(false)].length > 0).toBe(isLeft);
    expect(spilledRows(build)).toEqual(expected);
  } finally {
    build.close();
  }
});

test("rows that memory holds can be probed once they are complete, which takes them in parts", () => {
  const build = new JoinBuild(fields, KeyTable.empty([1, 2]), { budget: Infinity, folder: "" });
  filled(build, 3000, 1);
  expect([...build.complete(true)]).toHaveLength(2);
  expect(build.spill).toBeUndefined();
  const found: number[] = [];
  build.table.probe(1_655_564_444_103, found);
  expect(found).toHaveLength(1);
  build.close();
});

test("a person has one number, by their key or by that of a table, and nobody else has it", () => {
  const people = KeyTable.empty([1, 2]);
  for (const key of ["ada", "ben"]) people.add(key);
  const copy = people.copy();
  copy.add("eve");
  const another = KeyTable.empty([3, 4]);
  for (const key of ["eve", "ben"]) another.add(key);
  const build = new JoinBuild(fields, people, { budget: Infinity, folder: "" });
  const [ada, ben, eve, zoe] = ["ada", "ben", "eve", "zoe"].map((key) => build.numberOf(key));
  expect(new Set([ada, ben, eve, zoe]).size).toBe(4);
  expect([ada, ben]).toEqual([0, 1]);
  expect([0, 1, 2].map((number) => build.numberAt(copy, number))).toEqual([ada, ben, eve]);
  expect([0, 1].map((number) => build.numberAt(people, number))).toEqual([ada, ben]);
  expect([0, 1].map((number) => build.numberAt(another, number))).toEqual([eve, ben]);
  expect(build.peopleOf(["zoe", "ada"]).list).toEqual([zoe, ada]);
  const late = people.add("zoe");
  expect([build.numberOf("zoe"), build.numberAt(people, late)]).toEqual([zoe, zoe]);
  expect([build.numberOf("ada"), build.numberAt(people, 0)]).toEqual([ada, ada]);
});
