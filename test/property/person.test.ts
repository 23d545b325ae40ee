// A person who does not consent makes no difference: with all their readings added, every zone stays as it was, byte
// for byte. Where they share a serial number, what was measured with it goes, and nothing else changes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allRules, type EngineResult } from "../support/engine.js";
import {
  arbCleanLake,
  arbFreshPerson,
  arbLake,
  isCleanFile,
  type Lake,
  keyOf,
  peopleOf,
  renderLake,
  showLake,
  withPerson,
} from "../support/lakes.js";
import { lakesPerProperty } from "../support/runs.js";
import { runUsable } from "./support.js";

const anyLake = fc.oneof(arbLake(), arbCleanLake());
const numRuns = Math.ceil(lakesPerProperty / 20);

/** What was set aside, without where it stood. */
function setAside({ quarantine }: EngineResult): readonly unknown[] {
  return quarantine.map(({ table, reason, field, hint }) => ({ table, reason, field, hint }));
}

const readOf = ({ commit }: EngineResult, zone: string): number => commit.zones[zone]!.books.read;

describe("a person who does not consent", () => {
  for (const rules of allRules) {
    // Under `any` no withdrawal undoes a yes.
    const history = rules.consent === "any" ? "never" : undefined;

    test(`--consent ${rules.consent} --pair ${rules.pair}: changes no row of any zone`, async () => {
      await fc.assert(
        fc.asyncProperty(anyLake, arbFreshPerson(history), async (lake, person) => {
          const before = await runUsable(renderLake(lake), rules);
          const after = await runUsable(renderLake(withPerson(lake, person)), rules);
          if (!after) throw new Error(`no usable snapshot\n${showLake(lake)}`);
          if (!before) {
            // Without them there was nobody at all, so nobody consents.
            expect(Object.values(after.zones).flat(), showLake(lake)).toEqual([]);
            return;
          }
          expect(after.zones, showLake(lake)).toEqual(before.zones);
          expect(setAside(after)).toEqual(setAside(before));
          for (const [zone, more] of [
            ["customer_trusted", person.snapshots.length],
            ["accelerometer_trusted", person.motions.length],
            ["customer_curated", 0],
            ["step_trainer_trusted", person.steps.length],
            ["machine_learning_curated", 0],
          ] as const) {
            expect(readOf(after, zone), zone).toBe(readOf(before, zone) + more);
          }
          for (const [zone, { books }] of Object.entries(after.commit.zones)) {
            // Nobody else's record is dropped for another reason than before.
            const old = before.commit.zones[zone]!.books;
            const grown = new Set(["superseded", "no_consent"]);
            for (const reason of new Set([...Object.keys(books.filtered), ...Object.keys(old.filtered)])) {
              if (!grown.has(reason)) expect(books.filtered[reason], reason).toBe(old.filtered[reason]);
            }
          }
        }),
        { numRuns },
      );
    });

    test(`--consent ${rules.consent} --pair ${rules.pair}: takes away a shared serial number's readings only`, async () => {
      await fc.assert(
        fc.asyncProperty(anyLake, arbFreshPerson(history), fc.nat(), async (lake, fresh, which) => {
          const shared = serialsOf(lake);
          const serialNumber = shared[which % shared.length]!;
          // Under `any` a serial number is let through for one of its owners: their own readings would be, too.
          const steps = rules.consent === "any" ? [] : fresh.steps;
          const person = { ...fresh, serialNumber, steps };
          const before = await runUsable(renderLake(lake), rules);
          const after = await runUsable(renderLake(withPerson(lake, person)), rules);
          if (!before || !after) return;
          const left = (row: string): boolean => {
            if (rules.consent === "any") return true;
            const { serialNumber: own } = JSON.parse(row) as { serialNumber: string };
            return keyOf(own) !== keyOf(serialNumber);
          };
          const { step_trainer_trusted: read, machine_learning_curated: joined, ...others } = before.zones;
          expect(after.zones, showLake(lake)).toEqual({
            ...others,
            step_trainer_trusted: read!.filter(left),
            machine_learning_curated: joined!.filter(left),
          });
        }),
        { numRuns },
      );
    });
  }
});

/** Serial numbers that somebody registered for certain, else of those that may be cut off. */
function serialsOf(lake: Lake): readonly string[] {
  const customer = lake.tables.customer.filter(isCleanFile);
  const certain = peopleOf({ ...lake, tables: { ...lake.tables, customer } });
  return (certain.length > 0 ? certain : peopleOf(lake)).flatMap(({ serialNumbers }) => serialNumbers);
}
