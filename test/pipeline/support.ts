// Shared by the tests of the pipeline's parts: a small lake in memory, and what a run commits of it.

import { type Commit, lastCommit } from "../../src/pipeline/commit-log.js";
import { listLanding } from "../../src/pipeline/landing.js";
import type { Basis } from "../../src/pipeline/agreement.js";
import type { RunOptions } from "../../src/pipeline/run.js";
import { runPipeline } from "../../src/pipeline/run.js";
import type { Rules } from "../../src/transforms/policy.js";
import { customerLanding } from "../../src/transforms/tables.js";
import { StediError } from "../../src/errors.js";
import { soundLake } from "../faults/support.js";
import { MemoryStore } from "../support/memory-store.js";

export const byDefault: Rules = { consent: "latest", pair: "person" };

/** A lake of four people; see test/faults/support.ts. */
export function smallLake(): MemoryStore {
  return new MemoryStore(soundLake, "lake");
}

/** Runs stages on a lake in memory. @returns the commit */
export async function committed(lake: MemoryStore, options: Partial<RunOptions> = {}): Promise<Commit> {
  await runPipeline({ lake, ...options });
  return (await lastCommit(options.out ?? lake))!;
}

export async function basisOf(lake: MemoryStore, rules: Rules = byDefault): Promise<Basis> {
  return { customers: await listLanding(lake, customerLanding), rules };
}

/** What an action is refused with. */
export async function refusal(action: () => unknown): Promise<StediError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof StediError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
