// `stedi plan`: what would run, read and write, without doing it; `--graph` draws it.

import { storedBytes } from "../pipeline/landing.js";
import { prepareRun, type PreparedRun } from "../pipeline/prepare.js";
import type { Pass } from "../pipeline/schedule.js";
import { select } from "../pipeline/selection.js";
import { stediPlan } from "../pipeline/stedi-plan.js";
import { drawPlan } from "./graph.js";
import type { Settings } from "./settings.js";
import { openStores } from "./stores.js";
import { columnsOf, formatBytes, plural, print, printJson, wrapped } from "./terminal.js";

export async function planCommand(
  stages: readonly string[],
  graph: boolean,
  settings: Settings,
): Promise<void> {
  if (graph) {
    const selected = new Set(select(stediPlan, stages).map((zone) => zone.name));
    const columns = columnsOf(process.stdout);
    const drawing = drawPlan(stediPlan, { policy: settings.consent, columns, selected });
    if (settings.json) printJson({ graph: drawing });
    else print(drawing);
    return;
  }
  const { lake, out } = await openStores(settings);
  const prepared = await prepareRun({
    lake,
    out,
    stages,
    rules: { consent: settings.consent, pair: settings.pair },
    acceptRemoved: true, // a plan reads nothing, so nothing can come back by it
  });
  const passes = prepared.passes.map((pass) => describe(pass, prepared));
  const { rules, last } = prepared;
  if (settings.json) {
    printJson({ lake: lake.uri, out: prepared.out.uri, ...rules, commit: (last?.number ?? 0) + 1, passes });
    return;
  }
  const columns = columnsOf(process.stdout);
  const line = (text: string, indent: string): void => {
    print(`${wrapped(text, columns, indent)}\n`);
  };
  line(`Building ${prepared.zones.map((zone) => zone.name).join(", ")}`, "");
  line(`from ${lake.uri} into ${prepared.out.uri}, --consent ${rules.consent} --pair ${rules.pair}`, "");
  print("\n");
  for (const [index, { source, from, files, bytes, writes }] of passes.entries()) {
    const size =
      files === null ? "as written before" : `${plural(files, "file")}, ${formatBytes(bytes ?? 0)}`;
    line(`${index + 1}. read ${source} (${from}: ${size})`, "   ");
    for (const zone of writes) line(`   write ${zone}`, "   ");
    if (writes.length === 0) line("   for later steps to look rows up in", "   ");
  }
  line(`${passes.length + 1}. commit ${(last?.number ?? 0) + 1}`, "   ");
}

interface PassPlan {
  readonly source: string;
  readonly from: string;
  /** Nothing where the source is still to be built. */
  readonly files: number | null;
  readonly bytes: number | null;
  /** The folders of the zones that the pass builds. */
  readonly writes: readonly string[];
}

function describe(pass: Pass, { landings, inputs }: PreparedRun): PassPlan {
  const writes = pass.zones.map((zone) => zone.folder);
  const source = pass.source.folder;
  if (pass.from === "landing") {
    const landing = landings.get(pass.source)!;
    return { source, from: "landing zone", files: landing.files.length, bytes: storedBytes(landing), writes };
  }
  const input = [...inputs].find(([zone]) => zone === pass.source)?.[1];
  if (!input) return { source, from: "this run", files: null, bytes: null, writes };
  const bytes = input.files.reduce((sum, file) => sum + file.bytes, 0);
  return { source, from: "last commit", files: input.files.length, bytes, writes };
}
