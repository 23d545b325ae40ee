// What a thread does of a join that memory did not hold: it puts rows of the build side into a table, and probes one with rows
// of the probe side. Who does what, and when, stands in spilled-join.ts.

import { readSpilled, RowCursor, spilledBehind, type SpilledRows } from "../io/spill-file.js";
import { JoinTable, type JoinTableMemory } from "../transforms/join-table.js";
import { type DamagedEntries, JoinScan, type Part, type ReadingsScanner } from "./readings-scan.js";

export interface FillInput {
  /** The rows of the build side. */
  readonly rows: SpilledRows;
  /** How many bytes of them may be held. */
  readonly pieceBytes: number;
  /** For the table: a secret number of 32 bits. */
  readonly seed: number;
  /** Whether all rows of an instant will be asked for. */
  readonly instants: boolean;
  /** A table that nobody probes any more: its memory is used again. */
  readonly memory: JoinTableMemory | undefined;
  /** How errors name the place of the file. */
  readonly where: string;
}

export interface Filled {
  readonly table: JoinTableMemory;
  /** The rows that did not go into it; nothing where all did. */
  readonly rest: SpilledRows | undefined;
}

export interface ProbeInput {
  /** The route whose join it is. */
  readonly route: number;
  /** Rows of the probe side. */
  readonly rows: SpilledRows;
  /** Is marked where a row has a pair: a byte for each, in shared memory. Left out: there is one piece. */
  readonly paired: Uint8Array | undefined;
  /** Whether there is no further piece: what has no pair now has none. */
  readonly isLast: boolean;
  /** How errors name the place of the file. */
  readonly where: string;
}

const nothingDamaged: DamagedEntries = { places: new Float64Array(0), damages: [] };

/** About what the table adds to the rows of a person and instant. */
const segmentOverhead = 48;

/**
 * Fills a table with as much as it may hold.
 * @throws StediError where the file cannot be read
 */
export function fillSpilled({ rows, pieceBytes, seed, instants, memory, where }: FillInput): Filled {
  const table = memory ? JoinTable.of(memory) : new JoinTable(seed);
  table.clear(seed);
  let held = 0;
  /** How many bytes of the rows are in it. */
  let taken = 0;
  for (const piece of readSpilled(rows, where)) {
    const row = new RowCursor(piece);
    while (held < pieceBytes && row.next()) {
      table.addRows(row.time, row.number, piece, row.view, row.from, row.to);
      held += row.to - row.from + segmentOverhead;
    }
    taken += row.to;
    if (held >= pieceBytes) break;
  }
  table.indexAll(instants);
  return { table: table.memory, rest: spilledBehind(rows, taken) };
}

/**
 * Gives the parts of what comes of some rows, up to one with an `end`.
 * @throws StediError where the file cannot be read
 */
export function probeSpilled(shared: ReadingsScanner, table: JoinTable, input: ProbeInput): { next(): Part } {
  const parts = probing(shared, table, input);
  return {
    next() {
      const { value, done } = parts.next();
      if (done) throw new Error("a part was asked for behind the last one");
      return value;
    },
  };
}

function* probing(
  shared: ReadingsScanner,
  table: JoinTable,
  { route, rows, paired, isLast, where }: ProbeInput,
): Generator<Part, void> {
  const { spec } = shared;
  const scan = new JoinScan(spec.routes[route]!.join!, table, shared);
  let index = 0;
  /** Rows that have had their first pair, and rows that have none, since the last part. */
  let firsts = 0;
  let noPair = 0;
  const part = (isEnd: boolean): Part => {
    const made = scan.part(isEnd);
    const joined = { ...made, noPair, pairs: made.lines.rows - firsts };
    firsts = noPair = 0;
    return {
      routes: spec.routes.map((_, index) => ({
        filtered: [],
        lines: undefined,
        seen: undefined,
        brought: undefined,
        probes: undefined,
        joined: index === route ? joined : undefined,
      })),
      good: 0,
      dropped: 0,
      damaged: nothingDamaged,
      end: isEnd ? { count: 0, state: undefined } : undefined,
    };
  };
  for (const piece of readSpilled(rows, where)) {
    const row = new RowCursor(piece);
    for (; row.next(); index++) {
      const hadPair = paired?.[index] === 1;
      if (scan.finds(row.number, row.time)) {
        if (!hadPair) firsts++;
        if (paired) paired[index] = 1;
        scan.write(piece, row.view, row.from, row.to - 1, false);
        while (scan.isFull()) yield part(false);
      } else if (isLast && !hadPair) noPair++;
    }
  }
  yield part(true);
}
