// Every record is accounted for: what was read is what was set aside, dropped and written, pairs counted; and what the
// books say is written, files hold.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { total } from "../../src/pipeline/report.js";
import { allRules, type EngineResult } from "../support/engine.js";
import { arbCleanLake, arbLake, inLandingOrder, renderLake, showLake, tableNames } from "../support/lakes.js";
import { lakesPerProperty } from "../support/runs.js";
import { runUsable } from "./support.js";

const numRuns = Math.ceil(lakesPerProperty / 15);

/** What each zone is read from. */
const sources: Readonly<Record<string, string>> = {
  customer_trusted: "customer_landing",
  accelerometer_trusted: "accelerometer_landing",
  customer_curated: "customer_trusted",
  step_trainer_trusted: "step_trainer_landing",
  machine_learning_curated: "step_trainer_trusted",
};

function checkBooks({ commit, out, report, zones, quarantine }: EngineResult): void {
  const parts = [
    ...Object.values(commit.zones).flatMap(({ files }) => files),
    ...Object.values(commit.landing).flatMap((landing) => landing.quarantine),
  ];
  for (const part of parts) {
    const bytes = Buffer.from(out.files.get(part.path)!);
    expect([part.bytes, part.sha256]).toEqual([
      bytes.length,
      createHash("sha256").update(bytes).digest("hex"),
    ]);
    // Each line ends in a newline, the last one too, and no file is empty.
    expect(bytes.at(-1)).toBe(0x0a);
    expect(part.rows).toBe(bytes.filter((byte) => byte === 0x0a).length);
  }

  for (const [table, { books, files }] of Object.entries(commit.landing)) {
    const { read, good, quarantined } = books;
    expect(read, table).toBe(good + total(quarantined));
    const entries = quarantine.filter((entry) => entry.table === table);
    const reasons: Record<string, number> = {};
    for (const { reason } of entries) reasons[String(reason)] = (reasons[String(reason)] ?? 0) + 1;
    expect(quarantined, table).toEqual(reasons);
    // In a file entries follow each other without overlapping, each with a number of its own.
    for (const { path } of files) {
      let end = 0;
      let last = 0;
      for (const { offset, length, record } of entries.filter(({ file }) => file === path)) {
        expect(offset).toBeGreaterThanOrEqual(end);
        expect(record).toBeGreaterThan(last);
        end = (offset as number) + (length as number);
        last = record as number;
      }
    }
    const stage = report.stages.find((each) => each.stage === table)!;
    expect(stage).toMatchObject({ read, written: good, quarantined, files: files.length });
  }

  for (const [zone, { books, files }] of Object.entries(commit.zones)) {
    const { read, quarantined, filtered, written, pairs = 0 } = books;
    expect(read + pairs, zone).toBe(total(quarantined) + total(filtered) + written);
    const source = sources[zone]!;
    const landing = commit.landing[source]?.books;
    expect(read, zone).toBe(landing ? landing.read : commit.zones[source]!.books.written);
    expect(quarantined, zone).toEqual(landing ? landing.quarantined : {});
    expect(written, zone).toBe(zones[zone]!.length);
    expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(written);
    const stage = report.stages.find((each) => each.stage === zone)!;
    expect(stage).toMatchObject({ ...books, files: files.length });
    expect(stage.bytesOut).toBe(files.reduce((sum, { bytes }) => sum + bytes, 0));
  }
  expect(Object.keys(commit.zones)).toEqual(Object.keys(sources));
  expect(report.stages).toHaveLength(8);
}

describe("the books", () => {
  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}: every record is accounted for`, async () => {
      await fc.assert(
        fc.asyncProperty(arbLake(), async (lake) => {
          const result = await runUsable(renderLake(lake), rules);
          if (!result) return;
          try {
            checkBooks(result);
          } catch (error) {
            throw new Error(showLake(lake), { cause: error });
          }
        }),
        { numRuns },
      );
    });
  }

  test("count the records that a lake was made of, and set aside those that were made damaged", async () => {
    await fc.assert(
      fc.asyncProperty(arbCleanLake({ damaged: 20 }), fc.constantFrom(...allRules), async (lake, rules) => {
        const result = await runUsable(renderLake(lake), rules);
        if (!result) throw new Error(`no usable snapshot\n${showLake(lake)}`);
        for (const table of tableNames) {
          const entries = inLandingOrder(table, lake.tables[table]).flatMap((file) => file.entries);
          const { books } = result.commit.landing[`${table}_landing`]!;
          const good = entries.filter(({ kind }) => kind === "good").length;
          expect([books.read, books.good], showLake(lake)).toEqual([entries.length, good]);
          const reasons = entries.flatMap((entry) => (entry.kind === "damaged" ? [entry.reason] : []));
          const setAside = result.quarantine.filter((entry) => entry.table === `${table}_landing`);
          expect(setAside.map(({ reason }) => reason)).toEqual(reasons);
        }
      }),
      { numRuns: numRuns * 2 },
    );
  });
});
