// Blocks of a file: all its bytes, in order, cut where a record seems to start, whatever they come in; and every block of
// the pool comes back.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BlockPool, blocksOf, smallRooms } from "../../src/io/blocks.js";
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

describe("the rooms of small files", () => {
  const file = (path: string, size: number) => ({ path, where: path, size, chunks: () => nothing() });
  const roomOf = async (pool: BlockPool, size: number): Promise<Uint8Array> =>
    smallRooms(pool)(file("a.json", size))!.room();

  test("stand next to each other, in the order of the files, as long as they fit into a block", async () => {
    const pool = new BlockPool({ size: 100, count }, { size: 100, count });
    const roomFor = smallRooms(pool);
    const wanted = [40, 60, 30, 71].map((size) => roomFor(file("a.json", size))!);
    const [fourth, third, second, first] = [
      await wanted[3]!.room(),
      await wanted[2]!.room(),
      await wanted[1]!.room(),
      await wanted[0]!.room(),
    ];
    expect([first, second, third, fourth].map((room) => [room.byteOffset, room.length])).toEqual([
      [0, 40],
      [40, 60],
      [0, 30],
      [0, 71],
    ]);
    expect(first.buffer).toBe(second.buffer);
    expect(new Set([first, third, fourth].map((room) => room.buffer)).size).toBe(3);
  });

  test("are there for files that fit and are not packed, and once for each", async () => {
    const pool = new BlockPool({ size: 100, count }, { size: 100, count });
    const roomFor = smallRooms(pool);
    expect(roomFor(file("a.json", 101))).toBeUndefined();
    expect(roomFor(file("a.json.gz", 10))).toBeUndefined();
    expect(roomFor(file("a.json", 0))).toBeUndefined();
    const again = roomFor(file("a.json", 100))!;
    expect(pool.owns(await again.room())).toBe(true);
    expect(pool.owns(await again.room())).toBe(false);
  });

  test("are given back where a store has put the file elsewhere, and else by whoever reads it", async () => {
    const pool = new BlockPool({ size: 100, count }, { size: 100, count: 1 });
    const first = smallRooms(pool)(file("a.json", 100))!;
    const bytes = await first.room();
    first.leave();
    // The only block there is is still in use.
    expect(pool.smallRoom(100).buffer).not.toBe(bytes.buffer);
    pool.release(bytes);
    const unused = smallRooms(pool)(file("a.json", 100))!;
    unused.leave();
    unused.leave();
    expect(pool.smallRoom(100).buffer).toBe(bytes.buffer);
  });

  test("are used again when all of a block have been given back, and not before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ size: fc.integer({ min: 1, max: 100 }), back: fc.nat() }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 3 }),
        async (turns, blocks) => {
          const pool = new BlockPool({ size: 100, count }, { size: 100, count: blocks });
          const used: Uint8Array[] = [];
          for (const [turn, { size, back }] of turns.entries()) {
            const room = await roomOf(pool, size);
            expect(room.length).toBe(size);
            expect(pool.owns(room)).toBe(true);
            room.fill(turn);
            used.push(room);
            for (const each of used) expect(new Set(each).size).toBe(1);
            if (back % 2 === 0) pool.release(used.splice(back % used.length, 1)[0]!);
          }
          for (const each of used) pool.release(each);
          const buffers = new Set<ArrayBufferLike>();
          for (let turn = 0; turn < 10; turn++) {
            const room = await roomOf(pool, 60);
            buffers.add(room.buffer);
            pool.release(room);
          }
          // One more than there may be is not kept.
          if (blocks > 1) expect(buffers.size).toBeLessThanOrEqual(blocks);
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function* nothing(): AsyncIterable<Uint8Array> {
  // A file without bytes.
}
