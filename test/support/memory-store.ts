// A store in memory: what property tests run thousands of lakes on. It passes the contract that every store has to.

import { createHash } from "node:crypto";
import { StediError } from "../../src/errors.js";
import type { FileSink, Room, Store, StoredFile } from "../../src/io/store.js";
import { compareUtf8 } from "../../src/transforms/keys.js";

/** The files by path; `chunkSize` cuts what is read into chunks of so many bytes. */
export class MemoryStore implements Store {
  readonly uri: string;
  readonly readAhead = { files: 8, smallBytes: 512 * 1024, leadBytes: 256 * 1024 };
  readonly isRemote = false;
  readonly files: Map<string, Uint8Array>;
  readonly #chunkSize: number;

  constructor(files: ReadonlyMap<string, Uint8Array> = new Map(), uri = "memory", chunkSize = Infinity) {
    this.files = new Map(files);
    this.uri = uri;
    this.#chunkSize = chunkSize;
  }

  exists(): Promise<boolean> {
    return Promise.resolve(true);
  }

  list(folder: string): Promise<readonly StoredFile[]> {
    const found: StoredFile[] = [];
    for (const [path, bytes] of this.files) {
      if (!path.startsWith(`${folder}/`)) continue;
      const names = path.slice(folder.length + 1).split("/");
      if (!names.some((name) => /^[_.]/.test(name))) found.push(stored(path, bytes));
    }
    return Promise.resolve(found.sort((a, b) => compareUtf8(a.path, b.path)));
  }

  names(folder: string): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const path of this.files.keys()) {
      if (path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split("/")[0]!);
    }
    return Promise.resolve([...names].sort(compareUtf8));
  }

  find(path: string): Promise<StoredFile | undefined> {
    const bytes = this.files.get(path);
    return Promise.resolve(bytes && stored(path, bytes));
  }

  async *read(file: StoredFile, room?: Room): AsyncIterable<Uint8Array> {
    const bytes = this.files.get(file.path);
    if (bytes === undefined || stored(file.path, bytes).version !== file.version) {
      throw new StediError("STEDI_CHANGED", { what: "changed", where: file.path });
    }
    const size = Math.min(this.#chunkSize, Math.max(1, bytes.length));
    for (let from = 0; from < bytes.length;) {
      const into = (await room?.()) ?? new Uint8Array(size);
      const chunk = bytes.subarray(from, from + Math.min(size, into.length));
      into.set(chunk);
      // Room that is used again: whoever still reads what stood there gets nonsense.
      into.fill(0x5b, chunk.length);
      yield into.subarray(0, chunk.length);
      from += chunk.length;
    }
  }

  get(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(path));
  }

  create(path: string): Promise<FileSink> {
    return this.replace(path);
  }

  replace(path: string): Promise<FileSink> {
    const chunks: Uint8Array[] = [];
    return Promise.resolve({
      write: (bytes: Uint8Array) => {
        // A copy: `slice` of a Buffer is none.
        chunks.push(new Uint8Array(bytes));
        return Promise.resolve();
      },
      close: () => {
        this.files.set(path, Buffer.concat(chunks));
        return Promise.resolve();
      },
      abort: () => Promise.resolve(),
    });
  }

  removeEmptyFolders(): Promise<void> {
    return Promise.resolve();
  }

  keepsDeleted(): Promise<boolean> {
    return Promise.resolve(false);
  }

  readonly knownChecksum: Store["knownChecksum"] = () => Promise.resolve(undefined);

  unfinished(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.files.has(path)) return Promise.resolve(false);
    this.files.set(path, new Uint8Array(bytes));
    return Promise.resolve(true);
  }

  remove(path: string): Promise<void> {
    for (const each of this.files.keys()) {
      if (each === path || each.startsWith(`${path}/`)) this.files.delete(each);
    }
    return Promise.resolve();
  }
}

function stored(path: string, bytes: Uint8Array): StoredFile {
  return { path, size: bytes.length, version: createHash("sha256").update(bytes).digest("hex") };
}
