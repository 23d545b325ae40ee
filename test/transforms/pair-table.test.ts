// Numbers for pairs of numbers: each has its own, and keeps it.

import fc from "fast-check";
import { expect, it } from "vitest";
import { PairTable } from "../../src/transforms/pair-table.js";

it("gives pairs numbers from 0 in the order in which they come, and the same ones again", () => {
  const number = fc.oneof(fc.nat(4), fc.integer({ min: 0, max: 2 ** 26 }));
  const second = fc.oneof(fc.nat(4), fc.nat(1000));
  const secret = fc.tuple(fc.integer(), fc.integer());
  fc.assert(
    fc.property(fc.array(fc.tuple(number, second), { maxLength: 100 }), secret, (pairs, seed) => {
      const table = new PairTable(seed);
      const known = new Map<string, number>();
      for (const [first, second] of pairs) {
        const key = `${first} ${second}`;
        expect(table.find(first, second)).toBe(known.get(key) ?? -1);
        if (!known.has(key)) known.set(key, known.size);
        expect(table.add(first, second)).toBe(known.get(key));
      }
      expect(table.size).toBe(known.size);
      for (const [key, pair] of known) {
        const [first, second] = key.split(" ").map(Number) as [number, number];
        expect(table.find(first, second)).toBe(pair);
        expect([table.first(pair), table.second(pair)]).toEqual([first, second]);
      }
      for (const [, second] of pairs) {
        const alike: number[] = [];
        for (let pair = table.lastOf(second); pair >= 0; pair = table.before(pair)) alike.unshift(pair);
        expect(alike).toEqual([...known.values()].filter((pair) => table.second(pair) === second));
      }
      expect(table.lastOf(1001)).toBe(-1);
    }),
  );
});

it("finds those of a second that has very many", () => {
  const table = new PairTable([3, 4]);
  for (let turn = 0; turn < 2; turn++) {
    for (let pair = 0; pair < 200_000; pair++) {
      if (table.add(pair, 7) !== pair) throw new Error(`another number for pair ${pair}`);
    }
  }
  expect([table.size, table.lastOf(7), table.find(200_000, 7)]).toEqual([200_000, 199_999, -1]);
});

it("takes many", () => {
  const table = new PairTable([3, 4]);
  for (let turn = 0; turn < 2; turn++) {
    for (let pair = 0; pair < 50_000; pair++) {
      if (table.add(pair >> 4, pair & 15) !== pair) throw new Error(`another number for pair ${pair}`);
    }
  }
  expect(table.size).toBe(50_000);
});
