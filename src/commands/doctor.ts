// `stedi doctor`: checks what a run depends on, and says what to do where something is not as it should be.

import { StediError } from "../errors.js";
import type { Store } from "../io/store.js";
import { lastCommit } from "../pipeline/commit-log.js";
import { listLanding, storedBytes } from "../pipeline/landing.js";
import { requireLake } from "../pipeline/prepare.js";
import { landingTables } from "../transforms/tables.js";
import type { ResolvedSettings } from "./settings.js";
import { openStores } from "./stores.js";
import {
  colorsOf,
  columnsOf,
  exitCodes,
  formatBytes,
  plural,
  print,
  printJson,
  wrapped,
} from "./terminal.js";

/** What stands for an option that nothing sets. */
const unset: Readonly<Record<string, string>> = {
  out: "the lake",
  workers: "the cores",
  tmp: "the system's",
};

interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly detail: string;
  /** What to do; nothing where all is well. */
  readonly next?: string | undefined;
}

const oldestNode = [20, 19] as const;

/** @returns the exit code: that of the first check that failed */
export async function doctorCommand({ settings, sources, configFile }: ResolvedSettings): Promise<number> {
  const findings: Finding[] = [];
  let exitCode: number = exitCodes.done;
  const attempt = async (check: string, action: () => Promise<Omit<Finding, "check">>): Promise<void> => {
    try {
      findings.push({ check, ...(await action()) });
    } catch (error) {
      if (!(error instanceof StediError)) throw error;
      const { what, where, why, next } = error.parts;
      const detail = [error.code, what, where, why].filter((part) => part !== undefined).join(": ");
      findings.push({ check, state: "failed", detail, next });
      if (exitCode === exitCodes.done) exitCode = error.exitCode;
    }
  };

  const { lake, out } = await openStores(settings);
  findings.push(checkNode(process.versions.node));
  await attempt("lake", async () => {
    await requireLake(lake);
    return { state: "ok", detail: lake.uri };
  });
  for (const table of landingTables) await attempt(table.name, () => checkLanding(lake, table));
  await attempt("commit log", () => checkCommits(out));
  await attempt("output", () => checkOutput(out));

  const values = Object.entries(sources).map(([option, source]) => ({
    option,
    value: settings[option as keyof typeof settings] ?? null,
    source,
  }));
  if (settings.json) {
    printJson({ findings, settings: values, config: configFile ?? null });
    return exitCode;
  }
  const colors = colorsOf(process.stdout);
  const columns = columnsOf(process.stdout);
  const indent = " ".repeat(columns < 80 ? 9 : 32);
  for (const { check, state, detail, next } of findings) {
    const mark = {
      ok: colors.green("ok     "),
      warning: colors.yellow("warning"),
      failed: colors.red("failed "),
    }[state];
    print(`${wrapped(`${mark}  ${check.padEnd(22)} ${detail}`, columns, `${indent} `)}\n`);
    if (next !== undefined) print(`${wrapped(`${indent} ${next}`, columns, `${indent} `)}\n`);
  }
  print(`\nsettings${configFile === undefined ? "" : ` (config file: ${configFile})`}\n`);
  const shown = values.map(({ option, value }) => String(value ?? unset[option] ?? ""));
  const widest = Math.max(...shown.map(({ length }) => length));
  for (const [index, { option, source }] of values.entries()) {
    print(`  ${option.padEnd(14)}  ${shown[index]!.padEnd(widest)}  ${source}\n`);
  }
  return exitCode;
}

function checkNode(found: string): Finding {
  const [major = 0, minor = 0] = found.split(".").map(Number);
  const [wantedMajor, wantedMinor] = oldestNode;
  const enough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (enough) return { check: "Node", state: "ok", detail: found };
  const next = `install Node ${oldestNode.join(".")} or later`;
  return { check: "Node", state: "warning", detail: `${found} is too old`, next };
}

async function checkLanding(
  lake: Store,
  table: (typeof landingTables)[number],
): Promise<Omit<Finding, "check">> {
  const landing = await listLanding(lake, table);
  const detail = `${plural(landing.files.length, "file")}, ${formatBytes(storedBytes(landing))}`;
  if (landing.files.length === 0) {
    return { state: "warning", detail, next: `put files that end in .json or .json.gz into ${table.folder}` };
  }
  if (landing.unread.length === 0) return { state: "ok", detail };
  const example = landing.unread[0]!.path;
  return {
    state: "warning",
    detail: `${detail}; ${plural(landing.unread.length, "other file")} not read, such as ${example}`,
    next: "move away what is no landing file",
  };
}

async function checkCommits(out: Store): Promise<Omit<Finding, "check">> {
  const commit = await lastCommit(out);
  if (!commit) return { state: "ok", detail: "nothing committed yet" };
  return { state: "ok", detail: `commit ${commit.number} of ${commit.committedAt}` };
}

/** Tries what publishing does: a file, and a commit that only the first of two writers gets. */
async function checkOutput(out: Store): Promise<Omit<Finding, "check">> {
  if (!(await out.exists())) return { state: "ok", detail: `${out.uri} will be made by the first run` };
  const folder = `_stedi/doctor-${process.pid}`;
  try {
    const sink = await out.create(`${folder}/file`);
    await sink.write(new Uint8Array([1]));
    await sink.close();
    const bytes = new Uint8Array([1]);
    const first = await out.putIfAbsent(`${folder}/commit`, bytes);
    const second = await out.putIfAbsent(`${folder}/commit`, bytes);
    if (first && !second)
      return { state: "ok", detail: `${out.uri} can be written to; commits are exclusive` };
    throw new StediError("STEDI_IO", {
      what: "two runs at once could both commit here",
      where: out.uri,
      next: "use another file system",
    });
  } finally {
    await out.remove(folder).catch(() => undefined); // the finding is about what came before
  }
}
