// Reads the bytes of one landing file, or of a zone's part, as entries of its table: good records, damaged ones, and
// stretches that hold no record. Each record is read by the shortest way that can prove it good: a template of the
// record before, the flat reader, and where these say nothing the tokeniser and the contract.

import { type ContractResult, contractFor, type Damage, type RawRecord } from "../transforms/contract.js";
import type { Row } from "../transforms/rows.js";
import type { TableShape } from "../transforms/tables.js";
import { FlatReader } from "./flat-reader.js";
import { type BrokenReason, Framer, type FramerState } from "./framer.js";
import { readJsonRecord } from "./json-record.js";
import { viewOf } from "../transforms/words-copy.js";
import { notPlain, type PlainColumns, plainColumns, type PlainRecords } from "./plain-records.js";
import { type KeyMemory, makeTemplate, PlainBatch, type Template, writtenTemplate } from "./template.js";

/** What `next` has come to. Numbers, since this is asked for every record. */
export const entryKinds = {
  /** More bytes are needed, or, after `end`, there are no more entries. */
  none: 0,
  /** A good record whose values are its plain bytes: they stand where `from` and `to` say. */
  plain: 1,
  /** A good record: `row`. */
  row: 2,
  /** A whole JSON object that does not keep to its table: `damage`, `record`. */
  damaged: 3,
  /** Bytes without a record: `damage`. */
  stretch: 4,
} as const;
export type EntryKind = (typeof entryKinds)[keyof typeof entryKinds];

/** Reads whole records, one by one, that are known to be good. */
export class RecordReader {
  #bytes: Buffer = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  readonly #written: Template;
  readonly #flat: FlatReader;
  readonly #key: KeyMemory = { from: 0, to: 0, same: false, end: 0 };
  readonly #check: (record: RawRecord) => ContractResult;

  constructor(shape: TableShape) {
    this.#written = writtenTemplate(shape);
    this.#flat = new FlatReader(shape);
    this.#check = contractFor(shape);
  }

  /** Whether the record in `bytes` from `start` to `end`, with a newline, is its own line of output. */
  isLine(bytes: Buffer, start: number, end: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = viewOf(bytes);
    }
    const { from, to } = this.#flat;
    return this.#written.scan(bytes, this.#view, start, end, from, to, this.#key) === end;
  }

  /** The row of the record in `bytes` from `start` to `end`. */
  row(bytes: Buffer, start: number, end: number): Row {
    if (this.isLine(bytes, start, end)) {
      this.#flat.plain = true;
      return this.#flat.row(bytes);
    }
    if (this.#flat.read(bytes, start, end) === end) return this.#flat.row(bytes);
    const { row } = this.#check(readJsonRecord(bytes.subarray(start, end)));
    if (!row) throw new RangeError("not a good record");
    return row;
  }
}

/** Shapes of record that one file is expected to have; of more, the flat reader reads the rest. */
const mostTemplates = 4;

export interface TableReaderOptions {
  /** The field whose value is often that of the record before; left out: no templates are learnt. */
  readonly keyIndex?: number;
  /** Is given the bytes of each stretch, in pieces, before `next` comes to it. */
  readonly skipped?: (bytes: Uint8Array) => void;
  /** Where readers of one table keep the templates that they share; left out: that of its rows as they are written. */
  readonly templates?: Template[];
  /** What the reader of the bytes before knew; left out: at the start of a file. */
  readonly state?: FramerState;
}

/** See the top of this file. `feed` bytes, then call `next` until it gives `none`; after the last bytes, `end`, and `next` again. */
export class TableReader {
  /** Where the entry stands in the file. */
  offset = 0;
  length = 0;
  /** How many entries there have been. */
  count = 0;
  /** The number of fields of a good record that its table does not have. */
  dropped = 0;
  record: RawRecord | undefined;
  damage: Damage | undefined;
  /** Whether a plain record, with a newline, is its own line of output. */
  canonical = false;
  /** Where a plain record stands in `bytes`. */
  start = 0;
  end = 0;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly key: KeyMemory = { from: 0, to: 0, same: false, end: 0 };
  /** See `readBatch`. */
  readonly batch: PlainBatch;

  /** Of an entry that was read the full way. */
  #row: Row | undefined;
  readonly #hashes: Int32Array;
  #columns: PlainColumns | undefined;
  readonly #shape: TableShape;
  readonly #keyIndex: number | undefined;
  readonly #framer: Framer;
  readonly #flat: FlatReader;
  readonly #check: (record: RawRecord) => ContractResult;
  /** The template that read the last record stands first. */
  readonly #templates: Template[];

  constructor(shape: TableShape, options: TableReaderOptions = {}) {
    const { skipped = () => undefined, templates = [writtenTemplate(shape)], state } = options;
    this.#shape = shape;
    this.#keyIndex = options.keyIndex;
    this.#templates = templates;
    this.#framer = new Framer(
      skipped,
      (bytes, view, start, limit) => this.#readShort(bytes, view, start, limit),
      state,
    );
    this.#flat = new FlatReader(shape);
    this.#check = contractFor(shape);
    this.from = this.#flat.from;
    this.to = this.#flat.to;
    this.batch = new PlainBatch(shape);
    this.#hashes = new Int32Array(shape.fields.length);
  }

  /** Takes in the next bytes of the file; they must not change before the next `feed`. */
  feed(chunk: Uint8Array): void {
    this.#framer.feed(chunk);
    this.#forgetKey();
  }

  /** Says that there are no more bytes. */
  finish(): void {
    this.#framer.end();
  }

  /** Whether `comeTo` will do with the next bytes: nothing that came before has a part in them. */
  get isClear(): boolean {
    return this.#framer.isClear;
  }

  /**
   * Comes to a record of the bytes that were fed last, as `next` does, where a `PlainScanner` has said that it is plain.
   * @returns the hashes of its key fields, by field, until the next one; nothing where it is not plain: `next` comes to it
   */
  comeTo({ columns }: PlainRecords, index: number): Int32Array | undefined {
    const { width, start, end, dropped, canonical, from, to, hashes, keys } = (this.#columns ??= plainColumns(
      this.#shape,
    ));
    const at = index * width;
    if (columns[at + start] === notPlain) {
      this.#framer.passTo(columns[at + end]!);
      return undefined;
    }
    for (let field = 0; field < this.from.length; field++) {
      this.from[field] = columns[at + from + field]!;
      this.to[field] = columns[at + to + field]!;
    }
    for (let key = 0; key < keys.length; key++) this.#hashes[keys[key]!] = columns[at + hashes + key]!;
    this.dropped = columns[at + dropped]!;
    this.canonical = columns[at + canonical] === 1;
    this.#plain(columns[at + start]!, columns[at + end]!);
    return this.#hashes;
  }

  /** Says that there has been a `comeTo` for all of a `PlainScanner`'s records; `next` goes on behind them. */
  passAll({ end }: PlainRecords): void {
    this.#framer.passTo(end);
  }

  /** The bytes in which plain records stand, until the next `feed`. */
  get bytes(): Buffer {
    return this.#framer.bytes;
  }

  /** Over these. */
  get view(): DataView {
    return this.#framer.view;
  }

  /** What the reader of the next bytes has to know. */
  get state(): FramerState {
    return this.#framer.state;
  }

  next(): EntryKind {
    const template = this.#templates[0];
    if (template) {
      const end = this.#framer.quick(template, this.from, this.to, this.key);
      if (end > 0) {
        this.canonical = template.canonical;
        this.dropped = 0;
        return this.#plain(this.#framer.quickStart, end);
      }
    }
    const framed = this.#framer.next();
    if (framed === undefined) return entryKinds.none;
    if (framed.kind === "stretch") {
      this.#forgetKey();
      return this.#stretch(framed.offset, framed.length, framed.reason);
    }
    const { start, end } = framed;
    if (framed.read) {
      if (this.#flat.plain) return this.#plain(start, end);
      this.#place(start, end);
      this.#row = undefined;
      return entryKinds.row;
    }
    this.#forgetKey();
    return this.#full(start, end);
  }

  /**
   * Passes the records that come next as long as they have the shape and the key, byte for byte, of the plain record that
   * `next` has just come to.
   * @returns how many there were: good records without a field that their table does not have
   */
  passSame(): number {
    const template = this.#templates[0];
    const passed =
      template?.pass && this.key.to > this.key.from ? this.#framer.pass(template.pass, this.key) : 0;
    this.count += passed;
    return passed;
  }

  /**
   * Puts the plain record that `next` has just come to into `batch`, and behind it those that come next as long as they
   * have its shape and its key, byte for byte.
   */
  readBatch(): void {
    const { batch, from, to } = this;
    batch.count = 1;
    batch.starts[0] = this.start;
    batch.ends[0] = this.end;
    for (let field = 0; field < batch.width; field++) {
      batch.from[field] = from[field]!;
      batch.to[field] = to[field]!;
    }
    const template = this.#templates[0];
    if (template?.batch && this.key.to > this.key.from)
      this.count += this.#framer.batch(template.batch, this.key, batch);
  }

  /** The row of an entry of kind `row`: made when it is asked for, as many are dropped for one of their values. */
  get row(): Row {
    return this.#row ?? this.#flat.row(this.bytes);
  }

  /** One value of such an entry. */
  value(index: number): string | undefined {
    return this.#row ? this.#row[index] : this.#flat.text(this.bytes, index);
  }

  /** The row of a plain record. */
  plainRow(): Row {
    return this.#flat.row(this.bytes);
  }

  #readShort(bytes: Buffer, view: DataView, start: number, limit: number): number {
    for (const [index, template] of this.#templates.entries()) {
      const end = template.scan(bytes, view, start, limit, this.from, this.to, this.key);
      if (end === 0) continue;
      if (index > 0) {
        this.#templates.splice(index, 1);
        this.#templates.unshift(template);
      }
      this.canonical = template.canonical;
      this.dropped = 0;
      this.#flat.plain = true;
      return end;
    }
    this.#forgetKey();
    const end = this.#flat.read(bytes, start, limit);
    if (end === 0) return 0;
    this.canonical = false;
    this.dropped = this.#flat.dropped;
    const key = this.#keyIndex;
    if (
      key !== undefined &&
      this.#flat.plain &&
      this.dropped === 0 &&
      this.#templates.length < mostTemplates
    ) {
      this.#templates.unshift(makeTemplate(this.#shape, bytes, start, end, this.from, this.to, key));
      this.canonical = this.#templates[0]!.canonical;
    }
    return end;
  }

  #plain(start: number, end: number): EntryKind {
    this.#flat.plain = true;
    this.#place(start, end);
    return entryKinds.plain;
  }

  #full(start: number, end: number): EntryKind {
    this.#place(start, end);
    const record = readJsonRecord(this.bytes.subarray(start, end));
    const result = this.#check(record);
    if (result.damage) {
      this.record = record;
      this.damage = result.damage;
      return entryKinds.damaged;
    }
    this.#row = result.row;
    this.dropped = result.dropped;
    return entryKinds.row;
  }

  #stretch(offset: number, length: number, reason: BrokenReason): EntryKind {
    this.count++;
    this.offset = offset;
    this.length = length;
    this.damage = { reason, field: null, hint: null };
    return entryKinds.stretch;
  }

  #place(start: number, end: number): void {
    this.count++;
    this.start = start;
    this.end = end;
    this.offset = this.#framer.base + start;
    this.length = end - start;
  }

  #forgetKey(): void {
    this.key.from = this.key.to = 0;
    this.key.same = false;
  }
}
