// Progress on standard error while something is under way: a bar for each pass over a table on a terminal, else one plain
// line a stage or table.

import type { SingleBar } from "cli-progress";
import type { RunEvent, StageReport } from "../pipeline/report.js";
import { total } from "../pipeline/report.js";
import type { SyncEvent, SyncTableReport } from "../pipeline/sync.js";
import { columnsOf, formatBytes, formatCount, notice } from "./terminal.js";

const barWidth = 24;

export type ProgressMode = "auto" | "plain" | "none";

export interface Progress<Event> {
  event(event: Event): void;
  /** Takes the bar away; what is printed next starts on a line of its own. */
  stop(): void;
}

/** @param mode as `--progress` has it */
export async function makeProgress(mode: ProgressMode): Promise<Progress<RunEvent>> {
  const display = await displayFor(mode);
  return {
    event: (event) => {
      switch (event.kind) {
        case "pass":
          display.start(event.source, event.bytes);
          break;
        case "bytes":
          display.advance(event.bytes);
          break;
        case "stage":
          display.say(() => stageLine(event.report));
          break;
        case "again":
          display.say(() => againLine(event.where));
          break;
        case "commit":
          display.stop();
          break;
      }
    },
    stop: () => display.stop(),
  };
}

/** The same for `sync`: a bar for each table, or one line. */
export async function makeSyncProgress(mode: ProgressMode): Promise<Progress<SyncEvent>> {
  const display = await displayFor(mode);
  return {
    event: (event) => {
      switch (event.kind) {
        case "table":
          display.start(event.table, event.bytes);
          break;
        case "bytes":
          display.advance(event.bytes);
          break;
        case "done":
          display.say(() => tableLine(event.report));
          break;
        case "file":
          break;
      }
    },
    stop: () => display.stop(),
  };
}

/** How progress is shown: a piece of work at a time. */
interface Display {
  start(label: string, bytes: number): void;
  advance(bytes: number): void;
  /** Says a line; of an earlier piece of work, perhaps. */
  say(line: () => string): void;
  stop(): void;
}

async function displayFor(mode: ProgressMode): Promise<Display> {
  const nothing = (): void => undefined;
  if (mode === "none") return { start: nothing, advance: nothing, say: nothing, stop: nothing };
  if (mode === "auto" && process.stderr.isTTY) return barDisplay();
  return { start: nothing, advance: nothing, say: (line) => notice(line()), stop: nothing };
}

async function barDisplay(): Promise<Display> {
  // Loading it takes a fiftieth of a small run, and most runs draw no bar.
  const { SingleBar } = await import("cli-progress");
  let bar: SingleBar | undefined;
  let done = 0;
  let startedAt = 0;
  /** Draws the bar that was taken away again. */
  let again = (): void => undefined;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
    process.off("exit", stop);
  };
  const draw = (label: string, bytes: number): void => {
    bar = new SingleBar({
      format: (_options, params, payload: { label: string }) => {
        const seconds = (Date.now() - startedAt) / 1000;
        const rate = seconds > 0 ? params.value / seconds : 0;
        const percent = params.total > 0 ? Math.floor((params.value / params.total) * 100) : 100;
        const left = rate > 0 ? Math.ceil(Math.max(0, params.total - params.value) / rate) : 0;
        return barLine(payload.label, Math.min(100, percent), rate, left, columnsOf(process.stderr));
      },
      clearOnComplete: true,
      hideCursor: true,
      stopOnComplete: false,
      stream: process.stderr,
    });
    bar.start(bytes, done, { label });
    // A second Ctrl-C ends the program where it is: the terminal would be left without cursor and line breaks.
    process.on("exit", stop);
  };
  return {
    start: (label, bytes) => {
      stop();
      done = 0;
      startedAt = Date.now();
      again = () => draw(label, bytes);
      again();
    },
    advance: (bytes) => {
      done += bytes;
      bar?.update(done);
    },
    say: (line) => {
      const wasDrawn = bar !== undefined;
      stop();
      notice(line());
      if (wasDrawn) again();
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

function tableLine({ table, files, same, copied, seconds }: SyncTableReport): string {
  return [
    table.padEnd(24),
    `${formatCount(files).padStart(12)} files`,
    `${formatCount(copied.length).padStart(12)} copied`,
    `${formatCount(same).padStart(12)} the same`,
    `${seconds.toFixed(1).padStart(7)} s`,
  ].join("  ");
}
