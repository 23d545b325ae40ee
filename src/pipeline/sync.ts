// Copies the landing files of a lake to another place, in the lake's layout: only what differs, each file whole or not at
// all, nothing deleted. With `clean`, each file is rewritten on the way (clean.ts).

import { posix } from "node:path";
import pLimit from "p-limit";
import { StediError } from "../errors.js";
import type { ChecksumAlgorithm } from "../io/checksum.js";
import { type FileSink, isDraft, type Store, type StoredFile } from "../io/store.js";
import { damageReasons } from "../transforms/contract.js";
import { customerLanding, type TableShape } from "../transforms/tables.js";
import { addTally, type CleanTally, emptyTally } from "./clean.js";
import { isLandingFile } from "./landing.js";
import { findLayouts, type Layout, pathInLake } from "./layouts.js";
import { isWithin } from "./places.js";
import { staleAfterMs } from "./process-identity.js";
import { asCounts, type Counts, total, type Warning } from "./report.js";
import { cleanContent, type Content, measure, plainContent } from "./sync-content.js";
import { plural, unattributableWarning, unreadWarning } from "./warnings.js";

/** What to copy, and where. */
export interface SyncOptions {
  readonly source: Store;
  readonly target: Store;
  /** Rewrite the files in their clean form. */
  readonly clean?: boolean;
  /** Say what would be copied, and write nothing. */
  readonly dryRun?: boolean;
  /** Ends it with the signal's reason; files that are not whole are given up. */
  readonly signal?: AbortSignal;
  /** Told what happens meanwhile; must not throw. */
  readonly onEvent?: (event: SyncEvent) => void;
}

/** Why a file is copied: there is none at the target, or one of another size or checksum. */
export type SyncReason = "new" | "size" | "checksum";

/** A file that was copied, or would be. */
export interface SyncedFile {
  readonly from: string;
  readonly to: string;
  readonly why: SyncReason;
  /** As written. */
  readonly bytes: number;
}

/** What became of one landing table. */
export interface SyncTableReport {
  readonly table: string;
  /** The folder below the source's root; `null` where it has no files of this table. */
  readonly from: string | null;
  /** The folder below the target's root. */
  readonly to: string;
  /** Files at the source, and their bytes as stored. */
  readonly files: number;
  readonly bytes: number;
  /** Files that were the same already. */
  readonly same: number;
  readonly copied: readonly SyncedFile[];
  /** Files at the target that the source does not have. */
  readonly extra: number;
  /** Only with `clean`. */
  readonly clean?: {
    readonly read: number;
    readonly damaged: Counts;
    readonly droppedFields: number;
  };
  readonly seconds: number;
}

/** What was copied; the document that `sync --json` prints. */
export interface SyncReport {
  readonly source: string;
  readonly target: string;
  readonly clean: boolean;
  readonly dryRun: boolean;
  readonly seconds: number;
  readonly tables: readonly SyncTableReport[];
  readonly warnings: readonly Warning[];
}

/** What happens while files are copied. Bytes are stored bytes at the source, each counted once. */
export type SyncEvent =
  | { readonly kind: "table"; readonly table: string; readonly bytes: number }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "file"; readonly file: SyncedFile }
  | { readonly kind: "done"; readonly report: SyncTableReport };

/** So many files are under way at once. */
const copiesAtOnce = 8;
/** Rewriting is work for one core: more at once only take memory. */
const cleaningsAtOnce = 2;

/** A file whose bytes did not arrive as they are stored is read again; after so many times something else is wrong. */
const mostTries = 3;

/** The algorithm where neither place knows a checksum. */
const ownAlgorithm: ChecksumAlgorithm = "sha256";

/**
 * Copies the landing files.
 * @throws StediError with what to do about it; files that were copied by then stay, each whole
 */
export async function syncLanding(options: SyncOptions): Promise<SyncReport> {
  const { source, target, clean = false, dryRun = false } = options;
  const startedAt = Date.now();
  await requireSource(source);
  await target.exists(); // refuses a file
  const layouts = await findLayouts(source);
  if ([...layouts.values()].every(({ files }) => files.length === 0)) throw nothingThere(source);
  refuseSamePlace(source, target, layouts);

  const tables: SyncTableReport[] = [];
  const warnings: Warning[] = [];
  // Customers come first, all of them: what they say must never be older than the readings beside it.
  for (const [table, layout] of layouts) {
    const sync = new TableSync(options, table, layout);
    tables.push(await sync.run());
    warnings.push(...sync.warnings());
  }
  return {
    source: source.uri,
    target: target.uri,
    clean,
    dryRun,
    seconds: (Date.now() - startedAt) / 1000,
    tables,
    warnings,
  };
}

/** The copying of one table. */
class TableSync {
  readonly #options: SyncOptions;
  readonly #table: TableShape;
  readonly #layout: Layout;
  /** Fires with the first failure, for everything that is under way. */
  readonly #stop = new AbortController();
  readonly #sinks = new Set<FileSink>();
  readonly #tally = emptyTally();
  #extra = 0;

  constructor(options: SyncOptions, table: TableShape, layout: Layout) {
    this.#options = options;
    this.#table = table;
    this.#layout = layout;
  }

  async run(): Promise<SyncTableReport> {
    const { target, clean = false, dryRun = false, signal, onEvent } = this.#options;
    const startedAt = Date.now();
    const { folder, files } = this.#layout;
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    signal?.throwIfAborted();
    onEvent?.({ kind: "table", table: this.#table.name, bytes });
    const there = new Map((await target.list(this.#table.folder)).map((file) => [file.path, file]));
    const paths = files.map((file) => pathInLake(this.#table, this.#layout, file));
    if (!dryRun) {
      await removeDrafts(target, [...there.keys(), ...paths]);
      await discardUploads(target, this.#table.folder, new Set(paths), new Date());
    }

    const limit = pLimit(clean ? cleaningsAtOnce : copiesAtOnce);
    const work = files.map((file, index) =>
      limit(() => this.#sync(file, paths[index]!, there.get(paths[index]!))),
    );
    const outcomes = await this.#untilStopped(work);
    const copied = outcomes.filter((outcome) => outcome !== undefined);

    const own = new Set(paths);
    this.#extra = [...there.values()].filter((file) => isLandingFile(file) && !own.has(file.path)).length;
    const report: SyncTableReport = {
      table: this.#table.name,
      from: folder ?? null,
      to: this.#table.folder,
      files: files.length,
      bytes,
      same: files.length - copied.length,
      copied,
      extra: this.#extra,
      ...(clean && { clean: cleanReport(this.#tally) }),
      seconds: (Date.now() - startedAt) / 1000,
    };
    onEvent?.({ kind: "done", report });
    return report;
  }

  warnings(): readonly Warning[] {
    const { unread } = this.#layout;
    const warnings: Warning[] = [];
    if (unread.length > 0) warnings.push(unreadWarning(this.#table.name, unread, "copied"));
    if (this.#extra > 0) warnings.push(extraWarning(this.#table, this.#extra));
    const { unattributable } = this.#tally;
    if (unattributable > 0) warnings.push(unattributableWarning(unattributable));
    const { damaged } = cleanReport(this.#tally);
    if (this.#table !== customerLanding && total(damaged) > 0)
      warnings.push(leftOutWarning(this.#table, damaged));
    return warnings;
  }

  /** Waits for all; with the first failure, or the signal, everything that is under way is given up. */
  async #untilStopped<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
    const { signal } = this.#options;
    const stop = (): void => void this.#giveUp(signal?.reason);
    signal?.addEventListener("abort", stop);
    try {
      return await Promise.all(work);
    } catch (error) {
      await this.#giveUp(error);
      await Promise.allSettled(work);
      throw this.#stop.signal.reason;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async #giveUp(reason: unknown): Promise<void> {
    this.#stop.abort(reason); // the first reason stays
    await Promise.all([...this.#sinks].map((sink) => sink.abort()));
  }

  /** @returns nothing where the target has the file already */
  async #sync(file: StoredFile, to: string, there: StoredFile | undefined): Promise<SyncedFile | undefined> {
    const { onEvent } = this.#options;
    let counted = 0;
    const progress = (bytes: number): void => {
      this.#stop.signal.throwIfAborted();
      const more = Math.min(bytes, file.size - counted);
      if (more === 0) return; // it has been read once
      counted += more;
      onEvent?.({ kind: "bytes", bytes: more });
    };
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await this.#attempt(file, to, there, progress);
        if (outcome) onEvent?.({ kind: "file", file: outcome });
        progress(file.size); // what has not been read
        return outcome;
      } catch (error) {
        // Bytes that did not arrive as they were stored have gone nowhere that anybody sees.
        if (!(error instanceof StediError) || error.code !== "STEDI_CHECKSUM" || tries === mostTries)
          throw error;
      }
    }
  }

  async #attempt(
    file: StoredFile,
    to: string,
    there: StoredFile | undefined,
    progress: (bytes: number) => void,
  ): Promise<SyncedFile | undefined> {
    const { source, clean = false, dryRun = false } = this.#options;
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const content = clean
      ? cleanContent(source, this.#table, file, { progress, signal })
      : plainContent(source, file, { progress, signal });
    let outcome: SyncedFile | undefined;
    const found: Finding = there ? await this.#compare(content, there) : { why: "new" };
    const { why } = found;
    let { tally } = found;
    if (why !== undefined) {
      let bytes = content.size;
      if (!dryRun) ({ bytes, tally } = await this.#write(content, to));
      else if (bytes === undefined) ({ size: bytes, tally } = await measure(content, ownAlgorithm));
      outcome = { from: file.path, to, why, bytes };
    }
    if (tally) addTally(this.#tally, tally);
    return outcome;
  }

  async #compare(content: Content, there: StoredFile): Promise<Finding> {
    const { target } = this.#options;
    if (content.size !== undefined && content.size !== there.size) return { why: "size" };
    const atTarget = await target.knownChecksum(there);
    const atSource = await content.known();
    const algorithm = (atTarget ?? atSource)?.algorithm ?? ownAlgorithm;
    let wanted = atSource?.algorithm === algorithm ? atSource.value : undefined;
    let tally: CleanTally | undefined;
    if (wanted === undefined) {
      const made = await measure(content, algorithm);
      ({ value: wanted, tally } = made);
      if (made.size !== there.size) return { why: "size", tally };
    }
    const { signal } = this.#stop;
    const progress = (): void => signal.throwIfAborted();
    const { value } =
      atTarget ?? (await measure(plainContent(target, there, { progress, signal }), algorithm));
    return { why: value === wanted ? undefined : "checksum", tally };
  }

  async #write(
    content: Content,
    to: string,
  ): Promise<{ readonly bytes: number; readonly tally: CleanTally }> {
    const sink = await this.#options.target.replace(to, content.expectedBytes);
    this.#sinks.add(sink);
    let bytes = 0;
    try {
      this.#stop.signal.throwIfAborted(); // while the file was being made
      const tally = await content.send(async (chunk) => {
        await sink.write(chunk);
        bytes += chunk.length;
      });
      await sink.close();
      return { bytes, tally };
    } catch (error) {
      await sink.abort();
      throw error;
    } finally {
      this.#sinks.delete(sink);
    }
  }
}

/** What comparing a file has found: whether and why it has to be copied, and its records, where it took reading them. */
interface Finding {
  readonly why: SyncReason | undefined;
  readonly tally?: CleanTally | undefined;
}

/** Takes away what a sync that was killed has left in the folders of these files. */
async function removeDrafts(target: Store, paths: readonly string[]): Promise<void> {
  if (target.isRemote) return; // nothing there needs drafts
  for (const folder of new Set(paths.map((path) => posix.dirname(path)))) {
    for (const name of await target.names(folder))
      if (isDraft(name)) await target.remove(`${folder}/${name}`);
  }
}

/**
 * Gives up what a sync that was killed has begun to upload to the very files that this one writes. An upload does not say
 * whose it is: one that is younger than a day may be under way, and one to another file may be somebody else's.
 */
async function discardUploads(
  target: Store,
  folder: string,
  paths: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  const found = await target.unfinished(folder).catch((error: unknown) => {
    // To see them is a permission that copying does not need, and not every store has it.
    if (error instanceof StediError && /^STEDI_(NO_ACCESS|REFUSED)$/.test(error.code)) return [];
    throw error;
  });
  for (const upload of found) {
    const { path, begun = now } = upload;
    if (!paths.has(path) || now.getTime() - begun.getTime() < staleAfterMs) continue;
    await upload.discard().catch(() => undefined); // a later sync tries again
  }
}

/** Files go side by side, so which reason comes up first is chance. */
function cleanReport({ read, damaged, droppedFields }: CleanTally): NonNullable<SyncTableReport["clean"]> {
  const inOrder = new Map(damageReasons.map((reason) => [reason, damaged.get(reason) ?? 0]));
  return { read, damaged: asCounts(inOrder), droppedFields };
}

/** @throws StediError `STEDI_SAME_PLACE` where files that are written would be among those that are read */
function refuseSamePlace(source: Store, target: Store, layouts: ReadonlyMap<TableShape, Layout>): void {
  for (const [table, { folder }] of layouts) {
    if (folder === undefined) continue;
    const read = { store: source, folder };
    const written = { store: target, folder: table.folder };
    if (!isWithin(read, written) && !isWithin(written, read)) continue;
    throw new StediError("STEDI_SAME_PLACE", {
      what: "the files would be copied to where they are read from",
      where: `${target.uri}/${table.folder}`,
      why: "source and destination are the same place, or one lies within the other",
      next: "name another destination",
    });
  }
}

async function requireSource(source: Store): Promise<void> {
  if (await source.exists()) return;
  throw new StediError("STEDI_NOT_FOUND", {
    what: "there is nothing to copy here",
    where: source.uri,
    why: "it does not exist",
    next: "name the folder that has customer/landing and the others in it",
  });
}

function nothingThere(source: Store): StediError {
  return new StediError("STEDI_NOT_FOUND", {
    what: "there are no landing files here",
    where: source.uri,
    why: "neither customer/landing, customer_landing, landing/customer, customer or customers nor a folder of readings holds a file that ends in .json or .json.gz",
    next: "name the folder that has these folders in it",
  });
}

function extraWarning({ folder, name }: TableShape, count: number): Warning {
  const stale =
    name === customerLanding.name
      ? ": a customer file among them can hold consent that was withdrawn since"
      : "";
  return {
    code: "STEDI_W_EXTRA_FILES",
    message: `${plural(count, "file")} in ${folder} at the destination ${count === 1 ? "is" : "are"} not at the source, and ${count === 1 ? "was" : "were"} left there${stale}`,
    count,
  };
}

function leftOutWarning({ name }: TableShape, damaged: Counts): Warning {
  const count = total(damaged);
  const reasons = Object.entries(damaged).map(([reason, each]) => `${each} ${reason}`);
  return {
    code: "STEDI_W_LEFT_OUT",
    message: `${plural(count, "damaged record")} of ${name} left out of the clean files: ${reasons.join(", ")}`,
    count,
  };
}
