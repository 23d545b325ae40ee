// A later "no" empties every zone of that person, also where it is damaged or swallowed by what stands before it; in
// one run, and between two runs on one lake, after which no file below the zones holds a row of theirs.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allRules, type EngineResult, runEngine } from "../support/engine.js";
import { plainFraming } from "../support/lakes-model.js";
import {
  arbCleanLake,
  arbLake,
  type Entry,
  isCleanFile,
  keyOf,
  type Lake,
  laterDamages,
  peopleOf,
  renderLake,
  showLake,
  withLaterNo,
} from "../support/lakes.js";
import { lakesPerProperty } from "../support/runs.js";
import { manyLakes, runUsable } from "./support.js";

const anyLake = fc.oneof(arbLake(), arbCleanLake());
const numRuns = Math.ceil(lakesPerProperty / 18);

/** One of the lake's people, and how they say no. */
const arbNo = fc.record({
  person: fc.nat({ max: 5 }),
  damaged: fc.boolean(),
  variant: fc.nat({ max: laterDamages.length * 6 }),
  swallowed: fc.option(fc.constantFrom('{"note":"cut of', '{"email":', '{"x":1,', "garbage "), { freq: 3 }),
});
type No = typeof arbNo extends fc.Arbitrary<infer T> ? T : never;

function withNo(lake: Lake, no: No): Lake {
  const { person, damaged, variant, swallowed } = no;
  const changed = withLaterNo(lake, person, damaged, variant);
  // A broken stretch ends at `}{`, also within an address: nothing could tell whose it was.
  if (swallowed === null || whoOf(lake, no).key.includes("}{")) return changed;
  // Something broken right before it, with no newline in between.
  const broken: Entry = {
    kind: "damaged",
    damage: "before the no",
    whole: false,
    reason: null,
    bytes: Buffer.from(swallowed),
    gap: "",
  };
  const customer = changed.tables.customer.map((file) =>
    file.stem === "later" ? { ...file, framing: plainFraming, entries: [broken, ...file.entries] } : file,
  );
  return { ...changed, tables: { ...changed.tables, customer } };
}

/** The key of the person who says no, and of the serial numbers that they certainly registered. */
function whoOf(lake: Lake, { person }: No): { key: string; serials: ReadonlySet<string> } {
  const people = peopleOf(lake);
  const { key } = people[person % people.length]!;
  const customer = lake.tables.customer.filter(isCleanFile);
  const certain = peopleOf({ ...lake, tables: { ...lake.tables, customer } });
  const serials = certain.find((each) => each.key === key)?.serialNumbers ?? [];
  return { key, serials: new Set(serials.map(keyOf)) };
}

const rowsOf = ({ zones }: EngineResult): readonly string[] => Object.values(zones).flat();

/** Rows with this person's address in them, and readings of their serial numbers. */
function rowsOfPerson({ zones }: EngineResult, who: ReturnType<typeof whoOf>): readonly string[] {
  return Object.entries(zones).flatMap(([zone, rows]) =>
    rows.filter((row) => {
      const { email, user, serialNumber } = JSON.parse(row) as Record<string, string | undefined>;
      if (keyOf(email ?? user ?? "") === who.key) return true;
      return (
        !zone.startsWith("customer") && serialNumber !== undefined && who.serials.has(keyOf(serialNumber))
      );
    }),
  );
}

/** Whether every row stands in `all`, in this order. */
function isPartOf(rows: readonly string[], all: readonly string[]): boolean {
  let next = 0;
  for (const row of all) if (row === rows[next]) next++;
  return next === rows.length;
}

describe("a later no", () => {
  for (const rules of allRules.filter(({ consent }) => consent !== "any")) {
    test(`--consent ${rules.consent} --pair ${rules.pair}: empties every zone of that person, and adds no row`, async () => {
      let emptied = 0;
      await fc.assert(
        fc.asyncProperty(anyLake, arbNo, async (lake, no) => {
          const before = await runUsable(renderLake(lake), rules);
          const changed = withNo(lake, no);
          const after = await runUsable(renderLake(changed), rules);
          if (!before || !after) return;
          const who = whoOf(lake, no);
          expect(rowsOfPerson(after, who), showLake(changed)).toEqual([]);
          for (const [zone, rows] of Object.entries(after.zones)) {
            expect(isPartOf(rows, before.zones[zone]!), `${zone}\n${showLake(changed)}`).toBe(true);
          }
          emptied += rowsOfPerson(before, who).length;
        }),
        { numRuns },
      );
      if (manyLakes) expect(emptied).toBeGreaterThan(0);
    });

    test(`--consent ${rules.consent} --pair ${rules.pair}: between two runs on one lake leaves no file with a row of theirs`, async () => {
      await fc.assert(
        fc.asyncProperty(anyLake, arbNo, async (lake, no) => {
          const before = await runUsable(renderLake(lake), rules);
          if (!before) return;
          const { out } = before;
          const changed = renderLake(withNo(lake, no));
          const after = await runUsable(changed, rules, { out });
          if (!after) throw new Error(`no usable snapshot\n${showLake(lake)}`);
          const afresh = await runUsable(changed, rules);
          expect(after.zones).toEqual(afresh!.zones);
          expect(rowsOfPerson(after, whoOf(lake, no)), showLake(lake)).toEqual([]);
          // At rest, nothing stands below the zones but what the commit names.
          const named = [
            ...Object.values(after.commit.zones).flatMap(({ files }) => files),
            ...Object.values(after.commit.landing).flatMap(({ quarantine }) => quarantine),
          ].map(({ path }) => path);
          const there = [...out.files.keys()].filter((path) => !path.startsWith("_stedi/commits/"));
          expect(there.sort()).toEqual(named.sort());
          // The file with the withdrawal must not be lost: that would bring the consent back.
          const lost = await runEngine(renderLake(lake), rules, { out });
          expect(lost).toBe("STEDI_CUSTOMERS_REMOVED");
          const last = [...out.files.keys()].filter((path) => path.startsWith("_stedi/commits/"));
          expect(last).toHaveLength(2);
        }),
        { numRuns },
      );
    });
  }

  for (const rules of allRules.filter(({ consent }) => consent === "any")) {
    test(`--consent any --pair ${rules.pair}: changes no row, and that is warned about`, async () => {
      await fc.assert(
        fc.asyncProperty(anyLake, arbNo, async (lake, no) => {
          const before = await runUsable(renderLake(lake), rules);
          const after = await runUsable(renderLake(withNo(lake, no)), rules);
          if (!before || !after) return;
          expect(rowsOf(after), showLake(lake)).toEqual(rowsOf(before));
          expect(after.report.warnings.map(({ code }) => code)).toContain("STEDI_W_POLICY_ANY");
        }),
        { numRuns },
      );
    });
  }
});
