// What a generated lake is before it becomes bytes: files of entries with a framing, so that tests can
// move, respell and reframe records; and how such a lake is written out.
//
// Field names and rules are stated here once more, rather than taken from src/, so that a slip there
// cannot hide from the tests that use these lakes.
import { gzipSync } from "node:zlib";

/** The tables with a landing folder. */
export type TableName = "customer" | "accelerometer" | "step_trainer";

export const tableNames: readonly TableName[] = ["customer", "accelerometer", "step_trainer"];

/** What a listed field may hold. */
export type Kind = "key" | "text" | "time" | "date" | "number";

/** The listed fields of each table, in the order they are written out. */
export const listedFields: Readonly<Record<TableName, readonly (readonly [name: string, kind: Kind])[]>> = {
  customer: [
    ["customerName", "text"],
    ["email", "key"],
    ["phone", "text"],
    ["birthDay", "text"],
    ["serialNumber", "key"],
    ["registrationDate", "date"],
    ["lastUpdateDate", "time"],
    ["shareWithResearchAsOfDate", "date"],
    ["shareWithPublicAsOfDate", "date"],
    ["shareWithFriendsAsOfDate", "date"],
  ],
  accelerometer: [
    ["user", "key"],
    ["timestamp", "time"],
    ["x", "number"],
    ["y", "number"],
    ["z", "number"],
  ],
  step_trainer: [
    ["sensorReadingTime", "time"],
    ["serialNumber", "key"],
    ["distanceFromObject", "number"],
  ],
};

/** JSON source that is written as it is: numbers keep their digits, nested values their spelling. */
export interface Source {
  readonly source: string;
}

/** A string (which the entry's writing spells, with escapes or without), or JSON source. */
export type Value = string | Source;

export type Field = readonly [name: string, value: Value];

/** How a good record is spelled. Each is a small seed whose 0 is the plain way, so that failures shrink to it. */
export interface Writing {
  readonly order: number;
  readonly names: number;
  readonly escapes: number;
  readonly spacing: number;
}

export const plainWriting: Writing = { order: 0, names: 0, escapes: 0, spacing: 0 };

/** A record that keeps to its table: listed fields in table order, then unlisted ones. */
export interface GoodEntry {
  readonly kind: "good";
  readonly fields: readonly Field[];
  readonly writing: Writing;
  /** White space after it, where that is not the file's usual one. */
  readonly gap: string | null;
}

/** Why a whole, but damaged, record is set aside. */
export type WholeReason = "encoding" | "duplicate_field" | "contract";

/** A damaged record or garbage. */
export interface DamagedEntry {
  readonly kind: "damaged";
  /** The class of the damage and, after a colon, which one of the class: for counting, not for expectations. */
  readonly damage: string;
  /** Whole JSON keeps to itself; anything else may swallow what stands after it. */
  readonly whole: boolean;
  /** What it is quarantined for; null where that depends on what stands around it. */
  readonly reason: WholeReason | null;
  readonly bytes: Uint8Array;
  readonly gap: string | null;
}

export type Entry = GoodEntry | DamagedEntry;

/** What stands around the entries of a file. */
export interface Framing {
  readonly bom: boolean;
  /** White space at the start. */
  readonly lead: string;
  /** White space between entries, and whether the last one is followed by it. */
  readonly gap: string;
  readonly lastGap: boolean;
  readonly array: { readonly open: string; readonly comma: string; readonly close: string } | null;
  /** The spacing inside all good records of the file; null: their own. */
  readonly spacing: number | null;
  /** Bytes cut off at the end, counted from there so that a change further up does not move the cut. */
  readonly cut: number;
  readonly gzip: { readonly members: number; readonly cut: number } | null;
}

export const plainFraming: Framing = {
  bom: false,
  lead: "",
  gap: "\n",
  lastGap: true,
  array: null,
  spacing: null,
  cut: 0,
  gzip: null,
};

/** One landing file. Its path is `<table>/landing/<stem>.json`, with `.gz` when its framing says so. */
export interface LakeFile {
  readonly stem: string;
  readonly framing: Framing;
  readonly entries: readonly Entry[];
}

/** A file that no run may read, with its path below the lake. */
export interface IgnoredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Lake {
  readonly tables: Readonly<Record<TableName, readonly LakeFile[]>>;
  readonly ignored: readonly IgnoredFile[];
}

/** Paths below the lake, with what the files hold. */
export type LakeFiles = Map<string, Uint8Array>;

/** What e-mail addresses and serial numbers are compared by. */
export function keyOf(text: string): string {
  return text
    .normalize("NFC")
    .replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")
    .toLowerCase();
}

/** A small hash that turns a seed and a place into a choice; seed 0 always chooses 0, the plain way. */
export function mix(seed: number, place: number): number {
  if (seed === 0) return 0;
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The same items in an order that the seed gives; seed 0 leaves them as they are. */
export function permute<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  if (seed === 0) return result;
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = mix(seed, last) % (last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** The item that a number points at, counting round. */
export function at<T>(items: readonly T[], index: number): T {
  return items[index % items.length]!;
}

/** Stands in a string where `withRawBytes` puts bytes that no string can hold. Never escaped. */
export const rawBytesMark = "\uf8ff";

function unicodeEscape(unit: number, upper: boolean): string {
  const digits = unit.toString(16).padStart(4, "0");
  return `\\u${upper ? digits.toUpperCase() : digits}`;
}

/** JSON source of a string; `way` 0 is what JSON.stringify writes, the others mean the same. */
export function stringSource(text: string, way: number): string {
  const plain = JSON.stringify(text);
  switch (way % 6) {
    case 3:
      return plain.replaceAll("/", "\\/");
    case 4:
      // eslint-disable-next-line no-control-regex -- everything that is not ASCII
      return plain.replace(/[^\u0000-\u007f]/g, (unit) =>
        unit === rawBytesMark ? unit : unicodeEscape(unit.charCodeAt(0), false),
      );
    case 5: {
      let source = '"';
      for (let index = 0; index < text.length; index += 1) {
        source +=
          text[index] === rawBytesMark
            ? rawBytesMark
            : unicodeEscape(text.charCodeAt(index), index % 2 === 0);
      }
      return `${source}"`;
    }
    default:
      return plain;
  }
}

function nameSource(name: string, way: number): string {
  switch (way % 9) {
    case 4:
      return JSON.stringify(name.toUpperCase());
    case 5:
      return JSON.stringify(name.toLowerCase());
    case 6:
      // As older files have it.
      return JSON.stringify(
        name === "timestamp" ? "timeStamp" : name.charAt(0).toUpperCase() + name.slice(1),
      );
    case 7:
      return `"${unicodeEscape(name.charCodeAt(0), true)}${name.slice(1)}"`;
    case 8:
      return JSON.stringify(Array.from(name, (c, i) => (i % 2 === 0 ? c.toUpperCase() : c)).join(""));
    default:
      return JSON.stringify(name);
  }
}

export type Member = readonly [name: string, value: string];

/** JSON source of a record's names and values, in the order they are written. */
export function memberSources(table: TableName, fields: readonly Field[], writing: Writing): Member[] {
  const listed = listedFields[table];
  return permute(fields, writing.order).map(([name, value], index): Member => {
    // The name of an unlisted field is what makes it unlisted, so its case stays.
    const respell = listed.some(([listedName]) => listedName === name);
    return [
      respell ? nameSource(name, mix(writing.names, index)) : JSON.stringify(name),
      typeof value === "string" ? stringSource(value, mix(writing.escapes, index)) : value.source,
    ];
  });
}

const oddSpaces = ["", " ", "\t", "\n", "\r\n", "  ", "\r"] as const;

/** A record of these members; spacing 0 has no white space, 1 a little, 2 and 3 are indented, the rest is odd. */
export function recordSource(members: readonly Member[], spacing: number): string {
  switch (spacing) {
    case 0:
      return `{${members.map(([name, value]) => `${name}:${value}`).join(",")}}`;
    case 1:
      return `{${members.map(([name, value]) => `${name}: ${value}`).join(", ")}}`;
    case 2:
      return `{${members.map(([name, value]) => `\n  ${name}: ${value}`).join(",")}\n}`;
    case 3:
      return `{\r\n${members.map(([name, value]) => `\t${name} :\t${value}`).join(",\r\n")}\r\n}`;
    default: {
      let place = 0;
      const space = (): string => at(oddSpaces, mix(spacing, (place += 1)));
      const inside = members.map(
        ([name, value]) => space() + name + space() + ":" + space() + value + space(),
      );
      return `{${inside.join(",")}${members.length === 0 ? space() : ""}}`;
    }
  }
}

/** UTF-8 of a text, with the bytes given in place of each mark. */
export function withRawBytes(text: string, raw: readonly number[]): Uint8Array {
  const pieces = text.split(rawBytesMark).map((piece) => Buffer.from(piece));
  const joined = pieces.flatMap((piece, index) => (index === 0 ? [piece] : [Buffer.from(raw), piece]));
  return Buffer.concat(joined);
}

/** The bytes of one entry, without what stands around it. */
export function renderEntry(table: TableName, entry: Entry, spacing: number | null = null): Uint8Array {
  if (entry.kind === "damaged") return entry.bytes;
  const members = memberSources(table, entry.fields, entry.writing);
  return Buffer.from(recordSource(members, spacing ?? entry.writing.spacing));
}

/** The bytes of one file before compression. */
export function renderContent(table: TableName, file: LakeFile): Uint8Array {
  const { framing, entries } = file;
  const pieces: Uint8Array[] = [];
  const text = (piece: string): void => {
    if (piece !== "") pieces.push(Buffer.from(piece));
  };
  if (framing.bom) pieces.push(Uint8Array.of(0xef, 0xbb, 0xbf));
  text(framing.lead);
  if (framing.array !== null) text(framing.array.open);
  entries.forEach((entry, index) => {
    pieces.push(renderEntry(table, entry, framing.spacing));
    const last = index === entries.length - 1;
    if (framing.array !== null) {
      if (!last) text(framing.array.comma + (entry.gap ?? ""));
    } else if (!last || framing.lastGap) {
      text(entry.gap ?? framing.gap);
    }
  });
  if (framing.array !== null) text(framing.array.close);
  const whole = Buffer.concat(pieces);
  return framing.cut === 0 ? whole : whole.subarray(0, Math.max(0, whole.length - framing.cut));
}

function compress(content: Uint8Array, members: number, cut: number): Uint8Array {
  const size = Math.ceil(content.length / members);
  const parts = Array.from({ length: members }, (_, index) =>
    // The quickest settings: what is tested is the gzip format, not how well it packs.
    gzipSync(content.subarray(index * size, (index + 1) * size), { level: 1, memLevel: 1, windowBits: 9 }),
  );
  const whole = Buffer.concat(parts);
  return whole.subarray(0, Math.max(0, whole.length - cut));
}

export function pathOf(table: TableName, file: LakeFile): string {
  return `${table}/landing/${file.stem}.json${file.framing.gzip === null ? "" : ".gz"}`;
}

/** The files of a lake, as they would be found in its folder or bucket. The same lake gives the same bytes. */
export function renderLake(lake: Lake): LakeFiles {
  const files: LakeFiles = new Map();
  for (const table of tableNames) {
    for (const file of lake.tables[table]) {
      const content = renderContent(table, file);
      const { gzip } = file.framing;
      files.set(pathOf(table, file), gzip === null ? content : compress(content, gzip.members, gzip.cut));
    }
  }
  for (const { path, bytes } of lake.ignored) files.set(path, bytes);
  return files;
}

/** Whether nothing in the file can swallow what stands beside it: only whole records, and no cut. */
export function isCleanFile(file: LakeFile): boolean {
  return (
    file.framing.cut === 0 &&
    (file.framing.gzip?.cut ?? 0) === 0 &&
    file.entries.every((entry) => entry.kind === "good" || entry.whole)
  );
}

/** The files of a table in landing order: by path, as UTF-8 bytes. */
export function inLandingOrder(table: TableName, files: readonly LakeFile[]): LakeFile[] {
  return [...files].sort((a, b) =>
    Buffer.compare(Buffer.from(pathOf(table, a)), Buffer.from(pathOf(table, b))),
  );
}

/** A field's value in a good record, as a string; undefined when it is absent or not a string. */
export function textOf(entry: GoodEntry, name: string): string | undefined {
  const value = entry.fields.find(([field]) => field === name)?.[1];
  return typeof value === "string" ? value : undefined;
}

/** A field's JSON source in a good record; undefined when it is absent. */
export function sourceOf(entry: GoodEntry, name: string): string | undefined {
  const value = entry.fields.find(([field]) => field === name)?.[1];
  return typeof value === "string" ? JSON.stringify(value) : value?.source;
}

/** A lake for people to read, for the message of a test that failed. */
export function showLake(lake: Lake): string {
  const lines: string[] = [];
  for (const table of tableNames) {
    for (const file of inLandingOrder(table, lake.tables[table])) {
      lines.push(`${JSON.stringify(pathOf(table, file))} ${JSON.stringify(file.framing.gzip)}`);
      lines.push(`  ${JSON.stringify(Buffer.from(renderContent(table, file)).toString("utf8"))}`);
    }
  }
  for (const { path } of lake.ignored) lines.push(`${JSON.stringify(path)} (not to be read)`);
  return lines.join("\n");
}
