// Reads blocks of records for another thread: see plain-records.ts.

import { plainHash, type Seed } from "../transforms/key-table.js";
import type { TableShape } from "../transforms/tables.js";
import { clearState } from "./framer.js";
import type { OutBuffer } from "./out-buffer.js";
import { notPlain, type PlainColumns, plainColumns, type PlainRecords } from "./plain-records.js";
import { giveBack, type SharedBuffers } from "./shared-buffers.js";
import { type EntryKind, entryKinds, TableReader } from "./table-reader.js";

/** See the top of this file. It is for one table. */
export class PlainScanner {
  readonly #shape: TableShape;
  readonly #columns: PlainColumns;
  readonly #seed: Seed;
  readonly #buffers: SharedBuffers;

  /**
   * @param seed of the tables that its keys are looked up in
   * @param buffers what it says stands in
   */
  constructor(shape: TableShape, seed: Seed, buffers: SharedBuffers) {
    this.#shape = shape;
    this.#columns = plainColumns(shape);
    this.#seed = seed;
    this.#buffers = buffers;
  }

  /**
   * Reads a block with which, it is taken, a record starts.
   * @returns nothing where there is anything but whole records, one after another
   */
  scan(bytes: Uint8Array): PlainRecords | undefined {
    const { width } = this.#columns;
    // Whether the file is an array shows where there is more than white space.
    const reader = new TableReader(this.#shape, { state: { ...clearState(0), inArray: undefined } });
    reader.feed(bytes);
    const out = this.#buffers.out(bytes.length);
    let kind: EntryKind;
    for (;;) {
      const before = reader.end;
      kind = reader.next();
      if (kind === entryKinds.none) break;
      out.reserve(4 * width);
      if (kind === entryKinds.plain) this.#putPlain(out, reader);
      else if (kind !== entryKinds.stretch && reader.state.inArray === false) this.#putOther(out, before);
      else break;
      out.length += 4 * width;
    }
    const { place, inArray, stretch, left } = reader.state;
    const isWhole = kind === entryKinds.none && place === "between" && inArray === false && !stretch;
    if (!isWhole) giveBack(out.bytes);
    const { buffer, byteOffset } = out.bytes;
    const columns = new Int32Array(buffer, byteOffset, out.length / 4);
    return isWhole ? { count: reader.count, end: bytes.length - left.length, columns } : undefined;
  }

  #putPlain({ view, length: at }: OutBuffer, reader: TableReader): void {
    const { start, end, dropped, canonical, from, to, hashes, keys } = this.#columns;
    const put = (column: number, value: number): void => view.setInt32(at + 4 * column, value, true);
    put(start, reader.start);
    put(end, reader.end);
    put(dropped, reader.dropped);
    put(canonical, reader.canonical ? 1 : 0);
    for (let field = 0; field < reader.from.length; field++) {
      put(from + field, reader.from[field]!);
      put(to + field, reader.to[field]!);
    }
    for (let key = 0; key < keys.length; key++) {
      const [valueFrom, valueTo] = [reader.from[keys[key]!]!, reader.to[keys[key]!]!];
      put(hashes + key, plainHash(this.#seed, reader.bytes, reader.view, valueFrom, valueTo));
    }
  }

  /** @param before where the record before ends */
  #putOther({ bytes, view, length: at }: OutBuffer, before: number): void {
    const { width, start, end } = this.#columns;
    bytes.fill(0, at, at + 4 * width);
    view.setInt32(at + 4 * start, notPlain, true);
    view.setInt32(at + 4 * end, before, true);
  }
}
