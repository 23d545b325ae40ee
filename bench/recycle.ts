// Takes what a run has written away piece by piece while the next one writes as much, on a RAM file system. A machine that
// shares its memory with others takes back what has been free for some seconds, and gives it again slowly: then the time
// of a run that writes many gigabytes is mostly that of the machine, and lake and two outputs would not fit.

import { readdirSync, rmSync, statfsSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

const stepBytes = 32 * 1024 * 1024;

/** So much is free before it is needed. */
const aheadBytes = 256 * 1024 * 1024;

const lookEvery = 10;

/** Frees the files of a folder as the file system fills up, until `end`, which deletes the rest. */
export class Recycling {
  readonly #folder: string;
  readonly #files: { readonly path: string; size: number }[];
  readonly #most: number;
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .map((path) => ({ path, stats: statSync(path) }))
      .filter(({ stats }) => stats.isFile())
      .map(({ path, stats }) => ({ path, size: stats.size }));
    this.#most = this.#used() - aheadBytes;
    this.#timer = setInterval(() => this.#free(), lookEvery);
  }

  end(): void {
    clearInterval(this.#timer);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #free(): void {
    for (let file = this.#files.at(-1); file && this.#used() > this.#most; file = this.#files.at(-1)) {
      file.size = Math.max(0, file.size - stepBytes);
      truncateSync(file.path, file.size);
      if (file.size === 0) this.#files.pop();
    }
  }

  #used(): number {
    const { blocks, bfree, bsize } = statfsSync(this.#folder);
    return (blocks - bfree) * bsize;
  }
}
