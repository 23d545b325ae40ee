// Lakes rewritten in their clean form, on made-up lakes with every kind of damage and framing: a run on the clean lake
// gives the same zones, byte for byte, for every policy and pairing; and any JSON parser can read every line of it.

import fc from "fast-check";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { syncLanding } from "../../src/pipeline/sync.js";
import { referenceRun } from "../../src/reference/index.js";
import { keyOf } from "../../src/transforms/keys.js";
import { landingTables } from "../../src/transforms/tables.js";
import { allRules, type EngineResult, runEngine } from "../support/engine.js";
import { arbLake, renderLake, showLake } from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";

type Files = ReadonlyMap<string, Uint8Array>;

async function cleaned(files: Files, chunkSize = Infinity): Promise<MemoryStore> {
  const target = new MemoryStore(new Map(), "clean");
  const landing = [...files.keys()].some((path) =>
    /\/landing\/([^_.][^/]*\/)*[^_.][^/]*\.json(\.gz)?$/.test(path),
  );
  if (landing) {
    const source = new MemoryStore(files, "raw", chunkSize);
    await syncLanding({ source, target, clean: true });
  }
  return target;
}

function linesOf(path: string, bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  if (text === "") return [];
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

/** What may be in a clean record of each table. */
const fieldsOf = new Map(
  landingTables.map(({ folder, fields }) => [
    folder,
    [
      ...fields.map(({ name }) => name),
      ...fields.flatMap(({ kind, name }) => (kind === "key" ? [`${name}Key`] : [])),
      ...(folder === "customer/landing" ? ["damaged", "damage"] : []),
    ],
  ]),
);

describe("a run on the clean lake is a run on the raw one", () => {
  for (const rules of allRules) {
    test(`--consent ${rules.consent} --pair ${rules.pair}`, async () => {
      await fc.assert(
        fc.asyncProperty(arbLake(), fc.integer({ min: 1, max: 64 }), async (lake, chunkSize) => {
          const files = renderLake(lake);
          const clean = (await cleaned(files, chunkSize)).files;
          const raw = await runEngine(files, rules);
          const again = await runEngine(clean, rules);
          if (typeof raw === "string") {
            expect(again, showLake(lake)).toBe(raw);
            return;
          }
          const { zones, commit } = again as EngineResult;
          expect(zones, showLake(lake)).toEqual(raw.zones);
          expect(referenceRun(clean, rules).zones, showLake(lake)).toEqual(raw.zones);
          for (const [zone, { books }] of Object.entries(commit.zones)) {
            // No readings are damaged any more; of a damaged snapshot there may be several records.
            expect(books, zone).toMatchObject({
              filtered: raw.commit.zones[zone]!.books.filtered,
              written: raw.commit.zones[zone]!.books.written,
            });
          }
          expect(commit.landing.accelerometer_landing!.books.quarantined).toEqual({});
          expect(commit.landing.step_trainer_landing!.books.quarantined).toEqual({});
        }),
        { numRuns: Math.ceil(lakesPerProperty / 5) },
      );
    });
  }
});

describe("every line", () => {
  test("is one JSON object with the documented fields in their order, and the keys that are due", async () => {
    await fc.assert(
      fc.asyncProperty(arbLake(), async (lake) => {
        for (const [path, bytes] of (await cleaned(renderLake(lake))).files) {
          const folder = path.split("/").slice(0, 2).join("/");
          const fields = fieldsOf.get(folder)!;
          for (const line of linesOf(path, bytes)) {
            const record = JSON.parse(line) as Record<string, unknown>;
            const order = Object.keys(record).map((name) => fields.indexOf(name));
            expect(order, line).toEqual(order.filter((place) => place >= 0).sort((a, b) => a - b));
            for (const [name, value] of Object.entries(record)) {
              if (name !== "damaged" && name !== "damage") expect(typeof value).toMatch(/^(string|number)$/);
            }
            if (folder === "customer/landing") expectCustomer(record);
            else expectReading(record);
          }
        }
      }),
      { numRuns: lakesPerProperty },
    );
  });

  function expectCustomer(record: Record<string, unknown>): void {
    const { email, serialNumber, emailKey, serialNumberKey, damaged } = record;
    if (damaged === false) {
      expect(keyOf(email as string)).toBe(emailKey);
      expect(keyOf(serialNumber as string)).toBe(serialNumberKey);
      return;
    }
    expect(damaged).toBe(true);
    const damage = (record.damage ?? {}) as { email?: string; serialNumber?: string };
    expect(damage.email && keyOf(damage.email)).toBe(emailKey);
    expect(damage.serialNumber && keyOf(damage.serialNumber)).toBe(serialNumberKey);
    expect(Object.keys(record)).not.toEqual(expect.arrayContaining(["email"]));
  }

  function expectReading(record: Record<string, unknown>): void {
    for (const name of ["user", "serialNumber"]) {
      if (!(name in record)) continue;
      const value = record[name] as string;
      // As SQL has it that lowers no more than ASCII.
      const lowered = value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      expect(record[`${name}Key`] ?? lowered).toBe(keyOf(value));
    }
  }
});

test("what is clean stays as it is, and a second sync copies nothing", async () => {
  await fc.assert(
    fc.asyncProperty(arbLake(), async (lake) => {
      const files = renderLake(lake);
      const target = await cleaned(files);
      if (target.files.size === 0) return;
      expect((await cleaned(target.files)).files).toEqual(target.files);
      const { tables } = await syncLanding({
        source: new MemoryStore(files, "raw"),
        target,
        clean: true,
      });
      expect(tables.flatMap(({ copied }) => copied)).toEqual([]);
    }),
    { numRuns: Math.ceil(lakesPerProperty / 5) },
  );
});
