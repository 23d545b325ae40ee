// What a landing record must keep to, and what is wrong with one that does not. A record that is whole JSON
// comes in as its fields; it leaves as a row of its table or as damage.

import { hasContent } from "./keys.js";
import type { Row } from "./rows.js";
import type { Field, TableShape } from "./tables.js";

/** One field of a record as it stood: its name, and its value by JSON kind (`text`: decoded string or number literal). */
export interface RawField {
  readonly name: string;
  readonly kind: "string" | "number" | "null" | "other";
  readonly text: string;
}

/** A whole JSON object. `nested` holds the fields of objects inside it, at any depth. */
export interface RawRecord {
  readonly fields: readonly RawField[];
  readonly nested: readonly RawField[];
  /** False where any key or string, at any depth, has invalid UTF-8 or a lone surrogate. */
  readonly wellFormed: boolean;
}

export const damageReasons = [
  "truncated",
  "syntax",
  "too_large",
  "too_deep",
  "encoding",
  "duplicate_field",
  "contract",
] as const;
export type DamageReason = (typeof damageReasons)[number];

/**
 * What a contract error looks like, so that a mistake made a million times is told apart from noise:
 * a `time` in `seconds` or `microseconds`, a field that is `missing`, one that is missing while a field that the table
 * does not know stands in the record (`renamed`, perhaps), or a value of the wrong `type` or `range`.
 */
export type ContractHint = "seconds" | "microseconds" | "missing" | "renamed" | "type" | "range";

/** Why a record is set aside; `field` is a declared field's name, never one from the data. */
export interface Damage {
  readonly reason: DamageReason;
  readonly field: string | null;
  readonly hint: ContractHint | null;
}

/** What a contract makes of a record: a row and the number of fields that were dropped, or damage. */
export type ContractResult =
  | { readonly row: Row; readonly dropped: number; readonly damage?: undefined }
  | { readonly row?: undefined; readonly damage: Damage };

const zero = /^-?0(?:\.0+)?(?:[eE][+-]?\d+)?$/;

/** Whether a number literal is exactly zero. */
export function isZero(literal: string): boolean {
  return zero.test(literal);
}

/** Whether a number literal is a time: epoch milliseconds, 13 digits, no sign, fraction or exponent. */
export function isTime(literal: string): boolean {
  if (literal.length !== 13 || literal.charCodeAt(0) === 0x30) return false;
  for (let index = 0; index < 13; index++) {
    const code = literal.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** Whether a string can be an e-mail address or a serial number: well-formed, with something in it. */
export function isGoodKey(text: string): boolean {
  return hasContent(text) && text.isWellFormed();
}

/** The checker of one table's records. */
export function contractFor(shape: TableShape): (record: RawRecord) => ContractResult {
  const positions = new Map(shape.fields.map((field, index) => [field.name.toLowerCase(), index]));
  // Most names come in the declared spelling: that saves lower-casing them.
  for (const [index, field] of shape.fields.entries()) positions.set(field.name, index);

  return (record) => {
    if (!record.wellFormed) return { damage: { reason: "encoding", field: null, hint: null } };

    const found: (RawField | undefined)[] = new Array<RawField | undefined>(shape.fields.length).fill(
      undefined,
    );
    let twice = shape.fields.length;
    let dropped = 0;
    for (const field of record.fields) {
      const index = positions.get(field.name) ?? positions.get(field.name.toLowerCase());
      if (index === undefined) dropped++;
      else if (found[index] === undefined) found[index] = field;
      else twice = Math.min(twice, index);
    }
    const repeated = shape.fields[twice];
    if (repeated) return { damage: { reason: "duplicate_field", field: repeated.name, hint: null } };

    const row = new Array<string | undefined>(shape.fields.length).fill(undefined);
    for (const [index, declared] of shape.fields.entries()) {
      const outcome = checkField(declared, found[index], dropped > 0);
      if (outcome.hint !== undefined) {
        return { damage: { reason: "contract", field: declared.name, hint: outcome.hint } };
      }
      row[index] = outcome.value;
    }
    return { row, dropped };
  };
}

interface FieldOutcome {
  readonly value?: string | undefined;
  readonly hint?: ContractHint;
}

function checkField(declared: Field, field: RawField | undefined, strangers: boolean): FieldOutcome {
  switch (declared.kind) {
    case "text":
      if (field === undefined || field.kind === "null") return {};
      return field.kind === "string" ? { value: field.text } : { hint: "type" };
    case "date":
      if (field === undefined || field.kind === "null") return {};
      if (field.kind === "string" && field.text === "") return {};
      if (field.kind === "number" && isZero(field.text)) return {};
      return checkTime(field);
    case "key":
      if (field === undefined) return { hint: strangers ? "renamed" : "missing" };
      if (field.kind !== "string") return { hint: "type" };
      return hasContent(field.text) ? { value: field.text } : { hint: "missing" };
    case "time":
      if (field === undefined) return { hint: strangers ? "renamed" : "missing" };
      return checkTime(field);
    case "number":
      if (field === undefined) return { hint: strangers ? "renamed" : "missing" };
      if (field.kind !== "number") return { hint: "type" };
      return Number.isFinite(Number(field.text)) ? { value: field.text } : { hint: "range" };
  }
}

function checkTime(field: RawField): FieldOutcome {
  if (field.kind !== "number") return { hint: "type" };
  if (isTime(field.text)) return { value: field.text };
  if (/^[1-9]\d{8,9}$/.test(field.text)) return { hint: "seconds" };
  if (/^[1-9]\d{15}$/.test(field.text)) return { hint: "microseconds" };
  return { hint: "range" };
}
