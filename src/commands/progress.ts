// Progress on standard error while a run is under way: a bar for each pass on a terminal, else one plain line a
// stage.

import { SingleBar } from "cli-progress";
import type { RunEvent, StageReport } from "../pipeline/report.js";
import { total } from "../pipeline/report.js";
import { columnsOf, formatBytes, formatCount, notice } from "./terminal.js";

const barWidth = 24;

export interface Progress {
  event(event: RunEvent): void;
  /** Takes the bar away; what is printed next starts on a line of its own. */
  stop(): void;
}

/** @param mode as `--progress` has it */
export function makeProgress(mode: "auto" | "plain" | "none"): Progress {
  if (mode === "none") return { event: () => undefined, stop: () => undefined };
  return mode === "auto" && process.stderr.isTTY ? barProgress() : plainProgress();
}

function plainProgress(): Progress {
  return {
    event: (event) => {
      if (event.kind === "stage") notice(stageLine(event.report));
      if (event.kind === "again") notice(againLine(event.where));
    },
    stop: () => undefined,
  };
}

function barProgress(): Progress {
  let bar: SingleBar | undefined;
  let done = 0;
  let startedAt = 0;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    process.off("exit", stop);
  };
  return {
    event: (event) => {
      switch (event.kind) {
        case "pass":
          stop();
          done = 0;
          startedAt = Date.now();
          bar = new SingleBar({
            format: (_options, params, payload: { label: string }) => {
              const seconds = (Date.now() - startedAt) / 1000;
              const rate = seconds > 0 ? params.value / seconds : 0;
              const percent = params.total > 0 ? Math.floor((params.value / params.total) * 100) : 100;
              const left = rate > 0 ? Math.ceil((params.total - params.value) / rate) : 0;
              return barLine(payload.label, percent, rate, left, columnsOf(process.stderr));
            },
            clearOnComplete: true,
            hideCursor: true,
            stopOnComplete: false,
            stream: process.stderr,
          });
          bar.start(event.bytes, 0, { label: event.source });
          // A second Ctrl-C ends the program where it is: the terminal would be left without cursor and line breaks.
          process.on("exit", stop);
          break;
        case "bytes":
          done += event.bytes;
          bar?.update(done);
          break;
        case "stage":
          stop();
          notice(stageLine(event.report));
          break;
        case "again":
          stop();
          notice(againLine(event.where));
          break;
        case "commit":
          stop();
          break;
      }
    },
    stop,
  };
}

/** What fits of label, bar, rate (bytes a second) and time left (seconds). */
function barLine(label: string, percent: number, rate: number, left: number, columns: number): string {
  const said = `${String(percent).padStart(3)}%  ${left} s left`;
  const room = columns - 1 - said.length - label.length - 1;
  const rest = `  ${formatBytes(rate)}/s`;
  const width = Math.min(barWidth, room - rest.length - 1);
  if (width < 6) return `${label} ${said}`;
  const filled = Math.round((percent / 100) * width);
  const drawn = "█".repeat(filled) + "░".repeat(width - filled);
  return `${label.padEnd(width === barWidth ? 24 : 0)} ${drawn} ${said}${rest}`;
}

function againLine(where: string): string {
  return `what came from ${where} is not what is stored there: reading everything again`;
}

function stageLine(report: StageReport): string {
  const dropped = total(report.filtered) + total(report.quarantined);
  const seconds = `${report.seconds.toFixed(1)} s`;
  if (process.stderr.isTTY && columnsOf(process.stderr) < 92) {
    return `${report.stage}: ${formatCount(report.read)} read, ${formatCount(report.written)} kept, ${formatCount(dropped)} dropped, ${seconds}`;
  }
  return [
    report.stage.padEnd(24),
    `${formatCount(report.read).padStart(12)} read`,
    `${formatCount(report.written).padStart(12)} kept`,
    `${formatCount(dropped).padStart(12)} dropped`,
    `${report.seconds.toFixed(1).padStart(7)} s`,
  ].join("  ");
}
