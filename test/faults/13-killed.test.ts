// Row 13 of the fault table: SIGKILL at any instant. `npm run soak` does the same a thousand times.

import { expect, test } from "vitest";
import { withFolder } from "../io/support.js";
import { type KillOutcome, KilledLake } from "./sudden-death.js";

const kills = 25;
const seed = 13;

test(`fault 13: ${kills} runs are killed; a reader sees old or new zones, whole, and the next run is whole and tidy`, () =>
  withFolder(async (folder) => {
    const lake = new KilledLake(folder, seed);
    await lake.prepare(20);
    const outcomes: KillOutcome[] = [];
    for (let index = 0; outcomes.length < kills; index++) {
      const outcome = await lake.kill(index);
      if (outcome.killed) outcomes.push(outcome);
    }
    // The kills are worth something only if they come before and after the commit, and leave something to sweep.
    const states = outcomes.map(({ state }) => state);
    expect(states.some((state) => state.startsWith("before the commit"))).toBe(true);
    expect(states.some((state) => state.startsWith("after the commit"))).toBe(true);
    expect(states.some((state) => state.includes("a commit's draft"))).toBe(true);
    expect(states.some((state) => state.includes("its run folders"))).toBe(true);
    expect(states.some((state) => state.includes("older run folders"))).toBe(true);
  }));
