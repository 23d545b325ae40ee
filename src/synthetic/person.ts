// The people of the synthetic lake: who they are, which serial numbers they registered, and how their consent
// went back and forth. Everything about a person follows from the seed and the person's number.

import { identityOf } from "./names.js";
import { purposes, stream } from "./random.js";

/** What is settled about a person before chance has its say. */
export interface Profile {
  /** Without registration there is no snapshot of the person, only readings. */
  readonly registered: boolean;
  /** How many serial numbers the person registers. */
  readonly serials: number;
  /** The serial number is the one of the person before. */
  readonly borrows: boolean;
  /** Whether there are step trainer readings. */
  readonly steps: boolean;
  /** Whether there are accelerometer readings. */
  readonly accelerometer: boolean;
  /** Some step readings have no accelerometer reading at their time. */
  readonly gaps: boolean;
  /** Steps at the very same times as the person before. */
  readonly together: boolean;
  /** The last word; left to chance when absent. */
  readonly consents?: boolean;
  /** How many snapshots there are; left to chance when absent. */
  readonly changes?: number;
  /** Goes before the e-mail address, as UTF-8 bytes. */
  readonly emailPrefix: string;
}

/** Most people: registered once, nothing shared, nothing missing. */
export const ordinary: Profile = Object.freeze({
  registered: true,
  serials: 1,
  borrows: false,
  steps: true,
  accelerometer: true,
  gaps: false,
  together: false,
  emailPrefix: "",
});

/**
 * The profile of a person by place among a hundred. Fixed places instead of chance: even a lake of a hundred
 * people has all of them, and their shares are the same at any size. Where a hundred is the first, third...
 * one, the last word of some is fixed too, so that every reason to hold a reading back surely occurs.
 */
export function profileOf(index: number): Profile {
  const sure = Math.floor(index / 100) % 2 === 0;
  const says = (consents: boolean): { consents?: boolean } => (sure ? { consents } : {});
  switch (index % 100) {
    case 44: // registers a serial number that the next person registers as well
      return { ...ordinary, ...says(true) };
    case 45:
      return { ...ordinary, borrows: true, ...says(false) };
    case 46: // never registered: readings of an unknown person with an unknown serial number
      return { ...ordinary, registered: false };
    case 47: // registered, but has not walked yet
      return { ...ordinary, steps: false, accelerometer: false, ...says(true) };
    case 67:
    case 77:
    case 82:
    case 87:
    case 97:
      return { ...ordinary, steps: false, accelerometer: false };
    case 48:
    case 49:
    case 58:
    case 68:
      return { ...ordinary, serials: 2 };
    case 78:
      return { ...ordinary, serials: 3 };
    case 50: // walks at the same times as the next person, so that joining on time alone mixes people up
      return { ...ordinary, ...says(true) };
    case 51:
      return { ...ordinary, together: true, ...says(true) };
    case 52: // the phone lost some of its readings
      return { ...ordinary, gaps: true, ...says(true) };
    case 57: // the phone stayed at home
      return { ...ordinary, accelerometer: false, ...says(true) };
    default:
      return ordinary;
  }
}

/** What the lake is made from: the seed, the number of people, and each person's profile. */
export interface World {
  readonly seed: number;
  readonly people: number;
  readonly profile: (index: number) => Profile;
}

/** One snapshot: what a registration said after one change. */
export interface Change {
  readonly serialNumber: string;
  readonly registrationDate: number;
  readonly lastUpdateDate: number;
  /** The date of consent to research, 0 when there is none. */
  readonly research: number;
  readonly public: boolean;
  readonly friends: boolean;
}

/** One person, complete. Strings hold one byte of UTF-8 in each character (see framing.ts). */
export interface Person {
  readonly index: number;
  readonly profile: Profile;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly birthDay: string;
  readonly serialNumbers: readonly string[];
  /** In the order of their dates. */
  readonly changes: readonly Change[];
  /** The date of the last change, or, without registration, when the person turned up. */
  readonly settled: number;
}

/** No person has more snapshots than this. */
export const maxChanges = 12;

// 1 January 2024. With one person every four seconds, a thousand million people still fit before the year
// 2286, where a time in milliseconds gets a fourteenth digit.
const epoch = 1_704_067_200_000;
const arrivalMs = 4_000;
const minuteMs = 60_000;

/** How many snapshots a person has. Cheap, because every round over the customers asks it of everybody. */
export function changeCount(world: World, index: number): number {
  const profile = world.profile(index);
  if (!profile.registered) return 0;
  if (profile.changes !== undefined) return profile.changes;
  const random = stream(world.seed, index, purposes.changeCount);
  const draw = random.below(100);
  const count = draw < 45 ? 1 : draw < 73 ? 2 : draw < 86 ? 3 : draw < 92 ? 4 : random.between(5, maxChanges);
  return Math.max(count, profile.serials);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

/** A version 4 UUID. */
function serialNumberOf(seed: number, index: number, which: number): string {
  const random = stream(seed, index, purposes.serialNumber + which);
  const a = hex(random.word());
  const b = hex((random.word() & 0xffff0fff) | 0x00004000);
  const c = hex((random.word() & 0x3fffffff) | 0x80000000);
  const d = hex(random.word());
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

function serialNumbersOf(world: World, index: number, profile: Profile): string[] {
  const owner = profile.borrows ? index - 1 : index;
  return Array.from({ length: profile.serials }, (_, which) => serialNumberOf(world.seed, owner, which));
}

/** Derives a person from the seed and the person's number. */
export function derivePerson(world: World, index: number): Person {
  const profile = world.profile(index);
  const { name, email } = identityOf(world.seed, index);
  const serialNumbers = serialNumbersOf(world, index, profile);
  const random = stream(world.seed, index, purposes.history);
  const phone = `80155501${String(random.below(100)).padStart(2, "0")}`;
  const month = String(random.between(1, 12)).padStart(2, "0");
  const day = String(random.between(1, 28)).padStart(2, "0");
  const birthDay = `${random.between(1930, 2005)}-${month}-${day}`;

  const count = changeCount(world, index);
  const changes: Change[] = [];
  const latest = new Map<number, Change>();
  let date = epoch + index * arrivalMs + random.below(arrivalMs);
  for (let number = 0; number < count; number++) {
    if (number > 0) date += random.between(minuteMs, 180 * minuteMs);
    const which = number < serialNumbers.length ? number : random.below(serialNumbers.length);
    const before = latest.get(which);
    let research: number;
    if (before === undefined) {
      // A word that is settled flips with every change, so the first one follows from the last.
      const settled = profile.consents === undefined ? random.coin() : profile.consents === (count % 2 === 1);
      research = settled ? date : 0;
    } else if (profile.consents === undefined && random.below(8) === 0) {
      research = before.research; // only the other two consents changed: this one keeps its date
    } else {
      research = before.research === 0 ? date : 0;
    }
    const change: Change = {
      serialNumber: serialNumbers[which]!,
      registrationDate: before?.registrationDate ?? date,
      lastUpdateDate: date,
      research,
      public: random.coin(),
      friends: random.coin(),
    };
    latest.set(which, change);
    changes.push(change);
  }
  return {
    index,
    profile,
    name,
    email: profile.emailPrefix + email,
    phone,
    birthDay,
    serialNumbers,
    changes,
    settled: date,
  };
}

/** The record of one of a person's changes, as a line. */
export function customerLine(person: Person, number: number): string {
  const change = person.changes[number];
  if (change === undefined) return "";
  const { lastUpdateDate } = change;
  return (
    `{"customerName":"${person.name}","email":"${person.email}","phone":"${person.phone}",` +
    `"birthDay":"${person.birthDay}","serialNumber":"${change.serialNumber}",` +
    `"registrationDate":${change.registrationDate},"lastUpdateDate":${lastUpdateDate}` +
    (change.research === 0 ? "" : `,"shareWithResearchAsOfDate":${change.research}`) +
    (change.public ? `,"shareWithPublicAsOfDate":${lastUpdateDate}` : "") +
    (change.friends ? `,"shareWithFriendsAsOfDate":${lastUpdateDate}` : "") +
    "}\n"
  );
}
