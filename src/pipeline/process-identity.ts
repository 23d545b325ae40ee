// Which process a number stands for. Process numbers are used again, after a restart of the machine above all, so
// where the system tells when a process began, that goes with the number.

import { readFile } from "node:fs/promises";

/** A process on this machine. `began` is empty where the system does not tell. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The start of the machine and, since then, of the process, as Linux has them. */
  readonly began: string;
}

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  return { pid, began: await beginningOf(pid) };
}

/** Whether that very process is still running. */
export async function isRunning({ pid, began }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Not permitted to signal it: then a process of that number is there.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = await beginningOf(pid);
  return began === "" || now === "" || now === began;
}

/** Empty where the system does not tell; `ended` for a process that only its parent still keeps a record of. */
async function beginningOf(pid: number): Promise<string> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in brackets, may hold spaces; the third field is the first behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "ended" : `${boot.trim()} ${fields[22 - 3] ?? ""}`;
  } catch {
    return "";
  }
}
