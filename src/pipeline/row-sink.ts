// How rows go from hand to hand, one by one: as rows, or, those of customers, as the records that they came in.

import type { Row } from "../transforms/rows.js";

/** Nothing where the caller may go on at once; a promise where it should wait first. */
export type Wait = Promise<void> | undefined;

/** Takes rows; `end` says that there are no more. */
export interface RowSink {
  push(row: Row): Wait;
  /** Takes a customer's row without one being made; left out where rows are needed. */
  readonly offer?: (snapshot: Snapshot) => Wait;
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
