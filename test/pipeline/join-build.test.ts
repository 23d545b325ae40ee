// The build side of a join that memory does not hold: whatever stands where when it is complete, no row is lost, and
// each partition has its rows in the order in which they came.

import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { viewOf } from "../../src/transforms/words-copy.js";
import { readSpilled, rowHeader } from "../../src/io/spill-file.js";
import { JoinBuild, partitionOf, spillPartitions } from "../../src/pipeline/lookups.js";
import { KeyTable } from "../../src/transforms/key-table.js";
import { framed, utf8 } from "../io/support.js";
import { segmentsOf } from "../support/segments.js";

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

/** Of the people whose rows are added. */
function twoPeople(): KeyTable {
  const people = KeyTable.empty([1, 2]);
  for (const key of ["ada", "ben"]) people.add(key);
  return people;
}

/** Adds rows of two people, one or more of an instant, by each way. @returns what is to stand in each partition */
function filled(build: JoinBuild, people: KeyTable, count: number, alike: number): string[][] {
  const expected = Array.from({ length: spillPartitions }, (): string[] => []);
  for (let row = 0; row < count; row++) {
    const time = 1_655_564_444_103 + Math.floor(row / alike);
    const person = time % 3 === 0 ? 1 : row % 2;
    const text = utf8(String(row));
    expected[partitionOf(time)]!.push(`${time} ${person} ${row}`);
    if (row % 5 > 2) build.add(time, person, text);
    else if (row % 5 > 0) build.addSegments(people, segmentsOf([[time, person, String(row)]]));
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
  const people = twoPeople();
  const build = new JoinBuild(fields, people, { budget, folder: tmpdir() });
  try {
    const expected = filled(build, people, segmentsBelow + beyond, alike);
    expect([...build.complete(false)].length > 0).toBe(isLeft);
    expect(spilledRows(build)).toEqual(expected);
  } finally {
    build.close();
  }
});

test("rows that memory holds can be probed once they are complete, which takes them in parts", () => {
  const people = twoPeople();
  const build = new JoinBuild(fields, people, { budget: Infinity, folder: "" });
  filled(build, people, 3000, 1);
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

test("rows that come together are those of the people whom a table has under these numbers, within the budget", () => {
  const people = twoPeople();
  const another = KeyTable.empty([3, 4]);
  for (const key of ["eve", "ben"]) another.add(key);
  const time = 1_655_564_444_103;
  for (const budget of [Infinity, 1]) {
    const build = new JoinBuild(fields, people, { budget, folder: tmpdir() });
    build.addSegments(
      people,
      segmentsOf([
        [time, 0, "a"],
        [time, 1, "b"],
      ]),
    );
    build.addSegments(
      another,
      segmentsOf([
        [time, 0, "e"],
        [time, 1, "b again"],
        [time + 1, 1, "later"],
      ]),
    );
    Array.from(build.complete(true));
    const [ben, eve] = ["ben", "eve"].map((key) => build.numberOf(key));
    const rows = [
      `${time} 0 a`,
      `${time} ${ben} b`,
      `${time} ${eve} e`,
      `${time} ${ben} b again`,
      `${time + 1} ${ben} later`,
    ];
    if (budget === 1) expect(spilledRows(build).flat().toSorted()).toEqual(rows.toSorted());
    else {
      const found: string[] = [];
      const all = build.table.forEach((when, person, bytes, view, from, to) => {
        expect(view.getUint8(from)).toBe(to - from);
        found.push(`${when} ${person} ${Buffer.from(bytes.subarray(from + 1, to)).toString()}`);
      });
      Array.from(all);
      expect(found).toEqual(rows);
    }
    build.close();
  }
});
