// The short way to read a record: straight from its bytes, without tokens. It takes a flat object that keeps to its
// table's contract, fields in any order and spelling of case, with white space, escapes and unknown scalar fields;
// and it proves that the record is such a one. Of anything else, however small the doubt, it says nothing, and the
// full way (framer.ts, json-record.ts, contract.ts) decides. Tests hold that both give the same wherever this one
// speaks.

import { isUtf8 } from "node:buffer";
import { isHex, isSimpleEscape } from "./framer.js";
import { isPlain, safeDigits } from "./plain-values.js";
import { isGoodKey, isZero } from "../transforms/contract.js";
import type { Row } from "../transforms/rows.js";
import { isRequired, type TableShape } from "../transforms/tables.js";

const absent = -1;

const quote = 0x22;
const backslash = 0x5c;

const isSpace = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) isSpace[byte] = 1;

/** Longer names are not of any table. */
const longestName = 32;

const unknown = -1;

type Value = "string" | "number" | "null" | "none";

/** Reads the records of one table. After `read`, the record's values stand in the fields below, until the next. */
export class FlatReader {
  /**
   * Where each field's value stands, in table order: the bytes between a string's quotation marks, or a number's
   * literal; -1 where the record has no value for it (absent, `null`, a blank date).
   */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The text of a value that has escapes or characters beyond ASCII; else nothing. */
  readonly texts: (string | undefined)[];
  /** Whether every value's text is just its bytes. */
  plain = true;
  /** The number of fields that the table does not have. */
  dropped = 0;

  readonly #shape: TableShape;
  readonly #names: readonly Uint8Array[];
  readonly #byName: ReadonlyMap<string, number>;
  /** The field that followed each one when it was last seen (behind the last: the first). A guess, always checked. */
  readonly #next: Int32Array;

  // What the methods below hand to each other about the value at hand.
  #value: Value = "none";
  #valueFrom = 0;
  #valueTo = 0;
  #valueText: string | undefined;
  #nameEnd = 0;

  constructor(shape: TableShape) {
    const { fields } = shape;
    if (fields.length > 31) throw new RangeError("a table of more than 31 fields");
    this.#shape = shape;
    this.from = new Int32Array(fields.length);
    this.to = new Int32Array(fields.length);
    this.texts = new Array<string | undefined>(fields.length).fill(undefined);
    this.#names = fields.map(({ name }) => new TextEncoder().encode(name));
    this.#byName = new Map(fields.map(({ name }, index) => [name.toLowerCase(), index]));
    this.#next = Int32Array.from([0, ...fields.map((_, index) => (index + 1) % fields.length)]);
  }

  /**
   * Reads the record that starts at a `{`.
   * @param limit the end of the bytes that are there
   * @returns the position after the record's last byte; 0 where the full way has to decide
   */
  read(bytes: Buffer, start: number, limit: number): number {
    const { fields } = this.#shape;
    this.from.fill(absent);
    this.plain = true;
    this.dropped = 0;
    let seen = 0;
    let last = 0;
    let position = passSpace(bytes, start + 1, limit);
    for (;;) {
      const index = this.#readName(bytes, position, limit, this.#next[last]!);
      if (this.#nameEnd === 0) return 0;
      position = passSpace(bytes, this.#nameEnd, limit);
      if (bytes[position] !== 0x3a || position >= limit) return 0;
      position = this.#readValue(bytes, passSpace(bytes, position + 1, limit), limit);
      if (position === 0) return 0;
      if (index === unknown) {
        this.dropped++;
      } else {
        if ((seen & (1 << index)) !== 0 || !this.#keep(bytes, index)) return 0;
        seen |= 1 << index;
        this.#next[last] = index;
        last = index + 1;
      }
      position = passSpace(bytes, position, limit);
      if (position >= limit) return 0;
      const byte = bytes[position++]!;
      if (byte === 0x7d) break;
      if (byte !== 0x2c) return 0;
      position = passSpace(bytes, position, limit);
    }
    for (let index = 0; index < fields.length; index++) {
      if (this.from[index] === absent && isRequired[fields[index]!.kind]) return 0;
    }
    return position;
  }

  /** The record that was read last, as a row. */
  row(bytes: Buffer): Row {
    const row = new Array<string | undefined>(this.from.length);
    for (let index = 0; index < row.length; index++) row[index] = this.text(bytes, index);
    return row;
  }

  /** One value of the record that was read last. */
  text(bytes: Buffer, index: number): string | undefined {
    const from = this.from[index]!;
    if (from === absent) return undefined;
    return (this.plain ? undefined : this.texts[index]) ?? bytes.toString("latin1", from, this.to[index]);
  }

  /** The position of the field whose quoted name stands here; `#nameEnd` is 0 where the full way has to decide. */
  #readName(bytes: Buffer, at: number, limit: number, guess: number): number {
    this.#nameEnd = 0;
    const expected = this.#names[guess]!;
    const end = at + expected.length + 2;
    if (end < limit && bytes[at] === quote && bytes[end - 1] === quote) {
      let index = 0;
      while (index < expected.length && bytes[at + 1 + index] === expected[index]) index++;
      if (index === expected.length) {
        this.#nameEnd = end;
        return guess;
      }
    }
    return this.#findName(bytes, at, limit);
  }

  #findName(bytes: Buffer, at: number, limit: number): number {
    if (at >= limit || this.#readString(bytes, at, limit) === 0) return unknown;
    this.#nameEnd = this.#valueTo + 1;
    const name = this.#valueText ?? this.#shortText(bytes);
    return this.#byName.get(name.toLowerCase()) ?? unknown;
  }

  #shortText(bytes: Buffer): string {
    return this.#valueTo - this.#valueFrom > longestName
      ? ""
      : bytes.toString("latin1", this.#valueFrom, this.#valueTo);
  }

  /** @returns the position behind the value; 0 where the full way has to decide */
  #readValue(bytes: Buffer, at: number, limit: number): number {
    if (at >= limit) return 0;
    const byte = bytes[at]!;
    if (byte === quote) return this.#readString(bytes, at, limit);
    if (byte === 0x6e || byte === 0x74 || byte === 0x66) return this.#readLiteral(bytes, at, limit, byte);
    return this.#readNumber(bytes, at, limit);
  }

  #readString(bytes: Buffer, at: number, limit: number): number {
    let position = at + 1;
    if (bytes[at] !== quote) return 0;
    while (position < limit && isPlain[bytes[position]!] === 1) position++;
    if (position >= limit) return 0;
    this.#value = "string";
    this.#valueFrom = at + 1;
    this.#valueText = undefined;
    if (bytes[position] !== quote) {
      position = this.#decodeString(bytes, position, limit);
      if (position === 0) return 0;
    }
    this.#valueTo = position;
    return position + 1;
  }

  /** A string with escapes or characters beyond ASCII, from the first of them on. @returns where its end mark is; or 0 */
  #decodeString(bytes: Buffer, from: number, limit: number): number {
    let position = from;
    while (position < limit && bytes[position] !== quote) {
      const length = bytes[position] === backslash ? escapeLength(bytes, position) : 1;
      // What JSON.parse refuses costs it ten times as much as what it takes: it makes an error of it.
      if (length === 0 || bytes[position]! < 0x20) return 0;
      position += length;
    }
    if (position >= limit) return 0;
    const content = bytes.subarray(this.#valueFrom - 1, position + 1);
    if (!isUtf8(content)) return 0;
    let text: unknown;
    try {
      text = JSON.parse(content.toString("utf8"));
    } catch {
      return 0; // its message would quote the data
    }
    if (typeof text !== "string" || !text.isWellFormed()) return 0;
    this.#valueText = text;
    return position;
  }

  #readNumber(bytes: Buffer, at: number, limit: number): number {
    let position = bytes[at] === 0x2d ? at + 1 : at;
    const first = position;
    position = passDigits(bytes, position, limit);
    if (position === first || (bytes[first] === 0x30 && position > first + 1)) return 0;
    if (bytes[position] === 0x2e) {
      const point = position;
      position = passDigits(bytes, position + 1, limit);
      if (position === point + 1) return 0;
    }
    // Exponents are rare: the full way knows them. At the limit the number may go on.
    if (position >= limit || bytes[position] === 0x65 || bytes[position] === 0x45) return 0;
    if (position - at > safeDigits) return 0;
    this.#value = "number";
    this.#valueFrom = at;
    this.#valueTo = position;
    this.#valueText = undefined;
    return position;
  }

  #readLiteral(bytes: Buffer, at: number, limit: number, first: number): number {
    const literal = first === 0x6e ? "null" : first === 0x74 ? "true" : "false";
    const end = at + literal.length;
    if (end > limit || bytes.toString("latin1", at, end) !== literal) return 0;
    this.#value = first === 0x6e ? "null" : "none";
    return end;
  }

  /** Takes in the value just read as a field's; false where it does not keep to the contract. */
  #keep(bytes: Buffer, index: number): boolean {
    const value = this.#value;
    switch (this.#shape.fields[index]!.kind) {
      case "key":
        if (value !== "string" || !this.#isGoodKey(bytes)) return false;
        break;
      case "text":
        if (value === "null") return true;
        if (value !== "string") return false;
        break;
      case "time":
        if (value !== "number" || !this.#isTime(bytes)) return false;
        break;
      case "number":
        if (value !== "number") return false;
        break;
      case "date":
        if (value === "null" || (value === "string" && this.#valueFrom === this.#valueTo)) return true;
        if (value !== "number") return false;
        if (!this.#isTime(bytes)) return isZero(this.#literal(bytes));
        break;
    }
    this.from[index] = this.#valueFrom;
    this.to[index] = this.#valueTo;
    this.texts[index] = this.#valueText;
    if (this.#valueText !== undefined) this.plain = false;
    return true;
  }

  #isGoodKey(bytes: Buffer): boolean {
    if (this.#valueText !== undefined) return isGoodKey(this.#valueText);
    for (let at = this.#valueFrom; at < this.#valueTo; at++) if (bytes[at] !== 0x20) return true;
    return false;
  }

  /** Whether the number just read is a time, as `isTime` of the contract has it. */
  #isTime(bytes: Buffer): boolean {
    const from = this.#valueFrom;
    return (
      this.#valueTo - from === 13 &&
      bytes[from]! !== 0x30 &&
      bytes[from] !== 0x2d &&
      passDigits(bytes, from, this.#valueTo) === this.#valueTo
    );
  }

  #literal(bytes: Buffer): string {
    return bytes.toString("latin1", this.#valueFrom, this.#valueTo);
  }
}

/** How many bytes the escape has that starts here; 0 where it is none. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1]!;
  if (kind !== 0x75) return isSimpleEscape(kind) ? 2 : 0;
  for (let digit = at + 2; digit < at + 6; digit++) if (!isHex(bytes[digit]!)) return 0;
  return 6;
}

function passSpace(bytes: Uint8Array, from: number, limit: number): number {
  let position = from;
  while (position < limit && isSpace[bytes[position]!] === 1) position++;
  return position;
}

function passDigits(bytes: Uint8Array, from: number, limit: number): number {
  let position = from;
  while (position < limit && bytes[position]! >= 0x30 && bytes[position]! <= 0x39) position++;
  return position;
}
