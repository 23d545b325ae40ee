// One zone being built: its steps, its writer, its books, and whoever else takes its rows.

import { type PartFile, type PartTarget, PartWriter } from "../io/part-writer.js";
import { rowFormat } from "../transforms/rows.js";
import type { Tap } from "./lookups.js";
import { compileSteps, type RowSink, type Snapshot, type StepContext, type StepTally } from "./operators.js";
import type { Zone } from "./plan.js";

/** See the top of this file. Rows go into `sink`. */
export class ZoneBuild {
  readonly zone: Zone;
  readonly sink: RowSink;
  readonly tally: StepTally = { filtered: new Map(), pairs: 0, crossPersonPairs: 0 };
  read = 0;
  written = 0;
  /** What was written; complete once the sink has ended. */
  parts: readonly PartFile[] = [];
  readonly #writer: PartWriter;

  /** @param next take every row that is written; they end when this zone does */
  constructor(
    zone: Zone,
    target: PartTarget,
    folder: string,
    context: StepContext,
    next: readonly RowSink[],
  ) {
    this.zone = zone;
    this.#writer = new PartWriter(target, folder);
    const format = rowFormat(zone);
    // Looked up with the first row: by then every zone of the run has named its lookups.
    let taps: readonly Tap[] | undefined;
    const first = compileSteps(zone, context, this.tally, {
      push: (row) => {
        this.written++;
        taps ??= context.lookups.tapsOf(zone);
        for (const tap of taps) tap(row);
        let wait = this.#writer.write(format(row));
        for (const sink of next) wait = both(wait, sink.push(row));
        return wait;
      },
      end: async () => {
        this.parts = await this.#writer.close();
        for (const sink of next) await sink.end();
      },
    });
    const { offer } = first;
    this.sink = {
      push: (row) => {
        this.read++;
        return first.push(row);
      },
      ...(offer && {
        offer: (snapshot: Snapshot) => {
          this.read++;
          offer(snapshot);
        },
      }),
      end: () => first.end(),
    };
  }

  /**
   * Takes what has become elsewhere of rows that were read for this zone.
   * @param filtered rows dropped, by reason
   * @param lines what is left, as it is written
   */
  async take(
    read: number,
    filtered: Iterable<readonly [string, number]>,
    lines: { readonly bytes: Uint8Array; readonly rows: number },
  ): Promise<void> {
    this.read += read;
    this.written += lines.rows;
    const counts = this.tally.filtered;
    for (const [reason, count] of filtered) counts.set(reason, counts.get(reason)! + count);
    await this.#writer.writeLines(lines.bytes, lines.rows);
  }

  /** Gives up what is being written; never throws. */
  abort(): Promise<void> {
    return this.#writer.abort();
  }
}

function both(a: Promise<void> | undefined, b: Promise<void> | undefined): Promise<void> | undefined {
  if (a && b) return Promise.all([a, b]).then(() => undefined);
  return a ?? b;
}
