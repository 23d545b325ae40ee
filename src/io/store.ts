// What the engine asks of a place that holds a lake. Paths are relative to the lake's root, with `/` between
// components. A store says what is there and moves bytes; it knows nothing of tables, zones or commits.

import { StediError } from "../errors.js";
import type { Checksum } from "./checksum.js";

/** One stored file. `version` changes whenever its bytes do (size and modification time, or an ETag). */
export interface StoredFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly version: string;
}

/** A file being written. Nothing of it can be relied on before `close` has returned. */
export interface FileSink {
  /** Resolves when the store is ready for more; the bytes must not change before. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes the file lasting. */
  close(): Promise<void>;
  /** Gives the file up and frees what it holds; never throws. */
  abort(): Promise<void>;
}

/** How many bytes of a file are read at a time, where nothing else says. */
export const chunkBytes = 512 * 1024;

/** Gives memory for the next bytes of a file; may wait until there is some. */
export type Room = () => Uint8Array | Promise<Uint8Array>;

/** Room for chunks each of which is done with when the next but one is asked for: the same memory again and again. */
export function ring(size: number): Room {
  // For a chunk being read, the one being dealt with, and what may be left over from the one before.
  const rooms: Uint8Array[] = [];
  let turn = 0;
  return () => (rooms[turn++ % 3] ??= Buffer.allocUnsafeSlow(size));
}

/** What pays off to be read before its turn. */
export interface ReadAhead {
  /** How many files. */
  readonly files: number;
  /** The size, in bytes, up to which a file is read as a whole. */
  readonly smallBytes: number;
  /**
   * A larger one is begun when fewer bytes than these of the one before are left to be dealt with; 0: when it is its turn.
   */
  readonly leadBytes: number;
}

/** What was begun to be written and neither closed nor given up. */
export interface Unfinished {
  readonly path: string;
  /** When it was begun, by the store's clock, where that tells. */
  readonly begun?: Date | undefined;
  /** Gives it up for its writer, who may be gone. */
  discard(): Promise<void>;
}

/** A lake's place. All methods throw `StediError` with a `STEDI_…` code of exit 3 when the place fails them. */
export interface Store {
  /** How users name the place. */
  readonly uri: string;
  readonly readAhead: ReadAhead;
  /**
   * Whether it is reached over a protocol that any machine may speak and any server may answer: then `putIfAbsent` is tried
   * before it is relied on, and of another machine's process it is not guessed whether it is alive.
   */
  readonly isRemote: boolean;
  /** Whether the place exists: a folder that is not there yet can still be written to. */
  exists(): Promise<boolean>;
  /**
   * All files below a folder, at any depth, in the order of their paths' UTF-8 bytes; whole or not at all. Names that start
   * with `_` or `.` below the folder are left out, and so is what is below them. A folder that is missing is empty.
   */
  list(folder: string): Promise<readonly StoredFile[]>;
  /** The names of the files and folders directly in a folder, sorted; none where it is missing. */
  names(folder: string): Promise<readonly string[]>;
  /** The file of this path as it is now, or nothing. */
  find(path: string): Promise<StoredFile | undefined>;
  /**
   * The bytes of exactly the file that was listed, in chunks; `STEDI_CHANGED` if it is no longer that one.
   * @param room where chunks may be put, one in each, from its start; may be asked for one more while a chunk is being
   * dealt with. A store need not use it: chunks stand in memory of their own then, as they do where it is left out. Of a
   * file larger than `readAhead.smallBytes`, that memory may be used again once the next but one is asked for
   * @param signal ends waiting for bytes, with its reason, where that can take long
   */
  read(file: StoredFile, room?: Room, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The bytes of a small file, or nothing where there is none. */
  get(path: string): Promise<Uint8Array | undefined>;
  /**
   * What the store knows of a file's bytes without reading them; nothing where it knows none.
   */
  knownChecksum(file: StoredFile): Promise<Checksum | undefined>;
  /**
   * Starts a new file; its folders come by themselves.
   * @param expectedBytes about how large it gets, where that is known
   */
  create(path: string, expectedBytes?: number): Promise<FileSink>;
  /**
   * Starts a file that takes the place of another, or of none: readers find what was there before, until the new one is
   * there whole, with `close`.
   * @param expectedBytes as in `create`
   */
  replace(path: string, expectedBytes?: number): Promise<FileSink>;
  /** What was begun below a folder and is not finished, and not to be seen there; none where files grow in place. */
  unfinished(folder: string): Promise<readonly Unfinished[]>;
  /**
   * Stores a small file, lasting and whole, unless one of that name is there: then false, and nothing has changed. Where it
   * throws, the file may be there all the same: the last step of making it lasting may be what failed.
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Deletes a file or a folder with all that is in it, if it is there. */
  remove(path: string): Promise<void>;
  /** Deletes the folders that came by themselves, with files that were written here, and have nothing in them; never throws. */
  removeEmptyFolders(): Promise<void>;
  /** Whether the place keeps bytes that were deleted, as older versions; nothing where it does not tell. */
  keepsDeleted(): Promise<boolean | undefined>;
}

/**
 * Tells the name of a draft, which a store may need on the way to a file that is to appear whole. A process that dies
 * leaves its own behind. Anyone may remove any draft at any time: a writer that misses its draft makes another, or fails.
 */
export function isDraft(name: string): boolean {
  return name.startsWith(".") && name.endsWith(draftEnding);
}

export const draftEnding = ".draft";

/** A store that may let two runs commit at once. */
export function noCondition(where: string): StediError {
  return new StediError("STEDI_NO_CONDITION", {
    what: "the store does not hold a put on condition, so two runs at once could both commit",
    where,
    why: "it does not honour If-None-Match",
    next: "use a store that does; or, if nobody else ever runs on this lake, --unsafe-single-writer",
  });
}
