// Has the blocks of a table that goes record by record looked through by threads, as far ahead as its reader allows.

import { setImmediate } from "node:timers/promises";
import type { Block, BlockPool } from "../io/blocks.js";
import type { BlockScanner, ScannedBlock } from "../io/scan-ahead.js";
import type { RecordsInput, RecordsPart, Scanners, Work } from "./readings-pool.js";

/** @param blocks what they are read into: at least `blocksHeld` of them */
export function recordsAhead(
  pool: Scanners,
  input: Omit<RecordsInput, "reached">,
  blocks: BlockPool,
): BlockScanner {
  const reached = new SharedArrayBuffer(4);
  const count = new Int32Array(reached);
  let last = 0;
  pool.beginRecords({ ...input, reached });
  return {
    blocks,
    unpacker: pool.unpacker,
    scan({ bytes }: Block): ScannedBlock | undefined {
      const number = ++last;
      const work = pool.records({ bytes, number });
      return work && new Scanned(work, () => Atomics.store(count, 0, number));
    },
  };
}

class Scanned implements ScannedBlock {
  readonly #work: Work<RecordsPart>;
  #part: RecordsPart | undefined;

  readonly #isReached: () => void;

  constructor(work: Work<RecordsPart>, isReached: () => void) {
    this.#work = work;
    this.#isReached = isReached;
  }

  async found(): Promise<RecordsPart["records"]> {
    if (!this.#work.isReady) await setImmediate(); // lets threads say what they have done
    // Whoever would have to wait reads the block meanwhile.
    this.#isReached();
    if (!this.#work.isReady) return undefined;
    this.#part = await this.#work.next();
    return this.#part.records;
  }

  async release(): Promise<void> {
    if (this.#part) this.#work.release(this.#part);
    else await this.#work.discard();
  }
}
