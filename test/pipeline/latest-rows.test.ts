// The greatest snapshot of each registration, held as bytes: the same as holding rows, however long they are and however
// often one takes another's place.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LatestRows } from "../../src/pipeline/latest-rows.js";
import { type Row, rowFormat } from "../../src/transforms/rows.js";
import { snapshotOrder } from "../../src/transforms/snapshots.js";
import { customerLanding, fieldIndex } from "../../src/transforms/tables.js";
import { snapshotRow } from "../transforms/support.js";

const purpose = "shareWithResearchAsOfDate";
const name = fieldIndex(customerLanding, "customerName");
const format = rowFormat(customerLanding);
const order = snapshotOrder(customerLanding, purpose);

interface Offer {
  readonly registration: number;
  /** Not to be held, nor anything before it. */
  readonly isForgone?: boolean;
  readonly at: number;
  readonly row: Row;
}

function offerOf(registration: number, at: number, date: number | null, text: string): Offer {
  const row = [...snapshotRow("p", "s", at, date)];
  row[name] = text;
  return { registration, at: Number(row[fieldIndex(customerLanding, "lastUpdateDate")]), row };
}

/** Offers each, and compares with what holding rows would have come to. */
function check(offers: readonly Offer[]): void {
  const latest = new LatestRows(customerLanding, purpose);
  const held = new Map<number, { readonly row: Row; readonly place: number } | "forgone">();
  for (const [place, { registration, at, row, isForgone }] of offers.entries()) {
    const known = held.get(registration);
    if (isForgone) {
      expect(latest.forgo(registration)).toBe(known !== undefined);
      held.set(registration, "forgone");
      continue;
    }
    // Between other bytes, as in a file.
    const before = "x".repeat(place % 5);
    const record = format(row).slice(0, -1);
    const bytes = Buffer.from(`${before}${record}y`);
    const superseded = latest.offer(registration, at, bytes, before.length, bytes.length - 1);
    expect(superseded).toBe(known !== undefined);
    if (!known || known === "forgone" || order(row, known.row) > 0) held.set(registration, { row, place });
  }
  const expected = [...held]
    .flatMap(([registration, each]) => (each === "forgone" ? [] : [[registration, each] as const]))
    .sort(([, a], [, b]) => a.place - b.place);
  expect([...latest.registrations()]).toEqual(expected.map(([registration]) => registration));
  expect(latest.forgone).toBe(held.size - expected.length);
  for (const [registration, { row }] of expected) expect(latest.row(registration)).toEqual(row);
}

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.constant("plain"));
const offer = fc
  .tuple(fc.nat(5), fc.integer({ min: 1, max: 4 }), fc.option(fc.integer({ min: 1, max: 3 })), text)
  .map((values) => offerOf(...values));
const forgone = offer.map((each) => ({ ...each, isForgone: true }));

test("is what the order of snapshots says, the first to come of equal ones", () => {
  fc.assert(fc.property(fc.array(offer, { maxLength: 40 }), check));
});

test("holds nothing of a registration that is forgone, until another one of it comes", () => {
  const some = fc.oneof({ weight: 3, arbitrary: offer }, forgone);
  fc.assert(fc.property(fc.array(some, { maxLength: 40 }), check));
});

test("stays what it is when superseded bytes make room", () => {
  // Longer and longer: none fits where the one before stood.
  const offers: Offer[] = [];
  for (let turn = 1; turn <= 60; turn++) {
    for (const registration of [0, 7, 3])
      offers.push(offerOf(registration, turn, turn, "z".repeat(2000 * turn + registration)));
  }
  check(offers);
});

test("stays what it is when many are forgone and room is used again", () => {
  const offers: Offer[] = [];
  for (let turn = 1; turn <= 12; turn++) {
    for (let registration = 0; registration < 3000; registration++) {
      const each = offerOf(registration, turn, turn, "y".repeat((registration * 7919 * turn) % 900));
      offers.push(registration % 3 === turn % 4 ? { ...each, isForgone: true } : each);
    }
  }
  check(offers);
});

test("takes records of any length", () => {
  check([offerOf(0, 1, 1, "a".repeat(3_000_000)), offerOf(1, 1, 1, "b"), offerOf(0, 2, 1, "c")]);
});
