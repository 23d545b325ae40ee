// Shared by the fault tests: a lake that is run again and again on other landing files. Every run is held to what each
// row of the fault table asks for: the commit before it stays readable, no zone shows before its commit, what comes
// out is what the reference model says, and no value of the data gets into books, events or errors.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import type { Store, StoredFile } from "../../src/io/store.js";
import type { Commit } from "../../src/pipeline/commit-log.js";
import type { RunEvent, RunReport } from "../../src/pipeline/report.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import { referenceRun } from "../../src/reference/index.js";
import { compareUtf8 } from "../../src/transforms/keys.js";
import type { Rules } from "../../src/transforms/policy.js";
import { landingTables } from "../../src/transforms/tables.js";
import { MemoryGauge } from "../io/support.js";
import { acceleration, bytes, snapshot, step } from "../reference/helpers.js";
import { MemoryStore } from "../support/memory-store.js";

export const latest: Rules = { consent: "latest", pair: "person" };

/** Landing files: path below the lake -> bytes as stored. */
export type Files = ReadonlyMap<string, Uint8Array>;

export interface QuarantineEntry {
  readonly table: string;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
  readonly record: number;
  readonly reason: string;
  readonly field: string | null;
  readonly hint: string | null;
}

/** What a run that went through has left. */
export interface Outcome {
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly quarantine: readonly QuarantineEntry[];
  readonly report: RunReport;
  readonly commit: Commit;
}

export const email = (name: string): string => `${name}@person.example`;
export const serial = (name: string): string => `SERIAL-${name}`;

/** Everybody of the lake that faults are put into; dan never consented. */
export const people = ["ann", "ben", "cat", "dan"] as const;

export const yes = (name: string, time = 1): string => snapshot(email(name), serial(name), time, time);
export const no = (name: string, time = 50): string => snapshot(email(name), serial(name), time, null);

export const lines = (records: readonly string[]): Uint8Array =>
  bytes(records.map((each) => `${each}\n`).join(""));

/** Four people, each with readings of which two of three pair. */
export const soundLake: Files = new Map([
  ["customer/landing/a.json", lines(people.map((name) => (name === "dan" ? no(name, 1) : yes(name))))],
  [
    "accelerometer/landing/a.json",
    lines(people.flatMap((name) => [100, 101, 102].map((time) => acceleration(email(name), time)))),
  ],
  [
    "step_trainer/landing/a.json",
    lines(people.flatMap((name) => [100, 101, 103].map((time) => step(serial(name), time)))),
  ],
]);

/** The sound lake and these files. */
export function andFiles(...more: readonly (readonly [string, string | Uint8Array])[]): Files {
  const files = new Map(soundLake);
  for (const [path, content] of more) files.set(path, typeof content === "string" ? bytes(content) : content);
  return files;
}

/** Runs an action on a lake in memory. */
export function withLake<T>(action: (lake: FaultLake) => Promise<T>): Promise<T> {
  return action(new FaultLake(new MemoryPlace()));
}

/** Runs an action on a lake in a temporary folder, which is gone afterwards. */
export async function withFolderLake<T>(action: (lake: FaultLake) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "stedi-fault-"));
  try {
    return await action(new FaultLake(new FolderPlace(folder)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the sound lake's zones are, without any fault. */
export function soundZones(rules: Rules = latest): Readonly<Record<string, readonly string[]>> {
  return referenceRun(soundLake, rules).zones;
}

/** The people of whom a run's zones have a row. */
export function peopleIn(outcome: Outcome): readonly string[] {
  const text = Object.values(outcome.zones).flat().join("\n");
  return [...people, "eve"].filter((name) => text.includes(email(name)) || text.includes(serial(name)));
}

/** Reason and place of what was set aside, in short. */
export function setAside(outcome: Pick<Outcome, "quarantine">): readonly string[] {
  return outcome.quarantine.map(
    ({ table, offset, length, reason }) => `${table.split("_landing")[0]!} ${offset}+${length} ${reason}`,
  );
}

/** The count of a warning; 0 where there is none. */
export function warned(outcome: Pick<Outcome, "report">, code: string): number {
  return outcome.report.warnings.find((each) => each.code === code)?.count ?? 0;
}

/** Where a lake of these tests is. */
interface Place {
  readonly store: Store;
  /** Makes the landing zone hold exactly these files. */
  land(files: Files): void;
  /** Everything that is there now, by path. */
  content(): ReadonlyMap<string, Uint8Array>;
}

class FolderPlace implements Place {
  readonly store: Store;
  readonly #folder: string;
  #landed: Iterable<string> = [];

  constructor(folder: string) {
    this.#folder = folder;
    this.store = folderStore(folder);
  }

  land(files: Files): void {
    for (const path of this.#landed) if (!files.has(path)) rmSync(join(this.#folder, path));
    for (const [path, content] of files) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      writeFileSync(join(this.#folder, path), content);
    }
    this.#landed = [...files.keys()];
  }

  content(): ReadonlyMap<string, Uint8Array> {
    return new Map(
      filesBelow(this.#folder).map((path) => [relative(this.#folder, path), readFileSync(path)]),
    );
  }
}

class MemoryPlace implements Place {
  readonly store = new StreamingStore();

  land(files: Files): void {
    for (const path of this.store.files.keys()) {
      if (/^\w+\/landing\//.test(path)) this.store.files.delete(path);
    }
    for (const [path, content] of files) this.store.files.set(path, content);
  }

  content(): ReadonlyMap<string, Uint8Array> {
    return this.store.files;
  }
}

/** A file that is too large to be held: made as it is read. */
export interface Stream {
  readonly size: number;
  chunks(): Iterable<Uint8Array>;
}

/** A stream of the same bytes over and over between others, cut into chunks of at most 64 KiB. */
export function streamOf(before: string, filler: string, fillerSize: number, after: string): Stream {
  const piece = Buffer.alloc(64 * 1024, filler);
  const ends = [bytes(before), bytes(after)] as const;
  return {
    size: ends[0].length + fillerSize + ends[1].length,
    *chunks() {
      yield ends[0];
      // A chunk is the reader's to keep, so each is a new one.
      for (let left = fillerSize; left > 0; left -= piece.length) yield Buffer.from(piece.subarray(0, left));
      yield ends[1];
    },
  };
}

/** Bytes that are held, as a stream: a store in memory would work out their checksum again and again. */
export function heldStream(content: Buffer): Stream {
  const size = 256 * 1024;
  return {
    size: content.length,
    *chunks() {
      for (let from = 0; from < content.length; from += size)
        yield Buffer.from(content.subarray(from, from + size));
    },
  };
}

/** A store in memory of which some files are streams. */
export class StreamingStore extends MemoryStore {
  readonly streams = new Map<string, Stream>();

  override async list(folder: string): Promise<readonly StoredFile[]> {
    const streams = [...this.streams].filter(([path]) => path.startsWith(`${folder}/`));
    const files = [...(await super.list(folder)), ...streams.map(([path, { size }]) => listed(path, size))];
    return files.sort((a, b) => compareUtf8(a.path, b.path));
  }

  override async *read(file: StoredFile): AsyncIterable<Uint8Array> {
    const stream = this.streams.get(file.path);
    if (stream) yield* stream.chunks();
    else yield* super.read(file);
  }
}

function listed(path: string, size: number): StoredFile {
  return { path, size, version: `stream-${size}` };
}

/** What a run on more than the reference model could hold has left. */
export interface LargeOutcome {
  readonly report: RunReport;
  readonly commit: Commit;
  readonly quarantine: readonly QuarantineEntry[];
  /** The bytes of a zone. */
  readonly zone: (name: string) => Buffer;
  /** Processor time of the run, in microseconds: that of other processes is none of it. */
  readonly cpu: number;
}

/** As `runLarge`, with the most that the process held while the run was under way, above what it held before. */
export async function runGauged(
  files: Files,
  streams: ReadonlyMap<string, Stream>,
  secrets: readonly string[],
): Promise<LargeOutcome & { readonly peakBytes: number }> {
  const gauge = new MemoryGauge();
  const outcome = await runLarge(files, streams, secrets, latest, () => gauge.sample());
  return { ...outcome, peakBytes: gauge.peak };
}

/**
 * Runs the pipeline in memory on files of which some are streams, or which are too many for the reference model.
 * @param secrets values of the data that must stand in no books, in place of all that stand in the files
 */
export async function runLarge(
  files: Files,
  streams: ReadonlyMap<string, Stream>,
  secrets: readonly string[],
  rules: Rules = latest,
  atEachEvent?: () => void,
): Promise<LargeOutcome> {
  const store = new StreamingStore(files);
  for (const [path, stream] of streams) store.streams.set(path, stream);
  const before = process.cpuUsage();
  const events: RunEvent[] = [];
  const report = await runPipeline({
    lake: store,
    rules,
    onEvent: (event) => {
      atEachEvent?.();
      if (event.kind === "bytes") return;
      events.push(event);
      expect(commitsIn(store.files)).toHaveLength(event.kind === "commit" ? 1 : 0);
    },
  });
  const { user, system } = process.cpuUsage(before);
  const { commit } = readableCommit(store.files)!;
  expectNoneOf(secrets, [JSON.stringify(report), JSON.stringify(events), booksOf(store.files)]);
  expectTidy(store.files);
  return {
    report,
    commit,
    quarantine: quarantineOf(store.files, commit),
    zone: (name) =>
      Buffer.concat((commit.zones[name]?.files ?? []).map(({ path }) => store.files.get(path)!)),
    cpu: user + system,
  };
}

/** How many commits' folders a run leaves. */
const keep = 2;

/** See the top of this file. */
export class FaultLake {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Runs the pipeline on exactly these landing files, and checks what every row asks for. */
  async run(files: Files, rules: Rules = latest): Promise<Outcome> {
    const events: RunEvent[] = [];
    this.#place.land(files);
    const before = this.#readable();
    const known = new Map(this.#place.content());
    const report = await this.#pipeline(rules, before, events);
    // The commit before is kept, so it must still be whole.
    expect(this.#readable(1)?.text).toBe(before?.text);
    const outcome = this.#outcome(report);
    expectReference(outcome, files, rules);
    const books = [JSON.stringify(report), JSON.stringify(events), booksOf(this.#place.content(), known)];
    expectNoneOf(valuesOf(files), books);
    expectTidy(this.#place.content());
    return outcome;
  }

  /** Runs the pipeline on files on which it must refuse. @returns the error's code */
  async refusal(files: Files, rules: Rules = latest): Promise<string> {
    const events: RunEvent[] = [];
    this.#place.land(files);
    const before = this.#readable();
    try {
      await this.#pipeline(rules, before, events);
    } catch (error) {
      if (!(error instanceof StediError)) throw error;
      expect(this.#readable()?.text).toBe(before?.text);
      expectTidy(this.#place.content());
      expectNoneOf(valuesOf(files), [error.message, JSON.stringify(error.parts), JSON.stringify(events)]);
      return error.code;
    }
    throw new Error("the run went through");
  }

  async #pipeline(rules: Rules, before: ReadableCommit | undefined, events: RunEvent[]): Promise<RunReport> {
    const report = await runPipeline({
      lake: this.#place.store,
      rules,
      keep,
      acceptRemoved: true,
      onEvent: (event) => {
        events.push(event);
        // Not at every chunk, since it reads everything.
        if (event.kind !== "pass" && event.kind !== "stage") return;
        if (this.#readable()?.text !== before?.text) throw new Error("something showed early");
      },
    });
    expect(events.filter(({ kind }) => kind === "commit")).toHaveLength(1);
    return report;
  }

  /** The last commit as a reader finds it, or one before it. */
  #readable(back = 0): ReadableCommit | undefined {
    return readableCommit(this.#place.content(), back);
  }

  #outcome(report: RunReport): Outcome {
    const content = this.#place.content();
    const { commit } = this.#readable()!;
    return {
      commit,
      report,
      zones: Object.fromEntries(
        stediPlan.zones.map(({ name }) => [name, linesOf(content, commit.zones[name]?.files ?? [])]),
      ),
      quarantine: quarantineOf(content, commit),
    };
  }
}

interface ReadableCommit {
  readonly commit: Commit;
  readonly text: string;
}

function commitsIn(content: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const paths: string[] = [];
  // Most by far of what is there after many runs.
  for (const path of content.keys()) {
    if (path.startsWith("_stedi/commits/") && /\/\d+\.json$/.test(path)) paths.push(path);
  }
  return paths.sort();
}

/** A commit as a reader finds it, counted from the last one, its files checked against their sums. */
function readableCommit(content: ReadonlyMap<string, Uint8Array>, back = 0): ReadableCommit | undefined {
  const path = commitsIn(content).at(-1 - back);
  if (path === undefined) return undefined;
  const text = Buffer.from(content.get(path)!).toString();
  const commit = JSON.parse(text) as Commit;
  for (const { path: part, sha256, bytes: size } of partsOf(commit)) {
    const stored = content.get(part);
    // Not by `expect`, which takes its time: this is done some ten times in each run.
    if (stored?.length !== size || createHash("sha256").update(stored).digest("hex") !== sha256) {
      throw new Error(`a committed file is gone, or is another: ${part}`);
    }
  }
  return { commit, text };
}

function partsOf({ zones, landing }: Commit): Commit["zones"][string]["files"] {
  return [
    ...Object.values(zones).flatMap(({ files }) => files),
    ...Object.values(landing).flatMap(({ quarantine }) => quarantine),
  ];
}

function linesOf(
  content: ReadonlyMap<string, Uint8Array>,
  files: readonly { readonly path: string }[],
): readonly string[] {
  return files.flatMap(({ path }) => Buffer.from(content.get(path)!).toString().split("\n").slice(0, -1));
}

function quarantineOf(content: ReadonlyMap<string, Uint8Array>, commit: Commit): readonly QuarantineEntry[] {
  return Object.values(commit.landing).flatMap(({ quarantine }) =>
    linesOf(content, quarantine).map((line) => JSON.parse(line) as QuarantineEntry),
  );
}

/** The text of all commits and of all quarantine, but for what was there before a run, and was looked at then. */
function booksOf(
  content: ReadonlyMap<string, Uint8Array>,
  before: ReadonlyMap<string, Uint8Array> = new Map(),
): string {
  return [...content]
    .filter(([path, stored]) => path.startsWith("_stedi/") && !isSame(before.get(path), stored))
    .map(([path, stored]) => `${path}\n${Buffer.from(stored).toString()}`)
    .join("\n");
}

function isSame(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0;
}

/** No run is marked as under way, and no folder is there that no commit names whose folders are kept. */
function expectTidy(content: ReadonlyMap<string, Uint8Array>): void {
  const paths = [...content.keys()];
  expect(paths.filter((path) => path.startsWith("_stedi/runs/"))).toEqual([]);
  const named = new Set(
    commitsIn(content)
      .slice(-keep)
      .flatMap((path) => {
        const { zones, landing } = JSON.parse(Buffer.from(content.get(path)!).toString()) as Commit;
        return [...Object.values(zones), ...Object.values(landing)].map(({ run }) => run);
      }),
  );
  const found = paths.flatMap((path) => /\/run=([^/]+)\//.exec(path)?.[1] ?? []);
  expect(found.filter((run) => !named.has(run))).toEqual([]);
}

export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function expectReference(outcome: Outcome, files: Files, rules: Rules): void {
  const expected = referenceRun(files, rules);
  expect(outcome.zones).toEqual(expected.zones);
  expect(outcome.quarantine.map((entry) => ({ ...entry, hint: undefined }))).toEqual(expected.quarantine);
  for (const [zone, books] of Object.entries(expected.books)) {
    expect(outcome.commit.zones[zone]?.books).toEqual(books);
  }
  for (const [table, { read, good, quarantined, droppedFields }] of Object.entries(expected.landing)) {
    expect(outcome.commit.landing[table]?.books).toEqual({ read, good, quarantined, droppedFields });
  }
  expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(expected.unattributable);
}

const declared = new Set(landingTables.flatMap(({ fields }) => fields.map(({ name }) => name.toLowerCase())));

/** What stands in landing files and must stand nowhere in the books: values, and field names that no table has. */
export function valuesOf(files: Files): ReadonlySet<string> {
  const values = new Set<string>();
  for (const [path, stored] of files) {
    const text = Buffer.from(path.endsWith(".gz") ? unpacked(stored) : stored).toString("latin1");
    for (const [word] of text.matchAll(/[\w@.-]{7,}/g)) {
      if (!declared.has(word.toLowerCase())) values.add(word);
    }
  }
  return values;
}

/** As much of gzip data as can be had. */
function unpacked(stored: Uint8Array): Uint8Array {
  try {
    return gunzipSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array();
  }
}

/** The messages leave the values out: they may be in a report that somebody keeps. */
export function expectNoneOf(values: Iterable<string>, texts: readonly string[]): void {
  for (const value of values) {
    if (texts.some((text) => text.includes(value))) {
      throw new Error(
        "a value of the landing data is in the report, the events, an error, a commit or quarantine",
      );
    }
  }
}
