// `stedi status`: the zones of the last commit: rows, run, age, whether they are what a run would build now.

import { lakeStatus } from "../pipeline/status.js";
import type { Settings } from "./settings.js";
import { openStores } from "./stores.js";
import {
  columnsOf,
  formatAge,
  formatBytes,
  formatCount,
  formatTable,
  print,
  printJson,
  wrapped,
} from "./terminal.js";

export async function statusCommand(settings: Settings): Promise<void> {
  const { lake, out } = await openStores(settings);
  const status = await lakeStatus({ lake, out, rules: settings });
  if (settings.json) {
    printJson({ lake: lake.uri, out: out.uri, ...status });
    return;
  }
  if (!status.commit) {
    const nothing = `Nothing has been committed in ${out.uri} yet. Build the zones with \`stedi run all\`.`;
    print(`${wrapped(nothing, columnsOf(process.stdout), "  ")}\n`);
    return;
  }
  const { number, consent, pair, consentReadAt, version } = status.commit;
  const columns = columnsOf(process.stdout);
  const head = `commit ${number} in ${out.uri}: --consent ${consent} --pair ${pair}, consent as of ${consentReadAt}, version ${version}`;
  print(`${wrapped(head, columns, "  ")}\n\n`);
  const table = [
    { head: "zone" },
    { head: "rows", align: "right" as const },
    { head: "size", align: "right" as const },
    { head: "age", align: "right" as const },
    { head: "run" },
    { head: "state", wraps: true },
  ];
  const rows = status.zones.map((zone) => [
    zone.zone,
    zone.rows === null ? "-" : formatCount(zone.rows),
    zone.bytes === null ? "-" : formatBytes(zone.bytes),
    zone.ageSeconds === null ? "-" : formatAge(zone.ageSeconds),
    zone.run ?? "-",
    zone.why === null ? zone.state : `${zone.state}: ${zone.why}`,
  ]);
  print(formatTable(table, rows, columns));
}
