// Numbers for pairs of numbers: each has its own, and keeps it.

import fc from "fast-check";
import { expect, it } from "vitest";
import { PairTable } from "../../src/transforms/pair-table.js";

it("gives pairs numbers from 0 in the order in which they come, and the same ones again", () => {
  const number = fc.oneof(fc.nat(4), fc.integer({ min: 0, max: 2 ** 26 }));
  const secret = fc.tuple(fc.integer(), fc.integer());
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 100 }), secret, (pairs, seed) => {
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
        expect(table.first(pair)).toBe(first);
      }
    }),
  );
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
