// Reads a file in blocks, and has them looked through by somebody else before their reader comes to them.

import { setImmediate } from "node:timers/promises";
import { type Block, type BlockPool, blocksOf } from "./blocks.js";
import { BoundedQueue } from "./bounded-queue.js";
import type { PlainRecords } from "./plain-records.js";
import type { Room } from "./store.js";

/** Looks through blocks beside the thread that reads them. */
export interface BlockScanner {
  /** What blocks are read into: `blocksHeld` of them. */
  readonly blocks: BlockPool;
  /** A file of not more bytes than this is not worth it. */
  readonly least: number;
  /** Begins with a block; nothing where nobody has the time. */
  scan(block: Block): ScannedBlock | undefined;
}

/** A block that is being looked through. */
export interface ScannedBlock {
  /** What has been found, where that is known by now: nothing but plain records. */
  found(): Promise<PlainRecords | undefined>;
  /** Says that no more of it is wanted. @returns when nobody reads the block any more */
  release(): Promise<void>;
}

/** How many blocks are read ahead: whoever looks through one is done long before its reader is. */
const readAhead = 3;

/** One more is being filled, one waits to be cut, one to be put into the queue; one is dealt with, and may end within a record of the one before. */
export const blocksHeld = readAhead + 5;

/**
 * The blocks of one file, in order, with what has been found of them. A block's bytes stay as they are until the next but
 * one is asked for.
 * @param read as in `blocksOf`
 * @param stop is aborted where the blocks are not taken to their end, so that nothing goes on being read
 */
export async function* scannedAhead(
  read: (room: Room) => AsyncIterable<Uint8Array>,
  scanner: BlockScanner,
  stop: AbortController,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly records: PlainRecords | undefined }> {
  const queue = new BoundedQueue<Ahead>(readAhead);
  /** In order; the last two may still be read. */
  const given: Ahead[] = [];
  const release = async ({ bytes, scanned }: Ahead): Promise<void> => {
    await scanned?.release();
    scanner.blocks.release(bytes);
  };
  const fill = async (): Promise<void> => {
    for await (const block of blocksOf(read, scanner.blocks)) {
      if (stop.signal.aborted) {
        scanner.blocks.release(block.bytes);
        return;
      }
      await queue.push({ bytes: block.bytes, scanned: scanner.scan(block) });
    }
  };
  const filling = fill().then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
  let isWhole = false;
  try {
    for (let next = await queue.take(); next; next = await queue.take()) {
      given.push(next);
      // Reading goes on only between blocks: where these are not far ahead yet, it gets one turn more than it needs.
      if (queue.waiting.length < readAhead) await setImmediate();
      yield { bytes: next.bytes, records: await next.scanned?.found() };
      if (given.length > 1) void release(given.shift()!);
    }
    isWhole = true;
  } finally {
    if (!isWhole) stop.abort();
    for (const each of given) void release(each);
    await queue.drain((each) => void release(each));
    await filling;
  }
}

interface Ahead {
  readonly bytes: Uint8Array;
  readonly scanned: ScannedBlock | undefined;
}
