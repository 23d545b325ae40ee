// The reference model on real landing data, held against the numbers of rows that are known to come out of
// it. The data may not be part of the project: it lies in a folder next to the repository.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { referenceRun, whoConsents } from "../../src/reference/index.js";
import type {
  LakeFiles,
  ReferenceBooks,
  ReferenceOptions,
  ReferenceResult,
} from "../../src/reference/index.js";

const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const LAKES = ["stedi-2023", "stedi-2022-sample", "stedi-2022-early"] as const;
type Lake = (typeof LAKES)[number];

/** Rows in the order customer_trusted, accelerometer_trusted, customer_curated, step_trainer_trusted, machine_learning_curated. */
const GOLDEN: readonly (readonly [Lake, ReferenceOptions, readonly number[]])[] = [
  ["stedi-2023", { consent: "latest", pair: "person" }, [482, 40_981, 482, 14_460, 40_981]],
  ["stedi-2023", { consent: "any", pair: "person" }, [482, 40_981, 482, 14_460, 40_981]],
  ["stedi-2023", { consent: "latest", pair: "timestamp" }, [482, 40_981, 482, 14_460, 43_681]],
  ["stedi-2023", { consent: "any", pair: "timestamp" }, [482, 40_981, 482, 14_460, 43_681]],
  ["stedi-2023", { consent: "as-of", pair: "person" }, [482, 32_025, 464, 11_297, 32_025]],
  ["stedi-2023", { consent: "as-of", pair: "timestamp" }, [482, 32_025, 464, 11_297, 34_253]],
  ["stedi-2022-sample", { consent: "latest", pair: "person" }, [134, 12_690, 134, 4_020, 12_060]],
  ["stedi-2022-sample", { consent: "latest", pair: "timestamp" }, [134, 12_690, 134, 4_020, 12_144]],
  ["stedi-2022-sample", { consent: "any", pair: "person" }, [145, 14_760, 145, 4_350, 13_050]],
  ["stedi-2022-sample", { consent: "as-of", pair: "person" }, [134, 174, 2, 0, 0]],
  ["stedi-2022-sample", { consent: "as-of", pair: "timestamp" }, [134, 174, 2, 0, 0]],
  ["stedi-2022-early", { consent: "latest", pair: "person" }, [1_514, 13_050, 487, 2_340, 7_020]],
  ["stedi-2022-early", { consent: "latest", pair: "timestamp" }, [1_514, 13_050, 487, 2_340, 7_065]],
  ["stedi-2022-early", { consent: "any", pair: "person" }, [8_686, 24_766, 1_225, 34_320, 13_050]],
  ["stedi-2022-early", { consent: "any", pair: "timestamp" }, [8_686, 24_766, 1_225, 34_320, 13_218]],
  ["stedi-2022-early", { consent: "as-of", pair: "person" }, [1_514, 0, 0, 0, 0]],
  ["stedi-2022-early", { consent: "as-of", pair: "timestamp" }, [1_514, 0, 0, 0, 0]],
];

const missing = LAKES.filter((lake) => !existsSync(`${DATA}${lake}`));
if (missing.length > 0 && process.env.CI !== undefined) {
  throw new Error(`the real landing data is missing: ${missing.join(", ")} in ${DATA}`);
}

const title =
  missing.length > 0
    ? `golden data (skipped: no ${missing.join(", ")} in ../shared/data next to the repository)`
    : "golden data";

// A skipped test shows no title in most reports.
if (missing.length > 0) process.stderr.write(`${title}\n`);

describe.skipIf(missing.length > 0)(title, { timeout: 60_000 }, () => {
  it.each(GOLDEN)("%s with %o", (lake, options, rows) => {
    const result = run(lake, options);
    expect(result.rows).toEqual(rows);
    expect(Object.values(result.books).map((books) => books.written)).toEqual(rows);
    for (const books of Object.values(result.books)) expect(imbalance(books)).toBe(0);
  });

  it("counts the pairs of readings of different people", () => {
    expect(run("stedi-2023", { consent: "latest", pair: "timestamp" }).crossPersonPairs).toBe(2_700);
    expect(run("stedi-2023", { consent: "latest", pair: "person" }).crossPersonPairs).toBe(0);
  });

  it("reads all records and quarantines those that are cut off", () => {
    const sample = run("stedi-2022-sample", { consent: "latest", pair: "person" });
    expect(readAndQuarantined(sample)).toEqual([
      [256, { truncated: 1 }],
      [25_127, { truncated: 1 }],
      [11_067, { truncated: 1 }],
    ]);
    expect(sample.unattributable).toBe(1);

    const early = run("stedi-2022-early", { consent: "latest", pair: "person" });
    expect(readAndQuarantined(early)).toEqual([
      [17_461, { truncated: 4 }],
      [25_127, { truncated: 1 }],
      [41_037, { truncated: 1 }],
    ]);
    expect(early.unattributable).toBe(2);

    const cleaned = run("stedi-2023", { consent: "latest", pair: "person" });
    expect(readAndQuarantined(cleaned)).toEqual([
      [956, {}],
      [81_273, {}],
      [28_680, {}],
    ]);
    expect(cleaned.unattributable).toBe(0);
  });

  it("finds the people who consent and withholds what their owners share", () => {
    const options: ReferenceOptions = { consent: "latest", pair: "person" };
    expect(whoConsents(lakeFiles("stedi-2022-early"), options).people.size).toBe(467);
    const { filtered } = run("stedi-2022-early", options).books.step_trainer_trusted;
    expect(filtered.shared_serial).toBe(29_970);
  });
});

function readAndQuarantined(result: Summary): [number, Record<string, number>][] {
  return Object.values(result.landing).map((table) => [table.read, table.quarantined]);
}

/** What was read and is neither quarantined, filtered nor written. */
function imbalance(books: ReferenceBooks): number {
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  return books.read + (books.pairs ?? 0) - sum(books.quarantined) - sum(books.filtered) - books.written;
}

const lakes = new Map<Lake, LakeFiles>();
function lakeFiles(lake: Lake): LakeFiles {
  let files = lakes.get(lake);
  if (files === undefined) {
    const folder = `${DATA}${lake}/`;
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    files = new Map(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`)
        .map((path) => [path.slice(folder.length), readFileSync(path)]),
    );
    lakes.set(lake, files);
  }
  return files;
}

/** What a run says of itself; its lines are only counted, to keep the memory free. */
interface Summary extends Omit<ReferenceResult, "zones"> {
  readonly rows: number[];
}

const summaries = new Map<string, Summary>();
function run(lake: Lake, options: ReferenceOptions): Summary {
  const key = `${lake} ${options.consent} ${options.pair}`;
  let summary = summaries.get(key);
  if (summary === undefined) {
    const { zones, ...rest } = referenceRun(lakeFiles(lake), options);
    summary = { rows: Object.values(zones).map((lines) => lines.length), ...rest };
    summaries.set(key, summary);
  }
  return summary;
}
