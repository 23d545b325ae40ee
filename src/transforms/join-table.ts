// The build side of a join on time and person: rows in shared memory, in the order they came, that many threads probe.
//
// Rows that come one after another of one person and instant are one segment. A table over segments finds those of a
// person and an instant; a second one, made where it is asked for, finds those of an instant, whoever's they are. A
// probe goes the shorter way: a serial number with 100,000 owners costs no more than the people who moved at that
// instant, and an instant with a million readings no more than the owners.

import { present } from "./columns.js";
import { Regions } from "./regions.js";
import { afterVarint, varintAt } from "./varint.js";
import { copyWords, viewOf } from "./words-copy.js";

/** What another thread needs to probe a table, or to index it. */
export interface JoinTableMemory {
  readonly seed: number;
  readonly count: number;
  /** How many segments are in the table that `probe` looks them up in. */
  readonly indexed: number;
  readonly segments: readonly Int32Array[];
  readonly texts: readonly Uint8Array[];
  readonly slots: SharedArrayBuffer;
  readonly index: JoinIndex;
}

/** What of an index does not stand in the slots. */
export interface JoinIndex {
  readonly earlier: readonly (Int32Array | undefined)[];
  readonly instants: InstantsMemory | undefined;
}

/** What the segments of each instant are found by. */
export type InstantsMemory = { readonly [part in keyof Instants]: SharedArrayBuffer };

/** The segments of each instant. */
interface Instants {
  /** Open addressing: the last segment of an instant, plus 1; 0 where a slot is free. */
  readonly slots: Int32Array;
  /** For each slot, how many segments the instant has. */
  readonly counts: Int32Array;
  /** For each segment, the one before it of the same instant, plus 1; 0: none. */
  readonly links: Int32Array;
}

/** Some people, by their numbers. */
export interface People {
  readonly list: ArrayLike<number>;
  /** The same; made when it is first needed. */
  set?: ReadonlySet<number>;
}

// A segment is four 32-bit numbers: its time, its person, and where its texts start (chunk and place in it).
const width = 4;
export { width as segmentWidth };
const timeLow = 0;
const timeHigh = 1;
export const ofPerson = 2;
const textStart = 3;

/** Set in the high part of a segment's time when another one of its person and instant follows. */
const isFollowed = 0x80000000 | 0;
const highMask = 0x7fffffff;

const segmentBits = 16;
const chunkSegments = 1 << segmentBits;
const segmentMask = chunkSegments - 1;

const placeBits = 22;
const chunkText = 1 << placeBits;
const placeMask = chunkText - 1;
/** The place of a text and the number of its chunk share 32 bits. */
const mostChunks = 1 << (32 - placeBits);

const twoTo32 = 4_294_967_296;

/** Behind texts there is room for a zero, the zero of the segment before, and a word that is read from a text's last byte on. */
const spareBytes = 6;

/** Takes rows of one person and instant, as `JoinTable.addRows` does. */
export type RowsAction = (
  time: number,
  person: number,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
) => void;

/**
 * Rows on their way into a table, as they stand there: a segment of four numbers for those that come one after another of
 * one person and instant.
 */
export interface Segments {
  /** Where a segment's texts start is a place in these texts. */
  readonly numbers: Int32Array;
  /** Those of each segment, with a zero behind them, and nothing else. */
  readonly texts: Uint8Array;
}

/** A segment's numbers, put into others at a place. */
export function putSegment(
  numbers: Int32Array,
  at: number,
  time: number,
  person: number,
  start: number,
): void {
  numbers[at + timeLow] = time | 0;
  numbers[at + timeHigh] = (time / twoTo32) | 0;
  numbers[at + ofPerson] = person;
  numbers[at + textStart] = start;
}

/** Gives segments one by one. */
export function forEachSegment({ numbers, texts }: Segments, action: RowsAction): void {
  const view = viewOf(texts);
  for (let at = 0; at < numbers.length; at += width) {
    const start = numbers[at + textStart]!;
    action(timeIn(numbers, at), numbers[at + ofPerson]!, texts, view, start, endIn(numbers, texts, at) - 1);
  }
}

function timeIn(numbers: Int32Array, at: number): number {
  return (numbers[at + timeHigh]! & highMask) * twoTo32 + (numbers[at + timeLow]! >>> 0);
}

/** Behind the zero of a segment. */
function endIn(numbers: Int32Array, texts: Uint8Array, at: number): number {
  return at + width < numbers.length ? numbers[at + width + textStart]! : texts.length;
}

/** See the top of this file. A row is a person (a number), a time (epoch milliseconds) and a text of bytes. */
export class JoinTable {
  #seed: number;
  // Chunks; behind the last one that is in use there may be others, of an earlier filling.
  readonly #segments: Int32Array[] = [];
  readonly #texts: Uint8Array[] = [];
  readonly #views: DataView[] = [];
  #textBytes = 0;
  /** The chunk of texts that is being filled. */
  #text = -1;
  #count = 0;
  /** Open addressing: the last segment of a person and instant, plus 1; 0 where a slot is free. */
  #slots: Int32Array;
  /**
   * Of the segments of a chunk: the one before of the same person and instant, plus 1; 0: none. Nothing for a chunk without
   * any: as a rule readings of one person and instant come one after another.
   */
  #earlier: (Int32Array | undefined)[] = [];
  /** How many segments are in `#slots`: the rest follow before the first probe, when their number is known. */
  #indexed = 0;
  #instants: Instants | undefined;
  /** Those of an earlier filling. */
  #spareInstants: Instants | undefined;

  /** The segment after the one that a probe found last. */
  #next = 0;

  /** Where the next text goes in the last chunk; a place behind its end where there is none. */
  #place = chunkText;

  readonly #regions = new Regions((bytes) => new SharedArrayBuffer(bytes));

  /** @param seed a secret number of 32 bits, so that nobody can choose times that collide */
  constructor(seed: number) {
    this.#seed = seed;
    this.#slots = this.#ints(1024);
  }

  /** The table of another thread, to be probed. */
  static of(memory: JoinTableMemory): JoinTable {
    const table = new JoinTable(memory.seed);
    table.#count = memory.count;
    table.#indexed = memory.indexed;
    table.#segments.push(...memory.segments);
    for (const chunk of memory.texts) {
      table.#text = table.#texts.push(chunk) - 1;
      table.#textBytes += chunk.length;
    }
    table.#slots = new Int32Array(memory.slots);
    table.#takeIndex(memory.index);
    return table;
  }

  /** Of a shared table, once no more rows are added. */
  get memory(): JoinTableMemory {
    this.#index();
    return this.unindexed;
  }

  /** The same for another thread, which is to index it: until that has done so, the table may only be asked for this. */
  get unindexed(): JoinTableMemory {
    this.#makeSlots();
    const instants = this.#instants;
    return {
      seed: this.#seed,
      count: this.#count,
      indexed: this.#indexed,
      segments: this.#segments,
      texts: this.#texts,
      slots: sharedBuffer(this.#slots),
      index: {
        earlier: this.#earlier,
        instants: instants && {
          slots: sharedBuffer(instants.slots),
          counts: sharedBuffer(instants.counts),
          links: sharedBuffer(instants.links),
        },
      },
    };
  }

  /** Takes what another thread has made of its segments: all are in the table that `probe` looks them up in. */
  indexedBy(index: JoinIndex): void {
    this.#indexed = this.#count;
    this.#takeIndex(index);
  }

  #takeIndex({ earlier, instants }: JoinIndex): void {
    this.#earlier = [...earlier];
    this.#instants = instants && {
      slots: new Int32Array(instants.slots),
      counts: new Int32Array(instants.counts),
      links: new Int32Array(instants.links),
    };
  }

  /**
   * Empties it. What it is filled with next goes into the memory that it has.
   * @param seed another one
   */
  clear(seed: number): void {
    this.#seed = seed;
    this.#text = -1;
    this.#place = chunkText;
    this.#count = this.#indexed = this.#next = 0;
    this.#slots.fill(0);
    this.#earlier = [];
    this.#spareInstants = this.#instants ?? this.#spareInstants;
    this.#instants = undefined;
  }

  /** The memory that it takes, in bytes, once it can be probed; without the index of instants. */
  get bytes(): number {
    const segments = this.#segments.length * chunkSegments * width * 4;
    const earlier = this.#earlier.reduce((sum, column) => sum + (column ? 4 * chunkSegments : 0), 0);
    return this.#textBytes + segments + earlier + 4 * Math.max(this.#slots.length, slotsFor(this.#count));
  }

  /**
   * All rows, in the order in which they came, a segment at a time: those too that are added in between. What `action` is
   * given of a segment is what `addRows` takes.
   */
  *forEach(action: RowsAction): Iterable<undefined> {
    for (let segment = 0; segment < this.#count; segment++) {
      const time = timeIn(this.#segments[segment >>> segmentBits]!, (segment & segmentMask) * width);
      const person = this.#part(segment, ofPerson);
      const chunk = this.chunkOf(segment);
      const from = this.placeOf(segment);
      let to = from;
      while (chunk[to] !== 0) to = afterVarint(chunk, to) + varintAt(chunk, to) - 1;
      action(time, person, chunk, this.viewOf(segment), from, to);
      // The last segment may still get rows.
      if (segment < this.#count - 1) yield;
    }
  }

  /**
   * Adds rows of one person and instant; their texts stand in `bytes` from `from` to `to` as they do in a chunk, see
   * `placeOf`, without the 0 behind them.
   * @param view over the same memory as `bytes`
   * @throws RangeError beyond 4 GiB of texts
   */
  addRows(time: number, person: number, bytes: Uint8Array, view: DataView, from: number, to: number): void {
    const texts = this.#roomFor(time, person, to - from);
    copyWords(bytes, view, from, to, texts, this.#viewOf(this.#text), this.#place);
    this.#place += to - from;
    texts[this.#place] = 0; // as long as nothing follows
  }

  /**
   * Adds segments: the same as `addRows` for each of them, for less.
   * @throws RangeError as `addRows` does
   */
  addSegments({ numbers, texts }: Segments): void {
    let at = 0;
    if (numbers.length > 0 && this.#count > 0) {
      const [time, person] = [timeIn(numbers, 0), numbers[ofPerson]!];
      if (this.#continues(time, person)) {
        this.addRows(time, person, texts, viewOf(texts), 0, endIn(numbers, texts, 0) - 1);
        at = width;
      }
    }
    while (at < numbers.length) at = this.#addRun(numbers, texts, at);
  }

  /** Adds as many segments as go into one chunk, from one on: that at least. @returns the first that is left */
  #addRun(numbers: Int32Array, texts: Uint8Array, from: number): number {
    const start = numbers[from + textStart]!;
    let chunk = this.#texts[this.#text];
    let base = this.#place + 1; // behind the zero that ends the segment before
    const fits = (at: number): boolean =>
      base + endIn(numbers, texts, at) - start + spareBytes - 2 <= chunk!.length && // both zeros are there already
      base + numbers[at + textStart]! - start < chunkText;
    if (chunk === undefined || this.#place >= chunkText || !fits(from)) {
      chunk = this.#nextChunk(endIn(numbers, texts, from) - 1 - start + spareBytes);
      base = 0;
    }
    let last = numbers.length - width;
    if (!fits(last)) {
      // The last one that does is between these.
      let low = from;
      for (let high = last; high - low > width;) {
        const middle = low + Math.floor((high - low) / 2 / width) * width;
        if (fits(middle)) low = middle;
        else high = middle;
      }
      last = low;
    }
    const end = endIn(numbers, texts, last);
    chunk.set(texts.subarray(start, end), base);
    this.#place = base + end - start - 1;
    this.#copySegments(numbers, from, last + width, ((this.#text << placeBits) | base) - start);
    return last + width;
  }

  /** @param moved what is to be added to the starts of their texts */
  #copySegments(numbers: Int32Array, from: number, to: number, moved: number): void {
    for (let at = from; at < to;) {
      const part = this.#segmentsWith(this.#count);
      const place = (this.#count & segmentMask) * width;
      const length = Math.min(to - at, part.length - place);
      part.set(numbers.subarray(at, at + length), place);
      for (let each = place + textStart; each < place + length; each += width) part[each]! += moved;
      this.#count += length / width;
      at += length;
    }
  }

  /** The chunk that a segment goes into. */
  #segmentsWith(segment: number): Int32Array {
    const number = segment >>> segmentBits;
    if (number === this.#segments.length) {
      const chunk = this.#regions.take(4 * chunkSegments * width);
      this.#segments.push(new Int32Array(chunk.buffer, chunk.byteOffset, chunkSegments * width));
    }
    return this.#segments[number]!;
  }

  /** The chunk with room at `#place` for so many bytes in a segment of that person and instant. */
  #roomFor(time: number, person: number, length: number): Uint8Array {
    const needed = length + spareBytes;
    let texts = this.#texts[this.#text];
    if (texts === undefined || this.#place + needed > texts.length || this.#place >= chunkText) {
      texts = this.#nextChunk(needed);
      this.#place = 0;
      this.#addSegment(time, person);
    } else if (!this.#continues(time, person)) {
      this.#place++; // behind the zero that ends the segment before
      this.#addSegment(time, person);
    }
    return texts;
  }

  #nextChunk(needed: number): Uint8Array {
    if (this.#text + 1 === mostChunks) throw new RangeError("a join table holds at most 4 GiB of texts");
    const before = this.#texts[++this.#text];
    if (before && before.length >= needed) return before;
    const texts = this.#regions.take(Math.max(chunkText, needed));
    this.#texts[this.#text] = texts;
    this.#views[this.#text] = viewOf(texts);
    this.#textBytes += texts.length - (before?.length ?? 0);
    return texts;
  }

  /** Makes it possible to probe for all rows of an instant. Once no more rows are added. */
  indexInstants(): void {
    if (!this.#instants) exhaust(this.indexing(true));
  }

  /** Makes it possible to probe, for the thread whose table it is: see `indexedBy`. */
  indexAll(instants: boolean): JoinIndex {
    exhaust(this.indexing(instants));
    return this.memory.index;
  }

  /**
   * Makes it possible to probe, in parts. Once no more rows are added.
   * @param instants whether for all rows of an instant too
   */
  *indexing(instants: boolean): Iterable<undefined> {
    this.#makeSlots();
    if (this.#indexed === 0) present(this.#slots);
    while (this.#indexed < this.#count) {
      this.#indexSegments(Math.min(this.#count, this.#indexed + chunkSegments));
      yield;
    }
    if (!instants || this.#instants) return;
    const made = this.#newInstants();
    for (let from = 0; from < this.#count; from += chunkSegments) {
      this.#linkInstants(made, from, Math.min(this.#count, from + chunkSegments));
      yield;
    }
    this.#instants = made;
  }

  #newInstants(): Instants {
    const size = slotsFor(this.#count);
    const spare = this.#spareInstants;
    this.#spareInstants = undefined;
    if (spare && spare.slots.length >= size && spare.links.length >= this.#count) {
      spare.slots.fill(0);
      spare.counts.fill(0);
      return spare;
    }
    return { slots: this.#ints(size), counts: this.#ints(size), links: this.#ints(this.#count) };
  }

  #linkInstants({ slots, counts, links }: Instants, from: number, to: number): void {
    for (let segment = from; segment < to; segment++) {
      const slot = this.#instantSlot(slots, this.#part(segment, timeLow), this.#high(segment));
      links[segment] = slots[slot]!;
      slots[slot] = segment + 1;
      counts[slot]!++;
    }
  }

  /**
   * Fills `found` with the segments of an instant whose person is one of `people` (all of them, where that is left out,
   * for which the instants must be indexed), in the order they came.
   */
  probe(time: number, found: number[], people?: People): void {
    // Mostly there is one: to set the length costs as much as to look it up.
    while (found.length > 0) found.pop();
    this.#index();
    const low = time | 0;
    const high = (time / twoTo32) | 0;
    const instants = this.#instants;
    if (people && (!instants || people.list.length < 8)) this.#probePeople(low, high, people.list, found);
    else {
      const slot = this.#instantSlot(instants!.slots, low, high);
      if (people && people.list.length <= instants!.counts[slot]!)
        this.#probePeople(low, high, people.list, found);
      else this.#probeInstant(slot, people, found);
    }
    if (found.length > 1) found.sort((a, b) => a - b);
  }

  /** The chunk in which the texts of a segment stand. */
  chunkOf(segment: number): Uint8Array {
    return this.#texts[this.#part(segment, textStart) >>> placeBits]!;
  }

  /** A view over that chunk. */
  viewOf(segment: number): DataView {
    return this.#viewOf(this.#part(segment, textStart) >>> placeBits);
  }

  #viewOf(chunk: number): DataView {
    return (this.#views[chunk] ??= viewOf(this.#texts[chunk]!));
  }

  /** Where in its chunk a segment's first text stands: its length plus 1 as a varint, its bytes, the next one's; 0 at the end. */
  placeOf(segment: number): number {
    return this.#part(segment, textStart) & placeMask;
  }

  #probePeople(low: number, high: number, people: ArrayLike<number>, found: number[]): void {
    // An index, since this is asked for every row of the probe side.
    // eslint-disable-next-line @typescript-eslint/prefer-for-of
    for (let index = 0; index < people.length; index++) {
      const person = people[index]!;
      // Both sides come in the order of time as a rule, so the next segment is looked at first.
      let segment = this.#next;
      if (!this.#isLast(segment, low, high, person))
        segment = this.#slots[this.#slot(low, high, person)]! - 1;
      if (segment >= 0) this.#next = segment + 1;
      for (; segment >= 0; segment = this.#before(segment)) found.push(segment);
    }
  }

  /** The segment before one of the same person and instant; -1: none. */
  #before(segment: number): number {
    const column = this.#earlier[segment >>> segmentBits];
    return column ? column[segment & segmentMask]! - 1 : -1;
  }

  /** Whether a segment is the last one of a person and instant; false where it may be all the same. */
  #isLast(segment: number, low: number, high: number, person: number): boolean {
    if (segment >= this.#count) return false;
    const part = this.#segments[segment >>> segmentBits]!;
    const at = (segment & segmentMask) * width;
    return part[at] === low && part[at + ofPerson] === person && part[at + timeHigh] === high;
  }

  #probeInstant(slot: number, people: People | undefined, found: number[]): void {
    const { slots, links } = this.#instants!;
    const wanted = people && (people.set ??= new Set(Array.from(people.list)));
    for (let segment = slots[slot]! - 1; segment >= 0; segment = links[segment]! - 1) {
      if (!wanted || wanted.has(this.#part(segment, ofPerson))) found.push(segment);
    }
  }

  /** The texts of a segment's rows, in order. */
  *textsOf(segment: number): Iterable<Uint8Array> {
    const chunk = this.chunkOf(segment);
    for (let place = this.placeOf(segment); chunk[place] !== 0;) {
      const from = afterVarint(chunk, place);
      const to = from + varintAt(chunk, place) - 1;
      yield chunk.subarray(from, to);
      place = to;
    }
  }

  /** The number of a segment's rows. */
  rowsOf(segment: number): number {
    return [...this.textsOf(segment)].length;
  }

  #continues(time: number, person: number): boolean {
    const last = this.#count - 1;
    return (
      this.#part(last, timeLow) === (time | 0) &&
      this.#part(last, ofPerson) === person &&
      this.#high(last) === ((time / twoTo32) | 0)
    );
  }

  #addSegment(time: number, person: number): void {
    const segment = this.#count++;
    const start = (this.#text << placeBits) | this.#place;
    putSegment(this.#segmentsWith(segment), (segment & segmentMask) * width, time, person, start);
  }

  /** Puts the segments that have come since into the table. */
  #index(): void {
    if (this.#indexed !== this.#count) exhaust(this.indexing(false));
  }

  #makeSlots(): void {
    const size = slotsFor(this.#count);
    if (size <= this.#slots.length) return;
    this.#slots = this.#ints(size);
    this.#indexed = 0;
  }

  /** Puts segments into the table, from the first that is not in it to one that is given. */
  #indexSegments(to: number): void {
    const slots = this.#slots;
    for (let segment = this.#indexed; segment < to; segment++) {
      const part = this.#segments[segment >>> segmentBits]!;
      const at = (segment & segmentMask) * width;
      part[at + timeHigh]! &= highMask;
      const slot = this.#slot(part[at]!, part[at + timeHigh]!, part[at + ofPerson]!);
      const before = slots[slot]! - 1;
      if (before >= 0) {
        (this.#earlier[segment >>> segmentBits] ??= this.#ints(chunkSegments))[segment & segmentMask] =
          before + 1;
        this.#segments[before >>> segmentBits]![(before & segmentMask) * width + timeHigh]! |= isFollowed;
      }
      slots[slot] = segment + 1;
    }
    this.#indexed = to;
  }

  /** The slot of a person and instant, or the free one where they would go. */
  #slot(low: number, high: number, person: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = this.#hash(low, high, person) & mask; ; slot = (slot + 1) & mask) {
      const segment = slots[slot]! - 1;
      if (segment < 0) return slot;
      const part = this.#segments[segment >>> segmentBits]!;
      const at = (segment & segmentMask) * width;
      if (part[at] === low && part[at + ofPerson] === person && part[at + timeHigh] === high) return slot;
    }
  }

  #instantSlot(slots: Int32Array, low: number, high: number): number {
    const mask = slots.length - 1;
    for (let slot = this.#hash(low, high, 0) & mask; ; slot = (slot + 1) & mask) {
      const segment = slots[slot]! - 1;
      if (segment < 0) return slot;
      if (this.#part(segment, timeLow) === low && this.#high(segment) === high) return slot;
    }
  }

  #high(segment: number): number {
    return this.#part(segment, timeHigh) & highMask;
  }

  #part(segment: number, part: number): number {
    return this.#segments[segment >>> segmentBits]![(segment & segmentMask) * width + part]!;
  }

  #ints(length: number): Int32Array {
    return new Int32Array(new SharedArrayBuffer(length * 4));
  }

  /** Times differ in their low digits, so every part is multiplied out; the seed goes in between. */
  #hash(low: number, high: number, person: number): number {
    let mixed = Math.imul(low ^ this.#seed, 0x9e3779b1);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed ^ person, 0x85ebca6b) ^ Math.imul(high + this.#seed, 0xc2b2ae35);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0x2c1b3c6d);
    return mixed ^ (mixed >>> 16);
  }
}

/** Does all parts at once. */
function exhaust(parts: Iterable<undefined>): void {
  const work = parts[Symbol.iterator]();
  while (!work.next().done);
}

/** How many slots so many segments take, so that some stay free: a power of two. */
function slotsFor(segments: number): number {
  let slots = 1024;
  while (slots < segments * 1.5) slots *= 2;
  return slots;
}

function sharedBuffer(array: Int32Array): SharedArrayBuffer {
  return array.buffer as SharedArrayBuffer;
}
