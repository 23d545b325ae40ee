// Reads files in blocks, and has them looked through by somebody else before their reader comes to them.

import { setImmediate } from "node:timers/promises";
import { type Block, type BlockPool, blocksOf, smallRooms } from "./blocks.js";
import { BoundedQueue } from "./bounded-queue.js";
import type { GunzipOutcome } from "./gunzip.js";
import type { PlainRecords } from "./plain-records.js";
import { readAhead, type TableFile } from "./read-ahead.js";
import type { ReadAhead } from "./store.js";
import { unpacked, type Unpacker } from "./unpacker.js";

/** Looks through blocks beside the thread that reads them. */
export interface BlockScanner {
  /** What blocks are read into: `blocksHeld` of them. */
  readonly blocks: BlockPool;
  readonly unpacker: Unpacker | undefined;
  /** Begins with a block; nothing where nobody has the time. */
  scan(block: Block): ScannedBlock | undefined;
}

/** A block that is being looked through. */
export interface ScannedBlock {
  /** What has been found, where that is known by now: nothing but whole records. */
  found(): Promise<PlainRecords | undefined>;
  /** Says that no more of it is wanted. @returns when nobody reads the block any more */
  release(): Promise<void>;
}

/** A block whose turn it is to be read. */
export interface AheadBlock {
  readonly file: TableFile;
  /** They stay as they are until the next but one is asked for. */
  readonly bytes: Uint8Array;
  /** What has been found of them. */
  readonly records: PlainRecords | undefined;
  /** Of the file's last block, how unpacking it ended. */
  readonly last: GunzipOutcome | undefined;
}

/** How many blocks are queued: whoever looks through one is done long before its reader is. */
const blocksAhead = 3;

/** One more is being filled, one waits to be cut, one to be put into the queue; one is dealt with, and may end within a record of the one before. */
export const blocksHeld = blocksAhead + 5;

/** The blocks of files, in order, unpacked; at least one of each. */
export async function* scannedAhead(
  files: Iterable<TableFile>,
  ahead: ReadAhead,
  scanner: BlockScanner,
): AsyncGenerator<AheadBlock> {
  const stop = new AbortController();
  const queue = new BoundedQueue<Queued>(blocksAhead);
  /** In order; the last two may still be read. */
  const given: Queued[] = [];
  const release = async ({ bytes, scanned }: Queued): Promise<void> => {
    await scanned?.release();
    scanner.blocks.release(bytes);
  };
  const fill = async (): Promise<void> => {
    for (const [file, read] of readAhead(files, ahead, stop.signal, smallRooms(scanner.blocks))) {
      const outcome: GunzipOutcome = { cutOff: false };
      for await (const block of blocksOf(unpacked(file, read, outcome, scanner.unpacker), scanner.blocks)) {
        if (stop.signal.aborted) {
          scanner.blocks.release(block.bytes);
          return;
        }
        const last = block.last ? outcome : undefined;
        await queue.push({ file, bytes: block.bytes, last, scanned: scanner.scan(block) });
      }
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
      if (queue.waiting.length < blocksAhead) await setImmediate();
      const { file, bytes, last, scanned } = next;
      yield { file, bytes, records: await scanned?.found(), last };
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

interface Queued extends Pick<AheadBlock, "file" | "bytes" | "last"> {
  readonly scanned: ScannedBlock | undefined;
}
