// Records of which somebody else has found the places before their reader comes to them: the same entries, in the same
// places, with the same values, as without; and nothing is left waiting where reading ends early.

import fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Block, BlockPool } from "../../src/io/blocks.js";
import { viewOf } from "../../src/transforms/words-copy.js";
import { PlainScanner } from "../../src/io/plain-scanner.js";
import type { TableFile } from "../../src/io/read-ahead.js";
import { type EntryHandler, readFiles, readRecords } from "../../src/io/records.js";
import { type BlockScanner, blocksHeld } from "../../src/io/scan-ahead.js";
import { SharedBuffers } from "../../src/io/shared-buffers.js";
import { type Seed, plainHash } from "../../src/transforms/key-table.js";
import { emailIndex, serialIndex } from "../../src/transforms/consent.js";
import { rowFormat } from "../../src/transforms/rows.js";
import { customerLanding } from "../../src/transforms/tables.js";
import { atOnce, inChunks, utf8 } from "./support.js";

const seed: Seed = [17, 42];

const usual = (name: string): string =>
  `{"customerName":"${name}","email":"${name}@test.com","phone":"1","birthDay":"2000-01-01","serialNumber":" ${name}-1 ","registrationDate":1655564444103,"lastUpdateDate":1655564444103}`;

/** Records as most are, each other kind of record, and what is none. */
const arbEntry = fc.oneof(
  { weight: 120, arbitrary: fc.stringMatching(/^[A-Za-z]{1,9}$/).map(usual) },
  fc.constantFrom(
    '{"serialNumber":"s","email":"Other@test.com","lastUpdateDate":1655564444104,"more":1}',
    '{ "email" : "spaced@test.com" , "serialNumber":"s", "lastUpdateDate":1655564444105 }',
    '{"email":"\\u0065@test.com","serialNumber":"s","lastUpdateDate":1655564444106}',
    '{"email":"é@test.com","serialNumber":"s","lastUpdateDate":1655564444107}',
    '{"email":"damaged@test.com"}',
    "xx",
    '{"email":',
    "",
    "[",
  ),
);

/** Mostly lines; some files are arrays, or may become ones. */
const arbFile = fc
  .tuple(
    fc.constantFrom("", "", "", "\ufeff", "\n", "[", "[\n", "\n \n["),
    fc.array(fc.tuple(arbEntry, fc.integer({ min: 0, max: 60 })), { maxLength: 40 }),
  )
  .map(([before, entries]) => {
    const gaps = before.includes("[") ? ["\n", "\n", "\n", ",\n"] : [];
    const rare = ["\r\n", "", ",\n"];
    const gap = (number: number): string => gaps[number % 4] ?? rare[number] ?? "\n";
    return utf8(before + entries.map(([entry, number]) => entry + gap(number)).join(""));
  });

const format = rowFormat(customerLanding);

interface Seen {
  readonly lines: string[];
  readonly handler: EntryHandler;
  /** How many records came with hashes. */
  ahead: number;
}

function watch(): Seen {
  const lines: string[] = [];
  const told = new Set<number>();
  const seen: Seen = {
    lines,
    ahead: 0,
    handler: {
      plain(record, hashes) {
        const { bytes, start, end, from, to, dropped, canonical } = record;
        const row = record.plainRow();
        lines.push(JSON.stringify([row, dropped]));
        if (canonical) expect(`${bytes.toString("latin1", start, end)}\n`).toBe(format(row));
        if (!hashes) return undefined;
        seen.ahead++;
        for (const key of [emailIndex, serialIndex])
          expect(hashes[key]).toBe(plainHash(seed, bytes, viewOf(bytes), from[key]!, to[key]!));
        expect(told.has(hashes[emailIndex]!), "was told before").toBe(true);
        return undefined;
      },
      coming({ columns, count }, first, end) {
        expect(end).toBeLessThanOrEqual(count);
        const width = columns.length / count;
        for (let record = first; record < end; record++) told.add(columns[(record + 1) * width - 2]!);
      },
      row(row, dropped) {
        lines.push(JSON.stringify([row, dropped]));
        return undefined;
      },
      damaged(damage, place, record) {
        lines.push(JSON.stringify([damage.reason, place, record?.fields.length]));
        return undefined;
      },
      skipped: (bytes) => void lines.push(`skipped ${bytes.length}`),
    },
  };
  return seen;
}

/** Finds what there is at once, or of every so manieth block, not in time. */
class Here implements BlockScanner {
  readonly blocks: BlockPool;
  readonly unpacker = undefined;
  readonly #scanner = new PlainScanner(customerLanding, seed, new SharedBuffers());
  readonly #late: number;
  #turn = 0;
  /** Blocks that have not been given back. */
  held = 0;

  constructor(size: number, late: number) {
    this.blocks = new BlockPool({ size, count: blocksHeld }, { size: smallBytes, count: 3 });
    this.#late = late;
  }

  scan({ bytes }: Block): ReturnType<BlockScanner["scan"]> {
    const turn = this.#turn++ % this.#late;
    if (turn === 1) return undefined;
    this.held++;
    return {
      found: () => Promise.resolve(turn === 2 ? undefined : this.#scanner.scan(bytes)),
      release: () => {
        this.held--;
        return Promise.resolve();
      },
    };
  }
}

/** Files of so many bytes are read before their turn. */
const smallBytes = 300;
const ahead = { files: 2, smallBytes, leadBytes: 200 };

const path = "customer/landing/a.json";

/** A file as a store gives it: in rooms, or in memory of its own. */
function stored(bytes: Uint8Array, chunkBytes: number, place = path): TableFile {
  return {
    path: place,
    where: "where",
    size: bytes.length,
    chunks: async function* (room) {
      for (let at = 0, to; at < bytes.length; at = to) {
        const into = chunkBytes % 2 === 0 ? await room?.() : undefined;
        to = Math.min(bytes.length, at + (into?.length ?? chunkBytes));
        const chunk = bytes.subarray(at, to);
        if (into) into.set(chunk);
        yield into ? into.subarray(0, to - at) : chunk;
      }
    },
  };
}

/** What a stretch's bytes came in is no matter: pieces are put together. */
function pieced(lines: readonly string[]): string[] {
  const all: string[] = [];
  let skipped = 0;
  for (const line of lines) {
    const [, count] = /^skipped (\d+)$/.exec(line) ?? [];
    if (count === undefined) {
      if (skipped > 0) all.push(`skipped ${skipped}`);
      skipped = 0;
      all.push(line);
    } else skipped += Number(count);
  }
  return skipped > 0 ? [...all, `skipped ${skipped}`] : all;
}

describe("records that somebody has found before", () => {
  test("are the same entries as without", async () => {
    let found = 0;
    const arbFiles = fc.array(
      fc.record({ file: arbFile, chunkBytes: fc.integer({ min: 1, max: 700 }), isPacked: fc.boolean() }),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(
        arbFiles,
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 5 }),
        async (files, blockBytes, late) => {
          const all = files.map(({ file, chunkBytes, isPacked }, index) =>
            stored(isPacked ? gzipSync(file) : file, chunkBytes, `${index}.json${isPacked ? ".gz" : ""}`),
          );
          const alone = all.map(() => watch());
          const seen = all.map(() => watch());
          const handlersOf = (some: readonly Seen[]) => (file: TableFile) => some[all.indexOf(file)]!.handler;
          await readFiles(customerLanding, all, ahead, handlersOf(alone), undefined);
          const scanner = new Here(blockBytes, late);
          await readFiles(customerLanding, all, ahead, handlersOf(seen), scanner);
          expect(seen.map(({ lines }) => pieced(lines))).toEqual(alone.map(({ lines }) => pieced(lines)));
          await Promise.resolve();
          expect(scanner.held).toBe(0);
          found += seen.reduce((sum, each) => sum + each.ahead, 0);
        },
      ),
      { numRuns: 1000 },
    );
    expect(found).toBeGreaterThan(1000);
  });

  test("are found around such as have to be read in full", async () => {
    const others = [
      '{"email":"\\u0065@test.com","serialNumber":"s","lastUpdateDate":1655564444106}',
      '{"email":"f"}',
    ];
    const lines = Array.from({ length: 100 }, (_, index) => others[(index - 10) / 20] ?? usual(`n${index}`));
    const file = utf8(lines.map((line) => `${line}\n`).join(""));
    const alone = watch();
    await readRecords(customerLanding, atOnce([file]), path, "where", alone.handler);
    const seen = watch();
    const scanner = new Here(100_000, 1);
    await readFiles(customerLanding, [stored(file, 2)], ahead, () => seen.handler, scanner);
    expect(seen.lines).toEqual(alone.lines);
    expect(seen.ahead).toBe(lines.length - others.length);
  });

  test("are not believed of a block with which no record starts", async () => {
    const scanner = new Here(1000, 1);
    const blockBytes = (await scanner.blocks.room()).length;
    // A record that the block does not end: what follows belongs to it, up to the end of the line.
    const begun = '{"email":'.padStart(blockBytes);
    const file = utf8(`${begun}${usual("b")}\n${usual("c")}\n`.padEnd(3 * blockBytes, `${usual("d")}\n`));
    const alone = watch();
    await readRecords(customerLanding, atOnce([file]), path, "where", alone.handler);
    const seen = watch();
    await readFiles(customerLanding, [stored(file, 2)], ahead, () => seen.handler, scanner);
    expect(pieced(seen.lines)).toEqual(pieced(alone.lines));
    expect(alone.lines.some((line) => line.includes("b@test.com"))).toBe(false);
  });

  test("are read no further where one is refused, nor where reading fails", async () => {
    const file = utf8(Array.from({ length: 200 }, (_, index) => `${usual(`n${index}`)}\n`).join(""));
    const good = stored(file, 1001);
    let isStopped = false;
    const failing: TableFile["chunks"] = async function* (_room, signal) {
      signal!.addEventListener("abort", () => (isStopped = true));
      yield* inChunks(file, 1000).slice(0, 7);
      await Promise.resolve();
      throw new Error("gone");
    };
    const endless: TableFile["chunks"] = async function* (_room, signal) {
      signal!.addEventListener("abort", () => (isStopped = true));
      while (!isStopped) {
        yield* inChunks(file, 1000);
        await setImmediate();
      }
    };
    for (const refused of [0, 5, 100, 250, Infinity]) {
      const scanner = new Here(1000, 3);
      let records = 0;
      isStopped = false;
      const reading = readFiles(
        customerLanding,
        [good, { ...good, chunks: refused === Infinity ? failing : endless }],
        ahead,
        () => ({
          ...watch().handler,
          coming: () => undefined,
          plain: () => {
            if (records++ === refused) throw new Error("refused");
            return undefined;
          },
        }),
        scanner,
      );
      await expect(reading).rejects.toThrow(refused === Infinity ? "gone" : "refused");
      expect(scanner.held).toBe(0);
      if (records > 200) expect(isStopped).toBe(true);
    }
  });
});
