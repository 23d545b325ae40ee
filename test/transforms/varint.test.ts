// Lengths as varints, and back.

import { expect, it } from "vitest";
import { afterVarint, putVarint, varintAt } from "../../src/transforms/varint.js";

it.each([
  [0, [0]],
  [0x7f, [0x7f]],
  [0x80, [0x80, 1]],
  [300, [0xac, 2]],
  [0x3fff, [0xff, 0x7f]],
  [0x4000, [0x80, 0x80, 1]],
  [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 7]],
])("%d is told by as many bytes as it needs", (number, expected) => {
  const bytes = new Uint8Array(8);
  const end = putVarint(bytes, 1, number);
  expect([...bytes.subarray(1, end)]).toEqual(expected);
  expect([varintAt(bytes, 1), afterVarint(bytes, 1)]).toEqual([number, end]);
});
