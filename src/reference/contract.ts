// Holds a whole record against its table: is it good, and if not, why not. A good record comes out as a row
// that keeps just what is written out, digits and spelling untouched.

import { Buffer } from "node:buffer";
import { isSound, type JsonNumber, type JsonObject, type JsonString, type JsonValue } from "./json.js";
import type { FieldKind, TableContract } from "./model.js";

export type Scalar = JsonString | JsonNumber;

/** Field name as listed -> value. Absent and null fields and blank dates are not in it. */
export type Row = ReadonlyMap<string, Scalar>;

export type Verdict =
  | { readonly good: true; readonly row: Row; readonly droppedFields: number }
  | {
      readonly good: false;
      readonly reason: "encoding" | "duplicate_field" | "contract";
      readonly field: string | null;
    };

export function judge(contract: TableContract, record: JsonObject): Verdict {
  if (!isSound(record)) return { good: false, reason: "encoding", field: null };

  const found = new Map<string, JsonValue[]>();
  for (const rule of contract.fields) found.set(rule.name.toLowerCase(), []);
  let droppedFields = 0;
  for (const field of record.fields) {
    const values = found.get(field.name.toLowerCase());
    if (values === undefined) droppedFields += 1;
    else values.push(field.value);
  }

  for (const rule of contract.fields) {
    if (found.get(rule.name.toLowerCase())!.length > 1) {
      return { good: false, reason: "duplicate_field", field: rule.name };
    }
  }

  const row = new Map<string, Scalar>();
  for (const rule of contract.fields) {
    const kept = keep(rule.kind, found.get(rule.name.toLowerCase())![0]);
    if (kept === "wrong") return { good: false, reason: "contract", field: rule.name };
    if (kept !== "left out") row.set(rule.name, kept);
  }
  return { good: true, row, droppedFields };
}

function keep(kind: FieldKind, value: JsonValue | undefined): Scalar | "left out" | "wrong" {
  switch (kind) {
    case "key":
      return isGoodKey(value) ? value : "wrong";
    case "time":
      return isTime(value) ? value : "wrong";
    case "number":
      return value?.kind === "number" && Number.isFinite(Number(value.literal)) ? value : "wrong";
    case "date":
      if (isBlank(value)) return "left out";
      return isTime(value) ? value : "wrong";
    case "text":
      if (value === undefined || value.kind === "null") return "left out";
      return value.kind === "string" ? value : "wrong";
  }
}

/** An e-mail address or serial number that can be told from others: sound, and not just white space. */
export function isGoodKey(value: JsonValue | undefined): value is JsonString {
  return value?.kind === "string" && value.text.isWellFormed() && /[^ \t\r\n]/.test(value.text);
}

/** Epoch milliseconds from 2001 to 2286; seconds or microseconds would put words of consent out of order. */
export function isTime(value: JsonValue | undefined): value is JsonNumber {
  return value?.kind === "number" && /^[1-9][0-9]{12}$/.test(value.literal);
}

function isBlank(value: JsonValue | undefined): boolean {
  if (value === undefined || value.kind === "null") return true;
  if (value.kind === "string") return value.text === "";
  // The literal decides, not its double: 1e-400 is not a number equal to 0.
  return value.kind === "number" && /^-?0(\.0+)?([eE][+-]?[0-9]+)?$/.test(value.literal);
}

/** What e-mail addresses and serial numbers are compared by. */
export function keyOf(text: string): string {
  return text
    .normalize("NFC")
    .replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")
    .toLowerCase();
}

/** The key of a field that the contract says is there. */
export function keyIn(row: Row, field: string): string {
  const value = row.get(field);
  if (value?.kind !== "string") throw new Error(`no string in ${field}`);
  return keyOf(value.text);
}

/** A time, or null where a date is blank. */
export function timeIn(row: Row, field: string): number | null {
  const value = row.get(field);
  return value?.kind === "number" ? Number(value.literal) : null;
}

/** The record as it is written out: fields in the order of the table, no white space between tokens. */
export function writeLine(fields: readonly string[], row: Row): string {
  const written: string[] = [];
  for (const name of fields) {
    const value = row.get(name);
    if (value === undefined) continue;
    const token = value.kind === "string" ? JSON.stringify(value.text) : value.literal;
    written.push(`"${name}":${token}`);
  }
  return `{${written.join(",")}}`;
}

/** Absent first, numbers by value, strings by their UTF-8 bytes. */
export function compareScalars(a: Scalar | undefined, b: Scalar | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (a.kind === "number" && b.kind === "number") return Number(a.literal) - Number(b.literal);
  if (a.kind === "string" && b.kind === "string") {
    return Buffer.compare(Buffer.from(a.text), Buffer.from(b.text));
  }
  throw new Error("a field holds either strings or numbers");
}
