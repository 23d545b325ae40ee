// Shared by the tests of src/io: bytes in short notation, inputs cut into chunks, a framer's whole answer,
// temporary folders.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrokenReason, Framer } from "../../src/io/framer.js";
import { OutBuffer } from "../../src/io/out-buffer.js";
import { collectGarbage } from "../../src/pipeline/v8.js";

export const MiB = 1024 * 1024;

/** Bytes 0 to 255 for the characters of the same number, so that a test can write invalid UTF-8. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes in chunks of one size; each chunk has a memory of its own. */
export function inChunks(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += size) chunks.push(bytes.slice(from, from + size));
  return chunks;
}

/** The bytes in two chunks. */
export function cutAt(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.slice(0, at), bytes.slice(at)];
}

/** The bytes in chunks of the given sizes, one after the other and over again. */
export function inChunksOf(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(bytes.slice(from, from + size));
    from += size;
  }
  return chunks;
}

/** One answer of a framer; `text` is the bytes of a record, or the bytes that were skipped for a stretch, as Latin-1. */
export interface Piece {
  readonly kind: BrokenReason | "record";
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

/** All that a framer says of an input that comes in these chunks. */
export function frameChunks(chunks: Iterable<Uint8Array>): Piece[] {
  const pieces: Piece[] = [];
  let skipped = "";
  const framer = new Framer((bytes) => {
    skipped += Buffer.from(bytes).toString("latin1");
  });
  const drain = (): void => {
    for (let framed = framer.next(); framed; framed = framer.next()) {
      if (framed.kind === "record") {
        const { start, end } = framed;
        pieces.push({
          kind: "record",
          offset: framer.base + start,
          length: end - start,
          text: framer.bytes.toString("latin1", start, end),
        });
      } else {
        const { offset, length, reason } = framed;
        pieces.push({ kind: reason, offset, length, text: skipped });
        skipped = "";
      }
    }
  };
  for (const chunk of chunks) {
    framer.feed(chunk);
    drain();
  }
  framer.end();
  drain();
  if (skipped !== "") throw new Error("bytes were skipped that belong to no stretch");
  return pieces;
}

/** The bytes as they come from a place that is slower than what reads them. */
export async function* slowly(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield chunk;
  }
}

export async function* atOnce(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* chunks;
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** Runs an action on a new folder, which is gone afterwards. */
export async function withFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder();
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "stedi-test-"));
}

/** Garbage is collected when so much may have come together. */
const garbageBytes = 16 * MiB;

/**
 * Samples the memory that this process holds. Garbage counts until it is collected, so what a test may expect of it
 * is an order of magnitude.
 */
export class MemoryGauge {
  readonly #start = MemoryGauge.#now();
  #peak = 0;

  sample(): void {
    if (MemoryGauge.#now() - this.#start < this.#peak + garbageBytes) return;
    // Garbage that a busy machine has not come to collect yet is nobody's fault.
    collectGarbage();
    this.#peak = Math.max(this.#peak, MemoryGauge.#now() - this.#start);
  }

  /** The most bytes held at a sample, above what was held at the start; not more than `garbageBytes` too few. */
  get peak(): number {
    return this.#peak;
  }

  static #now(): number {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  }
}

/** A text behind its length plus 1, as a join table has it. */
export function framed(text: Uint8Array): Uint8Array {
  const out = new OutBuffer(Buffer.alloc(16));
  out.varint(text.length + 1);
  out.put(text);
  return out.bytes.subarray(0, out.length);
}
