// Finds out whose a damaged snapshot is. It may have been a withdrawal, so whatever can be read of it counts
// against sharing for everybody it could be about.

import { isGoodKey, isTime, keyOf } from "./contract.js";
import { isWhiteSpace, readString, type JsonField, type JsonValue } from "./json.js";
import type { Damaged } from "./landing.js";

export interface Attribution {
  /** Keys of people. */
  readonly people: ReadonlySet<string>;
  /** Keys of serial numbers. */
  readonly serials: ReadonlySet<string>;
  /** When the "no" was said; Infinity if that cannot be known, so that nothing comes after it. */
  readonly time: number;
}

const ALWAYS = Number.POSITIVE_INFINITY;

export function attribute(damaged: Damaged): Attribution {
  return damaged.entry.kind === "whole"
    ? attributeWhole(damaged.entry.value)
    : attributeStretch(damaged.bytes);
}

function attributeWhole(record: JsonValue): Attribution {
  const fields = fieldsAtAnyDepth(record);
  const people = new Set<string>();
  const serials = new Set<string>();
  const dates: JsonValue[] = [];
  for (const { name, value } of fields) {
    const lower = name.toLowerCase();
    if (lower === "email" && isGoodKey(value)) people.add(keyOf(value.text));
    if (lower === "serialnumber" && isGoodKey(value)) serials.add(keyOf(value.text));
    if (lower === "lastupdatedate") dates.push(value);
  }
  const date = dates.length === 1 ? dates[0] : undefined;
  return { people, serials, time: isTime(date) ? Number(date.literal) : ALWAYS };
}

function fieldsAtAnyDepth(value: JsonValue): JsonField[] {
  if (value.kind === "array") return value.items.flatMap(fieldsAtAnyDepth);
  if (value.kind !== "object") return [];
  return value.fields.flatMap((field) => [field, ...fieldsAtAnyDepth(field.value)]);
}

// The longest way to write "serialNumber" is every letter as \uXXXX, between two quotes. A name is looked for
// behind every quote, so without a bound a long string full of escaped quotes would be read over and over.
const LONGEST_NAME = 2 + 6 * "serialNumber".length;

function attributeStretch(bytes: Uint8Array): Attribution {
  const people = new Set<string>();
  const serials = new Set<string>();
  for (let quote = bytes.indexOf(0x22); quote >= 0; quote = bytes.indexOf(0x22, quote + 1)) {
    const name = readString(bytes.subarray(0, quote + LONGEST_NAME), quote);
    if (name === null) continue;
    const lower = name.text.toLowerCase();
    if (lower !== "email" && lower !== "serialnumber") continue;
    const colon = skipWhiteSpace(bytes, name.end);
    if (bytes[colon] !== 0x3a) continue;
    const value = readString(bytes, skipWhiteSpace(bytes, colon + 1));
    if (value === null) continue;
    if (!isGoodKey({ kind: "string", text: value.text })) continue;
    (lower === "email" ? people : serials).add(keyOf(value.text));
  }
  return { people, serials, time: ALWAYS };
}

function skipWhiteSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isWhiteSpace(bytes[at])) at += 1;
  return at;
}
