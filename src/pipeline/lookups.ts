// The build sides that zones look rows up in: sets and maps of keys, and join tables. Each is filled from the
// rows of one table, as they are written in this run or read back from the commit.

import { randomBytes } from "node:crypto";
import { OutBuffer } from "../io/out-buffer.js";
import { SpillFile } from "../io/spill-file.js";
import type { ConsentIndex } from "../transforms/consent.js";
import {
  forEachSegment,
  type JoinIndex,
  JoinTable,
  type JoinTableMemory,
  ofPerson,
  type People,
  type Segments,
  segmentWidth,
} from "../transforms/join-table.js";
import { KeyMap } from "../transforms/key-map.js";
import type { KeyTable } from "../transforms/key-table.js";
import { compositeKey, keyOf } from "../transforms/keys.js";
import { MarkedKeys, Marks } from "../transforms/marked-keys.js";
import type { Row } from "../transforms/rows.js";
import { fieldIndex, type TableShape } from "../transforms/tables.js";
import { takenText } from "../transforms/taken.js";
import type { RowTarget, Snapshot } from "./row-sink.js";

/** Is shown every row of a table. */
type Tap = (row: Row) => void;

/** The keys in some fields of a table's rows. */
export type KeySet = ReadonlySet<string> | MarkedKeys;

/** What a join's build side may hold in memory, and where it goes beyond that. */
export interface JoinMemory {
  /** Bytes. */
  readonly budget: number;
  /** The folder that spill files are made in. */
  readonly folder: string;
}

/** A join table takes no more than 4 GiB of texts. */
const mostBytes = 3 * 1024 ** 3;

/** @param bytes that may be held; of more than a table can hold, that */
export function joinMemory(bytes: number, folder: string): JoinMemory {
  return { budget: Math.min(bytes, mostBytes), folder };
}

/** Indexes join tables in another thread. */
export interface Indexer {
  index(table: JoinTableMemory, instants: boolean): { next(): Promise<{ readonly index: JoinIndex }> };
}

/**
 * See `Lookups.joinBuild`. People go into it by their numbers in a table of keys; those that it does not have get one
 * here, below zero. Once it holds more than it may, its rows go to a file, partitioned by time.
 */
export class JoinBuild {
  /** Positions of the fields that it is made of, in its table. */
  readonly fields: { readonly time: number; readonly person: number; readonly take: readonly number[] };
  readonly #people: KeyTable;
  readonly #memory: JoinMemory;
  readonly #others = new Map<string, number>();
  #table = new JoinTable(randomBytes(4).readInt32LE());
  #spill: SpillFile | undefined;
  readonly #row = new OutBuffer(Buffer.alloc(256));
  /** Moves the rows of the table into the file, some with each that comes: to move all at once would take seconds. */
  #moving: Iterator<undefined> | undefined;
  /** Done when a thread has indexed it. */
  #indexing: Promise<void> | undefined;
  /** How many bytes of texts are to be moved by now. */
  #owed = 0;

  /** @param people may come to know a person later than a row of theirs comes */
  constructor(fields: JoinBuild["fields"], people: KeyTable, memory: JoinMemory) {
    this.fields = fields;
    this.#people = people;
    this.#memory = memory;
  }

  /** The rows, where memory holds them all. */
  get table(): JoinTable {
    return this.#table;
  }

  /** The rows, where memory does not hold them; all of them only after `complete`. */
  get spill(): SpillFile | undefined {
    return this.#spill;
  }

  /** Adds a row of a person, by number. */
  add(time: number, person: number, text: Uint8Array): void {
    const row = this.#row;
    row.clear();
    row.varint(text.length + 1);
    row.put(text);
    this.addRows(time, person, row.bytes, row.view, 0, row.length);
  }

  /** Adds rows of a person and an instant, whose texts stand as in `JoinTable.addRows`. */
  addRows(time: number, person: number, bytes: Uint8Array, view: DataView, from: number, to: number): void {
    if (this.#spill && !this.#moving) {
      this.#spill.append(partitionOf(time), time, person, bytes, view, from, to);
      return;
    }
    this.#table.addRows(time, person, bytes, view, from, to);
    this.#keepToBudget(to - from);
  }

  /** Adds segments whose people are keys of a table, by their numbers: these are changed to the numbers here. */
  addSegments(keys: KeyTable, segments: Segments): void {
    const { numbers, texts } = segments;
    for (let at = ofPerson; at < numbers.length; at += segmentWidth)
      numbers[at] = this.numberAt(keys, numbers[at]!);
    const bytes = this.#table.bytes + texts.length + numbers.byteLength;
    if (this.#spill || bytes > this.#memory.budget) {
      forEachSegment(segments, (...rows) => this.addRows(...rows));
      return;
    }
    this.#table.addSegments(segments);
    this.#keepToBudget(texts.length);
  }

  /** The number of a person. */
  numberOf(person: string): number {
    // Of a person whom the table came to know later, it stays what it was.
    const other = this.#others.get(person);
    if (other !== undefined) return other;
    const known = this.#people.find(person);
    if (known >= 0) return known;
    const number = -1 - this.#others.size;
    this.#others.set(person, number);
    return number;
  }

  /** The same of one whom a table has under a number. */
  numberAt(keys: KeyTable, number: number): number {
    const isKnown = this.#others.size === 0 && keys.beginsWith(this.#people) && number < this.#people.size;
    return isKnown ? number : this.numberOf(keys.keyAt(number));
  }

  /** Some people's numbers. */
  peopleOf(keys: Iterable<string>): People {
    return { list: Array.from(keys, (key) => this.numberOf(key)) };
  }

  /**
   * Makes it possible to join, in parts. Once no more rows are added.
   * @param instants whether all rows of an instant will be asked for
   */
  *complete(instants: boolean): Iterable<undefined> {
    while (this.#moving) {
      this.#move(bytesPerPart);
      yield;
    }
    if (!this.#spill) yield* this.#table.indexing(instants);
  }

  /** Has it indexed by a thread meanwhile, where that pays. Once no more rows are added; before it is asked, `indexed`. */
  indexAhead(indexer: Indexer, instants: boolean): void {
    if (this.#spill || this.#indexing || this.#table.bytes < leastIndexed) return;
    const table = this.#table;
    const work = indexer.index(table.unindexed, instants);
    this.#indexing = work.next().then(({ index }) => table.indexedBy(index));
    this.#indexing.catch(() => undefined); // told by `indexed`
  }

  /** When nobody else is at work on it any more. */
  async indexed(): Promise<void> {
    await this.#indexing;
  }

  /** Frees what it holds. */
  close(): void {
    this.#spill?.close();
    this.#spill = this.#moving = undefined;
    this.#table = new JoinTable(0);
  }

  /** @param added bytes of texts, just now */
  #keepToBudget(added: number): void {
    if (!this.#spill && this.#table.bytes > this.#memory.budget) {
      const spill = (this.#spill = new SpillFile(this.#memory.folder));
      const rows = this.#table.forEach((time, person, bytes, view, from, to) => {
        spill.append(partitionOf(time), time, person, bytes, view, from, to);
        this.#owed -= to - from;
      });
      this.#moving = rows[Symbol.iterator]();
    }
    if (this.#moving) this.#move(movedForEach * added);
  }

  #move(bytes: number): void {
    this.#owed += bytes;
    while (this.#owed > 0 && this.#moving) {
      if (!this.#moving.next().done) continue;
      this.#moving = undefined;
      this.#table = new JoinTable(0);
    }
  }
}

/** Smaller build sides, in bytes, are indexed soon enough. */
const leastIndexed = 8 * 1024 * 1024;

/** For each byte that comes while rows are moved, so many are moved: memory holds little more than it may. */
const movedForEach = 8;

/** Moved in some milliseconds. */
const bytesPerPart = 256 * 1024;

/** How many partitions a join is cut into that memory does not hold. */
export const spillPartitions = 64;

/** The partition of an instant. */
export function partitionOf(time: number): number {
  const mixed = Math.imul((time | 0) ^ ((time / 4_294_967_296) | 0), 0x9e3779b1);
  return (mixed >>> 16) & (spillPartitions - 1);
}

/** Registrations by their numbers in the consent index, which may come to know them later than they are added here. */
export class Registrations {
  readonly #consent: ConsentIndex;
  readonly #known = new Marks();
  #unknown: (readonly [email: string, serial: string])[] = [];

  constructor(consent: ConsentIndex) {
    this.#consent = consent;
  }

  add(email: string, serial: string): void {
    const number = this.#consent.registrationOf(email, serial);
    if (number < 0) this.#unknown.push([email, serial]);
    else this.addNumber(number);
  }

  addNumber(number: number): void {
    this.#known.add(number);
  }

  /** Asked only once the consent index is complete. */
  has(number: number): boolean {
    if (this.#unknown.length > 0) {
      const unknown = this.#unknown;
      this.#unknown = [];
      for (const [email, serial] of unknown) {
        // One that is still unknown is no landing registration, so that nobody asks for it.
        const found = this.#consent.registrationOf(email, serial);
        if (found >= 0) this.#known.add(found);
      }
    }
    return this.#known.has(number);
  }
}

/** What a lookup is filled by. One that goes by a single key, or is a join's build side, need not see whole rows. */
interface Filling {
  readonly tap: Tap;
  /** Is told instead of a customer's row, by the number of its registration in the consent index. */
  readonly registered?: (registration: number) => void;
  readonly seen?: { readonly field: string; readonly keys: MarkedKeys };
  readonly build?: { readonly person: string; readonly build: JoinBuild };
}

/** The lookups of one run, by the table that fills them. Asked twice for the same one, it gives the same one. */
export class Lookups {
  readonly #made = new Map<string, unknown>();
  readonly #fillings = new Map<string, Filling[]>();
  readonly #builds: { readonly table: TableShape; readonly build: JoinBuild }[] = [];
  readonly #consent: ConsentIndex;
  readonly #memory: JoinMemory;

  constructor(consent: ConsentIndex, memory: JoinMemory) {
    this.#consent = consent;
    this.#memory = memory;
  }

  /** What must take every row of a table before what is looked up in it can be asked. */
  targetOf(table: TableShape): RowTarget {
    const fillings = this.#fillingsOf(table);
    const registered = fillings.map((filling) => filling.registered);
    return {
      push: (row) => {
        for (const { tap } of fillings) tap(row);
        return undefined;
      },
      ...(registered.every((tap) => tap !== undefined) && {
        offer: ({ registration }: Snapshot) => {
          for (const tap of registered) tap(registration);
          return undefined;
        },
      }),
    };
  }

  /**
   * What must be told of the rows of a table, where it is enough to tell the key in one field, and a join's rows.
   * @returns nothing where whole rows of it, or of `then`, have to be shown
   */
  readersOf(
    table: TableShape,
    key: string,
    then: TableShape | undefined,
  ): { readonly seen: readonly MarkedKeys[]; readonly build: JoinBuild | undefined } | undefined {
    if (then && this.#fillingsOf(then).length > 0) return undefined;
    const seen: MarkedKeys[] = [];
    let build: JoinBuild | undefined;
    for (const filling of this.#fillingsOf(table)) {
      if (filling.seen?.field === key) seen.push(filling.seen.keys);
      else if (filling.build?.person === key && !build) build = filling.build.build;
      else return undefined;
    }
    return { seen, build };
  }

  /** Has what is looked up in a table prepared by threads, once that has been filled by all its rows. */
  prepareAhead(table: TableShape, indexer: Indexer, instants: boolean): void {
    for (const each of this.#builds) if (each.table === table) each.build.indexAhead(indexer, instants);
  }

  /** When no thread is at work any more on what is looked up. */
  async prepared(): Promise<void> {
    for (const { build } of this.#builds) await build.indexed();
  }

  keySet(table: TableShape, fields: readonly string[]): KeySet {
    return this.#once<KeySet>(`set ${table.name} ${fields.join(" ")}`, table, () => {
      const indexes = fields.map((field) => fieldIndex(table, field));
      const [field] = fields;
      const [index] = indexes;
      if (fields.length > 1) {
        const keys = new Set<string>();
        const tap: Tap = (row) => void keys.add(compositeKey(indexes.map((each) => keyOf(row[each]!))));
        return [keys, { tap }];
      }
      // Wherever a rule asks for it, a key is that of a person or of a serial number: nearly all are known by numbers.
      const known = this.#consent.keysIn(field!);
      const keys = new MarkedKeys(known.keys);
      const registered = (registration: number): void => keys.marks.add(known.numberOf(registration));
      return [
        keys,
        { tap: (row) => keys.add(keyOf(row[index!]!)), registered, seen: { field: field!, keys } },
      ];
    });
  }

  /** The registrations that have a row in a table of customers. */
  registrations(table: TableShape): Registrations {
    return this.#once(`registrations ${table.name}`, table, () => {
      const email = fieldIndex(table, "email");
      const serial = fieldIndex(table, "serialNumber");
      const registrations = new Registrations(this.#consent);
      const tap: Tap = (row) => registrations.add(keyOf(row[email]!), keyOf(row[serial]!));
      return [registrations, { tap, registered: (number) => registrations.addNumber(number) }];
    });
  }

  /** For each key in one field of a table, the keys in another that stand in the same rows. */
  keyMap(table: TableShape, from: string, to: string): KeyMap {
    return this.#once(`map ${table.name} ${from} ${to}`, table, () => {
      const fromIndex = fieldIndex(table, from);
      const toIndex = fieldIndex(table, to);
      const [left, right] = [this.#consent.keysIn(from), this.#consent.keysIn(to)];
      const map = new KeyMap(left.keys, right.keys, this.#consent.seed);
      const tap: Tap = (row) => map.add(keyOf(row[fromIndex]!), keyOf(row[toIndex]!));
      const registered = (registration: number): void =>
        map.addNumbers(left.numberOf(registration), right.numberOf(registration));
      return [map, { tap, registered }];
    });
  }

  /** The build side of a join: rows by time and person, with the values that it takes from them. */
  joinBuild(table: TableShape, time: string, person: string, take: readonly string[]): JoinBuild {
    return this.#once(`join ${table.name} ${time} ${person} ${take.join(" ")}`, table, () => {
      const timeIndex = fieldIndex(table, time);
      const personIndex = fieldIndex(table, person);
      const takeIndexes = take.map((field) => fieldIndex(table, field));
      const fields = takeIndexes.map((index) => table.fields[index]!);
      const { keys } = this.#consent.keysIn(person);
      const build = new JoinBuild(
        { time: timeIndex, person: personIndex, take: takeIndexes },
        keys,
        this.#memory,
      );
      this.#builds.push({ table, build });
      const tap: Tap = (row) => {
        const text = takenText(
          fields,
          takeIndexes.map((index) => row[index]),
        );
        const person = build.numberOf(keyOf(row[personIndex]!));
        build.add(Number(row[timeIndex]), person, text);
      };
      return [build, { tap, build: { person, build } }];
    });
  }

  /** Frees what the build sides hold. */
  close(): void {
    for (const { build } of this.#builds) build.close();
  }

  #fillingsOf(table: TableShape): readonly Filling[] {
    return this.#fillings.get(table.name) ?? [];
  }

  #once<T>(name: string, table: TableShape, make: () => readonly [T, Filling]): T {
    const known = this.#made.get(name);
    if (known !== undefined) return known as T;
    const [made, filling] = make();
    this.#made.set(name, made);
    this.#fillings.set(table.name, [...this.#fillingsOf(table), filling]);
    return made;
  }
}
