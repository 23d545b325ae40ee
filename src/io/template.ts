// The shortest way to read a record: a function made for one exact shape of record (its bytes but for the values), as
// the flat reader has just seen one, or for the shape in which a table's rows are written. It proves a record to be of
// that shape by comparing everything but the values, eight bytes at a time, and by checking each value's bytes for its
// field's kind; of any other record it says nothing.
//
// The function is generated as text, since one loop over a list of pieces costs twice as much: see
// docs/performance.md. Nothing of the text comes from landing data but numbers (the bytes to compare with).

import { isQuoted } from "../transforms/taken.js";
import { type FieldKind, isRequired, type TableShape } from "../transforms/tables.js";
import { isPlain, safeDigits } from "./plain-values.js";

/** The last key that a template has read, so that the same one need only be compared. */
export interface KeyMemory {
  /** Where its bytes stand in the bytes now being read; equal where there is none. */
  from: number;
  to: number;
  /** Whether the record read last has the same key, byte for byte, as the one before. */
  same: boolean;
  /** Where the last record ends that a `TemplatePass` has passed. */
  end: number;
}

/** The key that records are to have which follow one that has been read. */
export type KnownKey = Readonly<Pick<KeyMemory, "from" | "to">> & Pick<KeyMemory, "end">;

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

/**
 * Passes records of one shape, with nothing but newlines before each, as long as they have the key that is remembered.
 * @returns how many; where the last one ends is in `key.end`
 */
export type TemplatePass = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  limit: number,
  key: KnownKey,
) => number;

/** Records of a table that follow each other and have one key, value by value in columns. */
export class PlainBatch {
  /** How many there are. */
  count = 0;
  /** Where each record starts, and where it ends. */
  readonly starts = new Int32Array(mostInBatch);
  readonly ends = new Int32Array(mostInBatch);
  /** How many fields a record has. */
  readonly width: number;
  /** Where the value of field f of record r starts, at r * width + f, and where it ends; -1 where there is none. */
  readonly from: Int32Array;
  readonly to: Int32Array;

  constructor({ fields }: TableShape) {
    this.width = fields.length;
    this.from = new Int32Array(mostInBatch * this.width);
    this.to = new Int32Array(mostInBatch * this.width);
  }
}

/** So many records have their places in the cache nearest by. */
const mostInBatch = 64;

/**
 * Reads records of one shape, with a newline before each (or, where they are not their own lines of output, none), as long
 * as they have the key that is remembered, into a batch behind the one that it has already.
 * @returns how many more there are; where the last one ends is in `key.end`
 */
export type TemplateBatch = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  limit: number,
  key: KnownKey,
  batch: PlainBatch,
) => number;

/** A record's shape, and the functions that know it. */
export interface Template {
  readonly scan: TemplateScan;
  /** Left out where no key is remembered. */
  readonly pass?: TemplatePass;
  readonly batch?: TemplateBatch;
  /** Whether a record of this shape, with a newline, is its own line of output. */
  readonly canonical: boolean;
}

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

  const canonical = isCanonical(shape, bytes, start, end, from, to);
  const absent = [...shape.fields.keys()].filter((index) => !fields.includes(index));
  const body = (known: string, record: string | undefined, otherwise: string): string[] => {
    const pieces = inOrder.flatMap((index, turn) => [
      ...compareCode(literals[turn]!, shortest(shape, inOrder, literals, turn), otherwise),
      ...valueCode(
        shape.fields[index]!.kind,
        index,
        index === keyIndex ? known : "e = q;",
        record,
        otherwise,
      ),
    ]);
    return [...pieces, ...compareCode(literals.at(-1)!, literals.at(-1)!.length, otherwise)];
  };
  const scan = [
    ...absent.map((index) => `from[${index}] = -1;`),
    `let q = p, ${variables};`,
    ...body(sameKey, "", "return 0;"),
    // Only a record that is of this shape is remembered: of another one, something else may read the key.
    `key.from = from[${keyIndex}]; key.to = to[${keyIndex}]; key.same = same; return q;`,
  ];
  const pass = [
    `let q = p, count = 0, ${variables};`,
    "all: for (; ; count++) {",
    "key.end = q; same = false;",
    "while (q < limit && b[q] === 10) q++;",
    ...body(`${sameKey} if (!same) break all;`, undefined, "break all;"),
    "}",
    "return count;",
  ];
  const batch = [
    "const { from, to, starts, ends, width } = batch;",
    `let q = p, count = 1, r = width, ${variables};`,
    "all: for (; ; count++, r += width) {",
    `key.end = q; same = false;`,
    `if (count === ${mostInBatch}) break;`,
    canonical ? "if (q >= limit || b[q] !== 10) break; q++;" : "if (q < limit && b[q] === 10) q++;",
    "starts[count] = q;",
    ...absent.map((index) => `from[r + ${index}] = -1;`),
    ...body(`${sameKey} if (!same) break all;`, "r + ", "break all;"),
    "ends[count] = q;",
    "}",
    "batch.count = count;",
    "return count - 1;",
  ];
  return {
    scan: compiled(scan, "b, v, p, limit, from, to, key") as TemplateScan,
    pass: compiled(pass, "b, v, p, limit, key") as TemplatePass,
    batch: compiled(batch, "b, v, p, limit, key, batch") as TemplateBatch,
    canonical,
  };
}

const variables = "e = 0, c = 0, w = 0, n = 0, i = 0, f = 0, same = false";

/** The template of a table's rows as they are written: fields in its order, any that need not be there left out. */
export function writtenTemplate(shape: TableShape): Template {
  let template = written.get(shape);
  if (!template) {
    template = {
      scan: compiled(writtenCode(shape), "b, v, p, limit, from, to, key") as TemplateScan,
      canonical: true,
    };
    written.set(shape, template);
  }
  return template;
}

const written = new WeakMap<TableShape, Template>();

function writtenCode(shape: TableShape): string[] {
  const code = ["let q = p + 1, e = 0, c = 0, w = 0, f = 0;", "if (limit - p < 2 || b[p] !== 123) return 0;"];
  code.push("end: {");
  for (const [index, field] of shape.fields.entries()) {
    const quoted = isQuoted(field);
    const literal = new TextEncoder().encode(`${JSON.stringify(field.name)}:${quoted ? '"' : ""}`);
    const behind = shape.fields.slice(index + 1);
    const last = behind.some(({ kind }) => isRequired[kind])
      ? "return 0;"
      : [...behind.keys()].map((each) => `from[${index + 1 + each}] = -1;`).join(" ");
    code.push(
      `field: { from[${index}] = -1;`,
      // With room for a byte of the value: to read one behind the end once makes every further reading dearer.
      ...compareCode(literal, literal.length + 1, isRequired[field.kind] ? "return 0;" : "break field;"),
      ...valueCode(field.kind, index, "e = q;", "", "return 0;"),
      quoted ? "q++;" : "",
      "if (q >= limit) return 0;",
      `c = b[q++]; if (c === 125) { ${last} break end; }`,
      "if (c !== 44) return 0; }",
    );
  }
  code.push("return 0; }", "key.from = key.to = 0; key.same = false; return q;");
  return code;
}

function compiled(code: readonly string[], parameters: string): unknown {
  // Made of this file's own text, the names of declared fields, and numbers.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function(
    "plain",
    `"use strict"; return function scan(${parameters}) { ${code.join("\n")} };`,
  ) as (plain: Uint8Array) => unknown;
  return make(isPlain);
}

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

/**
 * Compares the bytes at `q` with a literal, and passes it. Words of eight bytes are compared as doubles: of the names
 * that a table knows and what JSON has between values, none is a zero, so that equal doubles are equal bytes (a NaN would
 * equal nothing: it would only refuse).
 */
function compareCode(literal: Uint8Array, room: number, otherwise = "return 0;"): string[] {
  const code = [`if (limit - q < ${room}) ${otherwise}`];
  const { length } = literal;
  const view = new DataView(literal.buffer, literal.byteOffset, length);
  const double = (at: number): string =>
    `if (v.getFloat64(q + ${at}, true) !== ${view.getFloat64(at, true)}) ${otherwise}`;
  const int = (at: number): string =>
    `if (v.getInt32(q + ${at}, true) !== ${view.getInt32(at, true)}) ${otherwise}`;
  let at = 0;
  for (; at + 8 <= length; at += 8) code.push(double(at));
  const rest = length - at;
  // The last word overlaps the one before where there is one.
  if (rest > 4 && length >= 8) code.push(double(length - 8));
  else if (rest > 4) code.push(int(0), int(length - 4));
  else if (rest > 0 && length >= 4) code.push(int(length - 4));
  else for (; at < length; at++) code.push(`if (b[q + ${at}] !== ${literal[at]!}) ${otherwise}`);
  code.push(`q += ${length};`);
  return code;
}

const plainRun = "while (e < limit && plain[b[e]] === 1) e++;";

/**
 * Checks the value at `q`, and passes it.
 * @param known leaves in `e` the end of a key that is known, else `q`
 * @param record what its place in `from` and `to` is counted from; left out: it is not said where it stands
 */
function valueCode(
  kind: FieldKind,
  index: number,
  known: string,
  record: string | undefined,
  otherwise: string,
): string[] {
  const keep = [
    record === undefined ? "" : `from[${record}${index}] = q; to[${record}${index}] = e;`,
    "q = e;",
  ];
  const ends = `if (e >= limit || b[e] !== 34) ${otherwise}`;
  switch (kind) {
    case "key":
      // One that starts with white space may have nothing else in it.
      return [
        known,
        `if (e === q) { if (b[q] === 32) ${otherwise} ${plainRun} ${ends} if (e === q) ${otherwise} }`,
        ...keep,
      ];
    case "text":
      return ["e = q;", plainRun, ends, ...keep];
    case "time":
    case "date":
      return [
        `if (limit - q < 13) ${otherwise}`,
        `if (b[q] === 48) ${otherwise}`,
        ...[0, 4, 8].map((at) => `w = v.getInt32(q + ${at}, true); if (${notDigits}) ${otherwise}`),
        `c = b[q + 12]; if (c < 48 || c > 57) ${otherwise}`,
        "e = q + 13;",
        ...keep,
      ];
    case "number":
      return [
        // Without a branch: whether there is a sign, or a zero, nobody could guess.
        "e = q + (((b[q] ^ 45) - 1) >>> 31);",
        `if (limit - e > 3 && b[e + 1] === 46 && ${isDigit("b[e]")} && ${isDigit("b[e + 2]")}) {`,
        `e += 3; ${digits}`,
        "} else {",
        `if (e < limit && b[e] === 48) e++; else { f = e; ${digits} if (e === f) ${otherwise} }`,
        `if (e < limit && b[e] === 46) { f = ++e; ${digits} if (e === f) ${otherwise} }`,
        "}",
        // What ends the number is compared with the literal behind it.
        `if (e - q > ${safeDigits}) ${otherwise}`,
        ...keep,
      ];
  }
}

const isDigit = (byte: string): string => `(${byte} - 48) >>> 0 < 10`;

const digits = "while (e < limit && (c = b[e]) >= 48 && c <= 57) e++;";

/** Whether any of a word's four bytes is no decimal digit. */
const notDigits = "(((w & 0xf0f0f0f0) ^ 0x30303030) | (((w + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030)) !== 0";

/** Leaves in `e` the end of the key where it is the one before, else `q`. One that is remembered is ASCII. */
const sameKey = `
  e = q; f = key.from; n = key.to - f; i = 0;
  if (n > 0 && limit - q > n && b[q + n] === 34) {
    if (n < 8) {
      while (i < n && b[f + i] === b[q + i]) i++;
      same = i === n;
    } else {
      while (i + 8 < n && v.getFloat64(f + i, true) === v.getFloat64(q + i, true)) i += 8;
      same = i + 8 >= n && v.getFloat64(f + n - 8, true) === v.getFloat64(q + n - 8, true);
    }
    if (same) e = q + n;
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
  for (const [index, field] of shape.fields.entries()) {
    if (from[index]! < 0) continue;
    const value = Buffer.from(bytes.subarray(from[index], to[index])).toString("latin1");
    text += `${text === "" ? "{" : ","}"${field.name}":${isQuoted(field) ? `"${value}"` : value}`;
  }
  return Buffer.from(bytes.subarray(start, end)).toString("latin1") === `${text}}`;
}
