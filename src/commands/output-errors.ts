// What becomes of the program when nobody takes what it prints. A reader that has seen enough (`stedi status | head -1`)
// is no fault, and a run must not die half-way because its log went away.

import { errorCodes } from "../errors.js";

export function outliveReaders(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.exitCode = errorCodes.STEDI_IO;
    process.stderr.write(
      `error STEDI_IO: standard output could not be written to\n  why   ${error.code ?? error.name}\n  next  make room; what the command has done stands, and \`stedi status\` shows it\n`,
    );
  });
  process.stderr.on("error", () => undefined); // there is nowhere left to say so
}
