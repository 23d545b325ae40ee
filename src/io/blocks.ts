// Cuts the bytes of a file into blocks, in shared memory, so that threads can read them side by side: as far as that
// can be told at a glance, each ends where a record does. Whether one really does, its reader finds out.

/** Bytes of a file that follow on the block before. */
export interface Block {
  readonly bytes: Uint8Array;
  /** Where they start in the (unpacked) file. */
  readonly offset: number;
  /** Whether the file ends with them. */
  readonly last: boolean;
}

const newline = 0x0a;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** A number of blocks that are used over and over again; who asks for one too many waits. */
export class BlockPool {
  readonly #size: number;
  readonly #free: Uint8Array[] = [];
  #unmade: number;
  #waiting: ((block: Uint8Array) => void) | undefined;

  /** @param size of a block, in bytes */
  constructor(size: number, count: number) {
    this.#size = size;
    this.#unmade = count;
  }

  async take(): Promise<Uint8Array> {
    const free = this.#free.pop();
    if (free) return free;
    if (this.#unmade > 0) {
      this.#unmade--;
      return new Uint8Array(new SharedArrayBuffer(this.#size));
    }
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  /** @param bytes of a block, or a part of one */
  release(bytes: Uint8Array): void {
    const block = new Uint8Array(bytes.buffer);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(block);
    else this.#free.push(block);
  }
}

/** The blocks of one file, in order; at least one. Whoever takes them gives each back to the pool. */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array>, pool: BlockPool): AsyncGenerator<Block> {
  let block = await pool.take();
  let filled = 0;
  let offset = 0;
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length;) {
        if (filled === block.length) {
          const to = cutOf(block);
          const next = await pool.take();
          next.set(block.subarray(to));
          const bytes = block.subarray(0, to);
          block = next;
          filled -= to;
          yield { bytes, offset, last: false };
          offset += to;
        }
        const count = Math.min(chunk.length - from, block.length - filled);
        block.set(from === 0 && count === chunk.length ? chunk : chunk.subarray(from, from + count), filled);
        filled += count;
        from += count;
      }
    }
  } catch (error) {
    pool.release(block);
    throw error;
  }
  yield { bytes: block.subarray(0, filled), offset, last: true };
}

/** Behind the last byte after which a record seems to start; the end of the block where none does. */
function cutOf(block: Uint8Array): number {
  for (let at = block.length - 1; at > 0; at--) {
    if (block[at] !== openBrace) continue;
    if (block[at - 1] === newline || block[at - 1] === closeBrace) return at;
  }
  const line = block.lastIndexOf(newline);
  return line < 0 ? block.length : line + 1;
}
