// A file for what does not fit into memory: rows appended to partitions, and read back partition by partition, by
// whichever thread. It has no name once it is open, so that it is gone with the process, however that ends. In truth there
// are several, each for some partitions, so that what has been read back takes no more room.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { StediError } from "../errors.js";
import { viewOf } from "../transforms/words-copy.js";
import { asStediError, errno } from "./file-errors.js";
import { OutBuffer } from "./out-buffer.js";

/** @throws StediError where there is no such folder */
export async function requireSpillFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    throw errno(error) === "ENOENT" ? noFolder(folder) : asStediError(error, folder);
  });
  if (found.isDirectory()) return;
  throw new StediError("STEDI_NOT_A_FOLDER", {
    what: "a file stands where the folder for a join to spill to should be",
    where: folder,
    next: "name another one with --tmp",
  });
}

function noFolder(folder: string): StediError {
  return new StediError("STEDI_NOT_FOUND", {
    what: "there is no such folder for a join to spill to",
    where: folder,
    next: "make it, or name another one with --tmp",
  });
}

/** Where the rows of a partition stand: starts and lengths in bytes, by turns. */
export interface SpilledRows {
  readonly file: number;
  readonly extents: readonly number[];
}

/** Of a partition without rows. */
const noFile = -1;

/** A row's time (double), number (int32) and length (int32) come before its bytes. */
export const rowHeader = 16;

/** Begins a row; its bytes are put behind. @returns where they start */
export function startRow(out: OutBuffer, time: number, number: number): number {
  out.float64(time);
  out.int32(number);
  out.int32(0); // the length, when it is known
  return out.length;
}

/** Ends the row whose bytes start there. */
export function endRow(out: OutBuffer, from: number): void {
  out.setInt32(from - 4, out.length - from);
}

/** Goes over whole rows that stand one behind the other. */
export class RowCursor {
  readonly bytes: Uint8Array;
  /** Over the same memory. */
  readonly view: DataView;
  // The row that it has come to: its bytes are those from `from` to `to`.
  time = 0;
  number = 0;
  from = 0;
  to = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** @returns whether there is another one */
  next(): boolean {
    const at = this.to;
    if (at >= this.bytes.length) return false;
    this.time = this.view.getFloat64(at, true);
    this.number = this.view.getInt32(at + 8, true);
    this.from = at + rowHeader;
    this.to = this.from + this.view.getInt32(at + 12, true);
    return true;
  }
}

const bufferBytes = 64 * 1024;

/** How many partitions, one after another, share a file. */
const partitionsOfFile = 8;

/** One that is written at its end. */
interface OpenFile {
  readonly file: number;
  size: number;
}

/** See the top of this file. */
export class SpillFile {
  readonly #folder: string;
  readonly #files: (OpenFile | undefined)[] = [];
  readonly #buffers: (OutBuffer | undefined)[] = [];
  readonly #extents: number[][] = [];

  /** @param folder in which they stand for the instant in which they have a name, in a folder of mode 0700 */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Appends a row whose bytes are `bytes` from `from` to `to`.
   * @param view over the same memory as `bytes`
   * @throws StediError where it cannot be written
   */
  append(
    partition: number,
    time: number,
    number: number,
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
  ): void {
    let buffer = (this.#buffers[partition] ??= new OutBuffer(Buffer.allocUnsafeSlow(bufferBytes)));
    if (buffer.length > 0 && buffer.length + rowHeader + to - from > bufferBytes) {
      this.#flush(partition);
      // One that a large row has made grow would be kept for each partition.
      if (buffer.bytes.length > bufferBytes) {
        buffer = this.#buffers[partition] = new OutBuffer(Buffer.allocUnsafeSlow(bufferBytes));
      }
    }
    const start = startRow(buffer, time, number);
    buffer.copyAny(bytes, view, from, to);
    endRow(buffer, start);
  }

  /**
   * The rows of a partition, once nothing more is appended to it.
   * @throws StediError where they cannot be written
   */
  rows(partition: number): SpilledRows {
    this.#flush(partition);
    this.#buffers[partition] = undefined;
    const file = this.#files[fileOf(partition)]?.file ?? noFile;
    return { file, extents: this.#extents[partition] ?? [] };
  }

  /** Says that the partitions before one are read no more. */
  freeBefore(partition: number): void {
    for (let file = 0; file < fileOf(partition); file++) this.#close(file);
  }

  close(): void {
    for (const file of this.#files.keys()) this.#close(file);
  }

  #close(file: number): void {
    const open = this.#files[file];
    this.#files[file] = undefined;
    if (open) closeSync(open.file);
  }

  #flush(partition: number): void {
    const buffer = this.#buffers[partition];
    if (!buffer || buffer.length === 0) return;
    const filled = buffer.length;
    attempt(this.#folder, () => {
      const open = (this.#files[fileOf(partition)] ??= { file: openUnnamed(this.#folder), size: 0 });
      for (let from = 0; from < filled;) {
        from += writeSync(open.file, buffer.bytes, from, filled - from, open.size + from);
      }
      (this.#extents[partition] ??= []).push(open.size, filled);
      open.size += filled;
    });
    buffer.clear();
  }
}

function fileOf(partition: number): number {
  return Math.floor(partition / partitionsOfFile);
}

function openUnnamed(folder: string): number {
  const own = ownFolder(folder);
  try {
    return openSync(join(own, "rows"), "wx+", 0o600);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** The system's folder for temporary files is not looked at before it is needed. */
function ownFolder(folder: string): string {
  try {
    return mkdtempSync(join(folder, "stedi-spill-"));
  } catch (error) {
    throw errno(error) === "ENOENT" ? noFolder(folder) : error;
  }
}

/**
 * The rows of a partition, in the order in which they came, in pieces that each hold whole rows. A piece is good until
 * the next one.
 * @param where how errors name the place
 */
export function* readSpilled({ file, extents }: SpilledRows, where: string): Generator<Buffer> {
  let buffer = Buffer.alloc(0);
  for (let index = 0; index < extents.length; index += 2) {
    const [start, length] = [extents[index]!, extents[index + 1]!];
    if (buffer.length < length) buffer = Buffer.allocUnsafeSlow(length);
    attempt(where, () => {
      for (let from = 0; from < length;) {
        const count = readSync(file, buffer, from, length - from, start + from);
        if (count === 0) throw new Error("a spill file is shorter than what was written to it");
        from += count;
      }
    });
    yield buffer.subarray(0, length);
  }
}

/** Rows in parts of about so many bytes, at least one each. */
export function* spilledParts({ file, extents }: SpilledRows, bytes: number): Generator<SpilledRows> {
  for (let from = 0; from < extents.length;) {
    let to = from;
    for (let taken = 0; to < extents.length && taken < bytes; to += 2) taken += extents[to + 1]!;
    yield { file, extents: extents.slice(from, to) };
    from = to;
  }
}

/** The rows behind the first ones, which take so many bytes; nothing where there are no more. */
export function spilledBehind({ file, extents }: SpilledRows, bytes: number): SpilledRows | undefined {
  let skipped = bytes;
  for (let index = 0; index < extents.length; index += 2) {
    const [start, length] = [extents[index]!, extents[index + 1]!];
    if (skipped < length) {
      return { file, extents: [start + skipped, length - skipped, ...extents.slice(index + 2)] };
    }
    skipped -= length;
  }
  return undefined;
}

function attempt<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asStediError(error, where);
  }
}
