// The folders of one run, from its first file to its commit or its end: how they are named, how a failed run takes
// its own away, and how a later run sweeps those that no commit names.

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Store } from "../io/store.js";
import type { TableShape } from "../transforms/tables.js";
import { lastCommits } from "./commit-log.js";
import { identityOf, isRunning, type ProcessIdentity } from "./process-identity.js";

const quarantineRoot = "_stedi/quarantine";
const markers = "_stedi/runs";
const runPrefix = "run=";

/** A run on another machine is taken for dead when it is older than this. */
const staleAfterMs = 24 * 60 * 60 * 1000;

/** A run under way, as its marker file says. */
interface Marker {
  readonly run: string;
  readonly host: string;
  readonly process: ProcessIdentity;
  readonly startedAt: string;
}

/** See the top of this file. */
export class RunFolders {
  readonly run: string;
  readonly #store: Store;
  readonly #zoneFolders: readonly string[];

  private constructor(store: Store, run: string, zoneFolders: readonly string[]) {
    this.#store = store;
    this.run = run;
    this.#zoneFolders = zoneFolders;
  }

  /**
   * Takes a new run's name, and marks it as under way.
   * @param zoneFolders the folders of all zones that runs write to, for sweeping
   */
  static async begin(store: Store, now: Date, zoneFolders: readonly string[]): Promise<RunFolders> {
    const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
    const folders = new RunFolders(store, `${stamp}-${randomBytes(4).toString("hex")}`, zoneFolders);
    const marker: Marker = {
      run: folders.run,
      host: hostname(),
      process: await identityOf(process.pid),
      startedAt: now.toISOString(),
    };
    await store.putIfAbsent(folders.#marker(), new TextEncoder().encode(`${JSON.stringify(marker)}\n`));
    return folders;
  }

  /** Where this run writes a zone. */
  zone(table: TableShape): string {
    return `${table.folder}/${runPrefix}${this.run}`;
  }

  /** Where this run writes what it sets aside of a landing table. */
  quarantine(table: TableShape): string {
    return `${quarantineRoot}/${runPrefix}${this.run}/${table.name}`;
  }

  /** Takes away everything that this run wrote; for a run that does not commit. */
  async discard(): Promise<void> {
    for (const root of [...this.#zoneFolders, quarantineRoot]) {
      await this.#store.remove(`${root}/${runPrefix}${this.run}`);
    }
    await this.finish();
  }

  /** Says that the run is over. */
  async finish(): Promise<void> {
    await this.#store.remove(this.#marker());
  }

  /**
   * Deletes the folders that none of the last `keep` commits names, but those of runs that are under way. Folders are
   * listed before markers and commits are read: a run that commits meanwhile is then seen in one or the other.
   */
  async sweep(keep: number, now: Date): Promise<void> {
    const folders: { readonly path: string; readonly run: string }[] = [];
    for (const root of [...this.#zoneFolders, quarantineRoot]) {
      for (const name of await this.#store.names(root)) {
        if (name.startsWith(runPrefix))
          folders.push({ path: `${root}/${name}`, run: name.slice(runPrefix.length) });
      }
    }
    const alive = new Set<string>();
    for (const name of await this.#store.names(markers)) {
      const marker = await this.#readMarker(`${markers}/${name}`);
      if (marker === undefined) continue;
      if (await isAlive(marker, now)) alive.add(marker.run);
      else await this.#store.remove(`${markers}/${name}`);
    }
    const named = new Set<string>();
    for (const commit of await lastCommits(this.#store, keep)) {
      for (const { run } of [...Object.values(commit.zones), ...Object.values(commit.landing)])
        named.add(run);
    }
    for (const { path, run } of folders) {
      if (!named.has(run) && !alive.has(run)) await this.#store.remove(path);
    }
  }

  #marker(): string {
    return `${markers}/${this.run}.json`;
  }

  async #readMarker(path: string): Promise<Marker | undefined> {
    const bytes = await this.#store.get(path);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as Marker;
    } catch {
      return undefined; // gone meanwhile, or not a marker
    }
  }
}

async function isAlive(marker: Marker, now: Date): Promise<boolean> {
  if (marker.host !== hostname()) return now.getTime() - Date.parse(marker.startedAt) < staleAfterMs;
  return isRunning(marker.process);
}
