// Joins what a join that memory did not hold has left in files, partition by partition. A piece of the build side, as much as
// may be held, is put into a table by one thread. Then all of them probe it, each with some rows of the probe side at a time,
// while one fills another table with the next piece. So a partition that is all one instant is joined too.

import { randomBytes } from "node:crypto";
import { rowHeader, spilledParts, type SpilledRows, type SpillFile } from "../io/spill-file.js";
import type { JoinTableMemory } from "../transforms/join-table.js";
import { spillPartitions } from "./lookups.js";
import type { Work } from "./readings-pool.js";
import type { Filled, FillInput, ProbeInput } from "./spilled-jobs.js";

/** What does the work. */
export interface SpillWorkers {
  /** How many probes may be under way. */
  readonly most: number;
  fill(input: FillInput): { next(): Promise<{ readonly filled: Filled }> };
  /** Says which table is probed from now on. */
  beginProbes(table: JoinTableMemory): void;
  probe(input: ProbeInput): Work;
}

export interface SpilledJoin {
  /** The route whose join it is. */
  readonly route: number;
  /** Whether all rows of an instant will be asked for. */
  readonly instants: boolean;
  readonly build: SpillFile;
  readonly probes: SpillFile;
  /** How many bytes of a piece of the build side may be held. */
  readonly pieceBytes: number;
  /** How errors name the place of the files. */
  readonly where: string;
}

/** One is probed while the other one is filled. */
export const tablesHeld = 2;

/** So much of the probe side is given to a thread at a time, in bytes. */
const probedAtOnce = 512 * 1024;

/** A probe under way. */
interface Probe {
  /** Which piece of the build side it is of, counted through all partitions. */
  readonly piece: number;
  /** What it marks: a probe of the next piece reads them only when it is done. */
  readonly marks: Uint8Array | undefined;
  readonly work: Work;
}

/** Gives the work in the order in which its rows are to come; each is taken before the next is asked for. */
export async function* joinSpilled(
  { route, instants, build, probes, pieceBytes, where }: SpilledJoin,
  workers: SpillWorkers,
): AsyncGenerator<Work, void> {
  const started: Probe[] = [];
  const memory: JoinTableMemory[] = [];
  const fill = (piece: number, rows: SpilledRows): ReturnType<SpillWorkers["fill"]> => {
    const seed = randomBytes(4).readInt32LE();
    return workers.fill({ rows, pieceBytes, seed, instants, memory: memory[piece % tablesHeld], where });
  };
  let partition = 0;
  let paired: Uint8Array[] = [];
  let filling = fill(0, build.rows(0));
  for (let piece = 0; partition < spillPartitions; piece++) {
    const { table, rest } = (await filling.next()).filled;
    memory[piece % tablesHeld] = table;
    workers.beginProbes(table);

    let waiting = rest ?? (partition + 1 < spillPartitions ? build.rows(partition + 1) : undefined);
    const fillNext = (): void => {
      // The other table is probed for the piece before, until all of that is taken.
      if (!waiting || (started.length > 0 && started[0]!.piece < piece)) return;
      filling = fill(piece + 1, waiting);
      waiting = undefined;
      build.freeBefore(partition);
      probes.freeBefore(partition);
    };
    for (const [index, rows] of [...spilledParts(probes.rows(partition), probedAtOnce)].entries()) {
      if (rest) paired[index] ??= marksFor(rows);
      const marks = paired[index];
      while (started.length >= workers.most || (marks && started.some((each) => each.marks === marks)))
        yield started.shift()!.work;
      const work = workers.probe({ route, rows, paired: marks, isLast: !rest, where });
      started.push({ piece, marks, work });
      fillNext();
    }
    fillNext();
    while (waiting) {
      yield started.shift()!.work;
      fillNext();
    }
    if (rest) continue;
    partition++;
    paired = [];
  }
  for (const { work } of started) yield work;
}

/** A byte for each row that there may be. */
function marksFor({ extents }: SpilledRows): Uint8Array {
  let bytes = 0;
  for (let index = 1; index < extents.length; index += 2) bytes += extents[index]!;
  return new Uint8Array(new SharedArrayBuffer(Math.floor(bytes / rowHeader)));
}
