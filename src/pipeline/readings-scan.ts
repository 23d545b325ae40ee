// Reads one block of a table of readings and says what becomes of its rows, by the tables of a ReadingsSpec. The same
// code runs in worker threads and, for small inputs or one worker, on the main thread; it waits for nothing.

import type { FramerState } from "../io/framer.js";
import { OutBuffer, type Words, wordsOf } from "../io/out-buffer.js";
import { PlainLine } from "../io/plain-line.js";
import type { SharedBuffers } from "../io/shared-buffers.js";
import { endRow, startRow } from "../io/spill-file.js";
import { entryKinds, TableReader } from "../io/table-reader.js";
import type { PlainBatch, Template } from "../io/template.js";
import { withRoom } from "../transforms/columns.js";
import { timeAt } from "../transforms/consent.js";
import type { Damage } from "../transforms/contract.js";
import { JoinTable, type People, putSegment, type Segments, segmentWidth } from "../transforms/join-table.js";
import { KeyTable } from "../transforms/key-table.js";
import { keyOf } from "../transforms/keys.js";
import { type Row, rowFormat } from "../transforms/rows.js";
import { beforeValue, hasFirst, isQuoted, takenText } from "../transforms/taken.js";
import { isRequired, type TableShape } from "../transforms/tables.js";
import { afterVarint, varintAt } from "../transforms/varint.js";
import type { JoinSpec, ReadingsSpec, RouteSpec } from "./readings-spec.js";

/** What is scanned in one go: a block of a file, or several small files, each as a whole. */
export interface ScanInput {
  /** At least one; of several, each is a file. */
  readonly blocks: readonly Uint8Array[];
  /** What the reader of the block before knew; left out: a file starts here. */
  readonly state: FramerState | undefined;
  /** Whether the file ends here. */
  readonly last: boolean;
}

/** Rows as lines of text. */
export interface Lines {
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** What has become of some rows of what is scanned in one go. Its bytes stand in buffers that are to be given back. */
export interface Part {
  readonly routes: readonly RoutePart[];
  readonly good: number;
  readonly dropped: number;
  readonly damaged: DamagedEntries;
  /** Set in the last part: the number of its last block's entries, and what the reader of the next block has to know. */
  readonly end: { readonly count: number; readonly state: FramerState | undefined } | undefined;
}

/** Counts are of the rows of the part. */
export interface RoutePart {
  /** Rows dropped, by step. */
  readonly filtered: readonly number[];
  readonly lines: Lines | undefined;
  /** The numbers of the keys of kept rows, with repetitions left out here and there. */
  readonly seen: Int32Array | undefined;
  /** Kept rows for a join's build side, with keys in the place of people. */
  readonly brought: Segments | undefined;
  /** Kept rows for a join that has spilled, as in a spill file, with keys for numbers: the line of each, without the newline. */
  readonly probes: Uint8Array | undefined;
  readonly joined: JoinedPart | undefined;
}

/** What a join has made. */
export interface JoinedPart {
  readonly lines: Lines;
  readonly noPair: number;
  /** Rows beyond the first of each probe row. */
  readonly pairs: number;
  readonly crossPersonPairs: number;
}

/** Entries that are damaged, in order. There may be many: to tell an object of each costs as much as to find it. */
export interface DamagedEntries {
  /**
   * Four numbers of each: the index of its block, where it stands in its file, its length, and its number in the block,
   * counted from 1.
   */
  readonly places: Float64Array;
  /** What is wrong with each. */
  readonly damages: readonly Damage[];
}

/** A part is handed on when what a join has made has this many bytes; without one, when the blocks end. */
const partBytes = 1024 * 1024;
const joinBytes = partBytes + 64 * 1024;
const noBuffer = new OutBuffer(Buffer.alloc(0));

const newline = 0x0a;
const closeBrace = 0x7d;
const mark = 0x22;

const nobody: People = { list: [] };

/** What the blocks of one pass share in one thread. */
export class ReadingsScanner {
  readonly spec: ReadingsSpec;
  readonly keys: KeyTable;
  readonly templates: Template[] = [];
  readonly format: (row: Row) => string;
  readonly plainLine: PlainLine;
  readonly tables: readonly (JoinTable | undefined)[];
  /** What each route brings. */
  readonly taken: readonly (TakenPlain | undefined)[];
  readonly bringing: readonly Bringing[];
  readonly #buffers: SharedBuffers;

  /** @param buffers what its parts stand in; those of the pass before will do */
  constructor(spec: ReadingsSpec, buffers: SharedBuffers) {
    this.spec = spec;
    this.#buffers = buffers;
    this.keys = KeyTable.of(spec.keys);
    this.format = rowFormat(spec.table);
    this.plainLine = new PlainLine(spec.table);
    this.tables = spec.routes.map(({ join }) => join?.table && JoinTable.of(join.table));
    this.taken = spec.routes.map(({ brings }) => brings && new TakenPlain(spec.table, brings));
    this.bringing = spec.routes.map(() => new Bringing());
  }

  scan(input: ScanInput): BlockScan {
    return new BlockScan(this, input);
  }

  /** An empty buffer for about this many bytes, for a part. */
  buffer(size: number): OutBuffer {
    return this.#buffers.out(size);
  }
}

/** The work on what is scanned in one go: `next` gives its parts, one after another, up to the one with an `end`. */
export class BlockScan {
  readonly #shared: ReadingsScanner;
  readonly #input: ScanInput;
  /** The index of the block at hand. */
  #block = 0;
  #reader: TableReader;
  readonly #routes: readonly RouteScan[];
  /** The routes of which a part may be full before the blocks end. */
  readonly #joining: readonly RouteScan[];
  readonly #keyField: number;
  readonly #timeField: number;
  /** Of the records of the reader's batch; zeros where no time is asked for. */
  readonly #times: Float64Array;
  #key = -1;
  #places: number[] = [];
  #damages: Damage[] = [];
  #good = 0;
  #dropped = 0;

  constructor(shared: ReadingsScanner, input: ScanInput) {
    const { spec, tables, taken, bringing } = shared;
    this.#shared = shared;
    this.#input = input;
    this.#keyField = spec.keyField;
    this.#timeField = spec.timeField;
    this.#reader = this.#read();
    const times = (this.#times = new Float64Array(this.#reader.batch.starts.length));
    const bytes = input.blocks.reduce((sum, { length }) => sum + length, 0);
    const before = { reader: this.#reader, times, bytes };
    this.#routes = spec.routes.map(
      (route, index) => new RouteScan(route, shared, tables[index], taken[index], bringing[index]!, before),
    );
    this.#joining = this.#routes.filter((route) => route.joins);
  }

  next(): Part {
    const { blocks, last } = this.#input;
    for (;;) {
      if (!this.#take()) return this.#part(false);
      if (last) {
        this.#reader.finish();
        if (!this.#take()) return this.#part(false);
      }
      if (this.#block === blocks.length - 1) return this.#part(true);
      this.#block++;
      this.#reader = this.#read();
      for (const route of this.#routes) route.goOn(this.#reader);
    }
  }

  /** A reader of the block at hand. */
  #read(): TableReader {
    const { blocks, state } = this.#input;
    const reader = new TableReader(this.#shared.spec.table, {
      keyIndex: this.#keyField,
      templates: this.#shared.templates,
      ...(state && { state }),
    });
    reader.feed(blocks[this.#block]!);
    return reader;
  }

  /** @returns whether there are no more entries; false where a part is full */
  #take(): boolean {
    const reader = this.#reader;
    const routes = this.#routes;
    const joining = this.#joining;
    for (;;) {
      for (const route of joining) {
        if (route.isFull()) return false;
      }
      switch (reader.next()) {
        case entryKinds.none:
          return true;
        case entryKinds.plain: {
          this.#dropped += reader.dropped;
          if (!reader.key.same) {
            const field = this.#keyField;
            this.#key = this.#shared.keys.findPlain(
              reader.bytes,
              reader.view,
              reader.from[field]!,
              reader.to[field]!,
            );
          }
          this.#good += this.#plain(this.#key);
          break;
        }
        case entryKinds.row: {
          this.#good++;
          this.#dropped += reader.dropped;
          const key = this.#shared.keys.find(keyOf(reader.value(this.#keyField)!));
          const time = this.#timeField < 0 ? 0 : Number(reader.value(this.#timeField));
          const keeping = routes.filter((route) => route.keeps(key, time));
          if (keeping.length === 0) break;
          const { row } = reader;
          for (const route of keeping) route.row(key, time, row);
          break;
        }
        default: {
          const { offset, length, count, damage } = reader;
          this.#places.push(this.#block, offset, length, count);
          this.#damages.push(this.#asBefore(damage!));
        }
      }
    }
  }

  /** Takes the plain record that the reader has come to, and more of its key. @returns how many */
  #plain(key: number): number {
    const reader = this.#reader;
    const routes = this.#routes;
    let isDropped = true;
    for (const route of routes) if (!route.drops(key)) isDropped = false;
    if (isDropped) {
      const count = 1 + reader.passSame();
      for (const route of routes) route.drop(key, count);
      return count;
    }
    reader.readBatch();
    const { count, width, from } = reader.batch;
    const field = this.#timeField;
    if (field >= 0) {
      const times = this.#times;
      for (let record = 0; record < count; record++)
        times[record] = timeAt(reader.bytes, from[record * width + field]!);
    }
    for (const route of routes) {
      if (route.drops(key)) route.drop(key, count);
      else route.plain(key);
    }
    return count;
  }

  #part(ended: boolean): Part {
    const part = {
      routes: this.#routes.map((route) => route.part(ended)),
      good: this.#good,
      dropped: this.#dropped,
      damaged: { places: Float64Array.from(this.#places), damages: this.#damages },
      end: ended ? { count: this.#reader.count, state: ownState(this.#reader.state) } : undefined,
    };
    this.#good = this.#dropped = 0;
    this.#places = [];
    this.#damages = [];
    return part;
  }

  /** The same damage, as the object of the one before where that has the same: it is told once then. */
  #asBefore(damage: Damage): Damage {
    const before = this.#damages.at(-1);
    const { reason, field, hint } = damage;
    return before?.reason === reason && before.field === field && before.hint === hint ? before : damage;
  }
}

/** What the routes have before them. */
interface RouteInput {
  /** Of the first block. */
  readonly reader: TableReader;
  /** Of the records of a reader's batch. */
  readonly times: Float64Array;
  /** How many there are to be read. */
  readonly bytes: number;
}

/** One route's share of the work. */
class RouteScan {
  readonly #spec: RouteSpec;
  readonly #shape: TableShape;
  #reader: TableReader;
  #batch: PlainBatch;
  /** Over the reader's bytes. */
  #view: DataView;
  readonly #times: Float64Array;
  readonly #shared: ReadingsScanner;
  readonly #format: (row: Row) => string;
  readonly #verdicts: Int32Array;
  /** The verdict on a key that is not in the table. */
  readonly #unknown: number;
  readonly #starts: Float64Array | undefined;
  readonly #join: JoinScan | undefined;
  readonly #taken: TakenPlain | undefined;
  /** For a line that stands nowhere yet. */
  readonly #line = new OutBuffer(Buffer.allocUnsafeSlow(1024));
  readonly #size: number;
  // The batch at hand: its key, how many records it has, the next one that is to be looked at, and those kept that are
  // still to be joined.
  #key = -1;
  #count = 0;
  #next = 0;
  #joinFrom = 0;
  #joinTo = 0;
  #filtered: number[];
  #lines: OutBuffer;
  #rows = 0;
  readonly #bringing: Bringing;
  #brought: OutBuffer;
  #probes: OutBuffer;
  readonly #spills: boolean;
  #seen: number[] = [];
  #lastSeen = -1;
  // Kept records that are their own lines and stand next to each other are copied as one run.
  #runFrom = 0;
  #runTo = 0;

  constructor(
    spec: RouteSpec,
    shared: ReadingsScanner,
    build: JoinTable | undefined,
    taken: TakenPlain | undefined,
    bringing: Bringing,
    { reader, times, bytes }: RouteInput,
  ) {
    this.#spec = spec;
    this.#shared = shared;
    this.#shape = shared.spec.table;
    this.#reader = reader;
    this.#batch = reader.batch;
    this.#view = reader.view;
    this.#times = times;
    this.#format = shared.format;
    this.#verdicts = new Int32Array(spec.verdicts);
    this.#unknown = shared.keys.size;
    this.#starts = spec.since && new Float64Array(spec.since.starts);
    this.#join = spec.join && build && new JoinScan(spec.join, build, shared);
    this.#taken = taken;
    this.#bringing = bringing;
    // A block with a large record left over from the one before is no reason for large buffers: they grow.
    this.#size = Math.min(bytes, partBytes) + 1024;
    this.#filtered = this.#zeros();
    this.#lines = spec.writes ? shared.buffer(this.#size) : noBuffer;
    this.#brought = spec.brings ? shared.buffer(this.#size) : noBuffer;
    this.#spills = spec.join !== undefined && !build;
    this.#probes = this.#spills ? shared.buffer(this.#size) : noBuffer;
  }

  /** Goes on with another block; nothing is left of the one before. */
  goOn(reader: TableReader): void {
    this.#flush();
    this.#reader = reader;
    this.#batch = reader.batch;
    this.#view = reader.view;
  }

  /** Whether it joins here and now: that may make more rows than fit into a part. */
  get joins(): boolean {
    return this.#join !== undefined;
  }

  /** Goes on with the batch as far as there is room. @returns whether the rows so far have to be handed on first */
  isFull(): boolean {
    if (!this.#join) return false;
    for (;;) {
      if (this.#join.isFull()) return true;
      if (this.#joinFrom < this.#joinTo) this.#joinNext(this.#join);
      else if (this.#next < this.#count) this.#keepNext();
      else return false;
    }
  }

  /** Whether all rows of a key are dropped, whatever their times. */
  drops(key: number): boolean {
    return this.#verdicts[key < 0 ? this.#unknown : key]! >= 0;
  }

  /** Drops rows of such a key. */
  drop(key: number, rows: number): void {
    this.#filtered[this.#verdicts[key < 0 ? this.#unknown : key]!]! += rows;
  }

  /** Takes the reader's batch, of a key of which not all rows are dropped; what it joins, `isFull` goes on with. */
  plain(key: number): void {
    this.#key = key;
    this.#count = this.#batch.count;
    this.#next = 0;
    if (this.#join) return;
    while (this.#next < this.#count) this.#keepNext();
  }

  /** Takes the next records of the batch that are kept one after another. */
  #keepNext(): void {
    let from = this.#next;
    let to = this.#count;
    if (this.#starts) {
      while (from < this.#count && !this.keeps(this.#key, this.#times[from]!)) from++;
      to = from;
      while (to < this.#count && this.#times[to]! >= this.#starts[this.#key < 0 ? this.#unknown : this.#key]!)
        to++;
    }
    this.#next = to;
    if (from === to) return;
    if (this.#spec.writes) this.#writeRows(from, to);
    this.#tell(this.#key);
    if (this.#taken) this.#bringRows(from, to, this.#taken);
    if (this.#spills) this.#spillRows(from, to);
    this.#joinFrom = from;
    this.#joinTo = to;
  }

  #writeRows(from: number, to: number): void {
    const { bytes, canonical } = this.#reader;
    const { starts, ends } = this.#batch;
    this.#rows += to - from;
    if (!canonical) {
      this.#flush();
      for (let record = from; record < to; record++) {
        this.#compose(this.#lines, record);
        this.#lines.byte(newline);
      }
      return;
    }
    const start = starts[from]!;
    if (this.#runTo === 0 || start !== this.#runTo + 1 || bytes[this.#runTo] !== newline) {
      this.#flush();
      this.#runFrom = start;
    }
    this.#runTo = ends[to - 1]!;
  }

  #bringRows(from: number, to: number, taken: TakenPlain): void {
    const { bytes, canonical } = this.#reader;
    const { width, from: starts, to: ends } = this.#batch;
    const isRun = canonical && taken.isRun;
    const brought = this.#brought;
    for (let record = from; record < to; record++) {
      const time = this.#times[record]!;
      if (isRun) {
        const start = taken.startIn(starts, record * width);
        const end = taken.endIn(ends, record * width);
        this.#bringing.row(brought, time, this.#key, end - start);
        brought.copy(bytes, this.#view, start, end);
      } else {
        const text = taken.compose(bytes, this.#view, starts, ends, record * width);
        this.#bringing.row(brought, time, this.#key, text.length);
        brought.copy(text.bytes, text.view, 0, text.length);
      }
    }
  }

  #spillRows(from: number, to: number): void {
    const { bytes, canonical } = this.#reader;
    const { starts, ends } = this.#batch;
    for (let record = from; record < to; record++) {
      const start = startRow(this.#probes, this.#times[record]!, this.#key);
      if (canonical) this.#probes.copy(bytes, this.#view, starts[record]!, ends[record]!);
      else this.#compose(this.#probes, record);
      endRow(this.#probes, start);
    }
  }

  #joinNext(join: JoinScan): void {
    const record = this.#joinFrom++;
    if (!join.finds(this.#key, this.#times[record]!)) return;
    if (this.#reader.canonical) {
      const { starts, ends } = this.#batch;
      join.write(this.#reader.bytes, this.#view, starts[record]!, ends[record]! - 1, true);
    } else {
      const line = this.#line;
      line.clear();
      this.#compose(line, record);
      join.write(line.bytes, line.view, 0, line.length - 1, true);
    }
  }

  /** Whether a row of a key and time is kept; one that is not, it counts. */
  keeps(key: number, time: number): boolean {
    const number = key < 0 ? this.#unknown : key;
    let step = this.#verdicts[number]!;
    if (step < 0) {
      if (!this.#starts || time >= this.#starts[number]!) return true;
      step = this.#spec.since!.step;
    }
    this.#filtered[step]!++;
    return false;
  }

  /** Takes a record that came the full way, and is kept. */
  row(key: number, time: number, row: Row): void {
    if (this.#spec.writes) {
      this.#rows++;
      this.#flush();
      this.#lines.text(this.#format(row));
    }
    this.#tell(key);
    const { brings } = this.#spec;
    if (brings) {
      const text = takenText(
        brings.map((index) => this.#shape.fields[index]!),
        brings.map((index) => row[index]),
      );
      this.#bringing.row(this.#brought, time, key, text.length);
      this.#brought.put(text);
    }
    if (this.#spills) {
      const from = startRow(this.#probes, time, key);
      this.#probes.text(this.#format(row).slice(0, -1));
      endRow(this.#probes, from);
    }
    if (this.#join?.finds(key, time)) {
      const line = this.#line;
      line.clear();
      line.text(this.#format(row));
      this.#join.write(line.bytes, line.view, 0, line.length - 2, false);
    }
  }

  /** Hands on what there is so far. */
  part(ended: boolean): RoutePart {
    this.#flush();
    const part = {
      filtered: this.#filtered,
      lines: this.#spec.writes ? { bytes: used(this.#lines), rows: this.#rows } : undefined,
      seen: this.#spec.tells ? Int32Array.from(this.#seen) : undefined,
      brought: this.#spec.brings ? this.#bringing.end(this.#brought) : undefined,
      probes: this.#spills ? used(this.#probes) : undefined,
      joined: this.#join?.part(ended),
    };
    if (ended) return part;
    this.#filtered = this.#zeros();
    if (this.#spec.writes) this.#lines = this.#shared.buffer(this.#size);
    if (this.#spec.brings) this.#brought = this.#shared.buffer(this.#size);
    if (this.#spills) this.#probes = this.#shared.buffer(this.#size);
    this.#rows = 0;
    this.#seen = [];
    this.#lastSeen = -1;
    return part;
  }

  #tell(key: number): void {
    if (!this.#spec.tells || key === this.#lastSeen) return;
    this.#lastSeen = key;
    this.#seen.push(key);
  }

  /** Puts the line of a record of the batch together, without its newline. */
  #compose(out: OutBuffer, record: number): void {
    const { width, from, to } = this.#batch;
    this.#shared.plainLine.put(out, this.#reader.bytes, this.#view, from, to, record * width);
  }

  #flush(): void {
    if (this.#runTo === this.#runFrom) return;
    this.#lines.copy(this.#reader.bytes, this.#view, this.#runFrom, this.#runTo);
    this.#lines.byte(newline);
    this.#runFrom = this.#runTo = 0;
  }

  #zeros(): number[] {
    return new Array<number>(this.#spec.steps).fill(0);
  }
}

/** Puts the rows of a part together that go to a join's build side. There is one for all blocks, which come in turn. */
class Bringing {
  #numbers = new Int32Array(1024 * segmentWidth);
  #length = 0;
  #time = 0;
  #key = 0;

  /** Begins a row in the texts so far: its text, of so many bytes, is put behind. */
  row(texts: OutBuffer, time: number, key: number, length: number): void {
    if (this.#length === 0 || time !== this.#time || key !== this.#key) {
      if (this.#length > 0) texts.byte(0);
      this.#numbers = withRoom(this.#numbers, this.#length + segmentWidth);
      putSegment(this.#numbers, this.#length, time, key, texts.length);
      this.#length += segmentWidth;
      this.#time = time;
      this.#key = key;
    }
    texts.varint(length + 1);
  }

  /** The rows since the last end; the numbers stand in the buffer of the texts, behind these. */
  end(texts: OutBuffer): Segments {
    const length = this.#length;
    this.#length = 0;
    if (length > 0) texts.byte(0);
    const to = texts.length;
    texts.reserve(4 * length + 3);
    const { buffer, byteOffset } = texts.bytes;
    const numbers = new Int32Array(buffer, byteOffset + ((to + 3) & ~3), length);
    numbers.set(this.#numbers.subarray(0, length));
    return { numbers, texts: texts.bytes.subarray(0, to) };
  }
}

/** The taken text (taken.ts) of plain records. */
class TakenPlain {
  /** Whether it stands in a record that is its own line of output as it is. */
  readonly isRun: boolean;
  readonly #indexes: readonly number[];
  /** What stands before each value; nothing before the first. */
  readonly #before: readonly (Words | undefined)[];
  readonly #first: number;
  readonly #last: number;
  /** How many quotation marks stand on either side of a value. */
  readonly #marks: Uint8Array;
  readonly #text = new OutBuffer(Buffer.allocUnsafeSlow(1024));

  /** @param indexes positions of its values in the table */
  constructor({ fields }: TableShape, indexes: readonly number[]) {
    this.#indexes = indexes;
    this.#before = indexes.map((index, turn) =>
      turn > 0 ? wordsOf(beforeValue(fields[index]!)) : undefined,
    );
    this.#marks = Uint8Array.from(fields, (field) => (isQuoted(field) ? 1 : 0));
    this.#first = indexes[0] ?? -1;
    this.#last = indexes.at(-1) ?? -1;
    this.isRun =
      indexes.length > 0 &&
      indexes.every((index, turn) => index === this.#first + turn && isRequired[fields[index]!.kind]);
  }

  /** Where it starts, if it is a run; the places of the record's values begin at `record`. */
  startIn(from: Int32Array, record: number): number {
    return from[record + this.#first]! - this.#marks[this.#first]!;
  }

  /** Where it ends, if it is a run. */
  endIn(to: Int32Array, record: number): number {
    return to[record + this.#last]! + this.#marks[this.#last]!;
  }

  /** Puts it together. @returns it, as long as no other one is */
  compose(bytes: Uint8Array, view: DataView, from: Int32Array, to: Int32Array, record: number): OutBuffer {
    const text = this.#text;
    text.clear();
    for (const [turn, index] of this.#indexes.entries()) {
      const start = from[record + index]!;
      if (start < 0) continue;
      const before = this.#before[turn];
      if (before) text.words(before);
      if (this.#marks[index]! > 0) text.byte(mark);
      text.copy(bytes, view, start, to[record + index]!);
      if (this.#marks[index]! > 0) text.byte(mark);
    }
    return text;
  }
}

/** Longer texts are copied by a call. Behind a shorter one, there are some bytes more in its chunk. */
const longText = 128;

/** The probe side of a join: finds the pairs of a row, then writes them behind its line. */
export class JoinScan {
  readonly #spec: JoinSpec;
  readonly #shared: ReadingsScanner;
  readonly #table: JoinTable;
  readonly #ends: Uint32Array;
  readonly #people: Int32Array;
  /** What stands before the first value that is taken. */
  readonly #before: Words;
  /** The people of keys that have many, which are asked for again and again. */
  readonly #many = new Map<number, People>();
  readonly #found: number[] = [];
  readonly #own: number[] = [];
  #out: OutBuffer;
  #rows = 0;
  #noPair = 0;
  #pairs = 0;
  #crossPersonPairs = 0;
  // The line of the row at hand.
  #bytes = noBuffer.bytes as Uint8Array;
  #view = noBuffer.view;
  #from = 0;
  #to = 0;
  #isAscii = true;
  // Where writing has stopped, if a part was full: a segment found, and a place in its texts.
  #segment = 0;
  #place = 0;

  constructor(spec: JoinSpec, table: JoinTable, shared: ReadingsScanner) {
    this.#spec = spec;
    this.#shared = shared;
    this.#out = shared.buffer(joinBytes);
    this.#table = table;
    this.#ends = new Uint32Array(spec.ends);
    this.#people = new Int32Array(spec.people);
    this.#before = wordsOf(spec.take.slice(0, 1).map(beforeValue).join(""));
  }

  isFull(): boolean {
    if (this.#segment < this.#found.length) this.#writePairs();
    return this.#out.length >= partBytes;
  }

  /** Looks a row up; what is found is written by `write`. */
  finds(key: number, time: number): boolean {
    const own = this.#peopleOf(key);
    this.#segment = this.#place = 0;
    if (this.#spec.everybody) {
      this.#table.probe(time, this.#found);
      if (this.#found.length > 0) {
        this.#table.probe(time, this.#own, own);
        this.#crossPersonPairs += this.#count(this.#found) - this.#count(this.#own);
      }
    } else {
      this.#table.probe(time, this.#found, own);
    }
    if (this.#found.length === 0) {
      this.#noPair++;
      return false;
    }
    this.#pairs--; // the first of a row's pairs is the row itself
    return true;
  }

  /**
   * Writes the pairs of the row whose line, up to its closing brace, is `bytes` from `from` to `to`, until the part is full:
   * the rest is written by `isFull`, and the bytes stay as they are for so long.
   * @param view over the same memory as `bytes`
   */
  write(bytes: Uint8Array, view: DataView, from: number, to: number, isAscii: boolean): void {
    this.#bytes = bytes;
    this.#view = view;
    this.#from = from;
    this.#to = to;
    this.#isAscii = isAscii;
    this.#writePairs();
  }

  #writePairs(): void {
    const found = this.#found;
    for (; this.#segment < found.length; this.#segment++) {
      const chunk = this.#table.chunkOf(found[this.#segment]!);
      const view = this.#table.viewOf(found[this.#segment]!);
      let place = this.#place > 0 ? this.#place : this.#table.placeOf(found[this.#segment]!);
      while (chunk[place] !== 0) {
        if (this.#out.length >= partBytes) {
          this.#place = place;
          return;
        }
        place = this.#writePair(chunk, view, place);
      }
      this.#place = 0;
    }
  }

  part(ended: boolean): JoinedPart {
    const part = {
      lines: { bytes: used(this.#out), rows: this.#rows },
      noPair: this.#noPair,
      pairs: this.#pairs,
      crossPersonPairs: this.#crossPersonPairs,
    };
    if (ended) return part;
    this.#out = this.#shared.buffer(joinBytes);
    this.#rows = this.#noPair = this.#pairs = this.#crossPersonPairs = 0;
    return part;
  }

  /** @returns the place of the next text */
  #writePair(chunk: Uint8Array, view: DataView, at: number): number {
    const out = this.#out;
    if (this.#isAscii) out.copy(this.#bytes, this.#view, this.#from, this.#to);
    else out.copyAny(this.#bytes, this.#view, this.#from, this.#to);
    const place = afterVarint(chunk, at);
    const length = varintAt(chunk, at) - 1;
    const end = place + length;
    if (hasFirst(chunk, place, end)) out.words(this.#before);
    // For as many pairs as there are, a further call is felt.
    out.reserve(length + 8);
    const { bytes, view: own } = out;
    let to = out.length;
    if (length > longText) bytes.set(chunk.subarray(place, end), to);
    // A few bytes more than there are: something else is written over them.
    else
      for (let next = 0; next < length; next += 4)
        own.setInt32(to + next, view.getInt32(place + next, true), true);
    to += length;
    bytes[to++] = closeBrace;
    bytes[to++] = newline;
    out.length = to;
    this.#rows++;
    this.#pairs++;
    return end;
  }

  #count(segments: readonly number[]): number {
    let rows = 0;
    for (const segment of segments) rows += this.#table.rowsOf(segment);
    return rows;
  }

  #peopleOf(key: number): People {
    if (key < 0) return nobody;
    const from = key === 0 ? 0 : this.#ends[key - 1]!;
    const to = this.#ends[key]!;
    if (to - from === 1) {
      one.list[0] = this.#people[from]!;
      return one;
    }
    let people = this.#many.get(key);
    if (!people) {
      people = { list: this.#people.subarray(from, to) };
      this.#many.set(key, people);
    }
    return people;
  }
}

const one = { list: new Int32Array(1) };

/** A state that does not need the block's bytes. */
function ownState(state: FramerState): FramerState {
  return { ...state, left: Uint8Array.from(state.left) };
}

/** The bytes of a buffer that were filled; not to be used again. */
function used(out: OutBuffer): Uint8Array {
  return out.bytes.subarray(0, out.length);
}
