// The hazards of a messy lake. Each is played by one person of the first fifty, and by one in every further
// two thousand people, so that every kind occurs in the smallest lake and is rare in a large one. Some only
// change how the person's records stand in a file, some damage single records, some take the consent back.

import type { Framing } from "./framing.js";
import { ordinary, type Profile } from "./person.js";
import { changeValue, cutIn, extended, renamed, tailFrom, withValue, without } from "./records.js";

/** The groups of files in a messy lake. Each has the people whose part it is; all but the first are small. */
export const sections = Object.freeze([
  "regular",
  "array",
  "crlf",
  "gzip",
  "mixed",
  "nul",
  "pretty",
  "older",
] as const);

/** One of {@link sections}. */
export type Section = (typeof sections)[number];

/** How the records stand in a section's files; step trainer arrays are cut off between two records. */
export function framingOf(section: Section, table: string): Framing {
  switch (section) {
    case "regular":
    case "gzip":
      return "lines";
    case "array":
      return table === "step_trainer" ? "open-array" : "array";
    case "crlf":
    case "mixed":
    case "nul":
    case "pretty":
    case "older":
      return section;
  }
}

/** A change to the records of one person: what stands in the place of record number `number` of `last + 1`. */
export type Edit = (line: string, number: number, last: number) => string | readonly string[];

/** One part in a messy lake. */
export interface Part {
  /** What it is about. */
  readonly name: string;
  readonly section: Section;
  /** How many snapshots the person has; they say yes and no in turn. */
  readonly changes: number;
  /** What the last of them says before any damage. */
  readonly consents: boolean;
  readonly emailPrefix?: string;
  readonly customer?: Edit;
  readonly accelerometer?: Edit;
  readonly stepTrainer?: Edit;
}

/** Edits of single records, by number; the others stay. */
function only(edits: Readonly<Record<number, (line: string) => string | readonly string[]>>): Edit {
  return (line, number) => edits[number]?.(line) ?? line;
}

/** An edit of the last record; the others stay. */
function atLast(edit: (line: string) => string | readonly string[]): Edit {
  return (line, number, last) => (number === last ? edit(line) : line);
}

const olderTime = (line: string): string => renamed(line, "timestamp", "timeStamp");

function updateDate(line: string): number {
  return Number(/"lastUpdateDate":(\d+)/.exec(line)?.[1]);
}

/** The record with both a date of consent and `null` for it. */
function twice(line: string, dateFirst: boolean): string {
  const name = '"shareWithResearchAsOfDate"';
  const date = `${name}:${updateDate(line)}`;
  const both = dateFirst ? `${date},${name}:null` : `${name}:null,${date}`;
  return extended(without(line, "shareWithResearchAsOfDate"), both);
}

function upperCase(literal: string): string {
  return literal.toUpperCase();
}

/** Milliseconds to seconds, as digits. */
function seconds(literal: string): string {
  return literal.slice(0, -3);
}

// "Zoë." in bytes of UTF-8: composed, decomposed, and escaped.
const composed = "Zo\xc3\xab.";
const decomposed = "Zoe\xcc\x88.";
const escaped = "Zo\\u00eb.";

/** All parts; the position is the person's number modulo {@link partsEvery}. */
export const parts: readonly Part[] = Object.freeze<Part[]>([
  // How records stand in a file.
  { name: "older export", section: "older", changes: 3, consents: true, accelerometer: olderTime },
  {
    name: "cut off in the middle of a file, directly before the next person's withdrawal",
    section: "older",
    changes: 2,
    consents: true,
    customer: atLast((line) => cutIn(line, "lastUpdateDate", 23)),
    accelerometer: (line, number) =>
      number === 40 ? cutIn(olderTime(line), "timeStamp", 7) : olderTime(line),
    stepTrainer: only({ 14: (line) => cutIn(line, "distanceFromObject", 21) }),
  },
  { name: "swallowed withdrawal", section: "older", changes: 2, consents: false, accelerometer: olderTime },
  {
    name: "after the swallowed withdrawal",
    section: "older",
    changes: 4,
    consents: true,
    accelerometer: olderTime,
  },
  { name: "last of an older export", section: "older", changes: 5, consents: true, accelerometer: olderTime },
  { name: "byte-order mark and CRLF", section: "crlf", changes: 2, consents: true },
  { name: "last of a CRLF file", section: "crlf", changes: 3, consents: true },
  { name: "pretty-printed", section: "pretty", changes: 2, consents: true },
  { name: "array", section: "array", changes: 3, consents: true },
  { name: "gzip", section: "gzip", changes: 2, consents: true },
  { name: "NULs between records", section: "nul", changes: 6, consents: true },
  { name: "mixed framings 1", section: "mixed", changes: 1, consents: true },
  { name: "mixed framings 2", section: "mixed", changes: 2, consents: true },
  { name: "mixed framings 3", section: "mixed", changes: 2, consents: false },
  { name: "mixed framings 4", section: "mixed", changes: 3, consents: true },

  // Fields that stand twice.
  {
    // Whoever takes the last of two fields for the word reads a consent here that is none.
    name: "null, then date, as the last word",
    section: "regular",
    changes: 2,
    consents: false,
    customer: atLast((line) => twice(line, false)),
    accelerometer: only({ 3: (line) => line.replace(',"x":', ',"x":0.0,"x":') }),
    stepTrainer: only({ 3: (line) => extended(line, '"distanceFromObject":250') }),
  },
  {
    name: "date, then null, made good by a later word",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({ 1: (line) => twice(line, true) }),
    accelerometer: only({ 7: (line) => extended(line, '"USER":"somebody.else@test.com"') }),
    stepTrainer: only({ 7: (line) => extended(line, '"serialnumber":"somebody-elses"') }),
  },

  // Text that is not text.
  {
    name: "invalid UTF-8",
    section: "regular",
    changes: 2,
    consents: true,
    customer: only({ 0: (line) => changeValue(line, "customerName", (name) => name.replace(" ", " \xff")) }),
    accelerometer: only({
      5: (line) => line.replace("@", "\xc3@"), // a sequence that breaks off
      6: (line) => extended(line, '"note":"\xc0\xaf"'), // an overlong one
      7: (line) => extended(line, '"note":"\xed\xa0\x80"'), // a surrogate in bytes
    }),
    stepTrainer: only({
      5: (line) => changeValue(line, "serialNumber", (serial) => serial.replace("-", "\x80")),
    }),
  },
  {
    name: "lone surrogates",
    section: "regular",
    changes: 2,
    consents: true,
    customer: atLast((line) => withValue(line, "phone", '"801\\udc00"')),
    accelerometer: only({ 9: (line) => extended(line, '"note":"\\ud83d"') }),
    stepTrainer: only({ 9: (line) => extended(line, '"\\uDE00":1') }),
  },

  // Fields and numbers that ask for care.
  {
    // Whoever lets this name set a prototype reads the date of consent from there.
    name: "names of prototypes in a withdrawal",
    section: "regular",
    changes: 2,
    consents: false,
    customer: atLast((line) =>
      extended(
        line,
        '"__proto__":{"shareWithResearchAsOfDate":1704067200000},"constructor":{"prototype":null}',
      ),
    ),
  },
  {
    name: "names of prototypes in readings",
    section: "regular",
    changes: 2,
    consents: true,
    accelerometer: only({
      2: (line) => extended(line, '"__proto__":{"user":"x"},"constructor":"y","toString":0'),
    }),
    stepTrainer: only({ 2: (line) => extended(line, '"constructor":1,"__proto__":[]') }),
  },
  {
    name: "numbers",
    section: "regular",
    changes: 2,
    consents: true,
    customer: only({ 0: (line) => withValue(line, "registrationDate", "1704067200000.0") }),
    accelerometer: only({
      1: (line) => withValue(line, "x", "9007199254740993"),
      2: (line) => withValue(line, "x", "-0"),
      3: (line) => withValue(line, "y", "1E2"),
      4: (line) => withValue(line, "z", "1e400"),
      5: (line) => withValue(line, "z", "-1e400"),
      6: (line) => withValue(line, "x", "0.1000000000000000055511151231257827"),
      7: (line) => withValue(line, "y", "1e-400"),
      8: (line) => withValue(line, "y", "-0.0"),
    }),
    stepTrainer: only({
      1: (line) => withValue(line, "distanceFromObject", "9007199254740993"),
      2: (line) => withValue(line, "distanceFromObject", "2E2"),
      3: (line) => withValue(line, "distanceFromObject", "1e400"),
      4: (line) => withValue(line, "distanceFromObject", "-0"),
      5: (line) => withValue(line, "distanceFromObject", "123456789012345678901234567890"),
      6: (line) => withValue(line, "distanceFromObject", "0x10"),
    }),
  },
  {
    name: "blank dates",
    section: "regular",
    changes: 10,
    consents: false,
    customer: (line, number) => {
      const blank = ["null", '""', "0", "-0.0", "0e5"][number >> 1] ?? "null";
      const first = without(without(line, "shareWithPublicAsOfDate"), "shareWithFriendsAsOfDate");
      const shares = `"shareWithPublicAsOfDate":${blank},"shareWithFriendsAsOfDate":${blank}`;
      return number % 2 === 1
        ? extended(first, `"shareWithResearchAsOfDate":${blank},${shares}`)
        : extended(first, shares);
    },
  },
  {
    name: "field names in other case",
    section: "regular",
    changes: 3,
    consents: true,
    customer: (line, number, last) =>
      number === last
        ? line.replaceAll(/"(\w+)":/g, (_, name: string) => `"${name.toUpperCase()}":`)
        : renamed(renamed(line, "email", "Email"), "serialNumber", "serialnumber"),
    accelerometer: (line, number) =>
      number % 2 === 0 ? olderTime(line) : renamed(renamed(line, "user", "USER"), "x", "X"),
    stepTrainer: (line) =>
      renamed(renamed(line, "sensorReadingTime", "SensorReadingTime"), "serialNumber", "SERIALNUMBER"),
  },
  {
    name: "withdrawal under another spelling",
    section: "regular",
    changes: 2,
    consents: false,
    customer: atLast((line) =>
      changeValue(changeValue(line, "serialNumber", upperCase), "email", (email) =>
        upperCase(email).replace(/"$/, '  "'),
      ),
    ),
  },
  {
    name: "readings under other spellings",
    section: "regular",
    changes: 2,
    consents: true,
    accelerometer: (line, number) =>
      number % 3 === 0
        ? changeValue(line, "user", upperCase)
        : number % 3 === 1
          ? changeValue(line, "user", (user) => user.replace(/"$/, '\\t "'))
          : line,
    stepTrainer: (line, number) =>
      number % 2 === 0
        ? changeValue(line, "serialNumber", (serial) => upperCase(serial).replace(/^"/, '" '))
        : line,
  },
  {
    name: "composed and decomposed letters",
    section: "regular",
    changes: 2,
    consents: true,
    emailPrefix: composed,
    customer: only({ 1: (line) => line.replace(composed, () => decomposed) }),
    accelerometer: (line, number) =>
      line.replace(composed, () => [composed, decomposed, escaped][number % 3] ?? composed),
  },
  {
    name: "seconds and microseconds",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({ 1: (line) => changeValue(line, "lastUpdateDate", seconds) }),
    accelerometer: only({
      2: (line) => changeValue(line, "timestamp", seconds),
      5: (line) => changeValue(line, "timestamp", (time) => `${time}000`),
      8: (line) => changeValue(line, "timestamp", (time) => `${time}.0`),
      11: (line) => changeValue(line, "timestamp", (time) => `"${time}"`),
    }),
    stepTrainer: only({
      2: (line) => changeValue(line, "sensorReadingTime", seconds),
      5: (line) => changeValue(line, "sensorReadingTime", (time) => `-${time}`),
      8: (line) =>
        changeValue(line, "sensorReadingTime", (time) => `${time.slice(0, 1)}.${time.slice(1)}e12`),
    }),
  },
  {
    name: "missing fields",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({
      0: (line) => without(without(line, "phone"), "customerName"), // these two may be missing
      1: (line) => without(line, "email"), // nobody's: the serial number gets an unknown owner
    }),
    accelerometer: only({
      2: (line) => without(line, "y"),
      5: (line) => withValue(line, "x", "null"),
      8: (line) => withValue(line, "z", '"-1.0"'),
      11: (line) => without(line, "user"),
    }),
    stepTrainer: only({
      2: (line) => without(line, "distanceFromObject"),
      5: (line) => withValue(line, "serialNumber", '" \\t"'),
      8: (line) => without(line, "sensorReadingTime"),
    }),
  },

  // Stretches that are no records.
  {
    name: "log lines between records",
    section: "regular",
    changes: 2,
    consents: true,
    customer: only({ 1: (line) => ["-- export resumed --", line] }),
    accelerometer: only({ 12: (line) => ["null", "true, 42", line] }),
    stepTrainer: only({ 12: (line) => ["\t ", "", "ERROR disk quota exceeded", line] }),
  },
  {
    name: "beginning lost",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({ 1: (line) => tailFrom(line, "email", 14) }), // nobody's, but with its serial number
    accelerometer: only({ 4: (line) => tailFrom(line, "user", 12) }),
    stepTrainer: only({ 4: (line) => tailFrom(line, "serialNumber", 20) }),
  },
  {
    name: "end of a line lost",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({ 1: (line) => cutIn(line, "lastUpdateDate", 19) }),
    accelerometer: only({ 4: (line) => cutIn(line, "y", 0), 6: (line) => cutIn(line, "z", 3) }),
    stepTrainer: only({ 4: (line) => cutIn(line, "distanceFromObject", 5) }),
  },

  // Records that are good, but unusual.
  {
    name: "records that stand twice",
    section: "regular",
    changes: 1,
    consents: true,
    customer: (line) => [line, line],
    accelerometer: only({ 10: (line) => [line, line] }),
    stepTrainer: only({ 10: (line) => [line, line] }),
  },
  {
    name: "yes and no at the same instant",
    section: "regular",
    changes: 1,
    consents: true,
    customer: (line) => [line, without(line, "shareWithResearchAsOfDate")],
  },
  {
    name: "nested fields that nobody asked for",
    section: "regular",
    changes: 2,
    consents: true,
    customer: (line) =>
      extended(line, '"device":{"firmware":[1,2,{"beta":true}],"label":"a}{b"},"device":{}'),
    accelerometer: only({ 20: (line) => extended(line, '"raw":[[[[0]]]],"unit":"g"') }),
    stepTrainer: only({ 20: (line) => extended(line, '"raw":{"\\"}{":"\\\\"}') }),
  },

  // Snapshots that keep to the grammar but not to the table.
  {
    name: "a date in words",
    section: "regular",
    changes: 3,
    consents: true,
    customer: only({ 1: (line) => extended(line, '"shareWithResearchAsOfDate":"2024-01-01"') }),
  },
  {
    name: "an empty serial number, as the last word",
    section: "regular",
    changes: 2,
    consents: true,
    customer: atLast((line) => withValue(line, "serialNumber", '""')),
  },
]);

/** One person in this many plays each part. */
export const partsEvery = 2_000;

/** The part that a person plays in a messy lake, if any. */
export function partOf(index: number): Part | undefined {
  return parts[index % partsEvery];
}

/** The profile of a person who plays a part. */
export function profileFor(part: Part): Profile {
  return {
    ...ordinary,
    consents: part.consents,
    changes: part.changes,
    emailPrefix: part.emailPrefix ?? "",
  };
}

/**
 * Some of a person's records in one table, without their line breaks, after an edit.
 * @param first the number of the first of them
 * @param count how many records the person has in this table altogether
 */
export function edited(
  lines: readonly string[],
  edit: Edit | undefined,
  first: number,
  count: number,
): readonly string[] {
  if (edit === undefined) return lines;
  return lines.flatMap((line, number) => edit(line, first + number, count - 1));
}

/** A file of fixed content that stands beside the others. */
export interface StrayFile {
  readonly path: string;
  readonly text: string;
}

/** Files without records, with another ending, or below a folder that nobody is to read. */
export function strayFiles(table: string): StrayFile[] {
  const folder = `${table}/landing`;
  const files = [
    { path: `${folder}/${table}-empty.json`, text: "" },
    { path: `${folder}/${table}-blank.json`, text: " \n\t\r\n\n  " },
  ];
  if (table === "customer")
    files.push({ path: `${folder}/notes.csv`, text: "date,note\n2024-01-01,first export\n" });
  if (table === "accelerometer") {
    const text =
      '{"user":"Nobody.Atall@test.com","timestamp":1704067200000,"x":0.0,"y":0.0,"z":0.0}\n{"user":"Nob';
    files.push({ path: `${folder}/_temporary/${table}-000.json`, text });
  }
  return files;
}
