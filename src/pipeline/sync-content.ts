// What a file is to be at the target of a sync: its bytes as they are, or in their clean form.

import { type Checksum, type ChecksumAlgorithm, createHasher } from "../io/checksum.js";
import type { ByteTarget } from "../io/gzip.js";
import { chunkBytes, ring, type Store, type StoredFile } from "../io/store.js";
import type { TableShape } from "../transforms/tables.js";
import { cleanFile, type CleanTally, emptyTally } from "./clean.js";
import { wholeFile } from "./landing.js";

/** The bytes that a file is to have; they can be had as often as they are needed. */
export interface Content {
  /** How many, where that is known without making them. */
  readonly size: number | undefined;
  /** How many there may be. */
  readonly expectedBytes: number;
  /** Their checksum, where a store knows one. */
  known(): Promise<Checksum | undefined>;
  /** @returns what has become of records, where any were looked at */
  send(target: ByteTarget): Promise<CleanTally>;
}

/** How a file's bytes are read. */
export interface Reading {
  /** Is told of the bytes that are read; may throw to stop. */
  readonly progress: (bytes: number) => void;
  /** Ends waiting for bytes. */
  readonly signal: AbortSignal;
}

export function plainContent(source: Store, file: StoredFile, reading: Reading): Content {
  return {
    size: file.size,
    expectedBytes: file.size,
    known: async () => source.knownChecksum(file),
    send: async (target) => {
      for await (const chunk of chunksOf(source, file, reading)) await target(chunk);
      return emptyTally();
    },
  };
}

export function cleanContent(source: Store, table: TableShape, file: StoredFile, reading: Reading): Content {
  return {
    size: undefined,
    // Keys take room; of a packed file, about as much less.
    expectedBytes: file.size * 2,
    known: () => Promise.resolve(undefined),
    send: async (target) => {
      const where = `${source.uri}/${file.path}`;
      return cleanFile(table, chunksOf(source, file, reading), file.path, where, target);
    },
  };
}

/** The checksum of a content, and its size. */
export async function measure(
  content: Pick<Content, "send">,
  algorithm: ChecksumAlgorithm,
): Promise<{ readonly value: string; readonly size: number; readonly tally: CleanTally }> {
  const hasher = createHasher(algorithm);
  let size = 0;
  const tally = await content.send((bytes) => {
    hasher.update(bytes);
    size += bytes.length;
    return Promise.resolve();
  });
  return { value: hasher.digest(), size, tally };
}

function chunksOf(store: Store, file: StoredFile, { progress, signal }: Reading): AsyncIterable<Uint8Array> {
  return wholeFile(store, file, progress, ring(Math.min(chunkBytes, file.size)), signal);
}
