// How rows go from hand to hand, one by one: as rows, or, those of customers, as the records that they came in.

import type { Row } from "../transforms/rows.js";

/** Nothing where the caller may go on at once; a promise where it should wait first. */
export type Wait = Promise<void> | undefined;

/** Takes rows. */
export interface RowTarget {
  push(row: Row): Wait;
  /** Takes a customer's row without one being made; left out where rows are needed. */
  readonly offer?: (snapshot: Snapshot) => Wait;
}

/** The same; `end` says that there are no more. */
export interface RowSink extends RowTarget {
  end(): Wait;
}

/** A row of a customers' table by its registration, as a record in some bytes, which may change afterwards. */
export interface Snapshot {
  /** The number of its registration in the consent index. */
  readonly registration: number;
  /** Its date, epoch milliseconds. */
  readonly at: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** What gives every row to each of some. */
export function toAll(targets: readonly RowTarget[]): RowTarget {
  const [only, ...others] = targets;
  if (only && others.length === 0) return only;
  const offers = targets.map(({ offer }) => offer);
  return {
    push: (row) => targets.reduce<Wait>((wait, target) => both(wait, target.push(row)), undefined),
    ...(offers.every((offer) => offer !== undefined) && {
      offer: (snapshot: Snapshot) =>
        offers.reduce<Wait>((wait, offer) => both(wait, offer(snapshot)), undefined),
    }),
  };
}

/** Waits for each of two. */
export function both(a: Wait, b: Wait): Wait {
  if (a && b) return Promise.all([a, b]).then(() => undefined);
  return a ?? b;
}
