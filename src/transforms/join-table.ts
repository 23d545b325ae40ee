// The build side of the machine-learning join: readings by time and person, in typed arrays, in landing order.
//
// A probe asks for the rows of one instant whose person owns one serial number. It walks the owners of the serial
// number or the people of the instant, whichever are fewer: a serial number with 100,000 owners costs no more than
// the people who moved at that instant, and an instant with a million readings no more than the owners.

const empty = -1;

/** The largest number of different values that are kept once rather than once a row. */
const internLimit = 65_536;

/** See the top of this file. `width` is the number of values kept of each row. */
export class JoinTable {
  readonly #width: number;
  readonly #people = new Map<string, number>();
  readonly #personKeys: string[] = [];
  readonly #interned = new Map<string, string>();

  // Rows, in the order they came; rows of one group are chained from its first to its last.
  readonly #values: (string | undefined)[] = [];
  #rowNext = new Int32Array(1024);
  #rows = 0;

  // Groups: the rows of one person at one instant; groups of one instant are chained.
  #groupTime = new Float64Array(1024);
  #groupPerson = new Int32Array(1024);
  #groupFirst = new Int32Array(1024);
  #groupLast = new Int32Array(1024);
  #groupNext = new Int32Array(1024);
  #groups = 0;

  // Instants, each with its first group and the number of its groups.
  #instantTime = new Float64Array(1024);
  #instantFirst = new Int32Array(1024);
  #instantGroups = new Int32Array(1024);
  #instants = 0;

  // Open addressing over groups and over instants; at most half full.
  #groupSlots = new Int32Array(2048).fill(empty);
  #instantSlots = new Int32Array(2048).fill(empty);

  constructor(width: number) {
    this.#width = width;
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * Adds a row.
   * @param time epoch milliseconds
   * @param person the key of the reading's person
   * @param values as many as the table is wide
   */
  add(time: number, person: string, values: readonly (string | undefined)[]): void {
    let id = this.#people.get(person);
    if (id === undefined) {
      id = this.#personKeys.length;
      this.#people.set(person, id);
      this.#personKeys.push(person);
    }
    const row = this.#rows++;
    if (row === this.#rowNext.length) this.#rowNext = grown(this.#rowNext);
    this.#rowNext[row] = empty;
    for (let column = 0; column < this.#width; column++) this.#values.push(this.#intern(values[column]));

    let group = this.#findGroup(time, id);
    if (group === empty) {
      group = this.#addGroup(time, id, row);
    } else {
      this.#rowNext[this.#groupLast[group]!] = row;
    }
    this.#groupLast[group] = row;
  }

  /** One value of one row. */
  value(row: number, column: number): string | undefined {
    return this.#values[row * this.#width + column];
  }

  /**
   * The rows of an instant whose person is one of `people` (all rows of the instant, where that is left out),
   * in the order they came.
   */
  probe(time: number, people?: ReadonlySet<string>): readonly number[] {
    const instant = this.#findInstant(time);
    if (instant === empty) return [];
    const rows: number[] = [];
    let groups = 0;
    const take = (group: number): void => {
      groups++;
      for (let row = this.#groupFirst[group]!; row !== empty; row = this.#rowNext[row]!) rows.push(row);
    };
    if (people !== undefined && people.size < this.#instantGroups[instant]!) {
      for (const key of people) {
        const id = this.#people.get(key);
        const group = id === undefined ? empty : this.#findGroup(time, id);
        if (group !== empty) take(group);
      }
    } else {
      for (let group = this.#instantFirst[instant]!; group !== empty; group = this.#groupNext[group]!) {
        if (people === undefined || people.has(this.#personOf(group))) take(group);
      }
    }
    return groups > 1 ? rows.sort((a, b) => a - b) : rows;
  }

  #personOf(group: number): string {
    return this.#personKeys[this.#groupPerson[group]!]!;
  }

  #intern(value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const known = this.#interned.get(value);
    if (known !== undefined) return known;
    if (this.#interned.size < internLimit) this.#interned.set(value, value);
    return value;
  }

  #addGroup(time: number, person: number, row: number): number {
    const group = this.#groups++;
    if (group === this.#groupTime.length) this.#growGroups();
    let instant = this.#findInstant(time);
    if (instant === empty) instant = this.#addInstant(time);
    this.#groupTime[group] = time;
    this.#groupPerson[group] = person;
    this.#groupFirst[group] = row;
    this.#groupNext[group] = this.#instantFirst[instant]!;
    this.#instantFirst[instant] = group;
    this.#instantGroups[instant]! += 1;
    const slots = this.#groupSlots;
    let slot = hash(time, person) & (slots.length - 1);
    while (slots[slot] !== empty) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = group;
    return group;
  }

  #addInstant(time: number): number {
    const instant = this.#instants++;
    if (instant === this.#instantTime.length) this.#growInstants();
    this.#instantTime[instant] = time;
    this.#instantFirst[instant] = empty;
    const slots = this.#instantSlots;
    let slot = hash(time, 0) & (slots.length - 1);
    while (slots[slot] !== empty) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = instant;
    return instant;
  }

  #findGroup(time: number, person: number): number {
    const slots = this.#groupSlots;
    for (let slot = hash(time, person) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const group = slots[slot]!;
      if (group === empty) return empty;
      if (this.#groupTime[group] === time && this.#groupPerson[group] === person) return group;
    }
  }

  #findInstant(time: number): number {
    const slots = this.#instantSlots;
    for (let slot = hash(time, 0) & (slots.length - 1); ; slot = (slot + 1) & (slots.length - 1)) {
      const instant = slots[slot]!;
      if (instant === empty) return empty;
      if (this.#instantTime[instant] === time) return instant;
    }
  }

  #growGroups(): void {
    this.#groupTime = grown(this.#groupTime);
    this.#groupPerson = grown(this.#groupPerson);
    this.#groupFirst = grown(this.#groupFirst);
    this.#groupLast = grown(this.#groupLast);
    this.#groupNext = grown(this.#groupNext);
    this.#groupSlots = new Int32Array(this.#groupTime.length * 2).fill(empty);
    const slots = this.#groupSlots;
    for (let group = 0; group < this.#groups - 1; group++) {
      let slot = hash(this.#groupTime[group]!, this.#groupPerson[group]!) & (slots.length - 1);
      while (slots[slot] !== empty) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = group;
    }
  }

  #growInstants(): void {
    this.#instantTime = grown(this.#instantTime);
    this.#instantFirst = grown(this.#instantFirst);
    this.#instantGroups = grown(this.#instantGroups);
    this.#instantSlots = new Int32Array(this.#instantTime.length * 2).fill(empty);
    const slots = this.#instantSlots;
    for (let instant = 0; instant < this.#instants - 1; instant++) {
      let slot = hash(this.#instantTime[instant]!, 0) & (slots.length - 1);
      while (slots[slot] !== empty) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = instant;
    }
  }
}

/** The same array, twice as long. */
function grown<A extends Int32Array | Float64Array>(array: A): A {
  const larger = (
    array instanceof Float64Array ? new Float64Array(array.length * 2) : new Int32Array(array.length * 2)
  ) as A;
  larger.set(array);
  return larger;
}

/** Mixes a time and a person into 31 bits. Times differ in their low digits, so both halves are multiplied out. */
function hash(time: number, person: number): number {
  const low = time >>> 0;
  const high = (time / 4294967296) >>> 0;
  let mixed = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b) ^ Math.imul(person, 0xc2b2ae35);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & 0x7fffffff;
}
