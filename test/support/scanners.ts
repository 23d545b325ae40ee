// Scanners in the thread of the test: what the pool of threads does, but at once, so that thousands of lakes can be
// tried. Each has its own memory of what it has read, as a thread has. Every so often all of them have a join to do.

import { PlainScanner } from "../../src/io/plain-scanner.js";
import { SharedBuffers } from "../../src/io/shared-buffers.js";
import {
  type FilledPart,
  type IndexPart,
  type RecordsBlock,
  type RecordsInput,
  type RecordsPart,
  releasePart,
  releaseRecords,
  type Scanners,
  type Work,
} from "../../src/pipeline/readings-pool.js";
import { JoinTable, type JoinTableMemory } from "../../src/transforms/join-table.js";
import { type Part, ReadingsScanner, type ScanInput } from "../../src/pipeline/readings-scan.js";
import type { ReadingsSpec } from "../../src/pipeline/readings-spec.js";
import {
  type FillInput,
  fillSpilled,
  type ProbeInput,
  probeSpilled,
} from "../../src/pipeline/spilled-jobs.js";

export class ScannersHere implements Scanners {
  readonly size: number;
  readonly unpacker = undefined;
  #scanners: ReadingsScanner[] = [];
  #tables: JoinTable[] = [];
  #turn = 0;
  readonly #buffers = new SharedBuffers();
  #records: PlainScanner | undefined;

  constructor(size: number) {
    this.size = size;
  }

  begin(spec: ReadingsSpec): void {
    this.#scanners = Array.from({ length: this.size }, () => new ReadingsScanner(spec, this.#buffers));
  }

  scan(input: ScanInput): Work {
    return this.#work(this.#scanners[this.#turn++ % this.size]!.scan(input));
  }

  /** At once: a table that somebody still probes would be seen to change. */
  fill(input: FillInput): Work<FilledPart> {
    const filled = fillSpilled(input);
    return {
      isReady: true,
      next: () => Promise.resolve({ filled, end: true }),
      release: () => undefined,
      discard: () => Promise.resolve(),
    };
  }

  beginProbes(table: JoinTableMemory): void {
    this.#tables = this.#scanners.map(() => JoinTable.of(table));
  }

  probe(input: ProbeInput): Work | undefined {
    // Nothing for the one that calls, whose turn it is as often as any other's.
    const turn = this.#turn++ % (this.size + 1);
    const scanner = this.#scanners[turn];
    return scanner && this.#work(probeSpilled(scanner, this.#tables[turn]!, input));
  }

  index(memory: JoinTableMemory, instants: boolean): Work<IndexPart> {
    return {
      isReady: false,
      next: () => Promise.resolve({ index: JoinTable.of(memory).indexAll(instants), end: true }),
      release: () => undefined,
      discard: () => Promise.resolve(),
    };
  }

  beginRecords({ table, seed }: RecordsInput): void {
    this.#records = new PlainScanner(table, seed, this.#buffers);
  }

  /** Some are done when they are needed, of others nothing is known then. */
  records({ bytes }: RecordsBlock): Work<RecordsPart> | undefined {
    if (this.#turn++ % 5 === 0) return undefined;
    return {
      isReady: this.#turn % 4 > 0,
      next: () => Promise.resolve({ records: this.#records!.scan(bytes), end: true }),
      release: releaseRecords,
      discard: () => Promise.resolve(),
    };
  }

  #work(scan: { next(): Part }): Work {
    return {
      isReady: false,
      next: () => Promise.resolve(scan.next()),
      release: releasePart,
      discard: () => Promise.resolve(),
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
