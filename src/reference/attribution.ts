// Finds out whose a damaged snapshot is. It may have been a withdrawal, so whatever can be read of it counts
// against sharing for everybody it could be about.

import { Buffer } from "node:buffer";
import { isGoodKey, isTime, keyOf } from "./contract.js";
import { isWhiteSpace, type JsonField, type JsonObject, type JsonValue } from "./json.js";
import type { Damaged } from "./landing.js";

export interface Attribution {
  /** Keys of people. */
  readonly people: ReadonlySet<string>;
  /** Keys of serial numbers. */
  readonly serials: ReadonlySet<string>;
  /** Whether it may be the word of somebody who cannot be told. */
  readonly unknown: boolean;
  /** When the "no" was said; Infinity if that cannot be known, so that nothing comes after it. */
  readonly time: number;
}

const ALWAYS = Number.POSITIVE_INFINITY;

/** @param all the damaged snapshots of the table, in landing order @returns whose each is, in the same order */
export function attributeAll(all: readonly Damaged[]): Attribution[] {
  const attributions: Attribution[] = [];
  for (const [index, damaged] of all.entries()) {
    const { entry } = damaged;
    if (entry.kind === "whole") {
      attributions.push(attributeWhole(entry.value));
      continue;
    }
    // What a stretch names may have begun in those that stand before it, with nothing but white space in between.
    let first = index;
    while (first > 0 && goesOn(all[first - 1]!, all[first]!)) first -= 1;
    attributions.push(attributeStretch(all[first]!, damaged));
  }
  return attributions;
}

function goesOn(before: Damaged, damaged: Damaged): boolean {
  return (
    before.entry.kind === "stretch" && before.file === damaged.file && before.number + 1 === damaged.number
  );
}

function attributeWhole(record: JsonObject): Attribution {
  const fields = fieldsAtAnyDepth(record);
  const people = new Set<string>();
  const serials = new Set<string>();
  for (const { name, value } of fields) {
    const lower = name.toLowerCase();
    if (lower === "email" && isGoodKey(value)) people.add(keyOf(value.text));
    if (lower === "serialnumber" && isGoodKey(value)) serials.add(keyOf(value.text));
  }
  const own = record.fields;
  const named = (name: string, among: readonly JsonField[]): JsonField[] =>
    among.filter((field) => field.name.toLowerCase() === name);
  const unreadable = named("email", own).some(({ value }) => !isGoodKey(value));
  const date =
    named("lastupdatedate", fields).length === 1 ? named("lastupdatedate", own)[0]?.value : undefined;
  return {
    people,
    serials,
    unknown: people.size === 0 || unreadable,
    time: isTime(date) ? Number(date.literal) : ALWAYS,
  };
}

function fieldsAtAnyDepth(value: JsonValue): JsonField[] {
  if (value.kind === "array") return value.items.flatMap(fieldsAtAnyDepth);
  if (value.kind !== "object") return [];
  return value.fields.flatMap((field) => [field, ...fieldsAtAnyDepth(field.value)]);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// The longest way to write "serialNumber" is every letter as \uXXXX, between two quotes. A name is looked for
// behind every quote, so without a bound a long string full of escaped quotes would be read over and over.
const LONGEST_NAME = 2 + 6 * "serialNumber".length;

/** What is found that ends in a stretch, wherever it begins from the first one on. */
function attributeStretch(first: Damaged, last: Damaged): Attribution {
  const from = last.entry.offset - first.entry.offset;
  const end = from + last.entry.length;
  const bytes = first.rest.subarray(0, end);
  const people = new Set<string>();
  const serials = new Set<string>();
  for (let quote = bytes.indexOf(QUOTE); quote >= 0; quote = bytes.indexOf(QUOTE, quote + 1)) {
    const name = readLoosely(bytes.subarray(0, quote + LONGEST_NAME), quote);
    const lower = name?.text?.toLowerCase();
    if (lower !== "email" && lower !== "serialnumber") continue;
    const colon = skipWhiteSpace(bytes, name!.end);
    if (bytes[colon] !== 0x3a) continue;
    const value = readLoosely(bytes, skipWhiteSpace(bytes, colon + 1));
    if (value?.text === undefined || value.end <= from) continue;
    if (!isGoodKey({ kind: "string", text: value.text })) continue;
    (lower === "email" ? people : serials).add(keyOf(value.text));
  }
  return { people, serials, unknown: people.size === 0, time: ALWAYS };
}

/**
 * A string that need not keep to JSON: up to the next quotation mark that has no backslash before it.
 * @returns its text, if it is UTF-8, and where it ends; nothing where there is none
 */
function readLoosely(
  bytes: Uint8Array,
  start: number,
): { text: string | undefined; end: number } | undefined {
  if (bytes[start] !== QUOTE) return undefined;
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  if (at >= bytes.length) return undefined;
  const inside = Buffer.from(bytes.subarray(start + 1, at));
  const decoded = inside.toString("utf8");
  const isUtf8 = Buffer.from(decoded).equals(inside);
  return { text: isUtf8 ? unescaped(decoded) : undefined, end: at + 1 };
}

function unescaped(text: string): string {
  const meanings: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
  let result = "";
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== "\\" || at + 1 === text.length) {
      result += text[at]!;
      continue;
    }
    at += 1;
    const code = /^u[0-9a-fA-F]{4}/.exec(text.slice(at, at + 5));
    if (code) at += 4;
    result += code ? String.fromCharCode(parseInt(code[0].slice(1), 16)) : (meanings[text[at]!] ?? text[at]!);
  }
  return result;
}

function skipWhiteSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isWhiteSpace(bytes[at])) at += 1;
  return at;
}
