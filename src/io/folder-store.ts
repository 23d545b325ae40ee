// A lake in a folder on disk.

import { randomUUID } from "node:crypto";
import type { Dirent, Stats } from "node:fs";
import { constants } from "node:fs";
import { link, lstat, mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import { StediError } from "../errors.js";
import { compareUtf8 } from "../transforms/keys.js";
import { closeRead, fill, openFile, readOnly, stat, statOpen, statRead } from "./disk-reads.js";
import { asStediError, errno } from "./file-errors.js";
import { chunkBytes, draftEnding, type FileSink, type Room, type Store, type StoredFile } from "./store.js";
import { inLanes } from "./together.js";

/** How many files are looked at at once. */
const lookAhead = 32;

/** How many drafts of one file are made before something must be wrong: each is lost only where a sweep meets it. */
const draftTries = 100;

/**
 * A lake in a folder.
 * @param root the folder's path; it need not exist until something is written
 */
export function folderStore(root: string): Store {
  return new FolderStore(root);
}

class FolderStore implements Store {
  readonly uri: string;
  // Most of the time that a small file takes is spent on opening it.
  readonly readAhead = { files: 16, smallBytes: 512 * 1024, leadBytes: 0 };
  readonly isRemote = false;
  readonly #root: string;
  /** Folders whose names are known to be on disk. */
  readonly #lasting = new Set<string>();
  /** Folders that were made here, each behind those above it. */
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.uri = root;
    this.#root = resolve(root);
  }

  async exists(): Promise<boolean> {
    const found = await this.#stat("");
    if (found && !found.isDirectory()) throw notAFolder(this.uri);
    return found !== undefined;
  }

  async list(folder: string): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = [];
    await this.#walk(folder, files, []);
    return files.sort((a, b) => compareUtf8(a.path, b.path));
  }

  async names(folder: string): Promise<readonly string[]> {
    const entries = await this.#entries(folder);
    return entries.map((entry) => entry.name).sort(compareUtf8);
  }

  async find(path: string): Promise<StoredFile | undefined> {
    const found = await this.#stat(path);
    return found?.isFile() ? { path, size: found.size, version: versionOf(found) } : undefined;
  }

  async *read(file: StoredFile, room?: Room): AsyncIterable<Uint8Array> {
    const path = this.#path(file.path);
    const descriptor = await this.#attempt(file.path, () => openFile(path));
    const size = Math.min(chunkBytes, file.size);
    const next = async (most: number): Promise<Uint8Array> => {
      const into = (room ? await room() : Buffer.allocUnsafeSlow(size)).subarray(0, most);
      return this.#attempt(file.path, async () => into.subarray(0, await fill(descriptor, into)));
    };
    let reading: Promise<Uint8Array> | undefined;
    try {
      this.#expectVersion(await this.#attempt(file.path, () => Promise.resolve(statOpen(descriptor))), file);
      let left = file.size;
      reading = left > 0 ? next(left) : undefined;
      while (left > 0) {
        const chunk = await reading!;
        reading = undefined;
        if (chunk.length === 0) throw changed(this.#where(file.path));
        left -= chunk.length;
        // The next chunk is read while this one is dealt with.
        if (left > 0) reading = next(left);
        reading?.catch(() => undefined); // told when it is its turn
        yield chunk;
      }
      // By its name: a file that was deleted or replaced meanwhile is not that of the listing any more.
      this.#expectVersion(await this.#attempt(file.path, () => Promise.resolve(statRead(path))), file);
    } finally {
      await reading?.catch(() => undefined);
      closeRead(descriptor);
    }
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#path(path), { flag: readOnly });
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      throw asStediError(error, this.#where(path));
    }
  }

  async create(path: string): Promise<FileSink> {
    const target = this.#path(path);
    return this.#sink(path, target, () => Promise.resolve());
  }

  async replace(path: string): Promise<FileSink> {
    const target = this.#path(path);
    const draft = draftIn(dirname(target));
    return this.#sink(path, draft, () => rename(draft, target));
  }

  /**
   * Starts a new file.
   * @param path as errors name it
   * @param finish is called when all is on disk but the file's name
   */
  async #sink(path: string, file: string, finish: () => Promise<void>): Promise<FileSink> {
    const folder = dirname(file);
    const handle = await this.#attempt(path, async () => {
      await this.#makeLasting(folder);
      return open(file, "wx");
    });
    return {
      write: (bytes) =>
        this.#attempt(path, async () => {
          for (let from = 0; from < bytes.length;) {
            from += (await handle.write(bytes, from)).bytesWritten;
          }
        }),
      close: () =>
        this.#attempt(path, async () => {
          await handle.sync();
          await handle.close();
          await finish();
          await syncFolder(folder);
        }),
      abort: async () => {
        // The caller is already failing with a better error than a second one from here would be.
        await handle.close().catch(() => undefined);
        await rm(file, { force: true }).catch(() => undefined);
      },
    };
  }

  keepsDeleted(): Promise<boolean> {
    return Promise.resolve(false);
  }

  knownChecksum(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  unfinished(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    // A hard link either makes the whole file appear under its name or fails because the name is taken.
    const target = this.#path(path);
    const folder = dirname(target);
    return this.#attempt(path, async () => {
      for (let tries = 1; ; tries++) {
        await this.#makeLasting(folder);
        const draft = draftIn(folder);
        try {
          await writeLasting(draft, bytes);
          await link(draft, target);
          break;
        } catch (error) {
          if (errno(error) === "EEXIST") return false;
          // Another run has swept the draft, as it cannot tell whether its writer is dead.
          if (errno(error) !== "ENOENT" || tries === draftTries) throw error;
        } finally {
          // A draft that stays does no harm and is swept later; the file itself may be there already.
          await rm(draft, { force: true }).catch(() => undefined);
        }
      }
      await syncFolder(folder);
      return true;
    });
  }

  async remove(path: string): Promise<void> {
    await this.#attempt(path, () => rm(this.#path(path), { recursive: true, force: true }));
  }

  async removeEmptyFolders(): Promise<void> {
    for (const folder of [...this.#made].reverse()) {
      const isGone = await rmdir(folder).then(
        () => true,
        () => false, // something is in it
      );
      if (!isGone) continue;
      this.#made.delete(folder);
      this.#lasting.delete(folder);
    }
  }

  /** Makes a folder, if it is not there, with those above it, and waits until all their names are on disk. */
  async #makeLasting(folder: string): Promise<void> {
    const made = new Set(await makeFolders(folder));
    for (const each of made) this.#made.add(each);
    for (let each = folder; made.has(each) || each.length > this.#root.length; each = dirname(each)) {
      // One that was there can be from a run that died before its name was on disk.
      if (!made.has(each) && this.#lasting.has(each)) continue;
      await syncFolder(dirname(each));
      this.#lasting.add(each);
    }
  }

  #path(path: string): string {
    return join(this.#root, path);
  }

  #where(path: string): string {
    return path === "" ? this.uri : posix.join(this.uri, path);
  }

  async #attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw asStediError(error, this.#where(path));
    }
  }

  async #stat(path: string): Promise<Stats | undefined> {
    try {
      return await stat(this.#path(path));
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      throw asStediError(error, this.#where(path));
    }
  }

  async #entries(folder: string): Promise<readonly Dirent[]> {
    try {
      return await readdir(this.#path(folder), { withFileTypes: true });
    } catch (error) {
      if (errno(error) === "ENOENT") return [];
      throw asStediError(error, this.#where(folder));
    }
  }

  /** @param above device and inode of the folders that lead here, so that a link back to one of them is noticed */
  async #walk(folder: string, files: StoredFile[], above: readonly string[]): Promise<void> {
    // Only the folder that was asked for may be missing. One that was found in another and is gone now may have been moved,
    // with what is in it.
    const here = await (above.length === 0
      ? this.#stat(folder)
      : this.#attempt(folder, () => stat(this.#path(folder))));
    if (here === undefined) {
      await this.#refuseDeadLink(folder);
      return;
    }
    const identity = `${here.dev}:${here.ino}`;
    if (above.includes(identity)) {
      throw new StediError("STEDI_NOT_A_FOLDER", {
        what: "a folder that contains itself by a symbolic link",
        where: this.#where(folder),
        next: "remove the link",
      });
    }
    const folders: string[] = [];
    const entries = (
      await this.#attempt(folder, () => readdir(this.#path(folder), { withFileTypes: true }))
    ).filter((entry) => !/^[_.]/.test(entry.name));
    const look = async (entry: Dirent): Promise<void> => {
      const path = `${folder}/${entry.name}`;
      // Two names that are not UTF-8 may be read as one, and then one of the files would be read twice and the other never.
      if (entry.name.includes("\ufffd")) {
        throw new StediError("STEDI_NOT_A_FILE", {
          what: "a name that is not UTF-8, or has U+FFFD in it",
          where: this.#where(path),
          next: "rename it",
        });
      }
      const found = await this.#attempt(path, () => stat(this.#path(path)));
      if (found.isDirectory() && !isLandingName(entry.name)) folders.push(path);
      else if (found.isFile()) files.push({ path, size: found.size, version: versionOf(found) });
      else {
        throw new StediError("STEDI_NOT_A_FILE", {
          what: found.isDirectory()
            ? "a folder that is named like a landing file"
            : "neither a file nor a folder (a pipe, socket or device)",
          where: this.#where(path),
          next: "rename or remove it",
        });
      }
    };
    await inLanes(lookAhead, entries, look);
    for (const path of folders) await this.#walk(path, files, [...above, identity]);
  }

  /** A folder that a link leads to which leads nowhere is not there, but nobody meant that it is empty. */
  async #refuseDeadLink(folder: string): Promise<void> {
    const names = folder.split("/");
    for (const index of names.keys()) {
      const path = names.slice(0, index + 1).join("/");
      const found = await lstat(this.#path(path)).catch(() => undefined);
      if (!found?.isSymbolicLink() || (await this.#stat(path))) continue;
      throw new StediError("STEDI_NOT_FOUND", {
        what: "a symbolic link that leads nowhere",
        where: this.#where(path),
        next: "bring back what it leads to, or remove it",
      });
    }
  }

  #expectVersion(now: Stats, file: StoredFile): void {
    if (versionOf(now) !== file.version) throw changed(this.#where(file.path));
  }
}

/** A new draft's path. */
function draftIn(folder: string): string {
  return join(folder, `.${randomUUID()}${draftEnding}`);
}

function isLandingName(name: string): boolean {
  return name.endsWith(".json") || name.endsWith(".json.gz");
}

function versionOf(found: Stats): string {
  return `${found.size}-${found.mtimeMs}`;
}

/**
 * Makes a folder, if it is not there, with those above it. Node's own way to do that says ENOENT when inodes run out.
 * @returns those that were not there
 */
async function makeFolders(folder: string): Promise<readonly string[]> {
  try {
    return await makeFolder(folder);
  } catch (error) {
    if (errno(error) !== "ENOENT" || dirname(folder) === folder) throw error;
  }
  const above = await makeFolders(dirname(folder));
  try {
    return [...above, ...(await makeFolder(folder))];
  } catch (error) {
    if (errno(error) !== "ENOENT") throw error;
    // The folder above is there: so says /proc, in which nobody can make any.
    throw new StediError("STEDI_NO_ACCESS", {
      what: "a folder cannot be made here",
      where: folder,
      why: "ENOENT",
      next: "name another place",
    });
  }
}

async function makeFolder(folder: string): Promise<readonly string[]> {
  try {
    await mkdir(folder);
    return [folder];
  } catch (error) {
    if (errno(error) === "EEXIST" && (await stat(folder)).isDirectory()) return [];
    throw error;
  }
}

/** Writes a new file, and waits until it is on disk. */
async function writeLasting(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function changed(where: string): StediError {
  return new StediError("STEDI_CHANGED", {
    what: "a file changed while the run was reading it",
    where,
    why: "its size or modification time is not what it was when the run began",
    next: "run again when nothing writes to the landing zone",
  });
}

function notAFolder(where: string): StediError {
  return new StediError("STEDI_NOT_A_FOLDER", {
    what: "a file stands where a folder should be",
    where,
    next: "move the file away, or name another folder",
  });
}
