// Who consents, and which registrations may be shared: collects the words of all snapshots, good and damaged,
// and lets the policy decide.

import { attributeAll } from "./attribution.js";
import { compareScalars, keyIn, timeIn, type Row } from "./contract.js";
import type { LandingTable } from "./landing.js";
import { CUSTOMER, type Policy } from "./model.js";

/** A good snapshot. */
export interface Snapshot {
  readonly row: Row;
  readonly person: string;
  readonly serial: string;
  /** When it was written, by its own account. */
  readonly time: number;
  /** From when on research may use the data; null says no. */
  readonly consentDate: number | null;
}

/** What one snapshot says about a person or a registration. */
interface Word {
  readonly time: number;
  /** Null is a "no". */
  readonly consentDate: number | null;
}

export interface Consent {
  /** Good snapshots in landing order. */
  readonly snapshots: readonly Snapshot[];
  /** Everyone named in a snapshot, damaged ones included. */
  readonly knownPeople: ReadonlySet<string>;
  /** Every serial number in a snapshot, damaged ones included. */
  readonly knownSerials: ReadonlySet<string>;
  /** Serial number -> everyone who ever registered it, consenting or not. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>;
  /** Serial numbers that someone registered who cannot be told, and so does not consent. */
  readonly unknownOwner: ReadonlySet<string>;
  /** People who consent -> from when on. */
  readonly people: ReadonlyMap<string, number>;
  /** Registrations that have a row in customer_trusted, see `registrationKey`. */
  readonly trustedRegistrations: ReadonlySet<string>;
  readonly unattributable: number;
}

/** Neither part may run into the other, and both may hold any character, so they are quoted. */
export function registrationKey(person: string, serial: string): string {
  return JSON.stringify([person, serial]);
}

export function decideConsent(customers: LandingTable, policy: Policy): Consent {
  const snapshots = customers.rows.map(toSnapshot);
  const wordsOfPeople = new Map<string, Word[]>();
  const wordsOfRegistrations = new Map<string, Word[]>();
  const owners = new Map<string, Set<string>>();
  const unknownOwner = new Set<string>();
  let unattributable = 0;

  for (const { person, serial, time, consentDate } of snapshots) {
    append(wordsOfPeople, person, { time, consentDate });
    append(wordsOfRegistrations, registrationKey(person, serial), { time, consentDate });
    addTo(owners, serial, person);
  }
  for (const { people, serials, unknown, time } of attributeAll(customers.damaged)) {
    const no: Word = { time, consentDate: null };
    for (const person of people) {
      append(wordsOfPeople, person, no);
      for (const serial of serials) {
        append(wordsOfRegistrations, registrationKey(person, serial), no);
        addTo(owners, serial, person);
      }
    }
    if (unknown) {
      unattributable += 1;
      for (const serial of serials) unknownOwner.add(serial);
    }
  }

  const people = new Map<string, number>();
  for (const [person, words] of wordsOfPeople) {
    const date = policy === "any" ? greatestConsentDate(words) : latestWord(words);
    if (date !== null) people.set(person, date);
  }

  const trustedRegistrations = new Set<string>();
  for (const { person, serial } of snapshots) {
    const key = registrationKey(person, serial);
    const words = wordsOfRegistrations.get(key)!;
    const own = policy === "any" ? greatestConsentDate(words) : latestWord(words);
    if (own !== null && people.has(person)) trustedRegistrations.add(key);
  }

  return {
    snapshots,
    knownPeople: new Set(wordsOfPeople.keys()),
    knownSerials: new Set([...owners.keys(), ...unknownOwner]),
    owners,
    unknownOwner,
    people,
    trustedRegistrations,
    unattributable,
  };
}

function toSnapshot(row: Row): Snapshot {
  return {
    row,
    person: keyIn(row, "email"),
    serial: keyIn(row, "serialNumber"),
    time: timeIn(row, "lastUpdateDate")!,
    consentDate: timeIn(row, "shareWithResearchAsOfDate"),
  };
}

/** The consent date in the latest word, null for "no". Where several words have the same date, no wins. */
function latestWord(words: readonly Word[]): number | null {
  let time = Number.NEGATIVE_INFINITY;
  for (const word of words) time = Math.max(time, word.time);
  const latest = words.filter((word) => word.time === time);
  return latest.some((word) => word.consentDate === null) ? null : greatestConsentDate(latest);
}

/** Null if all the words are "no". */
function greatestConsentDate(words: readonly Word[]): number | null {
  let greatest: number | null = null;
  for (const { consentDate } of words) {
    if (consentDate !== null && (greatest === null || consentDate > greatest)) greatest = consentDate;
  }
  return greatest;
}

/** The greatest snapshot of each registration; of equal ones the first in landing order. */
export function greatestOfRegistrations(snapshots: readonly Snapshot[]): Set<Snapshot> {
  const greatest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const key = registrationKey(snapshot.person, snapshot.serial);
    const best = greatest.get(key);
    if (best === undefined || compareSnapshots(snapshot, best) > 0) greatest.set(key, snapshot);
  }
  return new Set(greatest.values());
}

/** Never by the order of files: the row must not depend on what the files are called. */
export function compareSnapshots(a: Snapshot, b: Snapshot): number {
  if (a.time !== b.time) return a.time - b.time;
  const names = ["shareWithResearchAsOfDate", ...CUSTOMER.fields.map((field) => field.name)];
  for (const name of names) {
    const order = compareScalars(a.row.get(name), b.row.get(name));
    if (order !== 0) return order;
  }
  return 0;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
