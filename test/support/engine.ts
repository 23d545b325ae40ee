// Runs the engine on a lake in memory and gives what it made in the reference's terms, so that the two can be
// compared as they are.

import { StediError } from "../../src/errors.js";
import { type Commit, lastCommit } from "../../src/pipeline/commit-log.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import type { RunReport } from "../../src/pipeline/report.js";
import type { Tuning } from "../../src/pipeline/readings-pass.js";
import { runPipeline } from "../../src/pipeline/run.js";
import type { Rules } from "../../src/transforms/policy.js";
import { MemoryStore } from "./memory-store.js";

export interface EngineResult {
  readonly out: MemoryStore;
  readonly report: RunReport;
  readonly commit: Commit;
  /** Lines of each zone. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
  /** Parsed quarantine entries of each landing table, one after the other. */
  readonly quarantine: readonly Readonly<Record<string, unknown>>[];
}

export const allRules: readonly Rules[] = (["latest", "as-of", "any"] as const).flatMap((consent) =>
  (["person", "timestamp"] as const).map((pair) => ({ consent, pair })),
);

/** @returns the code of the error instead, where the run is refused */
export async function runEngine(
  files: ReadonlyMap<string, Uint8Array>,
  rules: Rules,
  options: {
    chunkSize?: number;
    stages?: readonly string[];
    out?: MemoryStore;
    workers?: number;
    memory?: number;
    tuning?: Tuning;
  } = {},
): Promise<EngineResult | string> {
  const lake = new MemoryStore(files, "memory", options.chunkSize);
  const { out = new MemoryStore(), stages, workers, memory, tuning } = options;
  try {
    const report = await runPipeline({
      lake,
      out,
      rules,
      ...(stages && { stages }),
      ...(workers && { workers }),
      ...(memory !== undefined && { memory }),
      ...(tuning && { tuning }),
    });
    return await readResult(out, report);
  } catch (error) {
    if (error instanceof StediError) return error.code;
    throw error;
  }
}

async function readResult(out: MemoryStore, report: RunReport): Promise<EngineResult> {
  const commit = (await lastCommit(out))!;
  const lines = (files: readonly { readonly path: string }[]): string[] =>
    files.flatMap(({ path }) => Buffer.from(out.files.get(path)!).toString("utf8").split("\n").slice(0, -1));
  const zones = Object.fromEntries(
    stediPlan.zones.map((zone) => [zone.name, lines(commit.zones[zone.name]?.files ?? [])]),
  );
  const quarantine = Object.values(commit.landing).flatMap((landing) =>
    lines(landing.quarantine).map((line) => JSON.parse(line) as Record<string, unknown>),
  );
  return { out, report, commit, zones, quarantine };
}
