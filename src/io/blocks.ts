// Cuts the bytes of a file into blocks, in shared memory, so that threads can read them side by side: as far as that
// can be told at a glance, each ends where a record does. Whether one really does, its reader finds out.

import { isPacked } from "./gunzip.js";
import type { TableFile } from "./read-ahead.js";
import type { Room } from "./store.js";

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

/** Memory is left free for so many bytes in front of what is read, for the record that the block before has begun. */
const mostHeadroom = 64 * 1024;

/** How many blocks of which size, in bytes. */
export interface BlockSizes {
  readonly size: number;
  readonly count: number;
}

/** A number of blocks that are used over and over again; who asks for one too many waits. */
export class BlockPool {
  readonly #headroom: number;
  readonly #usual: Blocks;
  readonly #small: Blocks;

  /** @param small blocks for files that are read whole, before their turn */
  constructor(usual: BlockSizes, small: BlockSizes) {
    this.#headroom = Math.min(mostHeadroom, usual.size >> 4);
    this.#usual = new Blocks(usual);
    this.#small = new Blocks({ ...small, size: small.size + this.#headroom });
  }

  /** Bytes of a block. */
  get size(): number {
    return this.#usual.size;
  }

  /** The size, in bytes, up to which a file goes into a small block. */
  get smallSize(): number {
    return this.#small.size - this.#headroom;
  }

  /** The part of a free block that is to be filled. */
  async room(): Promise<Uint8Array> {
    return (await this.#usual.take()).subarray(this.#headroom);
  }

  /** The same of a small block; where none is free, memory that is not of this pool: nobody has to wait. */
  smallRoom(): Uint8Array {
    return (this.#small.takeNow() ?? new Uint8Array(this.#small.size)).subarray(this.#headroom);
  }

  /** Whether some bytes stand in a block of this pool. */
  owns(bytes: Uint8Array): boolean {
    return this.#ownerOf(bytes) !== undefined;
  }

  /**
   * Puts bytes in front of what has been filled in.
   * @param filled from the start of a room
   */
  join(before: Uint8Array, filled: Uint8Array): Uint8Array {
    if (before.length === 0) return filled;
    const length = before.length + filled.length;
    if (before.length <= this.#headroom) {
      const block = new Uint8Array(filled.buffer, this.#headroom - before.length, length);
      block.set(before);
      return block;
    }
    const block = new Uint8Array(new SharedArrayBuffer(length));
    block.set(before);
    block.set(filled, before.length);
    this.release(filled);
    return block;
  }

  /** @param bytes of a block, or a part of one */
  release(bytes: Uint8Array): void {
    this.#ownerOf(bytes)?.release(bytes);
  }

  #ownerOf(bytes: Uint8Array): Blocks | undefined {
    if (this.#usual.owns(bytes)) return this.#usual;
    return this.#small.owns(bytes) ? this.#small : undefined;
  }
}

/** Blocks of one size. */
class Blocks {
  readonly size: number;
  readonly #made = new Set<ArrayBufferLike>();
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((block: Uint8Array) => void)[] = [];
  #unmade: number;

  constructor({ size, count }: BlockSizes) {
    this.size = size;
    this.#unmade = count;
  }

  owns(bytes: Uint8Array): boolean {
    return this.#made.has(bytes.buffer);
  }

  release(bytes: Uint8Array): void {
    const block = new Uint8Array(bytes.buffer);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(block);
    else this.#free.push(block);
  }

  /** A free block; waits until there is one. */
  async take(): Promise<Uint8Array> {
    return this.takeNow() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A free block, or nothing. */
  takeNow(): Uint8Array | undefined {
    const free = this.#free.pop();
    if (free || this.#unmade === 0) return free;
    this.#unmade--;
    const made = new SharedArrayBuffer(this.size);
    this.#made.add(made);
    return new Uint8Array(made);
  }
}

/** What a file that is read whole, before its turn, is put into: a small block, unless it has to be unpacked from there. */
export function smallRooms(pool: BlockPool): (file: TableFile) => Room | undefined {
  return ({ path, size }) => (isPacked(path) || size > pool.smallSize ? undefined : () => pool.smallRoom());
}

/**
 * The blocks of one file, in order; at least one. Whoever takes them gives each back to the pool.
 * @param read gives the file's bytes, in rooms of the pool where it can
 */
export async function* blocksOf(
  read: (room: Room) => AsyncIterable<Uint8Array>,
  pool: BlockPool,
): AsyncGenerator<Block> {
  let offset = 0;
  let block: Uint8Array | undefined;
  for await (const filled of inRooms(
    read(() => pool.room()),
    pool,
  )) {
    if (filled.length === 0) {
      pool.release(filled);
      continue;
    }
    if (!block) {
      block = filled;
      continue;
    }
    const to = cutOf(block);
    const begun = Uint8Array.from(block.subarray(to));
    yield { bytes: block.subarray(0, to), offset, last: false };
    offset += to;
    block = pool.join(begun, filled);
  }
  yield { bytes: block ?? (await pool.room()).subarray(0, 0), offset, last: true };
}

/** Copies chunks that stand elsewhere into rooms, as many into one as there is room for. */
async function* inRooms(chunks: AsyncIterable<Uint8Array>, pool: BlockPool): AsyncIterable<Uint8Array> {
  let room: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    if (pool.owns(chunk)) {
      if (room) yield room.subarray(0, filled);
      room = undefined;
      yield chunk;
      continue;
    }
    for (let from = 0; from < chunk.length;) {
      if (room?.length === filled) {
        yield room;
        room = undefined;
      }
      if (!room) {
        room = await pool.room();
        filled = 0;
      }
      const count = Math.min(chunk.length - from, room.length - filled);
      room.set(chunk.subarray(from, from + count), filled);
      filled += count;
      from += count;
    }
  }
  if (room) yield room.subarray(0, filled);
}

/**
 * Where the last record of a block seems to start that comes behind another one's end: a record that was cut off may
 * still go on in the next block. If there is none, where the last one starts at all; else the end of a line, or of the
 * block.
 */
function cutOf(block: Uint8Array): number {
  let last = -1;
  for (let at = block.length - 1; at > 0; at--) {
    if (block[at] !== openBrace) continue;
    if (block[at - 1] === closeBrace) return at;
    if (block[at - 1] !== newline) continue;
    if (block[lastBefore(block, at)] === closeBrace) return at;
    if (last < 0) last = at;
  }
  if (last >= 0) return last;
  const line = block.lastIndexOf(newline);
  return line < 0 ? block.length : line + 1;
}

/** The place of the last byte before another that is neither white space nor a comma. */
function lastBefore(block: Uint8Array, end: number): number {
  let at = end - 1;
  while (at >= 0 && isBetween[block[at]!] === 1) at--;
  return at;
}

/** What may stand between a record and the next. */
const isBetween = new Uint8Array(256);
for (const byte of Buffer.from(" \t\r\n,")) isBetween[byte] = 1;
