// Who does what, and when, of a join that has spilled, whoever does it: every row of the build side meets every row of the
// probe side of its partition, in order; and nobody fills a table, or reads marks, that somebody else is still at work on.

import { tmpdir } from "node:os";
import fc from "fast-check";
import { expect, test } from "vitest";
import { viewOf } from "../../src/transforms/words-copy.js";
import {
  readSpilled,
  rowHeader,
  spilledBehind,
  type SpilledRows,
  SpillFile,
} from "../../src/io/spill-file.js";
import { spillPartitions } from "../../src/pipeline/lookups.js";
import type { Work } from "../../src/pipeline/readings-pool.js";
import { joinSpilled, type SpillWorkers, tablesHeld } from "../../src/pipeline/spilled-join.js";
import type { JoinTableMemory } from "../../src/transforms/join-table.js";

/** So long that a few rows of the probe side are several parts of it. */
const longRow = Buffer.alloc(60_000);

/** Partitions that are given back together, and others. */
const partitions = [0, 7, 8, spillPartitions - 1];

/** Of each of these so many rows, by numbers that go on through all of them. */
function spilled(counts: readonly number[], bytes: Uint8Array): SpillFile {
  const file = new SpillFile(tmpdir());
  let row = 0;
  for (const [index, count] of counts.entries())
    for (let left = count; left > 0; left--)
      file.append(partitions[index]!, 0, row++, bytes, viewOf(bytes), 0, bytes.length);
  return file;
}

function numbersOf(rows: SpilledRows): number[] {
  const numbers: number[] = [];
  for (const piece of readSpilled(rows, "here"))
    for (let at = 0; at < piece.length; at += rowHeader + piece.readInt32LE(at + 12))
      numbers.push(piece.readInt32LE(at + 8));
  return numbers;
}

interface Table {
  readonly rows: readonly number[];
  readonly isLast: boolean;
}

/** Workers that note what they are told to do, and hold that everything is where it may be. */
function noting(most: number, mostFilled: number) {
  /** Pairs of rows, build and probe side, in the order in which they are taken. */
  const pairs: string[] = [];
  const underWay = new Set<{ table: JoinTableMemory; marks: Uint8Array | undefined }>();
  const tables = new Map<JoinTableMemory, Table>();
  let probed: JoinTableMemory;
  const workers: SpillWorkers = {
    most,
    fill: ({ rows, memory }) => {
      expect([...underWay].some(({ table }) => table === memory)).toBe(false);
      const numbers = numbersOf(rows);
      const filled = numbers.slice(0, mostFilled);
      const rest = spilledBehind(rows, filled.length * (rowHeader + 1));
      const table = memory ?? ({} as JoinTableMemory);
      tables.set(table, { rows: filled, isLast: rest === undefined });
      expect(tables.size).toBeLessThanOrEqual(tablesHeld);
      return { next: () => Promise.resolve({ filled: { table, rest } }) };
    },
    beginProbes: (table) => {
      probed = table;
    },
    probe: ({ rows, paired, isLast }) => {
      expect(underWay.size).toBeLessThan(most);
      expect([...underWay].some(({ marks }) => marks !== undefined && marks === paired)).toBe(false);
      const table = tables.get(probed)!;
      expect(isLast).toBe(table.isLast);
      if (!isLast) expect(paired!.length).toBeGreaterThanOrEqual(numbersOf(rows).length);
      const mine = { table: probed, marks: paired };
      underWay.add(mine);
      return {
        next: () => {
          underWay.delete(mine);
          for (const probe of numbersOf(rows))
            for (const build of table.rows) pairs.push(`${build} ${probe}`);
          return Promise.resolve(undefined);
        },
      } as unknown as Work;
    },
  };
  return { workers, pairs };
}

test("each part of the probe side meets each piece of the build side, and nobody is in anybody's way", async () => {
  const counts = (most: number): fc.Arbitrary<number[]> =>
    fc.array(fc.nat(most), { minLength: 1, maxLength: partitions.length });
  await fc.assert(
    fc.asyncProperty(
      counts(7),
      counts(25),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 5 }),
      async (buildCounts, probeCounts, most, mostFilled) => {
        const build = spilled(buildCounts, Buffer.alloc(1));
        const probes = spilled(probeCounts, longRow);
        try {
          const expected: string[] = [];
          for (let partition = 0; partition < spillPartitions; partition++) {
            const rows = numbersOf(build.rows(partition));
            for (let from = 0; from < rows.length; from += mostFilled) {
              const piece = rows.slice(from, from + mostFilled);
              for (const probe of numbersOf(probes.rows(partition)))
                for (const each of piece) expected.push(`${each} ${probe}`);
            }
          }
          const { workers, pairs } = noting(most, mostFilled);
          const join = { route: 0, instants: false, build, probes, pieceBytes: 1, where: "here" };
          for await (const work of joinSpilled(join, workers)) await work.next();
          expect(pairs).toEqual(expected);
        } finally {
          build.close();
          probes.close();
        }
      },
    ),
    { numRuns: 50 },
  );
});
