// Shared by the end-to-end tests: the built command in a process of its own, in a temporary folder, with nothing of
// the environment that could set an option.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { RunReport } from "../../src/pipeline/report.js";
import { type Files, soundLake } from "../faults/support.js";
import { withFolder } from "../io/support.js";

const program = join(import.meta.dirname, "../../dist/cli.js");

export interface Ended {
  /** The exit code; the signal's name where one ended the process. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees the process once it has started. */
  readonly started?: (process: ChildProcess) => void;
}

/** Runs the command, as a user would, to its end. */
export function stedi(args: readonly string[], { cwd, env = {}, started }: CallOptions): Promise<Ended> {
  if (!existsSync(program)) throw new Error("these tests run the built command: `npm run build` first");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, ...env },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code: code ?? signal!, stdout, stderr });
    });
    started?.(child);
  });
}

/** A temporary folder, and the command run in it. */
export interface Place {
  readonly folder: string;
  /** Runs the command whatever comes of it. */
  readonly call: (line: string, env?: Readonly<Record<string, string>>) => Promise<Ended>;
  /** Runs the command, which must end well. @returns what it printed */
  readonly done: (line: string, env?: Readonly<Record<string, string>>) => Promise<string>;
  readonly write: (path: string, content: string | Uint8Array) => Promise<void>;
  /** All files below a folder, sorted. */
  readonly files: (below?: string) => string[];
}

export function place(folder: string): Place {
  const call = (line: string, env?: Readonly<Record<string, string>>): Promise<Ended> =>
    stedi(line.split(" ").filter(Boolean), { cwd: folder, ...(env && { env }) });
  return {
    folder,
    call,
    done: async (line, env) => {
      const ended = await call(line, env);
      expect(ended, line).toMatchObject({ code: 0 });
      return ended.stdout;
    },
    write: async (path, content) => {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    },
    files: (below = "") =>
      readdirSync(join(folder, below), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .sort(),
  };
}

/** Runs an action in a temporary folder in which there is a lake `data`, or other files. */
export function inPlace<T>(
  action: (place: Place) => Promise<T>,
  lake: Files = soundLake,
  root = "data",
): Promise<T> {
  return withFolder(async (folder) => {
    const here = place(folder);
    for (const [path, content] of lake) await here.write(`${root}/${path}`, content);
    return action(here);
  });
}

export function reportOf(stdout: string): RunReport {
  return JSON.parse(stdout) as RunReport;
}

export interface ErrorDocument {
  readonly code: string;
  readonly exitCode: number;
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly next?: string;
}

/** What a refused command says of its error on standard output, with `--json`. */
export function errorOf(stdout: string): ErrorDocument {
  return (JSON.parse(stdout) as { error: ErrorDocument }).error;
}
