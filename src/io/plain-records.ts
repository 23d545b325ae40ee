// What one thread tells another of the records of a block, so that this one need not read them: where each stands, and
// its values, and the hashes of its keys. Of a record that is not plain, only that there is one: whoever asked reads it.

import type { TableShape } from "../transforms/tables.js";

/** The records of a block, in order. */
export interface PlainRecords {
  readonly count: number;
  /** How far the block has been gone through: behind it, there may be the beginning of a record. */
  readonly end: number;
  /** Of each record `plainColumns` numbers: see there. Shared memory, to be given back. */
  readonly columns: Int32Array;
}

/** The numbers of a record in `PlainRecords.columns`: how many there are, and which are where. */
export interface PlainColumns {
  readonly width: number;
  /**
   * Where the record starts, where it ends, how many fields its table does not have, whether it is its own line of output.
   * Of one that is not plain, `notPlain`, and from where on it is to be read; the others are zeros.
   */
  readonly start: 0;
  readonly end: 1;
  readonly dropped: 2;
  readonly canonical: 3;
  /** Of each field, where its value starts, and where it ends, in table order. */
  readonly from: number;
  readonly to: number;
  /** The hashes of key fields, in table order. */
  readonly hashes: number;
  /** Which fields these are. */
  readonly keys: readonly number[];
}

/** Stands where a record that is not plain would start. */
export const notPlain = -1;

export function plainColumns({ fields }: TableShape): PlainColumns {
  const keys = [...fields.keys()].filter((index) => fields[index]!.kind === "key");
  const from = 4;
  const to = from + fields.length;
  const hashes = to + fields.length;
  return { width: hashes + keys.length, start: 0, end: 1, dropped: 2, canonical: 3, from, to, hashes, keys };
}
