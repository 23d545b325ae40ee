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

/**
 * The latest word on one purpose, over some set of snapshots. Dates are epoch milliseconds; a "no" that nothing
 * undoes stands at `Infinity`.
 */
class Word {
  #at = -Infinity;
  #yes = false;
  #since = 0;
  #everYes = false;

  /** @param since the date of consent of a "yes", nothing for a "no" */
  hear(at: number, since: number | undefined): void {
    const yes = since !== undefined;
    if (yes) this.#everYes = true;
    if (at > this.#at) {
      this.#at = at;
      this.#yes = yes;
      this.#since = since ?? 0;
    } else if (at === this.#at) {
      // Of two words of one date, "no" wins; of two that say yes, the later date of consent.
      this.#yes &&= yes;
      if (yes) this.#since = Math.max(this.#since, since);
    }
  }

  isYes(policy: Policy): boolean {
    return policy === "any" ? this.#everYes : this.#yes;
  }

  /** The date of consent in the latest word; epoch milliseconds. */
  get since(): number {
    return this.#since;
  }
}

interface Person {
  readonly words: readonly Word[];
  readonly registrations: Map<string, readonly Word[]>;
}

interface Serial {
  readonly owners: Set<string>;
  /** A damaged snapshot names this serial number for somebody who cannot be told, or whose "no" nothing undoes. */
  refused: boolean;
}

/** See the top of this file. */
export class ConsentIndex {
  readonly #policy: Policy;
  readonly #purposes: readonly Purpose[];
  readonly #purposeIndexes: readonly number[];
  readonly #people = new Map<string, Person>();
  readonly #serials = new Map<string, Serial>();
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
    const registration = this.#registration(email, person, serial);
    for (const [purpose, index] of this.#purposeIndexes.entries()) {
      const date = row[index];
      const since = date === undefined ? undefined : Number(date);
      person.words[purpose]!.hear(at, since);
      registration[purpose]!.hear(at, since);
    }
  }

  /** Takes in a damaged snapshot: a "no" of everybody it names, on every purpose. */
  addDamage({ people, serials, at }: Attribution): void {
    if (people.size === 0) this.#unattributable++;
    for (const email of people) {
      for (const word of this.#person(email).words) word.hear(at, undefined);
    }
    for (const serial of serials) {
      if (people.size === 0 || at === Infinity) {
        // An owner who can never consent withholds a serial number whoever it is. Not naming each pair keeps a
        // stretch of many addresses and many serial numbers from costing their product.
        this.#serial(serial).refused = true;
      } else {
        for (const email of people) {
          for (const word of this.#registration(email, this.#person(email), serial)) word.hear(at, undefined);
        }
      }
    }
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
    return this.#people.get(email)?.words[this.#position(purpose)]!.isYes(this.#policy) ?? false;
  }

  /** Whether a registration's own word is yes and its person consents. */
  registrationConsents(email: string, serial: string, purpose: Purpose): boolean {
    const own = this.#people.get(email)?.registrations.get(serial)?.[this.#position(purpose)];
    return own !== undefined && own.isYes(this.#policy) && this.personConsents(email, purpose);
  }

  /** The number of people who consent. */
  countConsenting(purpose: Purpose): number {
    let count = 0;
    for (const person of this.#people.values()) {
      if (person.words[this.#position(purpose)]!.isYes(this.#policy)) count++;
    }
    return count;
  }

  /** The date from which a consenting person consents, by their latest word; epoch milliseconds. */
  personSince(email: string, purpose: Purpose): number {
    return this.#people.get(email)?.words[this.#position(purpose)]!.since ?? Infinity;
  }

  /** The date from which all owners of a serial number consent; epoch milliseconds. */
  ownersSince(serial: string, purpose: Purpose): number {
    let since = 0;
    for (const email of this.ownersOf(serial)) since = Math.max(since, this.personSince(email, purpose));
    return since;
  }

  /** Every person whom a snapshot names as having registered this serial number, consenting or not. */
  ownersOf(serial: string): ReadonlySet<string> {
    return this.#serials.get(serial)?.owners ?? new Set();
  }

  /** Whether a serial number has an owner who is unknown, or who can never consent. */
  isRefused(serial: string): boolean {
    return this.#serials.get(serial)?.refused ?? false;
  }

  #person(email: string): Person {
    let person = this.#people.get(email);
    if (person === undefined) {
      person = { words: this.#silence(), registrations: new Map() };
      this.#people.set(email, person);
    }
    return person;
  }

  #serial(serial: string): Serial {
    let found = this.#serials.get(serial);
    if (found === undefined) {
      found = { owners: new Set(), refused: false };
      this.#serials.set(serial, found);
    }
    return found;
  }

  #registration(email: string, person: Person, serial: string): readonly Word[] {
    let words = person.registrations.get(serial);
    if (words === undefined) {
      words = this.#silence();
      person.registrations.set(serial, words);
      this.#serial(serial).owners.add(email);
    }
    return words;
  }

  #silence(): readonly Word[] {
    return this.#purposes.map(() => new Word());
  }

  #position(purpose: Purpose): number {
    const position = this.#purposes.indexOf(purpose);
    if (position < 0) throw new RangeError(`the consent index was not made for ${purpose}`);
    return position;
  }
}
