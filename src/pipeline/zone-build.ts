// One zone being built: its steps, its writer, its books, and whoever else takes its rows.

import { type PartFile, type PartTarget, PartWriter } from "../io/part-writer.js";
import { RecordReader } from "../io/table-reader.js";
import { type Row, rowFormat } from "../transforms/rows.js";
import { compileSteps, type StepContext, type StepTally } from "./operators.js";
import type { Zone } from "./plan.js";
import { both, type RowSink, type RowTarget, type Snapshot, toAll, type Wait } from "./row-sink.js";

/** See the top of this file. Rows go into `sink`. */
export class ZoneBuild {
  readonly zone: Zone;
  readonly sink: RowSink;
  readonly tally: StepTally = { filtered: new Map(), pairs: 0, crossPersonPairs: 0 };
  read = 0;
  written = 0;
  readonly #writer: PartWriter;
  #parts: Promise<readonly PartFile[]> | undefined;

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
    const reader = new RecordReader(zone);
    // Who looks rows up is asked with the first row: by then every zone of the run has named its lookups.
    let asked: RowTarget | undefined;
    const others = (): RowTarget => (asked ??= toAll([context.lookups.targetOf(zone), ...next]));
    const push = (row: Row): Wait => {
      this.written++;
      return both(this.#writer.write(format(row)), others().push(row));
    };
    const first = compileSteps(zone, context, this.tally, {
      push,
      offer: (snapshot) => {
        const { bytes, start, end } = snapshot;
        const { offer } = others();
        if (!offer || !reader.isLine(bytes, start, end)) return push(reader.row(bytes, start, end));
        this.written++;
        return both(this.#writer.writeRecord(bytes, start, end), offer(snapshot));
      },
      end: async () => {
        this.#parts = this.#writer.close();
        this.#parts.catch(() => undefined); // told by `close`
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
          return offer(snapshot);
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

  /** Once the sink has ended. @returns what was written, when it is lasting */
  close(): Promise<readonly PartFile[]> {
    return this.#parts!;
  }

  /** Gives up what is being written; never throws. */
  async abort(): Promise<void> {
    await this.#parts?.catch(() => undefined);
    await this.#writer.abort();
  }
}
