// Which process wrote something, and whether it is still running. Process numbers are used again, after a restart of
// the machine above all, so where the system tells when a process began, that goes with the number. And a number
// means nothing on another machine or in another container, although that may go by the same name.

import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import * as v from "valibot";

/** What a process has left of which it cannot be told whether it is running is taken for a dead one's when it is older. */
export const staleAfterMs = 24 * 60 * 60 * 1000;

/** A process somewhere. Fields are empty where the system does not tell. */
export const processIdentity = v.object({
  host: v.string(),
  /** What the machine keeps over restarts. */
  machine: v.string(),
  /** This start of the machine. */
  boot: v.string(),
  /** Within which process numbers are counted: another one in each container. */
  numbering: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  began: v.string(),
});
export type ProcessIdentity = v.InferOutput<typeof processIdentity>;

/** The identity of a process of this machine and container. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return { ...(await here()), pid, began: await beginningOf(pid) };
}

/**
 * What has become of that very process; `unknown` where it cannot be told from here. `restarted`: a machine that calls
 * itself the same has been started since; copies of a machine call themselves the same too.
 */
export async function stateOf(of: ProcessIdentity): Promise<"running" | "ended" | "restarted" | "unknown"> {
  const { host, machine, boot, numbering } = await here();
  if (of.host !== host) return "unknown";
  if (of.boot !== boot) return machine !== "" && of.machine === machine ? "restarted" : "unknown";
  if (of.numbering !== numbering) return "unknown";
  try {
    process.kill(of.pid, 0);
  } catch (error) {
    // Not permitted to signal it: then a process of that number is there.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return "ended";
  }
  const now = await beginningOf(of.pid);
  return of.began === "" || now === "" || now === of.began ? "running" : "ended";
}

let known: Promise<Omit<ProcessIdentity, "pid" | "began">> | undefined;

/** Read once: it stays the same as long as this process runs. */
function here(): NonNullable<typeof known> {
  return (known ??= readHere());
}

async function readHere(): NonNullable<typeof known> {
  const [machine, boot, numbering] = await Promise.all([
    told(() => readFile("/etc/machine-id", "utf8")),
    told(() => readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    told(() => readlink("/proc/self/ns/pid")),
  ]);
  return { host: hostname(), machine, boot, numbering };
}

/** In clock ticks since the machine's start, as Linux has it; `ended` for a process that only its parent keeps a record of. */
function beginningOf(pid: number): Promise<string> {
  return told(async () => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may hold spaces; the third field is the first behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : (fields[22 - 3] ?? "");
  });
}

async function told(ask: () => Promise<string>): Promise<string> {
  try {
    return (await ask()).trim();
  } catch {
    return "";
  }
}
