// Running the engine where a refusal would hide what is tested.

import type { Rules } from "../../src/transforms/policy.js";
import { type EngineResult, runEngine } from "../support/engine.js";
import { lakesPerProperty } from "../support/runs.js";

/** Whether there are lakes enough to be sure that everything that can come up did. */
export const manyLakes = lakesPerProperty >= 500;

/** @returns nothing where the lake holds no usable snapshot; any other refusal is an error */
export async function runUsable(
  files: ReadonlyMap<string, Uint8Array>,
  rules: Rules,
  options?: Parameters<typeof runEngine>[2],
): Promise<EngineResult | undefined> {
  const result = await runEngine(files, rules, options);
  if (result === "STEDI_NO_CUSTOMERS") return undefined;
  if (typeof result === "string") throw new Error(`the run was refused with ${result}`);
  return result;
}
