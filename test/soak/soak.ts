// `npm run soak -- --kills 1000`: runs killed at random, as in test/faults/13-killed.test.ts, as often as asked for.
// Prints what state each kind of kill left, and the seed; ends with 1 at the first rule that is broken. TMPDIR says
// where the lake is.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KilledLake } from "../faults/sudden-death.js";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    people: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [kills, people, seed] = [Number(values.kills), Number(values.people), Number(values.seed)];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = await mkdtemp(join(tmpdir(), "stedi-soak-"));
say(`${kills} kills, ${people} people, --seed ${seed}, in ${folder}`);
const states = new Map<string, number>();
const aims = new Map<string, number>();
const count = (of: Map<string, number>, name: string): unknown => of.set(name, (of.get(name) ?? 0) + 1);
const start = Date.now();
let done = 0;
let tries = 0;
try {
  const lake = new KilledLake(folder, seed);
  await lake.prepare(people);
  for (; done < kills; tries++) {
    const { aim, killed, state } = await lake.kill(tries);
    if (killed) done++;
    if (killed) count(aims, aim);
    count(states, state);
    if (killed && done % 100 === 0) say(`${done} kills`);
  }
} catch (error) {
  say(`try ${tries}: ${error instanceof Error ? error.message : "failed"}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

const table = (of: Map<string, number>): void => {
  const rows = [...of].sort(([, one], [, other]) => other - one);
  for (const [name, number] of rows) say(`${String(number).padStart(6)}  ${name}`);
};
say("\nkilled:");
table(aims);
say("\nwhat was seen then:");
table(states);
say(`\n${done} kills in ${Math.round((Date.now() - start) / 1000)} s`);
if (process.exitCode === undefined) {
  say(
    "After each, a reader saw the old zones or the new ones, whole; the next run made the zones of an undisturbed",
  );
  say("run and left nothing else behind.");
}
