// What one thread tells another of the records of a block, so that this one need not read them: where each stands, and
// its values, and the hashes of its keys. Only of blocks in which all records are plain ones; any other one is read
// again by whoever asked.

import type { TableShape } from "../transforms/tables.js";

/** The plain records of a block, in order. */
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
  /** Where the record starts, where it ends, how many fields its table does not have, whether it is its own line of output. */
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

export function plainColumns({ fields }: TableShape): PlainColumns {
  const keys = [...fields.keys()].filter((index) => fields[index]!.kind === "key");
  const from = 4;
  const to = from + fields.length;
  const hashes = to + fields.length;
  return { width: hashes + keys.length, start: 0, end: 1, dropped: 2, canonical: 3, from, to, hashes, keys };
}
