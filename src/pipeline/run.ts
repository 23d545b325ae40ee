// Runs the plan: reads the customers, takes each landing table through the zones that are made of it, and commits
// all zones in one instant. A run that fails leaves what was committed as it was.

import { tmpdir } from "node:os";
import { StediError } from "../errors.js";
import type { BlockPool } from "../io/blocks.js";
import type { PartFile, PartTarget } from "../io/part-writer.js";
import type { TableFile } from "../io/read-ahead.js";
import { plainColumns, type PlainRecords } from "../io/plain-records.js";
import type { EntryHandler, PlainRecord } from "../io/records.js";
import type { BlockScanner } from "../io/scan-ahead.js";
import { requireSpillFolder } from "../io/spill-file.js";
import { SharedBuffers } from "../io/shared-buffers.js";
import type { FileSink, ReadAhead, Store } from "../io/store.js";
import { ConsentIndex, emailIndex, serialIndex, snapshotTime } from "../transforms/consent.js";
import { customerLanding, landingTables, type TableShape } from "../transforms/tables.js";
import { version } from "../version.js";
import { carriedOver } from "./agreement.js";
import {
  appendCommit,
  type Commit,
  committedByAnother,
  type CommittedLanding,
  type CommittedZone,
  lastCommit,
  standsAs,
} from "./commit-log.js";
import {
  fingerprint,
  type Landing,
  LandingBooks,
  landingSources,
  type LandingTally,
  noCustomers,
  scanLanding,
  storedBytes,
} from "./landing.js";
import { joinMemory, type JoinMemory, Lookups } from "./lookups.js";
import { landingOf, type Plan, purposesOf, type Zone } from "./plan.js";
import { type PreparedRun, type PrepareOptions, prepareRun } from "./prepare.js";
import {
  defaultTuning,
  passBlocks,
  type ReadingsHandler,
  ReadingsPass,
  type Tuning,
} from "./readings-pass.js";
import type { Scanners } from "./readings-pool.js";
import { planReadings, type ReadingsPlan, secretSeed } from "./readings-spec.js";
import { recordsAhead } from "./records-ahead.js";
import { asCounts, type RunEvent, type RunReport, type StageReport, total, type Warning } from "./report.js";
import { type RowTarget, toAll, type Wait } from "./row-sink.js";
import { RunFolders } from "./run-folders.js";
import type { Pass } from "./schedule.js";
import { collectGarbage } from "./v8.js";
import { landingWarnings, listingWarnings, runWarnings } from "./warnings.js";
import { ZoneBuild } from "./zone-build.js";
import { badZone, partFiles, scanZone } from "./zone-files.js";

const defaultMemory = 256 * 1024 * 1024;

/** Bytes of readings in front of which it pays to collect the garbage of the pass before. */
const collectFrom = 256 * 1024 * 1024;

const customerColumns = plainColumns(customerLanding);

/** What a run is asked to do, besides what `prepareRun` takes. */
export interface RunOptions extends PrepareOptions {
  /** Fail on any damaged snapshot or unread file, and publish nothing. */
  readonly strict?: boolean;
  /** How many commits' folders to keep; left out: 1. */
  readonly keep?: number;
  /** Ends the run with the signal's reason; nothing is published. */
  readonly signal?: AbortSignal;
  /** Told what happens while the run is under way; must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** How many threads read the readings; left out: 1, which is the one that calls. */
  readonly workers?: number;
  /** The most that a join may hold, in bytes; left out: 256 MiB. Beyond it, it spills. */
  readonly memory?: number;
  /** The folder in which a join spills; left out: the system's. */
  readonly tmp?: string;
  /**
   * For tests and benchmarks: how the work is cut up.
   * @internal
   */
  readonly tuning?: Tuning;
}

/** Bytes that did not arrive as they were stored may have become rows before anyone could know: then all is done anew. */
const mostTries = 3;

/**
 * Builds zones and commits them.
 * @throws StediError with what to do about it; nothing is published then
 */
export async function runPipeline(options: RunOptions): Promise<RunReport> {
  for (let again = 0; ; again++) {
    try {
      const report = await runOnce(options);
      return again === 0 ? report : { ...report, warnings: [...report.warnings, readAgain(again)] };
    } catch (error) {
      if (!(error instanceof StediError) || error.code !== "STEDI_CHECKSUM" || again + 1 === mostTries)
        throw error;
      options.onEvent?.({ kind: "again", where: error.parts.where ?? options.lake.uri });
    }
  }
}

async function runOnce(options: RunOptions): Promise<RunReport> {
  const { keep = 1 } = options;
  const startedAt = new Date();
  const prepared = await prepareRun(options);
  const { lake, out, rules, plan, last, basis, passes } = prepared;
  if (options.strict) checkNothingUnread(prepared.landings.values());
  if (options.tmp !== undefined) await requireSpillFolder(options.tmp);

  const folders = await RunFolders.begin(
    out,
    startedAt,
    plan.zones.map((zone) => zone.folder),
  );
  await folders.sweepDead(keep, startedAt);
  const run = new Run(options, prepared, folders);
  let commit: Commit | undefined;
  let left: readonly Zone[];
  try {
    run.startThreads();
    for (const pass of passes) await run.pass(pass);
    await run.end();
    await run.close();
    const built = run.builtZones();
    const carry = carriedOver(plan, last, built, basis);
    left = carry.left;
    const committed = new Map([...carry.carried, ...built]);
    const made: Commit = {
      format: 1,
      number: (last?.number ?? 0) + 1,
      run: folders.run,
      version,
      committedAt: new Date().toISOString(),
      consentReadAt: prepared.consentReadAt.toISOString(),
      ...rules,
      landing: { ...carriedLandings(last, carry.carried), ...run.readLandings() },
      zones: Object.fromEntries(
        plan.zones.flatMap((zone) => (committed.has(zone) ? [[zone.name, committed.get(zone)!]] : [])),
      ),
    };
    await folders.requireWhole(run.writtenParts());
    options.signal?.throwIfAborted();
    commit = made; // from here on it may stand
    await appendCommit(out, commit);
  } catch (error) {
    await run.abort();
    if (commit !== undefined && (await mayStand(out, commit))) {
      await folders.finish().catch(() => undefined);
      throw unconfirmed(error);
    }
    await folders.discard();
    throw await overtaken(prepared, error);
  }
  options.onEvent?.({ kind: "commit", number: commit.number });

  const warnings = [...run.warnings(), ...leftWarnings(left), ...unknownWarnings(plan, last)];
  try {
    try {
      await folders.sweep(keep, new Date(), options.signal);
    } finally {
      await folders.finish();
    }
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    warnings.push({
      code: "STEDI_W_NOT_SWEPT",
      message: `folders of earlier runs could not be deleted (${error.code}): rows of people who have withdrawn since may still be in them`,
      count: 1,
    });
  }
  return {
    run: folders.run,
    commit: commit.number,
    lake: lake.uri,
    out: out.uri,
    ...rules,
    seconds: secondsSince(startedAt),
    stages: run.stageReports(),
    warnings,
  };
}

/** The passes of one run, and what they leave behind. */
class Run {
  readonly #options: RunOptions;
  readonly #setup: PreparedRun;
  readonly #folders: RunFolders;
  readonly #target: PartTarget;
  readonly #consent: ConsentIndex;
  readonly #lookups: Lookups;
  readonly #memory: JoinMemory;
  readonly #built = new Map<Zone, CommittedZone>();
  readonly #builds = new Map<Zone, ZoneBuild>();
  readonly #read = new Map<TableShape, CommittedLanding>();
  readonly #stages: StageReport[] = [];
  readonly #warnings: Warning[];
  readonly #opened: LandingBooks[] = [];
  #pool: Scanners | undefined;
  /** By what their store reads ahead. */
  readonly #blocks = new Map<ReadAhead, BlockPool>();
  readonly #buffers = new SharedBuffers();
  /** Zones that are complete are made lasting while the next pass reads: that is waiting, for a disk or a network. */
  #ending: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: RunOptions, setup: PreparedRun, folders: RunFolders) {
    this.#options = options;
    this.#setup = setup;
    this.#folders = folders;
    const { memory = defaultMemory, tmp = tmpdir() } = options;
    this.#memory = joinMemory(memory, tmp);
    this.#target = untilStopped(setup.out, options.signal);
    this.#consent = new ConsentIndex(setup.rules.consent, purposesOf(setup.plan.zones), secretSeed());
    this.#lookups = new Lookups(this.#consent, this.#memory);
    this.#warnings = listingWarnings([...setup.landings.values()]);
    // All zones before the first row: a row must be shown to every lookup that a later zone will ask.
    for (const { zones } of setup.passes) {
      for (const zone of zones.toReversed()) this.#builds.set(zone, this.#build(zone, zones));
    }
  }

  /** Lets threads start while the customers are read, if there is so much behind these that they will be needed. */
  startThreads(): void {
    for (const { source } of this.#setup.passes) {
      const landing = source === customerLanding ? undefined : this.#setup.landings.get(source);
      if (landing) this.#threads(storedBytes(landing));
    }
  }

  /** Its zones may not be lasting, nor its books closed, before a later pass reads them, or `end`. */
  async pass(pass: Pass): Promise<void> {
    const startedAt = new Date();
    if (pass.from === "run") await this.#ending;
    if (pass.zones.some((zone) => zone.steps.some((step) => step.kind === "join")))
      await this.#lookups.prepared();
    const { source, zones } = pass;
    const builds = zones.map((zone) => this.#builds.get(zone)!);
    const roots = builds.filter((build) => build.zone.source === source);
    const targets: RowTarget[] = roots.map((build) => build.sink);
    // A zone that is built in this run has shown its rows to the lookups already.
    if (pass.from === "commit" && zones.length === 0) targets.push(this.#lookups.targetOf(source));
    const target = toAll(targets);
    const progress = (bytes: number): void => {
      this.#options.signal?.throwIfAborted();
      if (this.#failure) throw this.#failure.error;
      this.#options.onEvent?.({ kind: "bytes", bytes });
    };

    let bytesIn: number;
    let landing: CommittedLanding | undefined;
    if (pass.from === "landing") {
      landing = await this.#scanLanding(source, zones, target, progress, startedAt);
      bytesIn = landing.files.reduce((sum, file) => sum + file.size, 0);
    } else {
      const parts =
        pass.from === "run" ? this.#partsBuilt(source) : this.#setup.inputs.get(source as Zone)!.files;
      bytesIn = bytesOf(parts);
      this.#announce(source, zones, bytesIn);
      const readings = await this.#planReadings(source, zones, bytesIn);
      if (readings)
        await this.#scanReadings(
          readings,
          bytesIn,
          this.#setup.out,
          partFiles(this.#setup.out, parts, progress),
          notOfZone,
        );
      else
        await scanZone(
          this.#setup.out,
          source,
          parts,
          { ...this.#takerOf(source, target), progress },
          landingOf(source) === customerLanding ? this.#aheadOf(source, this.#setup.out) : undefined,
        );
    }
    for (const build of roots) await build.sink.end();
    if (this.#pool) {
      const filled = zones.length > 0 ? zones : [source];
      for (const table of filled)
        this.#lookups.prepareAhead(table, this.#pool, this.#setup.rules.pair === "timestamp");
    }
    this.#ending = this.#ending.then(async () => {
      const parts = await Promise.all(builds.map((build) => build.close()));
      for (const [index, build] of builds.entries())
        this.#finish(build, parts[index]!, landing, bytesIn, startedAt);
    });
    this.#ending.catch((error: unknown) => (this.#failure ??= { error }));
  }

  /** Waits until the zones of all passes are lasting. */
  end(): Promise<void> {
    return this.#ending;
  }

  builtZones(): ReadonlyMap<Zone, CommittedZone> {
    return this.#built;
  }

  readLandings(): Readonly<Record<string, CommittedLanding>> {
    return Object.fromEntries([...this.#read].map(([table, record]) => [table.name, record]));
  }

  /** Landing tables first, then zones, each in the plan's order. */
  stageReports(): readonly StageReport[] {
    const order = [...landingTables, ...this.#setup.plan.zones].map((table) => table.name);
    return this.#stages.toSorted((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage));
  }

  warnings(): readonly Warning[] {
    const { rules } = this.#setup;
    return [...runWarnings(rules, this.#consent, [...this.#builds.values()]), ...this.#warnings];
  }

  /** All files that this run has written. */
  writtenParts(): readonly PartFile[] {
    return [
      ...[...this.#built.values()].flatMap(({ files }) => files),
      ...[...this.#read.values()].flatMap(({ quarantine }) => quarantine),
    ];
  }

  /** Closes what is open, without finishing it; never throws. */
  async abort(): Promise<void> {
    await this.#ending.catch(() => undefined);
    for (const each of [...this.#opened, ...this.#builds.values()]) await each.abort();
    await this.close();
  }

  /** Ends the threads, and frees what they shared. */
  async close(): Promise<void> {
    await this.#pool?.close();
    this.#pool = undefined;
    this.#lookups.close(); // threads read its files by their numbers
  }

  /** @param together the zones that are built in the same pass; those made from this one take its rows as they come */
  #build(zone: Zone, together: readonly Zone[]): ZoneBuild {
    const { rules } = this.#setup;
    const next = together.filter((each) => each.source === zone).map((each) => this.#builds.get(each)!.sink);
    const context = { rules, consent: this.#consent, lookups: this.#lookups };
    return new ZoneBuild(zone, this.#target, this.#folders.zone(zone), context, next);
  }

  async #scanLanding(
    table: TableShape,
    zones: readonly Zone[],
    target: RowTarget,
    progress: (bytes: number) => void,
    startedAt: Date,
  ): Promise<CommittedLanding> {
    const { landings } = this.#setup;
    const landing = landings.get(table)!;
    // Consent is taken in once, by the first pass of all.
    const forConsent = table === customerLanding && !this.#read.has(table);
    this.#announce(table, zones, storedBytes(landing));
    const books = new LandingBooks(table, this.#target, this.#folders.quarantine(table));
    this.#opened.push(books);
    const readings =
      table === customerLanding ? undefined : await this.#planReadings(table, zones, storedBytes(landing));
    if (readings) {
      const files = landingSources(landing, books, progress);
      await this.#scanReadings(readings, storedBytes(landing), landing.store, files, {
        good: (records, droppedFields) => books.good(records, droppedFields),
        damaged: ({ path }, place, damage) => books.setAside(path, place, damage),
      });
    } else {
      await scanLanding(
        landing,
        books,
        {
          row: (each) => {
            if (forConsent) this.#consent.addSnapshot(each);
            return target.push(each);
          },
          ...(forConsent && {
            plain: (record: PlainRecord, hashes?: Int32Array): Wait =>
              give(record, this.#consent.addPlainSnapshot(record, hashes), target),
            coming: (records: PlainRecords, from: number, to: number): void =>
              this.#coming(records, from, to),
          }),
          ...(table === customerLanding && {
            damaged: (attribution) => {
              if (forConsent) this.#consent.addDamage(attribution);
            },
          }),
          progress,
        },
        forConsent ? this.#aheadOf(table, landing.store) : undefined,
      );
    }
    const quarantine = await books.close();
    const { tally } = books;
    if (forConsent) this.#checkConsent(landing, tally);
    this.#warnings.push(...landingWarnings(table, tally));
    const quarantined = asCounts(tally.quarantined);
    const record: CommittedLanding = {
      files: [...landing.files],
      unread: landing.unread.length,
      books: { read: tally.read, good: tally.good, quarantined, droppedFields: tally.droppedFields },
      run: this.#folders.run,
      quarantine: [...quarantine],
    };
    this.#read.set(table, record);
    this.#report({
      stage: table.name,
      table: table.folder,
      read: tally.read,
      written: tally.good,
      filtered: {},
      quarantined,
      files: landing.files.length,
      bytesIn: tally.bytes,
      bytesOut: 0,
      seconds: secondsSince(startedAt),
    });
    return record;
  }

  /**
   * How the pass can be split among threads; nothing where it has to be taken row by row.
   * @param bytes about how many there are to read
   */
  #planReadings(
    source: TableShape,
    zones: readonly Zone[],
    bytes: number,
  ): Promise<ReadingsPlan | undefined> {
    // Before the tables of the pass are made: they are in shared memory, of which the collector does not know.
    if (bytes > collectFrom) collectGarbage();
    const context = { rules: this.#setup.rules, consent: this.#consent, lookups: this.#lookups };
    return planReadings(source, zones, context, this.#options.signal);
  }

  /** @param bytes about how many there are to read */
  #scanReadings(
    plan: ReadingsPlan,
    bytes: number,
    store: Store,
    files: Iterable<TableFile>,
    handler: ReadingsHandler,
  ): Promise<void> {
    const options = {
      pool: this.#threads(bytes),
      tuning: this.#options.tuning ?? defaultTuning,
      blocks: this.#blocksOf(store),
      buffers: this.#buffers,
      memory: this.#memory,
      ahead: store.readAhead,
      signal: this.#options.signal,
    };
    return new ReadingsPass(plan, this.#builds, handler, options).run(files);
  }

  /** What takes the records of a zone: customers' by their registrations, where that will do. */
  #takerOf(zone: TableShape, target: RowTarget): Pick<EntryHandler, "row" | "plain" | "coming"> {
    return {
      row: (row) => target.push(row),
      ...(target.offer &&
        landingOf(zone) === customerLanding && {
          plain: (record: PlainRecord, hashes?: Int32Array): Wait =>
            give(record, this.#consent.plainRegistrationOf(record, hashes), target),
          coming: (records: PlainRecords, from: number, to: number): void => this.#coming(records, from, to),
        }),
    };
  }

  /** Customers' records will be looked up next. */
  #coming({ columns }: PlainRecords, from: number, to: number): void {
    const { width, hashes, keys } = customerColumns;
    const at = from * width + hashes;
    const [email, serial] = [at + keys.indexOf(emailIndex), at + keys.indexOf(serialIndex)];
    this.#consent.coming(columns, email, serial, width, to - from);
  }

  /** Threads that look through a customers' table before it is read. */
  #aheadOf(table: TableShape, store: Store): BlockScanner | undefined {
    const { seed } = this.#consent;
    return this.#pool && recordsAhead(this.#pool, { table, seed }, this.#blocksOf(store));
  }

  /** What the files of a store are read into. */
  #blocksOf({ readAhead }: Store): BlockPool {
    let blocks = this.#blocks.get(readAhead);
    if (!blocks) {
      blocks = passBlocks(this.#pool, this.#options.tuning ?? defaultTuning, readAhead);
      this.#blocks.set(readAhead, blocks);
    }
    return blocks;
  }

  /** Threads, where there is so much to read that starting them pays. */
  #threads(bytes: number): Scanners | undefined {
    const { workers = 1, tuning = defaultTuning } = this.#options;
    if (!this.#pool && workers > 1 && bytes > tuning.threadsFrom) {
      this.#pool = tuning.scanners(workers - 1); // this one is the first
    }
    return this.#pool;
  }

  #checkConsent(landing: Landing, tally: LandingTally): void {
    const damaged = tally.read - tally.good;
    if (this.#consent.snapshots === 0) throw noCustomers(landing, tally);
    if (this.#options.strict && damaged > 0) {
      throw new StediError("STEDI_STRICT", {
        what: `${damaged} damaged customer snapshots, and the run is --strict`,
        where: `${landing.store.uri}/${landing.table.folder}`,
        next: "repair them (a run without --strict lists them in quarantine), or run without --strict",
      });
    }
  }

  #finish(
    build: ZoneBuild,
    parts: readonly PartFile[],
    landing: CommittedLanding | undefined,
    bytesIn: number,
    startedAt: Date,
  ): void {
    const { zone, tally, written } = build;
    const fromLanding = landing !== undefined && landingTables.includes(zone.source);
    const quarantined = fromLanding ? landing.books.quarantined : {};
    const read = build.read + total(quarantined);
    const filtered = asCounts(tally.filtered);
    const joins = zone.steps.some((step) => step.kind === "join");
    checkBooks(zone, {
      read,
      expected: fromLanding ? landing.books.read : this.#rowsOf(zone.source),
      out: total(quarantined) + total(filtered) + written - tally.pairs,
      written,
      rows: parts.reduce((sum, part) => sum + part.rows, 0),
    });
    const books = { read, quarantined, filtered, written, ...(joins && { pairs: tally.pairs }) };
    this.#built.set(zone, {
      folder: zone.folder,
      run: this.#folders.run,
      builtAt: new Date().toISOString(),
      files: [...parts],
      books,
      sources: this.#sourcesOf(zone),
    });
    this.#report({
      stage: zone.name,
      table: zone.folder,
      ...books,
      files: parts.length,
      bytesIn: builtFrom(zone, this.#built) ?? bytesIn,
      bytesOut: bytesOf(parts),
      seconds: secondsSince(startedAt),
    });
  }

  /** The fingerprints of the landing tables that a zone was made from: always the customers', as consent is. */
  #sourcesOf(zone: Zone): Record<string, string> {
    const { landings, inputs } = this.#setup;
    const sources: Record<string, string> = {
      [customerLanding.name]: fingerprint(landings.get(customerLanding)!.files),
    };
    for (const table of [
      zone.source,
      ...zone.steps.flatMap((step) => ("table" in step ? [step.table] : [])),
    ]) {
      const landing = landings.get(table);
      const made = this.#built.get(table as Zone) ?? inputs.get(table as Zone);
      if (made) Object.assign(sources, made.sources);
      else if (landing) sources[table.name] = fingerprint(landing.files);
    }
    return sources;
  }

  #partsBuilt(zone: TableShape): readonly PartFile[] {
    return this.#built.get(zone as Zone)!.files;
  }

  #rowsOf(zone: TableShape): number {
    const made = this.#built.get(zone as Zone) ?? this.#setup.inputs.get(zone as Zone)!;
    return made.books.written;
  }

  #announce(source: TableShape, zones: readonly Zone[], bytes: number): void {
    this.#options.onEvent?.({
      kind: "pass",
      source: source.name,
      zones: zones.map((zone) => zone.name),
      bytes,
    });
  }

  #report(report: StageReport): void {
    this.#stages.push(report);
    this.#options.onEvent?.({ kind: "stage", report });
  }
}

/** Gives a customer's record on: by its registration where that is known and will do, else as a row. */
function give(record: PlainRecord, registration: number, target: RowTarget): Wait {
  if (!target.offer || registration < 0) return target.push(record.plainRow());
  const { bytes, start, end, from } = record;
  return target.offer({ registration, at: snapshotTime(bytes, from), bytes, start, end });
}

/** Whether a commit that failed has appeared all the same, as far as can be told: then its files must stay. */
function mayStand(out: Store, commit: Commit): Promise<boolean> {
  return standsAs(out, commit).catch(() => true);
}

/** The error of a store that did not confirm a commit, which readers can see or may see. */
function unconfirmed(error: unknown): unknown {
  if (!(error instanceof StediError)) return error;
  const why = "the commit may stand, but the store did not confirm that it is lasting";
  return new StediError(
    error.code,
    { ...error.parts, why: [error.parts.why, why].filter(Boolean).join("; ") },
    { cause: error },
  );
}

/** Another run that commits sweeps the zones that a run of single stages is reading: then that is what happened. */
async function overtaken({ out, last, inputs }: PreparedRun, error: unknown): Promise<unknown> {
  if (inputs.size === 0 || !(error instanceof StediError)) return error;
  if (error.code !== "STEDI_CHANGED" && error.code !== "STEDI_BAD_ZONE") return error;
  const now = await lastCommit(out).catch(() => last);
  return now?.number === last?.number ? error : committedByAnother(out.uri);
}
/** A zone has only what was written to it. */
const notOfZone: ReadingsHandler = {
  good: () => undefined,
  damaged: ({ where }) => {
    throw badZone(where);
  },
};

/** Writes that fail once the run has been told to stop: a join can go on writing for long without reading anything. */
function untilStopped(target: PartTarget, signal: AbortSignal | undefined): PartTarget {
  return {
    create: async (path, expectedBytes): Promise<FileSink> => {
      const sink = await target.create(path, expectedBytes);
      return {
        write: (bytes) => {
          signal?.throwIfAborted();
          return sink.write(bytes);
        },
        close: () => sink.close(),
        abort: () => sink.abort(),
      };
    },
  };
}

/** The bytes of the zone that another was made from, where that was built in the same run. */
function builtFrom(zone: Zone, built: ReadonlyMap<Zone, CommittedZone>): number | undefined {
  const source = built.get(zone.source as Zone);
  return source && bytesOf(source.files);
}

function bytesOf(parts: readonly PartFile[]): number {
  return parts.reduce((sum, part) => sum + part.bytes, 0);
}

function secondsSince(start: Date): number {
  return (Date.now() - start.getTime()) / 1000;
}

/** Every record that came in went somewhere, and everything that is said to be written was. */
function checkBooks(
  zone: Zone,
  books: { read: number; expected: number; out: number; written: number; rows: number },
): void {
  const balanced = books.read === books.expected && books.read === books.out && books.written === books.rows;
  if (balanced) return;
  throw new StediError("STEDI_BOOKS", {
    what: "the books of a stage do not balance",
    where: zone.name,
    why: `${books.expected} came in, ${books.read} were read, ${books.out} are accounted for; ${books.written} written, ${books.rows} in files`,
    next: "report this as a bug; nothing was published",
  });
}

/** Landing records of the last commit that zones which were carried over still stand on. */
function carriedLandings(
  last: Commit | undefined,
  carried: ReadonlyMap<Zone, CommittedZone>,
): Record<string, CommittedLanding> {
  const needed = new Set([...carried.values()].flatMap((zone) => Object.keys(zone.sources)));
  return Object.fromEntries(Object.entries(last?.landing ?? {}).filter(([table]) => needed.has(table)));
}

function checkNothingUnread(landings: Iterable<Landing>): void {
  for (const { store, unread } of landings) {
    if (unread.length === 0) continue;
    throw new StediError("STEDI_STRICT", {
      what: `${unread.length} files in a landing folder are not read, and the run is --strict`,
      where: `${store.uri}/${unread[0]!.path}`,
      why: "their names do not end in .json or .json.gz",
      next: "move them away, or run without --strict",
    });
  }
}

function readAgain(count: number): Warning {
  return {
    code: "STEDI_W_READ_AGAIN",
    message:
      "bytes did not arrive as the store has them, so everything was read again; look after the network",
    count,
  };
}

/** Zones of another plan: this one cannot tell whether they agree with what was built. */
function unknownWarnings(plan: Plan, last: Commit | undefined): readonly Warning[] {
  const unknown = Object.keys(last?.zones ?? {}).filter((name) =>
    plan.zones.every((zone) => zone.name !== name),
  );
  if (unknown.length === 0) return [];
  return [
    {
      code: "STEDI_W_ZONES_LEFT",
      message: `zones that are not in the plan of this run have left the commit: ${unknown.join(", ")}; run the plan that has them to have them back`,
      count: unknown.length,
    },
  ];
}

function leftWarnings(left: readonly Zone[]): readonly Warning[] {
  if (left.length === 0) return [];
  return [
    {
      code: "STEDI_W_ZONES_LEFT",
      message: `zones made from what has changed have left the commit: ${left.map((zone) => zone.name).join(", ")}; run these stages to have them back`,
      count: left.length,
    },
  ];
}
