// Loaded into the built command before anything else (`node --import`): counts the calls that change the disk, writes
// them down, and kills the process at one of them. Settings come by the environment: STEDI_KILL_TRACE names a file
// for the calls; STEDI_KILL_AT is `<number>:<before | during | after>:<microseconds into the call>`, or `<number>:hang` for a
// disk that does not answer and `<number>:until:<path>` for one that answers once that is there,
// or `<number>:exhaust` for a process that has all the files open that it may have, or `<number>:fail:<code>` for a call
// that fails with that code, and with a message of STEDI_KILL_MESSAGE.

import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, open, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
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

/** @returns {Promise<never>} with one of Node's threads waiting, as it does for a disk that does not answer */
function never() {
  const folder = mkdtempSync(join(tmpdir(), "stedi-hang-"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  open(join(folder, "pipe"), "r", () => undefined);
  void setTimeout(500).then(() => rmSync(folder, { recursive: true }));
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
