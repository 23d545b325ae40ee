// The greatest snapshot of each registration, held as bytes: the same as holding rows, however long they are and however
// often one takes another's place.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LatestRows } from "../../src/pipeline/latest-rows.js";
import { collectGarbage } from "../../src/pipeline/v8.js";
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

/** Megabytes of memory outside the heap. */
function megabytes(): number {
  collectGarbage();
  collectGarbage(); // what the first one has found is gone when the next one begins
  return process.memoryUsage().arrayBuffers / 1e6;
}

/** @param lengthAt of a record in a turn: longer and longer, so that none fits where the one before stood */
function superseding(registrations: number, turns: number, lengthAt: (turn: number) => number): number {
  const latest = new LatestRows(customerLanding, purpose);
  const bytes = Buffer.alloc(lengthAt(turns), "x");
  const before = megabytes();
  for (let turn = 1; turn <= turns; turn++) {
    for (let registration = 0; registration < registrations; registration++)
      latest.offer(registration, turn, bytes, 0, lengthAt(turn));
  }
  const grown = megabytes() - before;
  expect(latest.registrations()).toHaveLength(registrations);
  return grown;
}

test("takes memory for what is held, not for what has been superseded", () => {
  // 6 of 310 MB are held. Memory comes in regions of 33 MiB.
  expect(superseding(1000, 100, (turn) => 60 * turn + 40)).toBeLessThan(40);
});

test("takes memory for what is held of large records, too", () => {
  // 9 of 600 MB are held.
  expect(superseding(2, 100, (turn) => 1_500_000 + 30_000 * turn)).toBeLessThan(80);
});

test("puts a large record somewhere else than where small ones were", () => {
  // 120 of 390 MB are held.
  expect(superseding(100, 300, (turn) => (turn < 300 ? 60 * turn : 1_200_000))).toBeLessThan(200);
});

test("takes a sixth more than what is held, and some", () => {
  const latest = new LatestRows(customerLanding, purpose);
  const bytes = Buffer.alloc(20_100, "x");
  const before = megabytes();
  // In each chunk some are superseded and some are not: of 280 MB, 80 are held.
  for (let turn = 1; turn <= 20_000; turn++) {
    latest.offer(turn, 1, bytes, 0, 4000);
    latest.offer(0, turn, bytes, 0, 100 + turn);
  }
  expect(megabytes() - before).toBeLessThan(80 + 80 / 6 + 4 + 33);
  expect(latest.registrations()).toHaveLength(20_001);
});

test("takes no memory for what is forgone", () => {
  const latest = new LatestRows(customerLanding, purpose);
  const bytes = Buffer.alloc(100_000, "x");
  const before = megabytes();
  for (let registration = 0; registration < 3000; registration++) {
    latest.offer(registration, 1, bytes, 0, bytes.length);
    latest.forgo(registration);
  }
  expect(megabytes() - before).toBeLessThan(40);
  expect(latest.registrations()).toHaveLength(0);
});
