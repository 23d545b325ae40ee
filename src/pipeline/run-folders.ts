// The folders of one run, from its first file to its commit or its end: how they are named, how a failed run takes
// its own away, and how a later run sweeps those that no commit names.

import { randomBytes, randomUUID } from "node:crypto";
import { posix } from "node:path";
import * as v from "valibot";
import { StediError } from "../errors.js";
import type { PartFile } from "../io/part-writer.js";
import { isDraft, noCondition, type Store, type Unfinished } from "../io/store.js";
import { together } from "../io/together.js";
import type { TableShape } from "../transforms/tables.js";
import { commitFolder, lastCommits } from "./commit-log.js";
import { isZoneFolder } from "./plan.js";
import { identityOf, processIdentity, staleAfterMs, stateOf } from "./process-identity.js";

const quarantineRoot = "_stedi/quarantine";
const markers = "_stedi/runs";
const runPrefix = "run=";
const markerEnding = ".json";

/**
 * So many commits before those that are kept are asked which zones they had: a run of another plan may have written zones
 * that this one does not know. One would do, if no run ever died before it had swept.
 */
const commitsBefore = 3;

/** Whose run it is; its name says when it began. */
const markerRecord = v.object({
  process: processIdentity,
  /** Tells the runs of this program from those of another thread or copy of it in the same process. */
  program: v.string(),
});

const program = randomUUID();

/** The runs of this program that have not ended. Its process may live on after them, and so may their markers. */
const underWay = new Set<string>();

/** See the top of this file. */
export class RunFolders {
  readonly run: string;
  readonly #store: Store;
  /** The folders that hold run folders. */
  readonly #roots: readonly string[];

  private constructor(store: Store, run: string, zoneFolders: readonly string[]) {
    this.#store = store;
    this.run = run;
    this.#roots = [...zoneFolders, quarantineRoot];
  }

  /**
   * Takes a new run's name, and marks it as under way.
   * @param zoneFolders the folders of all zones that runs write to, for sweeping
   */
  static async begin(store: Store, now: Date, zoneFolders: readonly string[]): Promise<RunFolders> {
    const folders = new RunFolders(store, nameOf(now), zoneFolders);
    const marker: v.InferOutput<typeof markerRecord> = { process: await identityOf(process.pid), program };
    underWay.add(folders.run);
    const bytes = new TextEncoder().encode(`${JSON.stringify(marker)}\n`);
    try {
      await store.putIfAbsent(folders.#marker(), bytes);
      // Now that there is one, a second must be refused: the commit stands on that.
      if (store.isRemote && (await store.putIfAbsent(folders.#marker(), bytes)))
        throw noCondition(`${store.uri}/${folders.#marker()}`);
    } catch (error) {
      await folders.discard(); // the marker may be there all the same
      throw error;
    }
    return folders;
  }

  /** Where this run writes a zone. */
  zone(table: TableShape): string {
    return runFolder(table.folder, this.run);
  }

  /** Where this run writes what it sets aside of a landing table. */
  quarantine(table: TableShape): string {
    return `${runFolder(quarantineRoot, this.run)}/${table.name}`;
  }

  /**
   * The last look before a commit: nobody has deleted what it is going to name, nor is about to. A run that takes this one
   * for dead removes the marker first, then reads the commits, then deletes.
   * @throws StediError `STEDI_CHANGED`
   */
  async requireWhole(parts: readonly PartFile[]): Promise<void> {
    const paths = parts.map((part) => part.path);
    const folders = [...new Set(paths.map((path) => posix.dirname(path)))];
    const listed = async (folder: string): Promise<readonly [string, ReadonlySet<string>]> => [
      folder,
      new Set(await this.#store.names(folder)),
    ];
    const there = new Map(await together(folders.map(listed)));
    // The marker last: as long as it is there, nobody has begun to delete.
    there.set(...(await listed(markers)));
    for (const path of [...paths, this.#marker()]) {
      const { dir, base } = posix.parse(path);
      if (there.get(dir)!.has(base)) continue;
      throw new StediError("STEDI_CHANGED", {
        what: "a file of this run was deleted before its commit",
        where: `${this.#store.uri}/${path}`,
        next: "run again when nothing deletes from the lake; nothing was published",
      });
    }
  }

  /** Takes away everything that this run wrote; for a run that does not commit. Never throws: the rest is swept later. */
  async discard(): Promise<void> {
    // Side by side: a run that is told to end has two seconds, and a store may be far away.
    const folders = this.#roots.map((root) => runFolder(root, this.run));
    await Promise.allSettled(folders.map((folder) => this.#store.remove(folder)));
    await this.finish().catch(() => undefined);
  }

  /** Says that the run is over. */
  async finish(): Promise<void> {
    underWay.delete(this.run);
    await this.#store.remove(this.#marker());
  }

  /**
   * Deletes what dead runs have left, and the folders that none of the last `keep` commits names, but those of runs that
   * are under way. Folders are listed before markers and commits are read: a run that commits meanwhile is then seen in
   * one or the other.
   * @throws StediError the first failure, when all else is done; or the signal's reason, at once
   */
  async sweep(keep: number, now: Date, signal?: AbortSignal): Promise<void> {
    const before = await lastCommits(this.#store, keep + commitsBefore);
    const zonesBefore = before.flatMap(({ zones }) => Object.values(zones).map((zone) => zone.folder));
    const roots = [...new Set([...this.#roots, ...zonesBefore.filter(isZoneFolder)])];
    const found = await together(roots.map((root) => this.#leftIn(root)));
    const left: string[] = [];
    const { alive } = await this.#runs(now);
    for (const folder of [commitFolder, markers]) {
      for (const name of await this.#store.names(folder)) if (isDraft(name)) left.push(`${folder}/${name}`);
    }
    const named = await this.#named(keep);
    for (const { path, run } of found.flatMap(({ folders }) => folders))
      if (!named.has(path) && !alive.has(run)) left.push(path);

    const failures: unknown[] = [];
    const attempt = async (deletion: () => Promise<void>): Promise<void> => {
      signal?.throwIfAborted();
      await deletion().catch((error: unknown) => failures.push(error));
    };
    for (const path of left) await attempt(() => this.#store.remove(path));
    for (const upload of found.flatMap(({ unfinished }) => unfinished)) {
      const run = upload.path.split("/").find((name) => name.startsWith(runPrefix));
      if (run !== undefined && !alive.has(run.slice(runPrefix.length))) await attempt(() => upload.discard());
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Deletes what runs have left that died before they committed, so that this one has the room: where a disk is full of it, no
   * run would come to its commit. Never throws: `sweep` tells what cannot be deleted.
   */
  async sweepDead(keep: number, now: Date): Promise<void> {
    try {
      const { dead } = await this.#runs(now);
      if (dead.length === 0) return;
      const named = await this.#named(keep + commitsBefore);
      const left = dead.flatMap((run) => this.#roots.map((root) => runFolder(root, run)));
      for (const path of left) if (!named.has(path)) await this.#store.remove(path);
    } catch {
      // as said above
    }
  }

  /** The runs that have a marker. Those that are dead lose it, before commits are read: see `requireWhole`. */
  async #runs(now: Date): Promise<{ readonly alive: ReadonlySet<string>; readonly dead: readonly string[] }> {
    const alive = new Set<string>();
    const dead: string[] = [];
    for (const name of await this.#store.names(markers)) {
      if (!name.endsWith(markerEnding)) continue;
      const run = name.slice(0, -markerEnding.length);
      if (await this.#isAlive(run, now)) alive.add(run);
      else {
        await this.#store.remove(`${markers}/${name}`);
        dead.push(run);
      }
    }
    return { alive, dead };
  }

  /** The folders that the last commits name. */
  async #named(commits: number): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const { zones, landing } of await lastCommits(this.#store, commits)) {
      // Of a run whose other zones were carried over, one that has been built anew goes.
      for (const { folder, run } of Object.values(zones)) named.add(runFolder(folder, run));
      for (const { run } of Object.values(landing)) named.add(runFolder(quarantineRoot, run));
    }
    return named;
  }

  /** The folders of runs in a folder, and what was begun below it and is not finished. */
  async #leftIn(root: string): Promise<{
    readonly folders: readonly { readonly path: string; readonly run: string }[];
    readonly unfinished: readonly Unfinished[];
  }> {
    const names = await this.#store.names(root);
    const unfinished = await this.#store.unfinished(root);
    const folders = names
      .filter((name) => name.startsWith(runPrefix))
      .map((name) => name.slice(runPrefix.length))
      .map((run) => ({ path: runFolder(root, run), run }));
    return { folders, unfinished };
  }

  #marker(): string {
    return `${markers}/${this.run}${markerEnding}`;
  }

  async #isAlive(run: string, now: Date): Promise<boolean> {
    const bytes = await this.#store.get(`${markers}/${run}${markerEnding}`);
    if (bytes === undefined) return false; // it ended meanwhile
    const marker = v.safeParse(markerRecord, parsed(bytes));
    if (marker.success && marker.output.program === program) return underWay.has(run);
    const state = marker.success ? await stateOf(marker.output.process) : "unknown";
    if (state === "running" || state === "ended") return state === "running";
    // A folder is seldom shared by copies of a machine; a bucket may be.
    if (state === "restarted" && !this.#store.isRemote) return false;
    return now.getTime() - startOf(run) < staleAfterMs;
  }
}

/** Where a run writes what belongs below a folder. */
export function runFolder(root: string, run: string): string {
  return `${root}/${runPrefix}${run}`;
}

function nameOf(start: Date): string {
  return `${start.toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(4).toString("hex")}`;
}

/** When a run of that name began; NaN where it is none of ours. */
function startOf(run: string): number {
  return Date.parse(run.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)-.*$/, "$1-$2-$3:$4:$5"));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
