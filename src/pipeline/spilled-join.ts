// Joins one partition of a join that memory did not hold. As much of its build side as may be held is probed by all of
// its probe side, then the next: a partition that is all one instant is joined too.

import { viewOf } from "../io/out-buffer.js";
import { readSpilled, rowHeader, type SpilledRows } from "../io/spill-file.js";
import { withRoom } from "../transforms/columns.js";
import { JoinScan, type Part, type ReadingsScanner } from "./readings-scan.js";

export interface SpilledJoinInput {
  /** The route whose join it is. */
  readonly route: number;
  readonly build: SpilledRows;
  readonly probe: SpilledRows;
  /** How many bytes of the build side may be held. */
  readonly budget: number;
  /** For the table: a secret number of 32 bits. */
  readonly seed: number;
  /** How errors name the place of the files. */
  readonly where: string;
}

/** About what the table adds to the rows of a person and instant. */
const segmentOverhead = 48;

/** Gives the parts, up to one with an `end`. */
export function joinSpilled(shared: ReadingsScanner, input: SpilledJoinInput): { next(): Part } {
  const parts = joinPieces(shared, input);
  return {
    next() {
      const { value, done } = parts.next();
      if (done) throw new Error("a part was asked for behind the last one");
      return value;
    },
  };
}

function* joinPieces(
  shared: ReadingsScanner,
  { route, build, probe, budget, seed, where }: SpilledJoinInput,
): Generator<Part, never> {
  const { join } = shared.spec.routes[route]!;
  /** For each row of the probe side, whether it has a pair. */
  let paired = new Uint8Array(1024);
  let rows = 0;
  const held = shared.heldTable;
  held.clear(seed);
  let heldBytes = 0;
  /**
   * @param isLast of this scan: it takes no buffer for a further one, which nobody would give back
   * @param end the rows of the probe side that have a pair, and that have none; with the last part of all
   */
  const part = (
    scan: JoinScan,
    isLast: boolean,
    end?: { readonly paired: number; readonly noPair: number },
  ): Part => {
    const made = scan.part(isLast);
    const joined = {
      ...made,
      noPair: end?.noPair ?? 0,
      pairs: made.lines.rows - (end?.paired ?? 0),
    };
    return {
      routes: shared.spec.routes.map((_, index) => ({
        filtered: [],
        lines: undefined,
        seen: undefined,
        brought: undefined,
        probes: undefined,
        joined: index === route ? joined : undefined,
      })),
      good: 0,
      dropped: 0,
      damaged: [],
      end: end && { count: 0, state: undefined },
    };
  };

  const probeHeld = function* (): Generator<Part, JoinScan> {
    held.indexInstants();
    const scan = new JoinScan(join!, held, shared);
    let row = 0;
    for (const piece of readSpilled(probe, where)) {
      const view = viewOf(piece);
      for (let at = 0; at < piece.length; row++) {
        const from = at + rowHeader;
        const to = from + view.getInt32(at + 12, true);
        paired = withRoom(paired, row + 1);
        if (scan.finds(view.getInt32(at + 8, true), view.getFloat64(at, true))) {
          paired[row] = 1;
          scan.write(piece, view, from, to - 1, false);
          while (scan.isFull()) yield part(scan, false);
        }
        at = to;
      }
    }
    rows = row;
    return scan;
  };

  for (const piece of readSpilled(build, where)) {
    const view = viewOf(piece);
    for (let at = 0; at < piece.length;) {
      const from = at + rowHeader;
      const to = from + view.getInt32(at + 12, true);
      held.addRows(view.getFloat64(at, true), view.getInt32(at + 8, true), piece, view, from, to);
      heldBytes += to - from + segmentOverhead;
      at = to;
      if (heldBytes >= budget) {
        const scan = yield* probeHeld();
        yield part(scan, true);
        held.clear(seed);
        heldBytes = 0;
      }
    }
  }
  const scan = yield* probeHeld();
  const pairedRows = paired.subarray(0, rows).reduce((sum, each) => sum + each, 0);
  yield part(scan, true, { paired: pairedRows, noPair: rows - pairedRows });
  throw new Error("a part was asked for behind the last one");
}
