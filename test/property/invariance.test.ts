// How records are stored makes no difference: framing, gzip, spelling, how they are cut into files and how the store
// cuts what it reads change no row and no book; the order of files changes only the order of rows.

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StoredFile } from "../../src/io/store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { allRules, type EngineResult } from "../support/engine.js";
import {
  arbCleanLake,
  arbLake,
  recut,
  reframe,
  renderLake,
  respell,
  showLake,
  shuffleFiles,
} from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";
import { runUsable } from "./support.js";

const anyLake = fc.oneof(arbLake(), arbCleanLake());
const arbRules = fc.constantFrom(...allRules);
const arbSeed = fc.nat({ max: 1_000_000 });
const numRuns = Math.ceil(lakesPerProperty / 15);

const booksOf = ({ commit }: EngineResult): unknown =>
  Object.entries(commit.zones).map(([zone, { books }]) => [zone, books]);

/** All that must not change: rows, books, and what was set aside, but for where it stood. */
function outcome(result: EngineResult | undefined): unknown {
  if (!result) return undefined;
  const setAside = result.quarantine.map(({ table, reason, field, hint }) => ({
    table,
    reason,
    field,
    hint,
  }));
  const landing = Object.entries(result.commit.landing).map(([table, { books }]) => [table, books]);
  return { zones: result.zones, books: booksOf(result), landing, setAside };
}

/** A store that gives what it reads in pieces of these sizes, one after the other and round again. */
class CuttingStore extends MemoryStore {
  readonly #sizes: readonly number[];

  constructor(sizes: readonly number[], files?: ReadonlyMap<string, Uint8Array>) {
    super(files);
    this.#sizes = sizes;
  }

  override async *read(file: StoredFile): AsyncIterable<Uint8Array> {
    let piece = 0;
    for await (const whole of super.read(file)) {
      for (let from = 0; from < whole.length; piece++) {
        const size = this.#sizes[piece % this.#sizes.length]!;
        yield whole.slice(from, from + size);
        from += size;
      }
    }
  }
}

/** Everything that was written, by its path without the run's name; commits aside. */
function written(out: MemoryStore): ReadonlyMap<string, string> {
  return new Map(
    [...out.files]
      .filter(([path]) => !path.startsWith("_stedi/commits/"))
      .map(([path, bytes]) => [path.replace(/run=[^/]+/, "run=<id>"), Buffer.from(bytes).toString("utf8")]),
  );
}

describe("how records are stored changes no row", () => {
  test.each([
    ["framing and gzip", reframe],
    ["spelling", respell],
    ["how records are cut into files", recut],
  ])("%s", async (_, change) => {
    await fc.assert(
      fc.asyncProperty(anyLake, arbRules, arbSeed, async (lake, rules, seed) => {
        const before = outcome(await runUsable(renderLake(lake), rules));
        const after = outcome(await runUsable(renderLake(change(lake, seed)), rules));
        expect(after, showLake(lake)).toEqual(before);
      }),
      { numRuns },
    );
  });

  test("the order of files changes only the order of rows", async () => {
    await fc.assert(
      fc.asyncProperty(anyLake, arbRules, arbSeed, async (lake, rules, seed) => {
        const before = await runUsable(renderLake(lake), rules);
        const after = await runUsable(renderLake(shuffleFiles(lake, seed)), rules);
        if (!before || !after) {
          expect(after).toBe(before);
          return;
        }
        expect(booksOf(after), showLake(lake)).toEqual(booksOf(before));
        for (const [zone, rows] of Object.entries(after.zones)) {
          expect([...rows].sort(), `${zone}\n${showLake(lake)}`).toEqual([...before.zones[zone]!].sort());
        }
      }),
      { numRuns },
    );
  });

  test("gzip of every file, in several members, changes nothing but paths", async () => {
    await fc.assert(
      fc.asyncProperty(anyLake, arbRules, fc.double({ min: 0, max: 1 }), async (lake, rules, at) => {
        const plain = renderLake(lake);
        const packed = new Map<string, Uint8Array>();
        for (const [path, bytes] of plain) {
          if (!path.endsWith(".json")) {
            packed.set(path, bytes);
            continue;
          }
          const middle = Math.floor(at * bytes.length);
          const members = [bytes.subarray(0, middle), bytes.subarray(middle)].map((part) => gzipSync(part));
          packed.set(`${path}.gz`, Buffer.concat(members));
        }
        const before = await runUsable(plain, rules);
        const after = await runUsable(packed, rules);
        expect(outcome(after), showLake(lake)).toEqual(outcome(before));
        if (!before || !after) return;
        // Offsets are those of what was packed.
        const places = ({ quarantine }: EngineResult): unknown =>
          quarantine.map(({ offset, length, record }) => [offset, length, record]);
        expect(places(after)).toEqual(places(before));
      }),
      { numRuns },
    );
  });

  test.each([
    ["one byte at a time", fc.constant([1])],
    ["pieces of changing sizes", fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 })],
    ["pieces of which some are empty", fc.constantFrom([0, 1], [7, 0, 0, 3], [0, 1000])],
  ])("a store that gives %s changes no byte of what is written", async (_, arbSizes) => {
    await fc.assert(
      fc.asyncProperty(anyLake, arbRules, arbSizes, async (lake, rules, sizes) => {
        const files = renderLake(lake);
        const whole = await runUsable(files, rules);
        if (!whole) return;
        const out = new CuttingStore(sizes);
        await runPipeline({ lake: new CuttingStore(sizes, files), out, rules });
        expect(written(out), showLake(lake)).toEqual(written(whole.out));
      }),
      { numRuns },
    );
  });
});
