// The commit log: `_stedi/commits/000000000001.json` and so on, appended to and never rewritten. A commit is the
// one instant at which a run's zones appear, all together; only the last one says what the tables are.

import { z } from "zod";
import { StediError } from "../errors.js";
import type { Store } from "../io/store.js";
import { pairings, policies } from "../transforms/policy.js";

/** Where the log is. */
export const commitFolder = "_stedi/commits";

const count = z.number().int().nonnegative();
const counts = z.record(z.string(), count);

const partFile = z.object({ path: z.string(), bytes: count, rows: count, sha256: z.string() });

const landingFile = z.object({ path: z.string(), size: count, version: z.string() });

const landingRecord = z.object({
  /** What was read, with size and version (size and modification time, or ETag). */
  files: z.array(landingFile),
  unread: count,
  books: z.object({ read: count, good: count, quarantined: counts, droppedFields: count }),
  /** The run whose quarantine folder holds what was set aside. */
  run: z.string(),
  quarantine: z.array(partFile),
});

const zoneRecord = z.object({
  folder: z.string(),
  run: z.string(),
  builtAt: z.string(),
  files: z.array(partFile),
  books: z.object({
    read: count,
    quarantined: counts,
    filtered: counts,
    written: count,
    pairs: count.optional(),
  }),
  /** For each landing table that the zone was made from, the fingerprint of its listing. */
  sources: z.record(z.string(), z.string()),
});

const commitRecord = z.object({
  format: z.literal(1),
  number: z.number().int().positive(),
  run: z.string(),
  /** The program's version. */
  version: z.string(),
  committedAt: z.string(),
  /** The instant at which consent stood as this commit has it. */
  consentReadAt: z.string(),
  consent: z.enum(policies),
  pair: z.enum(pairings),
  landing: z.record(z.string(), landingRecord),
  zones: z.record(z.string(), zoneRecord),
});

/**
 * What one commit says; see docs/decisions for why it says it like this. Sizes are bytes, dates ISO 8601 in UTC, paths below
 * the lake's root.
 * @interface
 */
export type Commit = z.infer<typeof commitRecord>;
/**
 * A zone in a commit: where its rows are, and its books.
 * @interface
 */
export type CommittedZone = z.infer<typeof zoneRecord>;
/**
 * A landing table in a commit: the files that were read, and what became of their records.
 * @interface
 */
export type CommittedLanding = z.infer<typeof landingRecord>;

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
  const parsed = commitRecord.safeParse(content);
  if (!parsed.success) {
    throw refuse(
      "it is not of the form that this version writes",
      "use the version of the program that wrote it, or a newer one",
    );
  }
  return parsed.data;
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
  return new TextEncoder().encode(`${JSON.stringify(commitRecord.parse(commit), null, 1)}\n`);
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
