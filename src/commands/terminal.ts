// How results, notices and errors look: results on standard output, everything else on standard error.

import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { exitCodes, StediError } from "../errors.js";
import type { Warning } from "../pipeline/report.js";

/** Colours for what is printed there: on a terminal, or where FORCE_COLOR asks for them; never where NO_COLOR is set. */
export function colorsOf(stream: {
  readonly isTTY?: boolean | undefined;
}): ReturnType<typeof picocolors.createColors> {
  const { NO_COLOR, FORCE_COLOR = "" } = process.env;
  const forced = !["", "0", "false"].includes(FORCE_COLOR);
  return picocolors.createColors(!NO_COLOR && (forced || stream.isTTY === true));
}

/** A whole number, in groups of three digits. */
export function formatCount(count: number): string {
  // Intl takes a hundredth of a short run to begin with.
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A number of things, such as "1 file" or "2,000 files". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param bytes shown with two or three digits, in units of 1,000 */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]!}`;
}

/** @param seconds shown in the largest unit that fits */
export function formatAge(seconds: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ];
  for (const [size, unit] of steps) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${Math.floor(Math.max(0, seconds))} s`;
}

/** The width of a terminal, of at least 40 columns and 80 where it does not tell; of a page where there is none. */
export function columnsOf(stream: NodeJS.WriteStream): number {
  if (!stream.isTTY) return 100;
  const columns = stream.columns as number | undefined;
  return columns ? Math.max(40, columns) : 80;
}

export interface Column {
  readonly head: string;
  readonly align?: "left" | "right";
  /** Whether its text is wrapped to the room that the other columns leave. */
  readonly wraps?: boolean;
}

/** A plain table without borders; where it does not fit, a block of lines for each row, under its first cell. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const gap = 2;
  const natural = columns.map((column, index) =>
    Math.max(column.head.length, ...rows.map((row) => row[index]!.length)),
  );
  const fixed = natural.reduce((sum, size, index) => sum + (columns[index]!.wraps ? 0 : size) + gap, 0);
  if (natural.reduce((sum, size, index) => sum + (columns[index]!.wraps ? 12 : size) + gap, 0) > width) {
    return formatBlocks(columns, rows, width);
  }
  const widths = natural.map((size, index) =>
    columns[index]!.wraps ? Math.max(12, Math.min(size, width - fixed)) : size,
  );
  return [columns.map(({ head }) => head), ...rows]
    .flatMap((cells) => formatRow(columns, cells, widths, " ".repeat(gap)))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** As many lines as its longest cell takes. */
function formatRow(
  columns: readonly Column[],
  cells: readonly string[],
  widths: readonly number[],
  gap: string,
): readonly string[] {
  const lines = cells.map((cell, index) =>
    columns[index]!.wraps ? wrapped(cell, widths[index]!).split("\n") : [cell],
  );
  const height = Math.max(...lines.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    lines
      .map((cell, index) => {
        const text = cell[line] ?? "";
        return columns[index]!.align === "right"
          ? text.padStart(widths[index]!)
          : text.padEnd(widths[index]!);
      })
      .join(gap),
  );
}

function formatBlocks(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const labels = columns.slice(1).map(({ head }) => head.split(",")[0]!);
  const margin = Math.max(...labels.map(({ length }) => length)) + 4;
  return rows
    .map(([first, ...cells]) => {
      const lines = cells.map((cell, index) =>
        cell === ""
          ? ""
          : `${wrapped(`  ${labels[index]!.padEnd(margin - 4)}  ${cell}`, width, " ".repeat(margin))}\n`,
      );
      return `${first!}\n${lines.join("")}`;
    })
    .join("");
}

/**
 * Text in lines of some width. Words that are longer stay whole: paths and commands can be copied.
 * @param indent stands before every line but the first
 */
export function wrapped(text: string, width: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    if (line === "") line = word;
    else if (visible(`${line} ${word}`) <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word.trimStart();
    }
  }
  return [...lines, line].join("\n");
}

/** The characters of a text that show. */
function visible(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Writes a result. */
export function print(text: string): void {
  process.stdout.write(text);
}

/** Writes a result as the one JSON document that `--json` promises. */
export function printJson(document: unknown): void {
  print(`${JSON.stringify(document, null, 2)}\n`);
}

/** Writes a line that is no result; on a terminal, in as many as it takes. */
export function notice(line: string, indent = "  "): void {
  const shown = printable(line);
  const text = process.stderr.isTTY ? wrapped(shown, columnsOf(process.stderr), indent) : shown;
  process.stderr.write(`${text}\n`);
}

/**
 * A text without the control characters that a name of a file may have in it: it would move a terminal's cursor, or look
 * like a line of ours. Colours stay.
 */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return text.replace(/(?!\u001b\[\d+m)[\u0000-\u001f\u007f-\u009f]/g, (control) => {
    const code = control.charCodeAt(0).toString(16).padStart(2, "0");
    return `\\x${code}`;
  });
}

/** Writes what a command has done and, beside it, what it warns of. @param format makes text for people, of a width */
export function printReport<Report extends { readonly warnings: readonly Warning[] }>(
  report: Report,
  format: (report: Report, width: number) => string,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
): void {
  if (json) printJson(report);
  else print(format(report, columnsOf(process.stdout)));
  if (quiet) return;
  for (const { code, message } of report.warnings)
    notice(`${colorsOf(process.stderr).yellow("warning")} ${code}: ${message}`);
}

/** Writes an error for people and, with `json`, as the document on standard output. @returns the exit code */
export function reportError(error: unknown, json: boolean): number {
  const { code, exitCode, parts } = error instanceof StediError ? error : (nowhere(error) ?? bug(error));
  if (json) printJson({ error: { code, exitCode, ...parts } });
  const colors = colorsOf(process.stderr);
  notice(`${colors.red("error")} ${colors.bold(code)}: ${parts.what}`);
  for (const [label, text] of [
    ["where", parts.where],
    ["why", parts.why],
    ["next", parts.next],
  ] as const) {
    // Of a bug, the places in the program stand in lines of their own.
    if (text === undefined) continue;
    const [first = "", ...more] = code === "STEDI_BUG" ? text.split("\n") : [text];
    notice(`  ${colors.dim(label.padEnd(5))} ${first}`, " ".repeat(8));
    for (const line of more) notice(line, " ".repeat(8));
  }
  return exitCode;
}

/** The folder that the program was started in has been deleted. */
function nowhere(error: unknown): StediError | undefined {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).syscall !== "uv_cwd") return undefined;
  return new StediError("STEDI_NOT_FOUND", {
    what: "the working folder is not there any more",
    next: "go to another one",
  });
}

/** A bug's message may quote landing data, so only its kind and the places in the program are shown. */
function bug(error: unknown): StediError {
  const frames = error instanceof Error ? framesOf(error) : [];
  const kind = error instanceof Error ? error.name : typeof error;
  return new StediError("STEDI_BUG", {
    what: "the program has a bug",
    where: [kind, ...frames.slice(0, 6).map((frame) => frame.trim())].join("\n        "),
    next: "report it with these lines; nothing was published",
  });
}

/** Where an error was made. Its message stands before that, and may have lines that look like these. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const at = stack.indexOf(message);
  if (at < 0) return [];
  return stack
    .slice(at + message.length)
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
}

export { exitCodes };
