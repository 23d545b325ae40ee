// Loaded into the built command before anything else (`node --import`): counts the calls that change the disk, writes
// them down, and kills the process at one of them. Settings come by the environment: STEDI_KILL_TRACE names a file
// for the calls; STEDI_KILL_AT is `<number>:<before | during | after>:<microseconds into the call>`, or `<number>:hang` for a
// disk that does not answer and `<number>:until:<path>` for one that answers once that is there,
// or `<number>:exhaust` for a process that has all the files open that it may have, or `<number>:fail:<code>` for a call
// that fails with that code, and with a message of STEDI_KILL_MESSAGE.

import { appendFileSync, existsSync, openSync } from "node:fs";
import process from "node:process";
import { setInterval } from "node:timers";
import { setTimeout } from "node:timers/promises";
import { changing, interceptDisk } from "./disk-calls.js";

const trace = process.env.STEDI_KILL_TRACE;
const [at, moment, detail] = (process.env.STEDI_KILL_AT ?? "0:before:0").split(":");
let calls = 0;

interceptDisk(async (name, path, given, call) => {
  if (!changing.has(name)) return call(...given);
  const isIt = ++calls === Number(at);
  if (trace) appendFileSync(trace, `${name}\t${path}\n`);
  if (isIt && moment === "before") die();
  if (isIt && moment === "exhaust") exhaust();
  if (isIt && moment === "hang") return never();
  if (isIt && moment === "fail") {
    throw Object.assign(new Error(process.env.STEDI_KILL_MESSAGE), { code: detail });
  }
  while (isIt && moment === "until" && !existsSync(detail ?? "")) await setTimeout(5);
  const answer = call(...given);
  if (isIt && moment === "during") {
    const until = process.hrtime.bigint() + BigInt(detail ?? 0) * 1000n;
    while (process.hrtime.bigint() < until);
    die();
  }
  await answer;
  if (isIt && moment === "after") die();
  return answer;
});

/** @returns {Promise<never>} with the process kept alive, as a call that is under way does */
function never() {
  setInterval(() => undefined, 1000);
  return new Promise(() => undefined);
}

function exhaust() {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // that was the last
  }
}

function die() {
  process.kill(process.pid, "SIGKILL");
}
