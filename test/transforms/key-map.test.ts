// Maps of keys by numbers: what was added is in them once, whether or when the tables have come to know its keys.

import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyMap } from "../../src/transforms/key-map.js";
import { KeyTable } from "../../src/transforms/key-table.js";

const pool = fc.constantFrom("a", "b", "c", "d", "é");

/** What happens, one after another: a table gets a key, or the map a pair. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant("from" as const), key: pool }),
  fc.record({ kind: fc.constant("to" as const), key: pool }),
  fc.record({ kind: fc.constant("pair" as const), from: pool, to: pool }),
);

test("it has each pair that was added, by the numbers of its keys where the tables have both, else by their texts", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const [from, to] = [KeyTable.empty([1, 2]), KeyTable.empty([3, 4])];
      const map = new KeyMap(from, to, [5, 6]);
      const expected = new Set<string>();
      for (const each of happenings) {
        if (each.kind === "from") from.add(each.key);
        else if (each.kind === "to") to.add(each.key);
        else {
          map.add(each.from, each.to);
          expected.add(`${each.from} ${each.to}`);
        }
      }
      const numbered = Array.from(
        { length: map.pairs.size },
        (_, pair) => `${from.keyAt(map.pairs.first(pair))} ${to.keyAt(map.pairs.second(pair))}`,
      );
      expect(new Set(numbered).size).toBe(numbered.length);
      const others = map.others.map(([left, right]) => `${left} ${right}`);
      expect(new Set(others).size).toBe(others.length);
      expect(others.filter((pair) => numbered.includes(pair))).toEqual([]);
      for (const [left, right] of map.others) expect(Math.min(from.find(left), to.find(right))).toBe(-1);
      expect(new Set([...numbered, ...others])).toEqual(expected);
      for (const key of ["a", "b", "c", "d", "é", "x"]) {
        const mine = [...expected]
          .filter((pair) => pair.startsWith(`${key} `))
          .map((pair) => pair.split(" ")[1]);
        expect([...map.get(key)].sort()).toEqual(mine.sort());
      }
    }),
  );
});

test("pairs may be added by numbers", () => {
  const [from, to] = [KeyTable.empty([1, 2]), KeyTable.empty([3, 4])];
  for (const key of ["a", "b"]) from.add(key);
  to.add("c");
  const map = new KeyMap(from, to, [5, 6]);
  map.addNumbers(1, 0);
  map.add("b", "c");
  expect(map.pairs.size).toBe(1);
  expect([...map.get("b")]).toEqual(["c"]);
  expect([...map.get("a")]).toEqual([]);
});
