// The programs that build the five zones: this one, and those that this machine has.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { Command } from "./measure.js";

export interface Contender {
  readonly name: string;
  readonly command: (lake: string, out: string) => Command;
}

const root = join(import.meta.dirname, "..");
const peers = join(import.meta.dirname, "peers");
export const cli = join(root, "dist", "cli.js");

/** This program. */
export function own(workers: number, more: readonly string[] = []): Contender {
  return {
    name: workers === 1 ? "stedi, one worker" : "stedi",
    command: (lake, out) => ({
      args: [
        ...[process.execPath, cli, "run", "all", "--lake", lake, "--out", out],
        ...["--workers", String(workers), "--quiet", ...more],
      ] as unknown as Command["args"],
    }),
  };
}

/** Makes plain JavaScript of a file of `bench`, so that no peer pays for a compiler. */
export function compiled(path: string, folder: string): string {
  const source = readFileSync(join(import.meta.dirname, path), "utf8");
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const target = join(folder, `${path.replaceAll("/", "-").replace(/\.ts$/, "")}.mjs`);
  writeFileSync(target, outputText);
  return target;
}

/** Everything else that is there; what is missing is told to `missing`. */
export function othersHere(folder: string, missing: (what: string) => void): Contender[] {
  const found: Contender[] = [];
  const readline = compiled("peers/readline.ts", folder);
  found.push({
    name: "readline",
    command: (lake, out) => ({ args: [process.execPath, "--max-old-space-size=12288", readline, lake, out] }),
  });
  const duckdb = duckdbEntry();
  if (duckdb === undefined) missing("DuckDB: npm has no @duckdb/node-api here, nor below STEDI_BENCH_PEERS");
  else {
    const program = compiled("peers/duckdb.ts", folder);
    for (const threads of [2, 1]) {
      found.push({
        name: threads === 1 ? "DuckDB, one thread" : "DuckDB",
        command: (lake, out) => ({
          args: [process.execPath, program, lake, out, String(threads), duckdb],
        }),
      });
    }
  }
  for (const [name, module, file] of [
    ["Polars", "polars", "polars.py"],
    ["PySpark", "pyspark", "spark.py"],
  ] as const) {
    const python = pythonWith(module);
    if (python === undefined) missing(`${name}: no Python here has it; STEDI_BENCH_PYTHON names another`);
    else {
      found.push({
        name,
        command: (lake, out) => ({
          args: [python, join(peers, file), lake, out, "2"],
          env: { POLARS_MAX_THREADS: "2" },
        }),
      });
    }
  }
  return found;
}

function duckdbEntry(): string | undefined {
  const more = process.env.STEDI_BENCH_PEERS;
  for (const folder of [root, ...(more === undefined ? [] : [more])]) {
    try {
      return createRequire(join(folder, "package.json")).resolve("@duckdb/node-api");
    } catch {
      // Not below this one.
    }
  }
  return undefined;
}

function pythonWith(module: string): string | undefined {
  const named = process.env.STEDI_BENCH_PYTHON;
  return (named === undefined ? ["python3", "python"] : [named]).find((python) => {
    try {
      // In a folder of its own: a file of that name in the working directory would count as the module.
      execFileSync(python, ["-c", `import ${module}`], { cwd: root, stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

/** Where yargs stands, as a URL. */
export function yargsEntry(): string {
  const entry = join(root, "node_modules", "yargs", "index.mjs");
  if (!existsSync(entry)) throw new Error(`yargs is not at ${entry}`);
  return pathToFileURL(entry).href;
}
