// A file for what does not fit into memory: rows appended to partitions, and read back partition by partition, by
// whichever thread. It has no name once it is open, so that it is gone with the process, however that ends.

import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { StediError } from "../errors.js";
import { asStediError, errno } from "./file-errors.js";
import { OutBuffer } from "./out-buffer.js";

/** @throws StediError where there is no such folder */
export async function requireSpillFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: unknown) => {
    if (errno(error) !== "ENOENT") throw asStediError(error, folder);
    throw new StediError("STEDI_NOT_FOUND", {
      what: "there is no such folder for a join to spill to",
      where: folder,
      next: "make it, or name another one with --tmp",
    });
  });
  if (found.isDirectory()) return;
  throw new StediError("STEDI_NOT_A_FOLDER", {
    what: "a file stands where the folder for a join to spill to should be",
    where: folder,
    next: "name another one with --tmp",
  });
}

/** Where the rows of a partition stand: starts and lengths in bytes, by turns. */
export interface SpilledRows {
  readonly file: number;
  readonly extents: readonly number[];
}

/** A row's time (double), number (int32) and length (int32) come before its bytes. */
export const rowHeader = 16;

const bufferBytes = 64 * 1024;

/** See the top of this file. */
export class SpillFile {
  readonly #folder: string;
  readonly #file: number;
  readonly #buffers: (OutBuffer | undefined)[] = [];
  readonly #extents: number[][] = [];
  #size = 0;

  /**
   * @param folder in which it stands for the instant in which it has a name, in a folder of mode 0700
   * @throws StediError where it cannot be made there
   */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = attempt(folder, () => {
      const own = mkdtempSync(join(folder, "stedi-spill-"));
      try {
        return openSync(join(own, "rows"), "wx+", 0o600);
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    });
  }

  /**
   * Appends a row whose bytes are `bytes` from `from` to `to`.
   * @param view over the same memory as `bytes`
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
    buffer.float64(time);
    buffer.int32(number);
    buffer.int32(to - from);
    buffer.copyAny(bytes, view, from, to);
  }

  /** The rows of a partition, once nothing more is appended to it. */
  rows(partition: number): SpilledRows {
    this.#flush(partition);
    this.#buffers[partition] = undefined;
    return { file: this.#file, extents: this.#extents[partition] ?? [] };
  }

  close(): void {
    closeSync(this.#file);
  }

  #flush(partition: number): void {
    const buffer = this.#buffers[partition];
    if (!buffer || buffer.length === 0) return;
    const filled = buffer.length;
    attempt(this.#folder, () => {
      for (let from = 0; from < filled;) {
        from += writeSync(this.#file, buffer.bytes, from, filled - from, this.#size + from);
      }
    });
    (this.#extents[partition] ??= []).push(this.#size, filled);
    this.#size += filled;
    buffer.clear();
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

function attempt<T>(where: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asStediError(error, where);
  }
}
