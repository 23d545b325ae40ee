// Scanners in the thread of the test: what the pool of threads does, but at once, so that thousands of lakes can be
// tried. Each has its own memory of what it has read, as a thread has.

import { buffersOf, type Scanners, type Work } from "../../src/pipeline/readings-pool.js";
import { ReadingsScanner, type ScanInput } from "../../src/pipeline/readings-scan.js";
import type { ReadingsSpec } from "../../src/pipeline/readings-spec.js";

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
    const scanner = this.#scanners[this.#turn++ % this.size]!;
    const scan = scanner.scan(input);
    return {
      next: () => Promise.resolve(scan.next()),
      release: (part) => scanner.reuse(buffersOf(part)),
      discard: () => undefined,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
