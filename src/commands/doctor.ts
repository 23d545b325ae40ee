// `stedi doctor`: checks what a run depends on, and says what to do where something is not as it should be.

import { randomUUID } from "node:crypto";
import { StediError } from "../errors.js";
import { noCondition, type Store } from "../io/store.js";
import { lastCommit } from "../pipeline/commit-log.js";
import { listLanding, storedBytes } from "../pipeline/landing.js";
import { requireLake } from "../pipeline/prepare.js";
import { landingTables } from "../transforms/tables.js";
import type { ResolvedSettings } from "./settings.js";
import { policyFor } from "./s3-policy.js";
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
  sse: "the bucket's",
  "sse-kms-key-id": "the account's",
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
  const before = findings.length;
  for (const [step, action] of await publishingSteps(out)) await attempt(`output: ${step}`, action);
  if (findings.slice(before).every(({ state }) => state === "ok")) {
    const steps = findings.splice(before).map(({ check }) => check.replace("output: ", ""));
    const detail = steps.length > 0 ? steps.join(", ") : "will be made by the first run";
    findings.push({ check: "output", state: "ok", detail: `${out.uri}: ${detail}` });
  }
  if (out.isRemote) await attempt("deleted rows", () => checkDeleted(out));
  const policy = findings.some(
    ({ state, detail }) => state === "failed" && detail.includes("STEDI_NO_ACCESS"),
  )
    ? policyFor(lake, out, settings)
    : undefined;

  const values = Object.entries(sources).map(([option, source]) => ({
    option,
    value: settings[option as keyof typeof settings] ?? null,
    source,
  }));
  if (settings.json) {
    printJson({ findings, settings: values, config: configFile ?? null, policy: policy ?? null });
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
  if (policy) print(`\nthis policy would do:\n${JSON.stringify(policy, null, 2)}\n`);
  print(`\nsettings${configFile === undefined ? "" : ` (config file: ${configFile})`}\n`);
  const shown = values.map(({ option, value }) => String(value ?? unset[option] ?? ""));
  const widest = Math.max(...shown.map(({ length }) => length));
  for (const [index, { option, source }] of values.entries()) {
    // In a narrow terminal, values stand in no column of their own.
    const value = columns < 80 ? shown[index]! : shown[index]!.padEnd(widest);
    print(`${wrapped(`  ${option.padEnd(20)}  ${value}  ${source}`, columns, " ".repeat(24))}\n`);
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
  // To list is one permission, to read another.
  const reading = lake.read(landing.files[0]!)[Symbol.asyncIterator]();
  await reading.next();
  await reading.return?.();
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

/** More than the smallest part of an upload, which then has two. */
const twoParts = 5 * 1024 * 1024 + 1;

type Step = readonly [string, () => Promise<Omit<Finding, "check">>];

/** What publishing does, step by step, in a folder of its own, which is gone afterwards; nothing where no place is made yet. */
async function publishingSteps(out: Store): Promise<readonly Step[]> {
  // A folder that a file stands in the way of is told of by the first step.
  if (!out.isRemote && !(await out.exists().catch(() => true))) return [];
  const folder = `_stedi/doctor-${randomUUID()}`;
  const ok = { state: "ok" as const, detail: out.uri };
  const write = async (path: string, bytes: number): Promise<void> => {
    const sink = await out.create(path, bytes);
    try {
      await sink.write(Buffer.alloc(bytes));
      await sink.close();
    } catch (error) {
      await sink.abort();
      throw error;
    }
  };
  return [
    ["list", async () => (await out.names(folder), ok)],
    ["put", async () => (await write(`${folder}/file`, 1), ok)],
    ["get", async () => (await out.get(`${folder}/file`), ok)],
    [
      "put on condition",
      async () => {
        const bytes = new Uint8Array([1]);
        const first = await out.putIfAbsent(`${folder}/commit`, bytes);
        const second = await out.putIfAbsent(`${folder}/commit`, bytes);
        if (first && !second) return ok;
        if (out.isRemote) throw noCondition(out.uri);
        throw new StediError("STEDI_IO", {
          what: "two runs at once could both commit here",
          where: out.uri,
          next: "use another file system",
        });
      },
    ],
    ...(out.isRemote
      ? [["upload in parts", async () => (await write(`${folder}/parts`, twoParts), ok)] as const]
      : []),
    ["list uploads", async () => (await out.unfinished(folder), ok)],
    ["delete", async () => (await out.remove(folder), ok)],
  ];
}

/** Deleted rows of people who have withdrawn should be gone. */
async function checkDeleted(out: Store): Promise<Omit<Finding, "check">> {
  const keeps = await out.keepsDeleted();
  if (keeps === false) return { state: "ok", detail: "what is deleted is gone" };
  if (keeps === undefined) {
    return {
      state: "warning",
      detail: "it cannot be told whether the bucket keeps what is deleted as older versions",
      next: "allow s3:GetBucketVersioning, or look yourself",
    };
  }
  return {
    state: "warning",
    detail:
      "the bucket keeps what is deleted as older versions: rows of people who have withdrawn stay there",
    next: `have a lifecycle rule delete noncurrent versions below ${out.uri} after a day, or use a bucket without versioning`,
  };
}
