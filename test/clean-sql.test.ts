// The statements of docs/clean-format.md, run as they stand there on clean lakes, by an engine that is not this one: the
// zones have the rows that this program makes of the raw lake. Real data does not come with the project; without it that
// part is skipped, but on CI.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { folderStore } from "../src/io/folder-store.js";
import { runPipeline } from "../src/pipeline/run.js";
import { syncLanding } from "../src/pipeline/sync.js";
import { syntheticLake } from "../src/synthetic/lake.js";
import { landingTables } from "../src/transforms/tables.js";
import { allRules } from "./support/engine.js";
import { withFolder } from "./io/support.js";

const page = readFileSync(join(import.meta.dirname, "../docs/clean-format.md"), "utf8");
const statements = /```sql\n([\s\S]*?)```/.exec(page)![1]!;

/** The columns of a table, as the page declares them. */
function columnsOf(table: string): string {
  const [, cell] = new RegExp(`^\\| \`${table}\` +\\| (\`.*\`) +\\|$`, "m").exec(page)!;
  return [...cell!.matchAll(/`(\S+) (\S+)`/g)]
    .map(([, name, type]) => `'${name!}': '${type === "string" ? "VARCHAR" : type!.toUpperCase()}'`)
    .join(", ");
}

/** Rows of the zones that the page's statements make of a clean lake. */
async function rowsBySql(lake: string): Promise<Record<string, number>> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
  const connection = await instance.connect();
  try {
    for (const { folder } of landingTables) {
      const [table] = folder.split("/");
      const files = `['${lake}/${folder}/**/*.json', '${lake}/${folder}/**/*.json.gz']`;
      const there = (await connection.runAndReadAll(`SELECT file FROM glob(${files})`))
        .getRows()
        .map(([file]) => String(file));
      const list = there.map((file) => `'${file}'`).join(", ");
      await connection.run(
        `CREATE TABLE ${table!} AS SELECT * FROM read_json([${list}], format = 'newline_delimited', columns = {${columnsOf(table!)}})`,
      );
    }
    await connection.run(statements);
    const counted = async (view: string): Promise<number> =>
      Number((await connection.runAndReadAll(`SELECT count(*) FROM ${view}`)).getRows()[0]![0]);
    return {
      customer_trusted: await counted("trusted"),
      accelerometer_trusted: await counted("accelerometer_trusted"),
      customer_curated: await counted("curated"),
      step_trainer_trusted: await counted("step_trainer_trusted"),
      machine_learning_curated: await counted("machine_learning_curated"),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function rowsByRun(lake: string, out: string): Promise<Record<string, number>> {
  const { stages } = await runPipeline({ lake: folderStore(lake), out: folderStore(out) });
  return Object.fromEntries(
    stages.filter(({ table }) => !table.endsWith("/landing")).map(({ stage, written }) => [stage, written]),
  );
}

test.each([1, 2, 3])("a messy lake, seed %i", (seed) =>
  withFolder(async (folder) => {
    const raw = folderStore(join(folder, "raw"));
    for (const { path, chunks } of syntheticLake({ people: 300, seed, messy: true, fileBytes: 50_000 })) {
      const sink = await raw.create(path);
      for (const chunk of chunks) await sink.write(chunk);
      await sink.close();
    }
    const clean = join(folder, "clean");
    await syncLanding({ source: raw, target: folderStore(clean), clean: true });
    const rows = await rowsByRun(raw.uri, join(folder, "out"));
    expect(Math.min(...Object.values(rows))).toBeGreaterThan(0);
    expect(await rowsBySql(clean)).toEqual(rows);
  }),
);

const data = join(import.meta.dirname, "../../shared/data");
const isThere = existsSync(data);

test.runIf(process.env.CI)("the real data is there on CI", () => {
  expect(isThere).toBe(true);
});

describe.skipIf(!isThere)("real data (skipped where it is not there)", () => {
  test.each(["stedi-2023", "stedi-2022-sample", "stedi-2022-early"])(
    "%s: by SQL, and by runs on the clean lake under every policy and pairing",
    (name) =>
      withFolder(async (folder) => {
        const clean = join(folder, "clean");
        await syncLanding({
          source: folderStore(join(data, name)),
          target: folderStore(clean),
          clean: true,
        });
        const rows = await rowsByRun(join(data, name), join(folder, "out"));
        expect(await rowsBySql(clean)).toEqual(rows);
        for (const rules of allRules) {
          const sums: unknown[] = [];
          for (const lake of [join(data, name), clean]) {
            const out = folderStore(join(folder, `out-${sums.length}-${rules.consent}-${rules.pair}`));
            const { stages } = await runPipeline({ lake: folderStore(lake), out, rules });
            const zones = stages.filter(({ table }) => !table.endsWith("/landing"));
            sums.push(
              zones.map(({ stage, written, filtered, bytesOut }) => [stage, written, filtered, bytesOut]),
            );
          }
          expect(sums[1], JSON.stringify(rules)).toEqual(sums[0]);
        }
      }),
  );
});
