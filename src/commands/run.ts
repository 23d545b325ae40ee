// `stedi run`: builds zones, and ends with a table of what was read, kept, dropped and why.

import { availableParallelism } from "node:os";
import { type RunReport, type StageReport, total } from "../pipeline/report.js";
import { runPipeline } from "../pipeline/run.js";
import { compileSeldom } from "../pipeline/v8.js";
import { makeProgress } from "./progress.js";
import type { Settings } from "./settings.js";
import { openStores } from "./stores.js";
import { formatBytes, formatCount, formatTable, notice, printReport, wrapped } from "./terminal.js";

/** @param signal ends the run; nothing is published then */
export async function runCommand(
  stages: readonly string[],
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const { quiet, verbose, consent, pair, keep, strict, memory, tmp } = settings;
  compileSeldom();
  const progress = await makeProgress(quiet ? "none" : settings.progress);
  const { lake, out } = await openStores(settings, signal);
  let report: RunReport;
  try {
    report = await runPipeline({
      lake,
      out,
      stages,
      rules: { consent, pair },
      strict,
      acceptRemoved: settings["accept-removed"],
      keep,
      workers: settings.workers ?? availableParallelism(),
      memory,
      ...(tmp !== undefined && { tmp }),
      signal,
      onEvent: (event) => {
        if (verbose && !quiet && event.kind === "pass") {
          progress.stop();
          notice(
            `reading ${event.source} (${formatBytes(event.bytes)}) for ${event.zones.join(", ") || "later stages"}`,
          );
        }
        progress.event(event);
      },
    });
  } finally {
    progress.stop();
  }

  printReport(report, formatReport, settings);
}

function formatReport(report: RunReport, width: number): string {
  const table = formatTable(
    [
      { head: "stage" },
      { head: "read", align: "right" },
      { head: "kept", align: "right" },
      { head: "dropped, and why", wraps: true },
    ],
    report.stages.map((stage) => [
      stage.stage,
      formatCount(stage.read),
      formatCount(stage.written),
      reasonsOf(stage),
    ]),
    width,
  );
  const zones = report.stages.filter((stage) => stage.bytesOut > 0);
  const bytes = zones.reduce((sum, stage) => sum + stage.bytesOut, 0);
  const committed = `commit ${report.commit} in ${report.out}: ${zones.length} zones with rows, ${formatBytes(bytes)}, ${report.seconds.toFixed(1)} s`;
  return `${table}\n${wrapped(committed, width, "  ")}\n`;
}

function reasonsOf({ table, filtered, quarantined, pairs = 0 }: StageReport): string {
  const parts = Object.entries(filtered).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const damaged = total(quarantined);
  if (damaged > 0) {
    // A landing table's own line says what the damage was.
    const reasons = table.endsWith("/landing") ? `: ${Object.keys(quarantined).sort().join(", ")}` : "";
    parts.push(`${formatCount(damaged)} damaged${reasons}`);
  }
  if (pairs > 0) parts.push(`and ${formatCount(pairs)} further pairs`);
  return parts.join(", ");
}
