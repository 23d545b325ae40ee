// Ctrl-C and termination: the work at hand ends with an error that carries the exit code, and takes its unfinished
// files away. A second signal ends the program at once, and so does a disk that does not let go of it in time; what is
// left then is swept by a later run.

import { errorCodes, StediError } from "../errors.js";

const signals = [
  ["SIGINT", "STEDI_INTERRUPTED"],
  ["SIGTERM", "STEDI_TERMINATED"],
] as const;

/** How long the work may take to end. */
const graceMs = 1800;

/**
 * A signal that fires when the program is told to end; its reason is a StediError.
 * @param next what the user is told to do
 */
export function interrupted(next = "nothing was published; run again"): AbortSignal {
  const controller = new AbortController();
  for (const [name, code] of signals) {
    // As the signal by itself would: `process.exit` waits for what Node's threads have begun, for a disk that does not
    // answer as well.
    const leave = (): void => {
      process.emit("exit", errorCodes[code]);
      process.removeAllListeners(name);
      process.kill(process.pid, name);
    };
    process.on(name, () => {
      if (controller.signal.aborted) {
        leave();
        return;
      }
      setTimeout(leave, graceMs).unref();
      controller.abort(new StediError(code, { what: `ended by ${name}`, next }));
    });
  }
  return controller.signal;
}
