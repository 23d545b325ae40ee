// The commit log: `_stedi/commits/000000000001.json` and so on, appended to and never rewritten. A commit is the
// one instant at which a run's zones appear, all together; only the last one says what the tables are.

import * as v from "valibot";
import { StediError } from "../errors.js";
import type { PartFile } from "../io/part-writer.js";
import type { Store, StoredFile } from "../io/store.js";
import { type Pairing, pairings, type Policy, policies } from "../transforms/policy.js";
import type { Counts } from "./report.js";

/** Where the log is. */
export const commitFolder = "_stedi/commits";

/** A landing table in a commit: the files that were read, and what became of their records. */
export interface CommittedLanding {
  files: StoredFile[];
  unread: number;
  books: { read: number; good: number; quarantined: Counts; droppedFields: number };
  /** The run whose quarantine folder holds what was set aside. */
  run: string;
  quarantine: PartFile[];
}

/** A zone in a commit: where its rows are, and its books. */
export interface CommittedZone {
  folder: string;
  run: string;
  builtAt: string;
  files: PartFile[];
  books: { read: number; quarantined: Counts; filtered: Counts; written: number; pairs?: number | undefined };
  /** For each landing table that the zone was made from, the fingerprint of its listing. */
  sources: Record<string, string>;
}

/**
 * What one commit says; see docs/decisions for why it says it like this. Sizes are bytes, dates ISO 8601 in UTC, paths below
 * the lake's root.
 */
export interface Commit {
  format: 1;
  number: number;
  run: string;
  /** The program's version. */
  version: string;
  committedAt: string;
  /** The instant at which consent stood as this commit has it. */
  consentReadAt: string;
  consent: Policy;
  pair: Pairing;
  landing: Record<string, CommittedLanding>;
  zones: Record<string, CommittedZone>;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const counts = v.record(v.string(), count);
const partFile = v.object({ path: v.string(), bytes: count, rows: count, sha256: v.string() });

const landingRecord = v.object({
  files: v.array(v.object({ path: v.string(), size: count, version: v.string() })),
  unread: count,
  books: v.object({ read: count, good: count, quarantined: counts, droppedFields: count }),
  run: v.string(),
  quarantine: v.array(partFile),
});

const zoneRecord = v.object({
  folder: v.string(),
  run: v.string(),
  builtAt: v.string(),
  files: v.array(partFile),
  books: v.object({
    read: count,
    quarantined: counts,
    filtered: counts,
    written: count,
    pairs: v.optional(count),
  }),
  sources: v.record(v.string(), v.string()),
});

/** The number of the commit behind it has to fit its name. */
const greatestNumber = 999_999_999_998;

const commitRecord: v.GenericSchema<unknown, Commit> = v.object({
  format: v.literal(1),
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(greatestNumber)),
  run: v.string(),
  version: v.string(),
  committedAt: v.string(),
  consentReadAt: v.string(),
  consent: v.picklist(policies),
  pair: v.picklist(pairings),
  landing: v.record(v.string(), landingRecord),
  zones: v.record(v.string(), zoneRecord),
});

const namePattern = /^(\d{12})\.json$/;

/** The numbers of all commits, ascending. */
async function commitNumbers(store: Store): Promise<readonly number[]> {
  const names = await store.names(commitFolder);
  return names.flatMap((name) => {
    const digits = namePattern.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

function pathOf(number: number): string {
  return `${commitFolder}/${String(number).padStart(12, "0")}.json`;
}

async function readCommit(store: Store, number: number): Promise<Commit> {
  const path = pathOf(number);
  const bytes = await store.get(path);
  const where = `${store.uri}/${path}`;
  const refuse = (why: string, next: string): StediError =>
    new StediError("STEDI_BAD_COMMIT", { what: "a commit that cannot be read", where, why, next });
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw refuse("it is not JSON", "restore it from a backup, or build into another place with --out");
  }
  const parsed = v.safeParse(commitRecord, content);
  if (!parsed.success) {
    throw refuse(
      "it is not of the form that this version writes",
      "use the version of the program that wrote it, or a newer one",
    );
  }
  if (parsed.output.number !== number)
    throw refuse("it is that of another number", "take it away if it is a copy, or restore it from a backup");
  return parsed.output;
}

/** The last commits, newest first; none where nothing has been committed. */
export async function lastCommits(store: Store, howMany: number): Promise<readonly Commit[]> {
  const numbers = await commitNumbers(store);
  const wanted = numbers.slice(-howMany).reverse();
  return Promise.all(wanted.map((number) => readCommit(store, number)));
}

/** The commit that says what the tables are now. */
export async function lastCommit(store: Store): Promise<Commit | undefined> {
  return (await lastCommits(store, 1))[0];
}

/**
 * Appends a commit.
 * @throws StediError `STEDI_COMMITTED_BY_ANOTHER` when its number is taken; on any other error it may stand all the same
 */
export async function appendCommit(store: Store, commit: Commit): Promise<void> {
  const path = pathOf(commit.number);
  if (await store.putIfAbsent(path, bytesOf(commit))) return;
  // A store that asks again because it got no answer finds its own file in the way.
  if (await standsAs(store, commit)) return;
  throw committedByAnother(`${store.uri}/${path}`);
}

/** Whether the commit of this number is this one. */
export async function standsAs(store: Store, commit: Commit): Promise<boolean> {
  const found = await store.get(pathOf(commit.number));
  return found !== undefined && Buffer.compare(found, bytesOf(commit)) === 0;
}

function bytesOf(commit: Commit): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(v.parse(commitRecord, commit), null, 1)}\n`);
}

/** @param where the other run's commit */
export function committedByAnother(where: string): StediError {
  return new StediError("STEDI_COMMITTED_BY_ANOTHER", {
    what: "another run committed first",
    where,
    why: "two runs were under way on one lake; the zones are the other run's, whole",
    next: "run again if the landing zone or the options differ from that run's",
  });
}
