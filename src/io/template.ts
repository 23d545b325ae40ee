// The shortest way to read a record: a function made for one exact shape of record (its bytes but for the values), as
// the flat reader has just seen one. It proves a record to be of that shape by comparing everything but the values,
// four bytes at a time, and by checking each value's bytes for its field's kind; of any other record it says nothing.
//
// The function is generated as text, since one loop over a list of pieces costs twice as much: see
// docs/performance.md. Nothing of the text comes from landing data but numbers (the bytes to compare with).

import type { FieldKind, TableShape } from "../transforms/tables.js";

/** The last key that a template has read, so that the same one need only be compared. */
export interface KeyMemory {
  /** Where its bytes stand in the bytes now being read; equal where there is none. */
  from: number;
  to: number;
  /** Whether the record read last has the same key, byte for byte, as the one before. */
  same: boolean;
}

/**
 * @param view over the same memory as `bytes`
 * @param from is filled with where each field's value starts, `to` with where it ends, as in `FlatReader`
 * @returns the position after the record; 0 where it is not of this shape
 */
export type TemplateScan = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  limit: number,
  from: Int32Array,
  to: Int32Array,
  key: KeyMemory,
) => number;

/** A record's shape, and the function that knows it. */
export interface Template {
  readonly scan: TemplateScan;
  /** Whether a record of this shape, with a newline, is its own line of output. */
  readonly canonical: boolean;
}

/** No decimal literal of so few characters, without an exponent, overflows a double. */
const safeLength = 300;

/**
 * @param bytes of a record that the flat reader has read
 * @param start of the record, `end` of it
 * @param from where its values start, `to` where they end, in table order; -1 where there is none
 * @param keyIndex the field whose value is remembered from record to record; it must have one
 */
export function makeTemplate(
  shape: TableShape,
  bytes: Uint8Array,
  start: number,
  end: number,
  from: Int32Array,
  to: Int32Array,
  keyIndex: number,
): Template {
  const fields = [...shape.fields.keys()].filter((index) => from[index]! >= 0);
  const inOrder = fields.toSorted((a, b) => from[a]! - from[b]!);
  const literals: Uint8Array[] = [];
  let position = start;
  for (const index of inOrder) {
    literals.push(bytes.subarray(position, from[index]));
    position = to[index]!;
  }
  literals.push(bytes.subarray(position, end));

  const code: string[] = ["let q = p, e = 0, c = 0, w = 0, n = 0, i = 0, f = 0, same = false;"];
  for (const [turn, index] of inOrder.entries()) {
    code.push(...compareCode(literals[turn]!, shortest(shape, inOrder, literals, turn)));
    code.push(...valueCode(shape.fields[index]!.kind, index, index === keyIndex));
  }
  code.push(...compareCode(literals.at(-1)!, literals.at(-1)!.length));
  // Only a record that is of this shape is remembered: of another one, something else may read the key.
  code.push(`key.from = from[${keyIndex}]; key.to = to[${keyIndex}]; key.same = same; return q;`);
  for (const index of shape.fields.keys()) {
    if (!fields.includes(index)) code.unshift(`from[${index}] = -1;`);
  }
  // Made of this file's own text and of numbers.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(
    "plain",
    `"use strict"; return function scan(b, v, p, limit, from, to, key) { ${code.join("\n")} };`,
  ) as (plain: Uint8Array) => TemplateScan;
  return { scan: make(isPlain), canonical: isCanonical(shape, bytes, start, end, from, to) };
}

/** A string byte that stands for itself: ASCII without control characters, quotation mark and backslash. */
const isPlain = new Uint8Array(256);
for (let byte = 0x20; byte < 0x7f; byte++) isPlain[byte] = byte === 0x22 || byte === 0x5c ? 0 : 1;

/** The fewest bytes that a record can still have from a piece on. */
function shortest(
  shape: TableShape,
  inOrder: readonly number[],
  literals: readonly Uint8Array[],
  turn: number,
): number {
  const values = inOrder.slice(turn).reduce((sum, index) => sum + leastLength[shape.fields[index]!.kind], 0);
  return values + literals.slice(turn).reduce((sum, literal) => sum + literal.length, 0);
}

const leastLength: Readonly<Record<FieldKind, number>> = { key: 1, text: 0, time: 13, date: 13, number: 1 };

/** Compares the bytes at `q` with a literal, and passes it. Words overlap at the end of the literal. */
function compareCode(literal: Uint8Array, room: number): string[] {
  const code = [`if (limit - q < ${room}) return 0;`];
  const { length } = literal;
  if (length < 4) {
    for (const [at, byte] of literal.entries()) code.push(`if (b[q + ${at}] !== ${byte}) return 0;`);
  } else {
    const view = new DataView(literal.buffer, literal.byteOffset, length);
    const places = new Set([...Array.from({ length: length >> 2 }, (_, word) => word * 4), length - 4]);
    for (const at of places)
      code.push(`if (v.getInt32(q + ${at}, true) !== ${view.getInt32(at, true)}) return 0;`);
  }
  code.push(`q += ${length};`);
  return code;
}

const plainRun = "while (e < limit && plain[b[e]] === 1) e++; if (e >= limit || b[e] !== 34) return 0;";

function valueCode(kind: FieldKind, index: number, remembered: boolean): string[] {
  const keep = [`from[${index}] = q;`, `to[${index}] = e; q = e;`];
  switch (kind) {
    case "key":
      // One that starts with white space may have nothing else in it.
      return [
        ...(remembered ? [sameKey] : ["e = q;"]),
        `if (e === q) { if (b[q] === 32) return 0; ${plainRun} if (e === q) return 0; }`,
        ...keep,
      ];
    case "text":
      return ["e = q;", plainRun, ...keep];
    case "time":
    case "date":
      return [
        "if (limit - q < 13) return 0;",
        "if (b[q] === 48) return 0;",
        ...[0, 4, 8].map((at) => `w = v.getInt32(q + ${at}, true); if (${notDigits}) return 0;`),
        "c = b[q + 12]; if (c < 48 || c > 57) return 0;",
        "e = q + 13;",
        ...keep,
      ];
    case "number":
      return [
        "e = q;",
        "if (b[e] === 45) e++;",
        `if (e < limit && b[e] === 48) e++; else { f = e; ${digits} if (e === f) return 0; }`,
        `if (e < limit && b[e] === 46) { f = ++e; ${digits} if (e === f) return 0; }`,
        // What ends the number is compared with the literal behind it.
        `if (e - q > ${safeLength}) return 0;`,
        ...keep,
      ];
  }
}

const digits = "while (e < limit && (c = b[e]) >= 48 && c <= 57) e++;";

/** Whether any of a word's four bytes is no decimal digit. */
const notDigits = "(((w & 0xf0f0f0f0) ^ 0x30303030) | (((w + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030)) !== 0";

/** Leaves in `e` the end of the key where it is the one before, else `q`. */
const sameKey = `
  e = q; f = key.from; n = key.to - f; i = 0;
  if (n > 0 && limit - q > n) {
    while (i + 4 <= n && v.getInt32(f + i, true) === v.getInt32(q + i, true)) i += 4;
    while (i < n && b[f + i] === b[q + i]) i++;
    if (i === n && b[q + n] === 34) { e = q + n; same = true; }
  }`;

function isCanonical(
  shape: TableShape,
  bytes: Uint8Array,
  start: number,
  end: number,
  from: Int32Array,
  to: Int32Array,
): boolean {
  let text = "";
  for (const [index, { name, kind }] of shape.fields.entries()) {
    if (from[index]! < 0) continue;
    const value = Buffer.from(bytes.subarray(from[index], to[index])).toString("latin1");
    text += `${text === "" ? "{" : ","}"${name}":${kind === "key" || kind === "text" ? `"${value}"` : value}`;
  }
  return Buffer.from(bytes.subarray(start, end)).toString("latin1") === `${text}}`;
}
