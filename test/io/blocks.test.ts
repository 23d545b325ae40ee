// Blocks of a file: all its bytes, in order, cut where a record seems to start, whatever they come in; and every block of
// the pool comes back.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockPool, blocksOf } from "../../src/io/blocks.js";
import type { Room } from "../../src/io/store.js";
import { utf8 } from "./support.js";

const count = 4;

/** How the next bytes come: in a room, in a room that is not filled, in memory of their own, or not at all. */
const arbWay = fc.constantFrom("room", "part", "own", "none");

async function* inWays(
  bytes: Uint8Array,
  ways: readonly string[],
  own: number,
  room: Room,
): AsyncIterable<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const way = ways[turn % ways.length];
    if (way === "own") {
      yield bytes.slice(at, at + own);
      at += own;
      continue;
    }
    const into = await room();
    const most = way === "none" ? 0 : way === "part" ? Math.ceil(into.length / 2) : into.length;
    const piece = bytes.subarray(at, at + most);
    into.set(piece);
    at += piece.length;
    yield into.subarray(0, piece.length);
  }
}

describe("the blocks of a file", () => {
  test("are its bytes in order, and all come back to the pool", async () => {
    const arbText = fc
      .array(
        fc.constantFrom(
          '{"a":1}\n',
          "{}",
          '{"long":"................................"}\n',
          '{"cut":\n',
          "x",
          "\n",
        ),
      )
      .map((pieces) => pieces.join(""));
    await fc.assert(
      fc.asyncProperty(
        arbText,
        fc.array(arbWay, { minLength: 1, maxLength: 5 }).filter((ways) => ways.some((way) => way !== "none")),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 17, max: 200 }),
        async (text, ways, own, size) => {
          const pool = new BlockPool({ size, count }, { size: 0, count: 0 });
          let found = "";
          let hasEnded = false;
          for await (const { bytes, offset, last } of blocksOf(
            (room) => inWays(utf8(text), ways, own, room),
            pool,
          )) {
            expect(hasEnded).toBe(false);
            expect(offset).toBe(found.length);
            // Where a record starts at all behind a block's first byte, it ends in front of one.
            const block = text.slice(offset, offset + bytes.length);
            if (!last && /[\n}]\{/.test(block)) expect(text[offset + bytes.length]).toBe("{");
            // One that was cut off is its last only where no other one starts behind a whole one.
            if (!last && /\}\n*\{/.test(block)) expect(block.trimEnd().at(-1)).toBe("}");
            found += Buffer.from(bytes).toString();
            hasEnded = last;
            pool.release(bytes);
          }
          expect(found).toBe(text);
          expect(hasEnded).toBe(true);
          let free = 0;
          const rooms = Array.from({ length: count }, () => pool.room().then(() => free++));
          await Promise.race([Promise.all(rooms), new Promise((resolve) => setImmediate(resolve))]);
          expect(free).toBe(count);
        },
      ),
      { numRuns: 500 },
    );
  });
});
