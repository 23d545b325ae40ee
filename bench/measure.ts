// Runs a program and measures it: wall and CPU time (of all its processes, as the shell's `time` counts them), and
// the most memory that its processes held: the greatest sum of their resident sizes, looked at every 20 ms. Of one process
// the kernel keeps the peak (VmHWM), so that nothing is missed but what it takes in its last moments. Off Linux there is
// no figure for memory.

import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";

/** One program to run. */
export interface Command {
  readonly args: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a run took: seconds and bytes. */
export interface Measured {
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number | null;
}

const lookEvery = 20;
/** Of /proc, on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * @param log where what the program prints goes
 * @throws Error when it fails
 */
export async function measure(command: Command, log: string): Promise<Measured> {
  const output = openSync(log, "w");
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >"$BENCH_LOG" 2>&1';
  const child = spawn("bash", ["-c", script, "bash", ...command.args], {
    env: { ...process.env, LC_ALL: "C", ...command.env, BENCH_LOG: log },
    stdio: ["ignore", output, "pipe"],
  });
  closeSync(output);
  let times = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (times += text));

  let peak = 0;
  const ticks = new Map<number, number>();
  const look = setInterval(() => (peak = Math.max(peak, peakBelow(child.pid!, ticks))), lookEvery);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  clearInterval(look);
  if (code !== 0) {
    throw new Error(`${command.args.join(" ")} failed (${code}): ${readFileSync(log, "utf8").slice(-2000)}`);
  }
  const [wall, user, system] = times.trim().split("\n").at(-1)!.split(" ").map(Number);
  // The shell knows nothing of processes that nobody waited for, such as the JVM of PySpark.
  const seen = [...ticks.values()].reduce((sum, each) => sum + each, 0) / ticksPerSecond;
  return { wall: wall!, cpu: Math.max(user! + system!, seen), memory: peak === 0 ? null : peak };
}

/** The memory that the processes below one hold, or that one of them has held if that is more; `ticks`: their CPU time. */
function peakBelow(root: number, ticks: Map<number, number>): number {
  let sum = 0;
  let most = 0;
  const visit = (pid: number, above: string): void => {
    for (const child of childrenOf(pid)) {
      const memory = memoryOf(child);
      const spent = ticksOf(child);
      if (spent !== undefined) ticks.set(child, spent);
      // One that has just been forked, and is about to become another program, still has its parent's memory and command line.
      if (memory && memory.line !== above) {
        sum += memory.resident;
        most = Math.max(most, memory.peak);
      }
      visit(child, memory?.line ?? "");
    }
  };
  visit(root, "");
  return Math.max(sum, most);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return []; // it has ended, or there is no /proc
  }
}

/** CPU time of a process by itself. */
function ticksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parts = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(parts[11]) + Number(parts[12]);
  } catch {
    return undefined;
  }
}

/** In bytes. */
function memoryOf(pid: number): { line: string; resident: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const part = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) * 1024;
    return {
      line: readFileSync(`/proc/${pid}/cmdline`, "utf8"),
      resident: part("VmRSS"),
      peak: part("VmHWM"),
    };
  } catch {
    return undefined;
  }
}

/** The middle one; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The medians of each part; the greatest of memory. */
export function medians(runs: readonly Measured[]): Measured {
  const memory = runs.flatMap((run) => (run.memory === null ? [] : [run.memory]));
  return {
    wall: median(runs.map((run) => run.wall)),
    cpu: median(runs.map((run) => run.cpu)),
    memory: memory.length === 0 ? null : Math.max(...memory),
  };
}
