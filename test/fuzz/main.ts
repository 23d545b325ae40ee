// `npm run fuzz`: fuzzed lakes for some time, each with a number of its own; `--lake DIR` takes the records of a real
// one. The first case on which engine and reference differ is made small, put into coverage/fuzz, and ends the search.
// So does one that hangs, and memory that grows from case to case.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { collectGarbage } from "../../src/pipeline/v8.js";
import { expectSame, type FuzzCase, fuzzCase, shrunk } from "./cases.js";
import { RealRecords } from "./real-records.js";

/** A case takes some milliseconds; shrinking one may take minutes, but is no case. */
const hangsAfterMs = 120_000;

/** After so many cases everything that is made once has been made. */
const settled = 500;

/** Garbage aside, no more than this may be added from then on. */
const growthBytes = 64 * 1024 * 1024;

const folder = join(import.meta.dirname, "../../coverage/fuzz");

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A thread that ends the program where `beats` stands still: a case that hangs lets nothing else run. */
function watch(beats: Int32Array): Worker {
  const program = `
    const { workerData } = require("node:worker_threads");
    const { writeSync } = require("node:fs");
    for (;;) {
      const beat = Atomics.load(workerData, 0);
      if (Atomics.wait(workerData, 0, beat, ${hangsAfterMs}) !== "timed-out") continue;
      writeSync(1, "case " + beat + " hangs\\n");
      process.kill(process.pid, "SIGKILL");
    }`;
  return new Worker(program, { eval: true, workerData: beats, execArgv: [] });
}

function held(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function show(seed: number, made: FuzzCase, error: unknown): Promise<void> {
  print(`case ${seed} differs: ${String(error).slice(0, 300)}`);
  const small = await shrunk(made);
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of small.files) {
    if (bytes.length === 0) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const { tuning, ...options } = small.options;
  print(JSON.stringify({ ...small.rules, ...options, ...tuning }));
  print(`a small lake on which they differ: ${folder}`);
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    cases: { type: "string", default: "Infinity" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    lake: { type: "string" },
  },
});
const end = Date.now() + Number(values.seconds) * 1000;
const first = Number(values.seed);
const most = Number(values.cases);
const records = values.lake === undefined ? undefined : new RealRecords(values.lake);

const beats = new Int32Array(new SharedArrayBuffer(4));
const watchdog = watch(beats);
let done = 0;
let longest = 0;
let atFirst: number | undefined;
let verdict = "none differs";
while (done < most && Date.now() < end && verdict === "none differs") {
  const seed = first + done++;
  Atomics.store(beats, 0, seed);
  Atomics.notify(beats, 0);
  const startedAt = performance.now();
  const made = fuzzCase(seed, records);
  try {
    await expectSame(made);
  } catch (error) {
    await watchdog.terminate();
    verdict = "one differs";
    await show(seed, made, error);
  }
  longest = Math.max(longest, performance.now() - startedAt);
  if (done === settled) atFirst = held();
}
await watchdog.terminate();
const grown = atFirst === undefined ? 0 : held() - atFirst;
if (grown > growthBytes) verdict = "memory grows";
print(
  `${done} cases from --seed ${first}, the longest ${longest.toFixed(0)} ms, ${(grown / 1e6).toFixed(1)} MB more held than after ${settled}: ${verdict}`,
);
if (verdict !== "none differs") process.exitCode = 1;
