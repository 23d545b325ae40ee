// `stedi sync SRC DST`: copies landing data from place to place, and ends with a table of what was copied.

import { total } from "../pipeline/report.js";
import { type SyncedFile, syncLanding, type SyncReport, type SyncTableReport } from "../pipeline/sync.js";
import { makeSyncProgress } from "./progress.js";
import type { Settings } from "./settings.js";
import { openPlace } from "./stores.js";
import { formatBytes, formatCount, formatTable, notice, plural, printReport, wrapped } from "./terminal.js";

const reasons = { new: "new", size: "another size", checksum: "another content" } as const;

/** @param signal ends it; files that are not whole are given up then */
export async function syncCommand(
  from: string,
  to: string,
  { clean, dryRun }: { readonly clean: boolean; readonly dryRun: boolean },
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const { quiet, verbose } = settings;
  const source = await openPlace(from, settings, signal);
  const target = await openPlace(to, settings, signal);
  // A line for each file leaves no room for a bar.
  const mode = verbose && settings.progress === "auto" ? "plain" : settings.progress;
  const progress = await makeSyncProgress(quiet ? "none" : mode);
  let report: SyncReport;
  try {
    report = await syncLanding({
      source,
      target,
      clean,
      dryRun,
      signal,
      onEvent: (event) => {
        if (verbose && !quiet && !dryRun && event.kind === "file") notice(`copied ${fileLine(event.file)}`);
        progress.event(event);
      },
    });
  } finally {
    progress.stop();
  }

  printReport(report, formatReport, settings);
}

function fileLine({ from, to, why, bytes }: SyncedFile): string {
  return `${from} to ${to} (${reasons[why]}, ${formatBytes(bytes)})`;
}

function formatReport({ target, clean, dryRun, tables, seconds }: SyncReport, width: number): string {
  const copied = tables.flatMap((table) => table.copied);
  const bytes = copied.reduce((sum, file) => sum + file.bytes, 0);
  const files = tables.reduce((sum, table) => sum + table.files, 0);
  const lines = dryRun ? copied.map((file) => `would copy ${fileLine(file)}\n`) : [];
  if (lines.length > 0) lines.push("\n");
  const table = formatTable(
    [
      { head: "table" },
      { head: "from" },
      { head: "files", align: "right" },
      { head: "the same", align: "right" },
      { head: dryRun ? "to copy" : "copied", align: "right" },
      ...(clean ? [{ head: "records", wraps: true }] : []),
    ],
    tables.map((each) => [
      each.table,
      each.from ?? "-",
      formatCount(each.files),
      formatCount(each.same),
      formatCount(each.copied.length),
      ...(clean ? [recordsOf(each)] : []),
    ]),
    width,
  );
  const verb = dryRun ? "would copy" : "copied";
  const summary = `${verb} ${formatCount(copied.length)} of ${plural(files, "file")} to ${target}: ${formatBytes(bytes)}, ${seconds.toFixed(1)} s`;
  return `${lines.join("")}${table}\n${wrapped(summary, width, "  ")}\n`;
}

function recordsOf({ clean }: SyncTableReport): string {
  if (!clean) return "";
  const damaged = total(clean.damaged);
  return `${formatCount(clean.read)}${damaged > 0 ? `, ${formatCount(damaged)} damaged: ${Object.keys(clean.damaged).sort().join(", ")}` : ""}`;
}
