// Columns keep what is in them while they grow, and pieces of regions are apart from each other.

import fc from "fast-check";
import { expect, test } from "vitest";
import { column, shared, withRoom } from "../../src/transforms/columns.js";
import { mappedBytes, Regions } from "../../src/transforms/regions.js";
import { MiB } from "../io/support.js";

test("a column that has room stays the same, and one that grows keeps what it has, with zeros behind", () => {
  const before = Float64Array.of(1, -Infinity, 3);
  expect(withRoom(before, 3)).toBe(before);
  for (const places of [4, 6, 7, 1000, MiB]) {
    const grown = withRoom(before, places);
    expect(grown).toBeInstanceOf(Float64Array);
    expect(grown.length).toBeGreaterThanOrEqual(Math.max(6, places));
    expect([...grown.subarray(0, 5)]).toEqual([1, -Infinity, 3, 0, 0]);
  }
});

test("a column has as many places as it was made with, however much memory it stands in", () => {
  for (const places of [0, 1, 32, MiB]) expect(column(Int32Array, places).length).toBe(places);
});

test("what is shared is a copy of the first places", () => {
  const of = Uint32Array.of(7, 8, 9).subarray(1);
  const memory = shared(of, 1);
  of[0] = 1;
  expect([...new Uint32Array(memory)]).toEqual([8]);
});

test("much memory is more than 32 MiB, little is no more than was asked for", () => {
  expect([0, 5, MiB - 1].map(mappedBytes)).toEqual([0, 5, MiB - 1]);
  expect(mappedBytes(MiB)).toBeGreaterThan(32 * MiB);
  expect(mappedBytes(40 * MiB)).toBe(40 * MiB);
});

test("pieces are of zeros, start at multiples of eight, and do not overlap", () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 12 * MiB })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(sizes, (wanted) => {
      const regions = new Regions((bytes) => new ArrayBuffer(bytes));
      const pieces = wanted.map((bytes) => regions.take(bytes));
      for (const [turn, piece] of pieces.entries()) {
        expect([piece.length, piece.byteOffset % 8]).toEqual([wanted[turn], 0]);
        expect([piece[0] ?? 0, piece.at(-1) ?? 0]).toEqual([0, 0]);
        if (piece.length > 0) piece[0] = piece[piece.length - 1] = turn + 1;
      }
      for (const [turn, piece] of pieces.entries())
        if (piece.length > 0) expect([piece[0], piece.at(-1)]).toEqual([turn + 1, turn + 1]);
    }),
    { numRuns: 30 },
  );
});
