// Scanners in the thread of the test: what the pool of threads does, but at once, so that thousands of lakes can be
// tried. Each has its own memory of what it has read, as a thread has.

import { releasePart, type Scanners, type Work } from "../../src/pipeline/readings-pool.js";
import { type Part, ReadingsScanner, type ScanInput } from "../../src/pipeline/readings-scan.js";
import type { ReadingsSpec } from "../../src/pipeline/readings-spec.js";
import { joinSpilled, type SpilledJoinInput } from "../../src/pipeline/spilled-join.js";

export class ScannersHere implements Scanners {
  readonly size: number;
  #scanners: ReadingsScanner[] = [];
  #turn = 0;

  constructor(size: number) {
    this.size = size;
  }

  begin(spec: ReadingsSpec): void {
    this.#scanners = Array.from({ length: this.size }, () => new ReadingsScanner(spec));
  }

  scan(input: ScanInput): Work {
    const scanner = this.#next;
    return this.#work(scanner.scan(input));
  }

  join(input: SpilledJoinInput): Work {
    const scanner = this.#next;
    return this.#work(joinSpilled(scanner, input));
  }

  get #next(): ReadingsScanner {
    return this.#scanners[this.#turn++ % this.size]!;
  }

  #work(scan: { next(): Part }): Work {
    return {
      next: () => Promise.resolve(scan.next()),
      release: releasePart,
      discard: () => Promise.resolve(),
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
