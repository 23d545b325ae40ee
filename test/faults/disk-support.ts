// Shared by the fault tests of runs on disk and by the soak test: the built command as a process of its own, what a
// reader finds in a lake, and what a run has left behind. No test runner in here.

import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FileSink, Store, StoredFile } from "../../src/io/store.js";
import type { Commit } from "../../src/pipeline/commit-log.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";

const command = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const killer = new URL("kill-at.js", import.meta.url).href;
const reaper = new URL("thread-death.js", import.meta.url).href;

export const folders = {
  commits: "_stedi/commits",
  markers: "_stedi/runs",
  quarantine: "_stedi/quarantine",
} as const;

/** Folders that hold a folder of each run. */
const runRoots = [...stediPlan.zones.map(({ folder }) => folder), folders.quarantine];

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command under way. */
export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/**
 * Starts `stedi` with these arguments.
 * @param environment what is set besides
 */
export function stedi(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Command {
  return started(process.execPath, [command, ...args], { env: { ...process.env, ...environment } });
}

/**
 * Starts `stedi run all` on a lake such that what it does to the disk is counted (see kill-at.js).
 * @param filesOpen how many files it may have open
 */
export function countedRun(
  lake: string,
  settings: { readonly STEDI_KILL_AT?: string; readonly STEDI_KILL_TRACE?: string },
  filesOpen?: number,
): Command {
  const args = ["--import", killer, command, "run", "all", "--lake", lake, "--json"];
  const limit = filesOpen === undefined ? "" : `ulimit -n ${filesOpen}; `;
  return started("/bin/sh", ["-c", `${limit}exec "$@"`, "sh", process.execPath, ...args], {
    env: { ...process.env, ...settings },
  });
}

/** Starts `stedi run all` on a lake such that a thread of it dies (see thread-death.js). */
export function dyingRun(lake: string, death: string, nodeOptions: readonly string[] = []): Command {
  const args = [...nodeOptions, "--import", reaper, command, "run", "all", "--lake", lake];
  return started(process.execPath, [...args, "--workers", "2", "--json", "--verbose"], {
    env: { ...process.env, STEDI_THREAD_DEATH: death },
  });
}

/** Whether file systems can be mounted here. Where CI is set they have to be, so that nothing is left out there. */
export async function mayMount(): Promise<boolean> {
  if (process.env.CI !== undefined) return true;
  return withMount("size=64k", () => Promise.resolve(true)).catch(() => false);
}

/** Does something with a new file system of limited size; options are those of `mount -t tmpfs -o`. */
export async function withMount<T>(options: string, action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "stedi-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
    try {
      return await action(folder);
    } finally {
      execFileSync("umount", ["-l", folder]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function remount(folder: string, options: string): void {
  execFileSync("mount", ["-o", `remount,${options}`, folder]);
}

/** Does something without root's right to go everywhere. */
export async function unprivileged<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  const nobody = 65534;
  process.setegid!(nobody);
  process.seteuid!(nobody);
  try {
    return await action();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

function started(program: string, args: readonly string[], options: SpawnOptions): Command {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

export function writeFiles(folder: string, files: Iterable<readonly [string, Uint8Array]>): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** What a reader finds who goes by the last commit. */
export interface Reading {
  /** 0 where nothing has been committed. */
  readonly number: number;
  /** The text of each zone. */
  readonly zones: Readonly<Record<string, string>>;
}

/** Reads what the last commit names, and holds every byte against it. @throws Error where it is not whole */
export function readLake(folder: string): Reading {
  const number = commitNumbers(folder).at(-1);
  if (number === undefined) return { number: 0, zones: {} };
  const commit = readCommit(folder, number);
  const whole = (files: Commit["zones"][string]["files"]): string =>
    files.map((file) => wholeFile(folder, file)).join("");
  for (const { quarantine } of Object.values(commit.landing)) whole(quarantine);
  const zones = Object.entries(commit.zones).map(([name, { files }]) => [name, whole(files)] as const);
  return { number, zones: Object.fromEntries(zones) };
}

/** The numbers of all commits, ascending. */
export function commitNumbers(folder: string): readonly number[] {
  return namesIn(join(folder, folders.commits))
    .filter((name) => name.endsWith(".json"))
    .map((name) => Number(name.slice(0, -".json".length)))
    .sort((a, b) => a - b);
}

export function readCommit(folder: string, number: number): Commit {
  const name = `${String(number).padStart(12, "0")}.json`;
  return JSON.parse(readFileSync(join(folder, folders.commits, name), "utf8")) as Commit;
}

/** @throws Error with a code of `ENOENT` where it is gone, and any other where it is not as the commit has it */
export function wholeFile(folder: string, file: Commit["zones"][string]["files"][number]): string {
  const content = readFileSync(join(folder, file.path));
  const sum = createHash("sha256").update(content).digest("hex");
  const text = content.toString("utf8");
  if (content.length === file.bytes && sum === file.sha256 && text.split("\n").length - 1 === file.rows) {
    return text;
  }
  throw new Error(`${file.path} is not what the commit says`);
}

/** What stands in a lake besides landing files, commits and what the last commit names. */
export function leftovers(folder: string): readonly string[] {
  const number = commitNumbers(folder).at(-1);
  const named = new Set<string>();
  if (number !== undefined) {
    const { zones, landing } = readCommit(folder, number);
    for (const { run } of [...Object.values(zones), ...Object.values(landing)]) named.add(`run=${run}`);
  }
  const left: string[] = [];
  for (const root of runRoots) {
    for (const name of namesIn(join(folder, root))) if (!named.has(name)) left.push(`${root}/${name}`);
  }
  for (const name of namesIn(join(folder, folders.markers))) left.push(`${folders.markers}/${name}`);
  for (const name of namesIn(join(folder, folders.commits))) {
    if (!/^\d{12}\.json$/.test(name)) left.push(`${folders.commits}/${name}`);
  }
  for (const name of namesIn(join(folder, "_stedi"))) {
    if (!Object.values<string>(folders).includes(`_stedi/${name}`)) left.push(`_stedi/${name}`);
  }
  return left;
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Waits for something to become true. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What a test does in the place of a store's operation; it may fail, wait or do other things first. */
export type Around = <T>(
  operation: keyof Store | `sink.${"write" | "close"}`,
  path: string,
  call: () => Promise<T>,
) => Promise<T>;

/** A store with a test standing in front of it. */
export function storeBehind(
  around: Around,
  store: Store,
  reading = (_file: StoredFile, chunks: AsyncIterable<Uint8Array>) => chunks,
): Store {
  const sinkBehind = async (operation: "create" | "replace", path: string): Promise<FileSink> => {
    const sink = await around(operation, path, () => store[operation](path));
    return {
      write: (bytes) => around("sink.write", path, () => sink.write(bytes)),
      close: () => around("sink.close", path, () => sink.close()),
      abort: () => sink.abort(),
    };
  };
  return {
    uri: store.uri,
    readAhead: store.readAhead,
    isRemote: store.isRemote,
    exists: () => around("exists", "", () => store.exists()),
    list: (folder) => around("list", folder, () => store.list(folder)),
    names: (folder) => around("names", folder, () => store.names(folder)),
    find: (path) => around("find", path, () => store.find(path)),
    async *read(file) {
      const chunks = await around("read", file.path, () => Promise.resolve(store.read(file)));
      yield* reading(file, chunks);
    },
    get: (path) => around("get", path, () => store.get(path)),
    create: (path) => sinkBehind("create", path),
    replace: (path) => sinkBehind("replace", path),
    knownChecksum: (file) => around("knownChecksum", file.path, () => store.knownChecksum(file)),
    removeEmptyFolders: () => around("removeEmptyFolders", "", () => store.removeEmptyFolders()),
    keepsDeleted: () => around("keepsDeleted", "", () => store.keepsDeleted()),
    unfinished: (folder) => around("unfinished", folder, () => store.unfinished(folder)),
    putIfAbsent: (path, bytes) => around("putIfAbsent", path, () => store.putIfAbsent(path, bytes)),
    remove: (path) => around("remove", path, () => store.remove(path)),
  };
}
