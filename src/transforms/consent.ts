// Who consents. An index in memory of every person, registration and serial number that any snapshot names,
// with the latest word of each on every purpose (a `shareWith…AsOfDate` field). It is filled from the customer
// landing zone, damage included, and asked only once that zone has been read to its end.

import type { Attribution } from "./attribution.js";
import { withRoom } from "./columns.js";
import { KeyTable, type Seed } from "./key-table.js";
import { keyOf } from "./keys.js";
import { PairTable } from "./pair-table.js";
import type { Policy } from "./policy.js";
import type { Row } from "./rows.js";
import { customerLanding, fieldIndex } from "./tables.js";

/** Fields of a customer snapshot that say whether, and since when, a person shares. */
export const purposes = [
  "shareWithResearchAsOfDate",
  "shareWithPublicAsOfDate",
  "shareWithFriendsAsOfDate",
] as const;
/** One of `purposes`. */
export type Purpose = (typeof purposes)[number];

export const emailIndex = fieldIndex(customerLanding, "email");
export const serialIndex = fieldIndex(customerLanding, "serialNumber");
const updateIndex = fieldIndex(customerLanding, "lastUpdateDate");

const no = 1;
const yes = 2;
/** Added to the latest word where there ever was a yes. */
const everYes = 4;

/**
 * The latest words of many, each over some set of snapshots. Dates are epoch milliseconds; a "no" that nothing undoes
 * stands at `Infinity`. Columns, since there are as many words as registrations.
 */
class Words {
  #at = new Float64Array(16);
  #since = new Float64Array(16);
  /** 0: nothing yet. */
  #said = new Uint8Array(16);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds some that have not been said yet. */
  add(count: number): void {
    const before = this.#count;
    this.#count += count;
    this.#at = withRoom(this.#at, this.#count);
    this.#since = withRoom(this.#since, this.#count);
    this.#said = withRoom(this.#said, this.#count);
    for (let word = before; word < this.#count; word++) this.#at[word] = -Infinity;
  }

  /** @param since the date of consent of a "yes", nothing for a "no" */
  hear(word: number, at: number, since: number | undefined): void {
    const said = since === undefined ? no : yes;
    const ever = since === undefined ? this.#said[word]! & everYes : everYes;
    const latest = this.#said[word]! & ~everYes;
    if (at > this.#at[word]!) {
      this.#at[word] = at;
      this.#since[word] = since ?? 0;
      this.#said[word] = said | ever;
    } else if (at === this.#at[word]) {
      // Of two words of one date, "no" wins; of two that say yes, the later date of consent.
      this.#said[word] = Math.min(latest, said) | ever;
      if (since !== undefined) this.#since[word] = Math.max(this.#since[word]!, since);
    } else {
      this.#said[word] = latest | ever;
    }
  }

  isYes(word: number, policy: Policy): boolean {
    const said = this.#said[word]!;
    return policy === "any" ? (said & everYes) !== 0 : (said & yes) !== 0;
  }

  /** The date of consent in a latest word; epoch milliseconds. */
  since(word: number): number {
    return this.#since[word]!;
  }
}

/** A customer snapshot whose values are plain bytes. */
export interface PlainSnapshot {
  readonly bytes: Uint8Array;
  /** Over the same memory. */
  readonly view: DataView;
  /** Where each field's value starts, in table order; -1 where it has none. */
  readonly from: Int32Array;
  /** Where it ends. */
  readonly to: Int32Array;
}

/** See the top of this file. */
export class ConsentIndex {
  /** Of its tables, and of those that go by its numbers. */
  readonly seed: Seed;
  readonly #policy: Policy;
  readonly #purposes: readonly Purpose[];
  readonly #purposeIndexes: readonly number[];
  // Everybody and everything has a number, in the order in which they came.
  readonly #people: KeyTable;
  readonly #serials: KeyTable;
  /** Registrations: a person and a serial number each. */
  readonly #registrations: PairTable;
  /** Serial numbers that a damaged snapshot names for somebody who cannot be told, or whose "no" nothing undoes. */
  readonly #refused = new Set<number>();
  /** The words of people and of registrations, on every purpose one after the other. */
  readonly #ofPeople = new Words();
  readonly #ofRegistrations = new Words();
  #snapshots = 0;
  #unattributable = 0;

  /**
   * @param wanted the purposes that will be asked about
   * @param seed nobody can guess
   */
  constructor(policy: Policy, wanted: readonly Purpose[], seed: Seed) {
    this.seed = seed;
    this.#policy = policy;
    this.#purposes = wanted;
    this.#purposeIndexes = wanted.map((purpose) => fieldIndex(customerLanding, purpose));
    this.#people = KeyTable.empty(seed);
    this.#serials = KeyTable.empty(seed);
    this.#registrations = new PairTable(seed);
  }

  /**
   * Takes in a good snapshot: a word of its person and of its registration on each purpose.
   * @returns the number of its registration
   */
  addSnapshot(row: Row): number {
    const person = this.#person(this.#people.add(keyOf(row[emailIndex]!)));
    const registration = this.#registration(person, this.#serials.add(keyOf(row[serialIndex]!)));
    const at = Number(row[updateIndex]);
    const indexes = this.#purposeIndexes;
    for (let purpose = 0; purpose < indexes.length; purpose++) {
      const date = row[indexes[purpose]!];
      this.#hear(person, registration, purpose, at, date === undefined ? undefined : Number(date));
    }
    this.#snapshots++;
    return registration;
  }

  /**
   * The same of a snapshot whose values are plain bytes.
   * @param hashes of each key field, where they are known: see `plainHash`
   */
  addPlainSnapshot({ bytes, view, from, to }: PlainSnapshot, hashes?: Int32Array): number {
    const email = from[emailIndex]!;
    const person = this.#person(
      this.#people.addPlain(bytes, view, email, to[emailIndex]!, hashes?.[emailIndex]),
    );
    const own = from[serialIndex]!;
    const serial = this.#serials.addPlain(bytes, view, own, to[serialIndex]!, hashes?.[serialIndex]);
    const registration = this.#registration(person, serial);
    const at = snapshotTime(bytes, from);
    const indexes = this.#purposeIndexes;
    for (let purpose = 0; purpose < indexes.length; purpose++) {
      const date = from[indexes[purpose]!]!;
      this.#hear(person, registration, purpose, at, date < 0 ? undefined : timeAt(bytes, date));
    }
    this.#snapshots++;
    return registration;
  }

  /**
   * Is told of snapshots before they are taken in or asked about: see `KeyTable.touch`.
   * @param hashes of their e-mail addresses from `email` on, of their serial numbers from `serial` on, at every `stride`
   */
  coming(hashes: Int32Array, email: number, serial: number, stride: number, count: number): void {
    this.#people.touch(hashes, email, stride, count);
    this.#serials.touch(hashes, serial, stride, count);
  }

  #hear(person: number, registration: number, purpose: number, at: number, since: number | undefined): void {
    const count = this.#purposes.length;
    this.#ofPeople.hear(person * count + purpose, at, since);
    this.#ofRegistrations.hear(registration * count + purpose, at, since);
  }

  /** Takes in a damaged snapshot: a "no" of everybody it names, on every purpose. */
  addDamage({ people, serials, isUnknown, at }: Attribution): void {
    if (isUnknown) this.#unattributable++;
    for (const email of people) this.#hearNo(this.#ofPeople, this.#person(this.#people.add(email)), at);
    for (const serial of serials) {
      const number = this.#serials.add(serial);
      if (isUnknown || at === Infinity) this.#refused.add(number);
      // An owner who can never consent withholds a serial number whoever it is. Not naming each pair keeps a
      // stretch of many addresses and many serial numbers from costing their product.
      if (at === Infinity) continue;
      for (const email of people) {
        const registration = this.#registration(this.#people.find(email), number);
        this.#hearNo(this.#ofRegistrations, registration, at);
      }
    }
  }

  #hearNo(words: Words, whose: number, at: number): void {
    const count = this.#purposes.length;
    for (let purpose = 0; purpose < count; purpose++) words.hear(whose * count + purpose, at, undefined);
  }

  /** The number of good snapshots taken in. Without one, consent is not established. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** The number of damaged snapshots that may be the word of somebody who cannot be told. */
  get unattributable(): number {
    return this.#unattributable;
  }

  /** The keys of everybody whom a snapshot, good or damaged, names. */
  get people(): KeyTable {
    return this.#people;
  }

  /** The keys of every serial number that a snapshot, good or damaged, names. */
  get serials(): KeyTable {
    return this.#serials;
  }

  /** Whether any snapshot, good or damaged, names this person. */
  knowsPerson(email: string): boolean {
    return this.#people.find(email) >= 0;
  }

  /** Whether any snapshot, good or damaged, names this serial number. */
  knowsSerial(serial: string): boolean {
    return this.#serials.find(serial) >= 0;
  }

  /** Whether a person consents, over all their registrations. */
  personConsents(email: string, purpose: Purpose): boolean {
    const person = this.#people.find(email);
    return person >= 0 && this.#ofPeople.isYes(this.#word(person, purpose), this.#policy);
  }

  /** Whether the own word of a registration, by its number, is yes and its person consents. */
  registrationConsents(registration: number, purpose: Purpose): boolean {
    if (registration < 0) return false;
    const person = this.#registrations.first(registration);
    return (
      this.saysYes(registration, purpose) && this.#ofPeople.isYes(this.#word(person, purpose), this.#policy)
    );
  }

  /**
   * Whether the own word of a registration is yes by what has been taken in so far. If not, only a later snapshot makes
   * it so.
   */
  saysYes(registration: number, purpose: Purpose): boolean {
    return this.#ofRegistrations.isYes(this.#word(registration, purpose), this.#policy);
  }

  /** The number of a registration; -1 where no snapshot has named it. Numbers are given out from 0. */
  registrationOf(email: string, serial: string): number {
    return this.#registrationOf(this.#people.find(email), this.#serials.find(serial));
  }

  /**
   * The number of the registration of a snapshot whose values are plain bytes; -1 where no snapshot has named it.
   * @param hashes as in `addPlainSnapshot`
   */
  plainRegistrationOf({ bytes, view, from, to }: PlainSnapshot, hashes?: Int32Array): number {
    const email = from[emailIndex]!;
    const person = this.#people.findPlain(bytes, view, email, to[emailIndex]!, hashes?.[emailIndex]);
    const own = from[serialIndex]!;
    const serial = this.#serials.findPlain(bytes, view, own, to[serialIndex]!, hashes?.[serialIndex]);
    return this.#registrationOf(person, serial);
  }

  #registrationOf(person: number, serial: number): number {
    return person < 0 || serial < 0 ? -1 : this.#registrations.find(person, serial);
  }

  /** The number, in `people`, of the person whose registration it is. */
  personOf(registration: number): number {
    return this.#registrations.first(registration);
  }

  /** The number, in `serials`, of its serial number. */
  serialOf(registration: number): number {
    return this.#registrations.second(registration);
  }

  /** The keys that a field has, of serial numbers or else of people, and whose number there a registration has. */
  keysIn(field: string): { readonly keys: KeyTable; readonly numberOf: (registration: number) => number } {
    return field === "serialNumber"
      ? { keys: this.#serials, numberOf: (registration) => this.serialOf(registration) }
      : { keys: this.#people, numberOf: (registration) => this.personOf(registration) };
  }

  /** The number of people who consent. */
  countConsenting(purpose: Purpose): number {
    let count = 0;
    for (let person = 0; person < this.#people.size; person++) {
      if (this.#ofPeople.isYes(this.#word(person, purpose), this.#policy)) count++;
    }
    return count;
  }

  /** The date from which a consenting person consents, by their latest word; epoch milliseconds. */
  personSince(email: string, purpose: Purpose): number {
    const person = this.#people.find(email);
    return person < 0 ? Infinity : this.#ofPeople.since(this.#word(person, purpose));
  }

  /**
   * The date from which all owners of a serial number consent, everybody whom a snapshot names as having registered it;
   * epoch milliseconds.
   */
  ownersSince(serial: string, purpose: Purpose): number {
    const number = this.#serials.find(serial);
    if (number < 0) return 0;
    let since = 0;
    const registrations = this.#registrations;
    for (let each = registrations.lastOf(number); each >= 0; each = registrations.before(each)) {
      const owner = registrations.first(each);
      since = Math.max(since, this.#ofPeople.since(this.#word(owner, purpose)));
    }
    return since;
  }

  /**
   * Whether all owners of a serial number are known, may consent, and have a registration of it that passes a test, which
   * is given its number.
   */
  everyOwner(serial: string, test: (registration: number) => boolean): boolean {
    const number = this.#serials.find(serial);
    return number < 0 || this.everyOwnerOf(number, test);
  }

  /** The same of a serial number by its number in `serials`. */
  everyOwnerOf(serial: number, test: (registration: number) => boolean): boolean {
    if (this.#refused.has(serial)) return false;
    const registrations = this.#registrations;
    for (let each = registrations.lastOf(serial); each >= 0; each = registrations.before(each))
      if (!test(each)) return false;
    return true;
  }

  /** Makes room for what a person says, if they are new. @returns their number */
  #person(number: number): number {
    if (this.#ofPeople.count < this.#people.size * this.#purposes.length)
      this.#ofPeople.add(this.#purposes.length);
    return number;
  }

  #registration(person: number, serial: number): number {
    const before = this.#registrations.size;
    const registration = this.#registrations.add(person, serial);
    if (registration === before) this.#ofRegistrations.add(this.#purposes.length);
    return registration;
  }

  /** Where somebody's word on a purpose stands. */
  #word(whose: number, purpose: Purpose): number {
    const position = this.#purposes.indexOf(purpose);
    if (position < 0) throw new RangeError(`the consent index was not made for ${purpose}`);
    return whose * this.#purposes.length + position;
  }
}

/** The date of a snapshot whose values are plain bytes; epoch milliseconds. */
export function snapshotTime(bytes: Uint8Array, from: Int32Array): number {
  return timeAt(bytes, from[updateIndex]!);
}

/** The number that 13 digits stand for: a time in epoch milliseconds. */
export function timeAt(bytes: Uint8Array, at: number): number {
  // Pairs, as none waits for the one before: in a loop over digits each would.
  const high = (pairAt(bytes, at) * 100 + pairAt(bytes, at + 2)) * 100 + pairAt(bytes, at + 4);
  const low = (pairAt(bytes, at + 6) * 100 + pairAt(bytes, at + 8)) * 100 + pairAt(bytes, at + 10);
  return high * 10_000_000 + low * 10 + bytes[at + 12]! - 0x30;
}

function pairAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 10 + bytes[at + 1]! - 11 * 0x30;
}
