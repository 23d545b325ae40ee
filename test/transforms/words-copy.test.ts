// Bytes copied in words: each arrives, wherever it stands, and nothing beside them is written.

import fc from "fast-check";
import { expect, it } from "vitest";
import { copyWords, viewOf } from "../../src/transforms/words-copy.js";

const margin = 16;

function copied(source: Uint8Array, from: number, to: number, at: number): Uint8Array {
  const target = new Uint8Array(at + to - from + margin).fill(0xee);
  copyWords(source, viewOf(source), from, to, target, viewOf(target), at);
  return target;
}

it("bytes of any kind and number arrive as they are, and nothing else is written", () => {
  const bytes = fc.uint8Array({ maxLength: 600 });
  const start = fc.nat({ max: 40 });
  fc.assert(
    fc.property(bytes, start, start, start, (content, before, behind, at) => {
      // As a piece of a larger memory, at an odd place.
      const memory = new Uint8Array(before + content.length + behind + 3).fill(0xaa);
      const source = memory.subarray(3);
      source.set(content, before);
      const target = copied(source, before, before + content.length, at);
      expect([...target.subarray(at, at + content.length)]).toEqual([...content]);
      target.fill(0xee, at, at + content.length);
      expect(target.every((byte) => byte === 0xee)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it("so do those at either end of their memory, of every number there is a way for", () => {
  for (let count = 0; count <= 300; count++) {
    const source = Uint8Array.from({ length: count }, (_, index) => (index * 37 + count) & 0xff);
    expect(copied(source, 0, count, 0).subarray(0, count)).toEqual(source);
  }
});
