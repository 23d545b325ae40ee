// `npm run chaos -- --minutes 30 --seed 7`: runs on a lake in MinIO under faults of the store and the network, killed or
// two at once at times, all drawn from a seed. After every round a reader finds a committed state, whole, that is the
// one of a run without faults on the landing zone as it was or as it is now; and the next run without faults makes the
// new one and leaves nothing else. Ends with 1 at the first rule that is broken, and says how to have that round again.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../s3/servers.js";
import { ChaosLake, type RunOutcome } from "./lake.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    /** The round to begin with. */
    round: { type: "string", default: "0" },
    verbose: { type: "boolean", default: false },
    people: { type: "string", default: "1250" },
  },
});
const [minutes, seed, first, people] = [values.minutes, values.seed, values.round, values.people].map(
  Number,
) as [number, number, number, number];
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const folder = await mkdtemp(join(tmpdir(), "stedi-chaos-"));
const minio = await startServer("minio");
const toxiproxy = await startServer("toxiproxy");
const lake = new ChaosLake(minio, toxiproxy, folder, seed);
say(`${minutes} minutes, ${people} people, --seed ${seed}`);
const runs: RunOutcome[] = [];
let round = first;
const start = Date.now();
const minutesSince = (): number => (Date.now() - start) / 60_000;
try {
  await lake.prepare(people);
  for (let told = 0; minutesSince() < minutes; round++) {
    const done = await lake.round(round);
    runs.push(...done);
    if (values.verbose) for (const each of done) say(lineOf(each));
    if (Math.floor(minutesSince()) > told)
      say(`${(told = Math.floor(minutesSince()))} min: ${round + 1 - first} rounds`);
  }
} catch (error) {
  say(`round ${round}: ${error instanceof Error ? error.message : "failed"}`);
  say(`again: npm run chaos -- --seed ${seed} --round ${round}`);
  process.exitCode = 1;
} finally {
  const others = await lake.close();
  if (others > 0) say(`${others} connections between proxy and server broke off by themselves`);
  await toxiproxy.close();
  await minio.close();
  await rm(folder, { recursive: true, force: true });
}

/** One line of one run, and what it said. */
function lineOf({ struck, outcome, said }: RunOutcome): string {
  const kinds = [...struck].map(([kind, count]) => `${count} ${kind}`);
  return `${minutesSince().toFixed(2)} min, round ${round}: ${kinds.join(", ") || "nothing"}: ${outcome}\n${said}`;
}

function table(head: string, names: readonly string[], line: (name: string) => string): void {
  say(`\n${head}`);
  for (const name of names) say(`  ${line(name)}`);
}

const outcomes = (of: readonly RunOutcome[]): string => {
  const counts = new Map<string, number>();
  for (const { outcome } of of) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${count} ${name}`)
    .join("; ");
};

say(`\n${round - first} rounds, ${runs.length} runs in ${minutesSince().toFixed(1)} minutes`);
table("what came of the runs:", outcomes(runs).split("; "), (line) => line);
const met = [...new Set(runs.flatMap(({ struck }) => [...struck.keys()]))].sort();
const struckBy = (kind: string): RunOutcome[] => runs.filter(({ struck }) => (struck.get(kind) ?? 0) > 0);
table("faults: how often each struck, in how many runs, and what came of these", met, (kind) => {
  const of = struckBy(kind);
  const strikes = of.reduce((sum, { struck }) => sum + struck.get(kind)!, 0);
  return `${kind}: ${strikes} in ${of.length}: ${outcomes(of)}`;
});
const spared = runs.filter(({ struck }) => [...struck.values()].every((count) => count === 0));
say(`  none: in ${spared.length}: ${outcomes(spared)}`);
if (process.exitCode === undefined) {
  say(
    "\nAfter each round a reader saw the zones before or the new ones, whole; every run without faults made the zones",
  );
  say("of an undisturbed run and left nothing else behind.");
}

// Nothing that a run leaves behind may keep the process of a caller alive.
setTimeout(() => {
  say(`it does not end: ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
}, 20_000).unref();
