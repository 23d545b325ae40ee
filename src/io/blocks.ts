// Cuts the bytes of a file into blocks, in shared memory, so that threads can read them side by side: as far as that
// can be told at a glance, each ends where a record does. Whether one really does, its reader finds out.

import { isPacked } from "./gunzip.js";
import type { SmallRoom, TableFile } from "./read-ahead.js";
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

/** How many blocks at most, of which size, in bytes. */
export interface BlockSizes {
  readonly size: number;
  readonly count: number;
}

/** A number of blocks that are used over and over again; who asks for one too many waits. */
export class BlockPool {
  readonly #headroom: number;
  readonly #usual: Blocks;
  readonly #shared: SharedBlocks;

  /** @param shared blocks for files that are read whole, before their turn, and stand several in one */
  constructor(usual: BlockSizes, shared: BlockSizes) {
    this.#headroom = Math.min(mostHeadroom, usual.size >> 4);
    this.#usual = new Blocks(usual);
    this.#shared = new SharedBlocks(shared);
  }

  /** Bytes of a block. */
  get size(): number {
    return this.#usual.size;
  }

  /** The size, in bytes, up to which a file can stand in a block with others. */
  get smallSize(): number {
    return this.#shared.size;
  }

  /** The part of a free block that is to be filled. */
  async room(): Promise<Uint8Array> {
    return (await this.#usual.take()).subarray(this.#headroom);
  }

  /** So many bytes, right behind those that were asked for before, if they fit into the same block; nobody has to wait. */
  smallRoom(size: number): Uint8Array {
    return this.#shared.room(size);
  }

  /** Whether some bytes stand in a block of this pool. */
  owns(bytes: Uint8Array): boolean {
    return this.#usual.owns(bytes) || this.#shared.owns(bytes);
  }

  /**
   * Puts bytes in front of what has been filled in.
   * @param filled from the start of a room that is no small one
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

  /** @param bytes of a block, or a part of one; of small rooms, each is given back */
  release(bytes: Uint8Array): void {
    if (this.#shared.owns(bytes)) this.#shared.release(bytes);
    else this.#usual.release(bytes);
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
    if (!this.owns(bytes)) return;
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

/** Blocks in which several things stand, one behind the other; each is free again when all of these are given back. */
class SharedBlocks {
  readonly #blocks: Blocks;
  /** How many rooms of each block are in use, and one more of the block at hand. */
  readonly #users = new Map<ArrayBufferLike, number>();
  #block: Uint8Array | undefined;
  #filled = 0;

  constructor(sizes: BlockSizes) {
    this.#blocks = new Blocks(sizes);
  }

  get size(): number {
    return this.#blocks.size;
  }

  owns(bytes: Uint8Array): boolean {
    return this.#users.has(bytes.buffer);
  }

  room(size: number): Uint8Array {
    if (!this.#block || this.#block.length - this.#filled < size) {
      if (this.#block) this.release(this.#block);
      // One more than there are is used once.
      this.#block = this.#blocks.takeNow() ?? new Uint8Array(new SharedArrayBuffer(this.size));
      this.#users.set(this.#block.buffer, 1);
      this.#filled = 0;
    }
    this.#users.set(this.#block.buffer, this.#users.get(this.#block.buffer)! + 1);
    return this.#block.subarray(this.#filled, (this.#filled += size));
  }

  release({ buffer }: Uint8Array): void {
    const users = this.#users.get(buffer)! - 1;
    this.#users.set(buffer, users);
    if (users > 0) return;
    this.#users.delete(buffer);
    this.#blocks.release(new Uint8Array(buffer));
  }
}

/**
 * What a file that is read whole, before its turn, is put into: a block, together with the files before and behind it,
 * unless it has to be unpacked from there.
 */
export function smallRooms(pool: BlockPool): (file: TableFile) => SmallRoom | undefined {
  return ({ path, size }) => {
    if (isPacked(path) || size === 0 || size > pool.smallSize) return undefined;
    // Taken before it is asked for: files are then next to each other in their order.
    const rooms = [pool.smallRoom(size)];
    return {
      room: () => rooms.pop() ?? Buffer.allocUnsafeSlow(size),
      leave: () => {
        for (const each of rooms.splice(0)) pool.release(each);
      },
    };
  };
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

/** What chunks stand in that a store has put elsewhere: rooms of the pool. */
function inRooms(chunks: AsyncIterable<Uint8Array>, pool: BlockPool): AsyncIterable<Uint8Array> {
  return intoRooms(
    chunks,
    () => pool.room(),
    (chunk) => pool.owns(chunk),
  );
}

/**
 * Copies chunks into rooms, as many into one as there is room for.
 * @param room gives the next one; nothing ends it
 * @param stays says of a chunk that it is in a room already
 */
export async function* intoRooms(
  chunks: AsyncIterable<Uint8Array>,
  nextRoom: () => Promise<Uint8Array | undefined>,
  stays: (chunk: Uint8Array) => boolean = () => false,
): AsyncGenerator<Uint8Array> {
  let room: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of chunks) {
    if (stays(chunk)) {
      if (room) yield room.subarray(0, filled);
      room = undefined;
      yield chunk;
      continue;
    }
    for (let from = 0; from < chunk.length;) {
      if (!room) {
        room = await nextRoom();
        if (!room) return;
        filled = 0;
      }
      const count = Math.min(chunk.length - from, room.length - filled);
      room.set(chunk.subarray(from, from + count), filled);
      filled += count;
      from += count;
      if (filled < room.length) continue;
      yield room;
      room = undefined;
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
