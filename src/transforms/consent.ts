// Who consents. An index in memory of every person, registration and serial number that any snapshot names,
// with the latest word of each on every purpose (a `shareWith…AsOfDate` field). It is filled from the customer
// landing zone, damage included, and asked only once that zone has been read to its end.

import type { Attribution } from "./attribution.js";
import { keyOf } from "./keys.js";
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

const emailIndex = fieldIndex(customerLanding, "email");
const serialIndex = fieldIndex(customerLanding, "serialNumber");
const updateIndex = fieldIndex(customerLanding, "lastUpdateDate");

const silent = 0;
const no = 1;
const yes = 2;
/** Added to the latest word where there ever was a yes. */
const everYes = 4;

/**
 * The latest words of many, each over some set of snapshots. Dates are epoch milliseconds; a "no" that nothing undoes
 * stands at `Infinity`. Arrays of numbers, since there are as many words as registrations.
 */
class Words {
  readonly #at: number[] = [];
  readonly #since: number[] = [];
  readonly #said: number[] = [];

  /** Adds some that have not been said yet. */
  add(count: number): void {
    for (let left = count; left > 0; left--) {
      this.#at.push(-Infinity);
      this.#since.push(0);
      this.#said.push(silent);
    }
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

/** A person's number times this, plus a serial number's number, is a registration's key. */
const mostSerials = 2 ** 26;

/** See the top of this file. */
export class ConsentIndex {
  readonly #policy: Policy;
  readonly #purposes: readonly Purpose[];
  readonly #purposeIndexes: readonly number[];
  // Everybody and everything has a number, in the order in which they came.
  readonly #people = new Map<string, number>();
  readonly #emails: string[] = [];
  readonly #serials = new Map<string, number>();
  readonly #registrations = new Map<number, number>();
  /** Of each registration: its person, and the registration before it of the same serial number; -1: none. */
  readonly #personOf: number[] = [];
  readonly #sibling: number[] = [];
  /** Of each serial number: its last registration; -1: none. */
  readonly #lastOf: number[] = [];
  /** Serial numbers that a damaged snapshot names for somebody who cannot be told, or whose "no" nothing undoes. */
  readonly #refused = new Set<number>();
  /** The words of people and of registrations, on every purpose one after the other. */
  readonly #ofPeople = new Words();
  readonly #ofRegistrations = new Words();
  /** The registration of the last snapshot: it is asked for next. */
  #lastEmail = "";
  #lastSerial = "";
  #lastRegistration = -1;
  #snapshots = 0;
  #unattributable = 0;

  /** @param wanted the purposes that will be asked about */
  constructor(policy: Policy, wanted: readonly Purpose[]) {
    this.#policy = policy;
    this.#purposes = wanted;
    this.#purposeIndexes = wanted.map((purpose) => fieldIndex(customerLanding, purpose));
  }

  /** Takes in a good snapshot: a word of its person and of its registration on each purpose. */
  addSnapshot(row: Row): void {
    this.#snapshots++;
    const email = keyOf(row[emailIndex]!);
    const serial = keyOf(row[serialIndex]!);
    const at = Number(row[updateIndex]);
    const person = this.#person(email);
    const registration = this.#registration(person, serial);
    this.#lastEmail = email;
    this.#lastSerial = serial;
    this.#lastRegistration = registration;
    const indexes = this.#purposeIndexes;
    for (let purpose = 0; purpose < indexes.length; purpose++) {
      const date = row[indexes[purpose]!];
      const since = date === undefined ? undefined : Number(date);
      this.#ofPeople.hear(person * indexes.length + purpose, at, since);
      this.#ofRegistrations.hear(registration * indexes.length + purpose, at, since);
    }
  }

  /** Takes in a damaged snapshot: a "no" of everybody it names, on every purpose. */
  addDamage({ people, serials, at }: Attribution): void {
    if (people.size === 0) this.#unattributable++;
    for (const email of people) this.#hearNo(this.#ofPeople, this.#person(email), at);
    for (const serial of serials) {
      if (people.size === 0 || at === Infinity) {
        // An owner who can never consent withholds a serial number whoever it is. Not naming each pair keeps a
        // stretch of many addresses and many serial numbers from costing their product.
        this.#refused.add(this.#serial(serial));
      } else {
        for (const email of people) {
          this.#hearNo(this.#ofRegistrations, this.#registration(this.#person(email), serial), at);
        }
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

  /** The number of damaged snapshots without a readable e-mail address. */
  get unattributable(): number {
    return this.#unattributable;
  }

  /** The keys of everybody whom a snapshot, good or damaged, names. */
  people(): Iterable<string> {
    return this.#people.keys();
  }

  /** The keys of every serial number that a snapshot, good or damaged, names. */
  serials(): Iterable<string> {
    return this.#serials.keys();
  }

  /** Whether any snapshot, good or damaged, names this person. */
  knowsPerson(email: string): boolean {
    return this.#people.has(email);
  }

  /** Whether any snapshot, good or damaged, names this serial number. */
  knowsSerial(serial: string): boolean {
    return this.#serials.has(serial);
  }

  /** Whether a person consents, over all their registrations. */
  personConsents(email: string, purpose: Purpose): boolean {
    const person = this.#people.get(email);
    return person !== undefined && this.#ofPeople.isYes(this.#word(person, purpose), this.#policy);
  }

  /** Whether a registration's own word is yes and its person consents. */
  registrationConsents(email: string, serial: string, purpose: Purpose): boolean {
    const registration = this.registrationOf(email, serial);
    return (
      registration !== undefined &&
      this.#ofRegistrations.isYes(this.#word(registration, purpose), this.#policy) &&
      this.personConsents(email, purpose)
    );
  }

  /** The number of a registration that a snapshot has named; numbers are given out from 0. */
  registrationOf(email: string, serial: string): number | undefined {
    if (email === this.#lastEmail && serial === this.#lastSerial) return this.#lastRegistration;
    const person = this.#people.get(email);
    const number = this.#serials.get(serial);
    if (person === undefined || number === undefined) return undefined;
    return this.#registrations.get(person * mostSerials + number);
  }

  /** The number of people who consent. */
  countConsenting(purpose: Purpose): number {
    let count = 0;
    for (const person of this.#people.values()) {
      if (this.#ofPeople.isYes(this.#word(person, purpose), this.#policy)) count++;
    }
    return count;
  }

  /** The date from which a consenting person consents, by their latest word; epoch milliseconds. */
  personSince(email: string, purpose: Purpose): number {
    const person = this.#people.get(email);
    return person === undefined ? Infinity : this.#ofPeople.since(this.#word(person, purpose));
  }

  /** The date from which all owners of a serial number consent; epoch milliseconds. */
  ownersSince(serial: string, purpose: Purpose): number {
    let since = 0;
    for (const email of this.ownersOf(serial)) since = Math.max(since, this.personSince(email, purpose));
    return since;
  }

  /** Every person whom a snapshot names as having registered this serial number, consenting or not. */
  ownersOf(serial: string): ReadonlySet<string> {
    const owners: string[] = [];
    const number = this.#serials.get(serial);
    if (number !== undefined) {
      let registration = this.#lastOf[number]!;
      for (; registration >= 0; registration = this.#sibling[registration]!) {
        owners.push(this.#emails[this.#personOf[registration]!]!);
      }
    }
    return new Set(owners.reverse());
  }

  /** Whether a serial number has an owner who is unknown, or who can never consent. */
  isRefused(serial: string): boolean {
    const number = this.#serials.get(serial);
    return number !== undefined && this.#refused.has(number);
  }

  #person(email: string): number {
    let person = this.#people.get(email);
    if (person === undefined) {
      person = this.#people.size;
      this.#people.set(email, person);
      this.#emails.push(email);
      this.#ofPeople.add(this.#purposes.length);
    }
    return person;
  }

  #serial(serial: string): number {
    let number = this.#serials.get(serial);
    if (number === undefined) {
      number = this.#serials.size;
      this.#serials.set(serial, number);
      this.#lastOf.push(-1);
    }
    return number;
  }

  #registration(person: number, serial: string): number {
    const number = this.#serial(serial);
    const key = person * mostSerials + number;
    let registration = this.#registrations.get(key);
    if (registration === undefined) {
      registration = this.#registrations.size;
      this.#registrations.set(key, registration);
      this.#personOf.push(person);
      this.#sibling.push(this.#lastOf[number]!);
      this.#lastOf[number] = registration;
      this.#ofRegistrations.add(this.#purposes.length);
    }
    return registration;
  }

  /** Where somebody's word on a purpose stands. */
  #word(whose: number, purpose: Purpose): number {
    const position = this.#purposes.indexOf(purpose);
    if (position < 0) throw new RangeError(`the consent index was not made for ${purpose}`);
    return whose * this.#purposes.length + position;
  }
}
