// Reads back the rows of a zone that this program wrote, checking that its files are what they were.

import { createHash } from "node:crypto";
import { StediError } from "../errors.js";
import type { PartFile } from "../io/part-writer.js";
import type { TableFile } from "../io/read-ahead.js";
import { type EntryHandler, readFiles } from "../io/records.js";
import type { BlockScanner } from "../io/scan-ahead.js";
import type { Room, Store } from "../io/store.js";
import type { TableShape } from "../transforms/tables.js";

/**
 * Reads a zone row by row.
 * @param scanner looks through what is ahead, where there is one
 * @throws StediError `STEDI_BAD_ZONE` where a file is missing or not as it was written
 */
export async function scanZone(
  store: Store,
  zone: TableShape,
  parts: readonly PartFile[],
  handler: Pick<EntryHandler, "row" | "plain" | "coming"> & { progress(bytes: number): void },
  scanner: BlockScanner | undefined,
): Promise<void> {
  const files = partFiles(store, parts, (bytes) => handler.progress(bytes));
  const entriesOf = ({ where }: TableFile): EntryHandler => ({
    ...handler,
    damaged: () => {
      throw badZone(where);
    },
    skipped: () => undefined,
  });
  await readFiles(zone, files, store.readAhead, entriesOf, scanner);
}

/** A zone's files, which give bytes as `partChunks` does. */
export function partFiles(
  store: Store,
  parts: readonly PartFile[],
  progress: (bytes: number) => void,
): readonly TableFile[] {
  return parts.map((part) => ({
    path: part.path,
    where: `${store.uri}/${part.path}`,
    size: part.bytes,
    chunks: (room, signal) => partChunks(store, part, progress, room, signal),
  }));
}

/**
 * The bytes of a part.
 * @param room and signal as in `Store.read`
 * @throws StediError `STEDI_BAD_ZONE` where it is missing or, at the end, not as it was written
 */
async function* partChunks(
  store: Store,
  part: PartFile,
  progress: (bytes: number) => void,
  room?: Room,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const where = `${store.uri}/${part.path}`;
  const file = await store.find(part.path);
  if (file?.size !== part.bytes) throw badZone(where);
  const hash = createHash("sha256");
  for await (const chunk of store.read(file, room, signal)) {
    hash.update(chunk);
    progress(chunk.length);
    yield chunk;
  }
  if (hash.digest("hex") !== part.sha256) throw badZone(where);
}

/** @param where the file */
export function badZone(where: string): StediError {
  return new StediError("STEDI_BAD_ZONE", {
    what: "a zone's file is not what the commit says",
    where,
    why: "it is missing, or something other than this program changed it",
    next: "build the zone again: `stedi run all`",
  });
}
