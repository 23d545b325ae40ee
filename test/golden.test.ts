// The engine on real landing data: the counts that the rules of docs/semantics.md give, worked out independently.
// The data does not come with the project; without it these tests are skipped, but on CI.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderStore } from "../src/io/folder-store.js";
import { runPipeline } from "../src/pipeline/run.js";
import type { RunReport } from "../src/pipeline/report.js";
import type { Pairing, Policy } from "../src/transforms/policy.js";

const data = join(import.meta.dirname, "../../shared/data");
const isThere = existsSync(data);

const zones = [
  "customer_trusted",
  "accelerometer_trusted",
  "customer_curated",
  "step_trainer_trusted",
  "machine_learning_curated",
];

type Golden = readonly [
  lake: string,
  policies: readonly Policy[],
  pairs: readonly Pairing[],
  rows: readonly number[],
];
const both: readonly Pairing[] = ["person", "timestamp"];

const golden: readonly Golden[] = [
  ["stedi-2023", ["latest", "any"], ["person"], [482, 40_981, 482, 14_460, 40_981]],
  ["stedi-2023", ["latest", "any"], ["timestamp"], [482, 40_981, 482, 14_460, 43_681]],
  ["stedi-2023", ["as-of"], ["person"], [482, 32_025, 464, 11_297, 32_025]],
  ["stedi-2023", ["as-of"], ["timestamp"], [482, 32_025, 464, 11_297, 34_253]],
  ["stedi-2022-sample", ["latest"], ["person"], [134, 12_690, 134, 4020, 12_060]],
  ["stedi-2022-sample", ["latest"], ["timestamp"], [134, 12_690, 134, 4020, 12_144]],
  ["stedi-2022-sample", ["any"], ["person"], [145, 14_760, 145, 4350, 13_050]],
  ["stedi-2022-sample", ["as-of"], both, [134, 174, 2, 0, 0]],
  ["stedi-2022-early", ["latest"], ["person"], [1514, 13_050, 487, 2340, 7020]],
  ["stedi-2022-early", ["latest"], ["timestamp"], [1514, 13_050, 487, 2340, 7065]],
  ["stedi-2022-early", ["any"], ["person"], [8686, 24_766, 1225, 34_320, 13_050]],
  ["stedi-2022-early", ["any"], ["timestamp"], [8686, 24_766, 1225, 34_320, 13_218]],
  ["stedi-2022-early", ["as-of"], both, [1514, 0, 0, 0, 0]],
];

test.runIf(process.env.CI)("the golden data is there on CI", () => {
  expect(isThere).toBe(true);
});

describe.skipIf(!isThere)("golden counts (skipped where the data is not there)", () => {
  let out: string;
  beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), "stedi-golden-"));
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  let runs = 0;
  const run = (lake: string, consent: Policy, pair: Pairing): Promise<RunReport> =>
    runPipeline({
      lake: folderStore(join(data, lake)),
      out: folderStore(join(out, String(runs++))),
      rules: { consent, pair },
    });
  const stage = (report: RunReport, name: string) => report.stages.find((each) => each.stage === name)!;

  for (const [lake, policies, pairs, rows] of golden) {
    for (const consent of policies) {
      for (const pair of pairs) {
        test(`${lake} --consent ${consent} --pair ${pair}`, async () => {
          const report = await run(lake, consent, pair);
          expect(zones.map((zone) => stage(report, zone).written)).toEqual(rows);
        });
      }
    }
  }

  test.each([
    ["stedi-2022-sample", [256, 25_127, 11_067], [1, 1, 1], 1],
    ["stedi-2022-early", [17_461, 25_127, 41_037], [4, 1, 1], 2],
  ])("records read and set aside in %s", async (lake, read, truncated, unattributable) => {
    const report = await run(lake, "latest", "person");
    const landings = ["customer_landing", "accelerometer_landing", "step_trainer_landing"];
    expect(landings.map((name) => stage(report, name).read)).toEqual(read);
    expect(landings.map((name) => stage(report, name).quarantined)).toEqual(
      truncated.map((count) => ({ truncated: count })),
    );
    const warning = report.warnings.find(({ code }) => code === "STEDI_W_UNATTRIBUTABLE");
    expect(warning?.count).toBe(unattributable);
  });

  test("readings of shared serial numbers are withheld", async () => {
    const report = await run("stedi-2022-early", "latest", "person");
    expect(stage(report, "step_trainer_trusted").filtered.shared_serial).toBe(29_970);
  });

  test("joining on time alone pairs readings of different people, and says how many", async () => {
    const report = await run("stedi-2023", "any", "timestamp");
    expect(report.warnings.find(({ code }) => code === "STEDI_W_PAIR_TIMESTAMP")?.count).toBe(2700);
  });
});
