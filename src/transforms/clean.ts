// The clean form of landing records, which any engine can read that reads newline JSON: docs/clean-format.md. Rows are
// written as in the zones, with the keys that SQL cannot work out; of a damaged snapshot what it counts as.

import type { Attribution } from "./attribution.js";
import { keyOf } from "./keys.js";
import { type Row, type RowFormat, rowFormat } from "./rows.js";
import { customerLanding, type TableShape } from "./tables.js";

const space = 0x20;

/** The field that says whether a customer record is a damaged snapshot. */
const damagedField = "damaged";
/** Holds the names that a damaged snapshot was found to speak of, where the program's own rules look for them. */
const damageField = "damage";

/** The field for the key of an e-mail address or serial number: `emailKey` for `email`. */
export function keyFieldOf(field: string): string {
  return `${field}Key`;
}

/**
 * Turns the good rows of a table into lines. Those of customers have their keys always, and say that they are not damaged;
 * readings, of which there are many, have a key only where `lower` of any SQL does not make it of the value.
 */
export function cleanFormat(table: TableShape): RowFormat {
  const format = rowFormat(table);
  const isCustomer = table === customerLanding;
  const keys = table.fields.flatMap(({ kind, name }, index) =>
    kind === "key" ? [{ index, name: keyFieldOf(name) }] : [],
  );
  return (row: Row) => {
    let more = "";
    for (const { index, name } of keys) {
      const value = row[index]!;
      const key = keyOf(value);
      if (isCustomer || !isLowered(value, key)) more += member(name, key);
    }
    if (isCustomer) more += `,"${damagedField}":false`;
    const line = format(row);
    return more === "" ? line : `${line.slice(0, -2)}${more}}\n`;
  };
}

/** Whether a key is surely what `lower` makes of its value. */
function isLowered(value: string, key: string): boolean {
  return /^[\0-\x7f]*$/.test(value) && value.toLowerCase() === key;
}

/**
 * The same of a value of plain bytes (io/table-reader.ts), which is printable ASCII: of these only spaces at its ends are
 * not in its key.
 */
export function isLoweredAt(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes[from] !== space && bytes[to - 1] !== space;
}

/**
 * The lines of a damaged snapshot: at least one, and together they say what it says. Each is itself a damaged snapshot to
 * the program: it lacks fields that have to be there, and names at most one person and one serial number, in an object of
 * its own, where `attributeRecord` finds them.
 */
export function* cleanDamage({ people, serials, isUnknown, at, spellings }: Attribution): Iterable<string> {
  for (const [email, serial] of namesIn(people, serials, isUnknown, at)) {
    const date = at === Infinity ? "" : `,"lastUpdateDate":${at}`;
    let keys = "";
    let names = "";
    for (const [name, key] of [
      ["email", email],
      ["serialNumber", serial],
    ] as const) {
      if (key === undefined) continue;
      keys += member(keyFieldOf(name), key);
      names += member(name, spellings?.get(key) ?? key);
    }
    const damage = names === "" ? "" : `,"${damageField}":{${names.slice(1)}}`;
    yield `{${`${date}${keys},"${damagedField}":true${damage}`.slice(1)}}\n`;
  }
}

type Names = readonly [email: string | undefined, serial: string | undefined];

/** The names of each line. Where it may be somebody else's word, too, each serial number stands without a person as well. */
function* namesIn(
  people: ReadonlySet<string>,
  serials: ReadonlySet<string>,
  isUnknown: boolean,
  at: number,
): Iterable<Names> {
  yield* at === Infinity ? alongside(people, serials) : pairs(people, serials);
  if (isUnknown && people.size > 0) yield* pairs(new Set(), serials);
}

/** Each person with each serial number: these are registrations, which have this "no" at its date. */
function* pairs(people: ReadonlySet<string>, serials: ReadonlySet<string>): Iterable<Names> {
  for (const email of orNone(people)) {
    for (const serial of orNone(serials)) yield [email, serial];
  }
}

/**
 * Each person and each serial number once or more. A "no" that nothing undoes withholds a serial number whoever it is
 * named with, and a stretch of broken text can hold so many of both that nobody could write their pairs.
 */
function* alongside(people: ReadonlySet<string>, serials: ReadonlySet<string>): Iterable<Names> {
  const emails = [...orNone(people)];
  const numbers = [...orNone(serials)];
  for (let index = 0; index < Math.max(emails.length, numbers.length); index++) {
    yield [emails[Math.min(index, emails.length - 1)], numbers[Math.min(index, numbers.length - 1)]];
  }
}

function orNone(keys: ReadonlySet<string>): Iterable<string | undefined> {
  return keys.size === 0 ? [undefined] : keys;
}

function member(name: string, value: string): string {
  return `,"${name}":${JSON.stringify(value)}`;
}
