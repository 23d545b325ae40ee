// Sets of keys by their numbers: what was added is in them, whether or when the table has come to know it.

import fc from "fast-check";
import { expect, it } from "vitest";
import { KeyTable } from "../../src/transforms/key-table.js";
import { MarkedKeys, Marks } from "../../src/transforms/marked-keys.js";

it("has what was added, whether the table knew it before, knows it since, or does not", () => {
  const table = KeyTable.empty([1, 2]);
  for (const key of ["a", "b"]) table.add(key);
  const keys = new MarkedKeys(table);
  for (const key of ["b", "c", "d"]) keys.add(key);
  for (const key of ["c", "e"]) table.add(key);
  expect(["a", "b", "c", "d", "e", "f"].map((key) => keys.has(key))).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([...keys.others]).toEqual(["c", "d"]);
  expect([0, 1, 2].map((number) => keys.marks.has(number))).toEqual([false, true, false]);
});

it("keeps no text of a key that the table knows", () => {
  const table = KeyTable.empty([1, 2]);
  const keys = new MarkedKeys(table);
  for (const key of ["a", "b"]) {
    table.add(key);
    keys.add(key);
  }
  expect(keys.others.size).toBe(0);
});

it("takes no more room for what it has room for", () => {
  const marks = new Marks();
  for (let number = 0; number < 100; number++) marks.add(number);
  expect(marks.has(99)).toBe(true);
});

it("marks numbers however large", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5000)), fc.nat(6000), (numbers, other) => {
      const marks = new Marks();
      for (const number of numbers) marks.add(number);
      expect(numbers.every((number) => marks.has(number))).toBe(true);
      expect(marks.has(other)).toBe(numbers.includes(other));
      expect(marks.has(-1)).toBe(false);
    }),
  );
});
