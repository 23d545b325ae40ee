// Reads one JSON value from bytes and says where it ended, or why it is broken. JSON.parse cannot serve
// here: it tells neither where a value stops in a longer text nor why it failed, forgets the digits of
// numbers (-1.0 would come out as -1) and silently drops all but the last of fields of the same name.

import { Buffer, isUtf8 } from "node:buffer";

export const MAX_RECORD_BYTES = 16 * 1024 * 1024;
export const MAX_DEPTH = 64;

export type BrokenReason = "truncated" | "syntax" | "too_large" | "too_deep";

export interface JsonString {
  readonly kind: "string";
  readonly text: string;
}
export interface JsonNumber {
  readonly kind: "number";
  /** The digits as they came. */
  readonly literal: string;
}
export interface JsonField {
  readonly name: string;
  readonly value: JsonValue;
}
export interface JsonObject {
  readonly kind: "object";
  /** All of them, in order, names that come twice included. */
  readonly fields: readonly JsonField[];
}
export interface JsonArray {
  readonly kind: "array";
  readonly items: readonly JsonValue[];
}
export interface JsonWord {
  readonly kind: "true" | "false" | "null";
}
export type JsonValue = JsonString | JsonNumber | JsonObject | JsonArray | JsonWord;

export type ReadOutcome =
  | { readonly whole: true; readonly value: JsonObject; readonly end: number }
  | { readonly whole: false; readonly reason: BrokenReason };

/** Reads the object whose `{` is at `start`. */
export function readRecord(bytes: Uint8Array, start: number): ReadOutcome {
  const reader = new Reader(bytes, start);
  try {
    const value = reader.object(1);
    return { whole: true, value, end: reader.position };
  } catch (error) {
    if (error instanceof Broken) return { whole: false, reason: error.reason };
    throw error;
  }
}

export function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}

/** True if every key and string in the value, at any depth, is sound: valid UTF-8, no lone surrogate. */
export function isSound(value: JsonValue): boolean {
  if (value.kind === "string") return value.text.isWellFormed();
  if (value.kind === "array") return value.items.every(isSound);
  if (value.kind !== "object") return true;
  return value.fields.every((field) => field.name.isWellFormed() && isSound(field.value));
}

class Broken extends Error {
  readonly reason: BrokenReason;
  constructor(reason: BrokenReason) {
    super(reason);
    this.reason = reason;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A strict reader (RFC 8259). The first byte that the grammar does not allow decides what is wrong with the
 * value, so each byte is looked at in turn, and only through `peek`, which watches both ends.
 */
class Reader {
  position: number;
  private readonly bytes: Buffer;
  private readonly start: number;

  constructor(bytes: Uint8Array, start: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.start = start;
    this.position = start;
  }

  object(depth: number): JsonObject {
    const fields: JsonField[] = [];
    this.expect("{");
    this.skipWhiteSpace();
    if (this.accept("}")) return { kind: "object", fields };
    for (;;) {
      const name = this.string();
      this.skipWhiteSpace();
      this.expect(":");
      this.skipWhiteSpace();
      fields.push({ name, value: this.value(depth) });
      this.skipWhiteSpace();
      if (this.accept("}")) return { kind: "object", fields };
      this.expect(",");
      this.skipWhiteSpace();
    }
  }

  string(): string {
    this.expect('"');
    const from = this.position;
    for (;;) {
      const byte = this.peek();
      if (byte === QUOTE) break;
      if (byte < 0x20) throw new Broken("syntax");
      this.position += 1;
      if (byte === BACKSLASH) this.escape();
    }
    const text = this.decode(from);
    this.position += 1;
    // All that JSON.parse is left to do is to undo the escapes, which are known to be valid.
    return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
  }

  private array(depth: number): JsonArray {
    const items: JsonValue[] = [];
    this.expect("[");
    this.skipWhiteSpace();
    if (this.accept("]")) return { kind: "array", items };
    for (;;) {
      items.push(this.value(depth));
      this.skipWhiteSpace();
      if (this.accept("]")) return { kind: "array", items };
      this.expect(",");
      this.skipWhiteSpace();
    }
  }

  /** A value inside something that is at `depth`. */
  private value(depth: number): JsonValue {
    const first = String.fromCharCode(this.peek());
    switch (first) {
      case "{":
      case "[":
        if (depth === MAX_DEPTH) throw new Broken("too_deep");
        return first === "{" ? this.object(depth + 1) : this.array(depth + 1);
      case '"':
        return { kind: "string", text: this.string() };
      case "t":
        return this.word("true");
      case "f":
        return this.word("false");
      case "n":
        return this.word("null");
      default:
        return this.number();
    }
  }

  private word(kind: JsonWord["kind"]): JsonWord {
    for (const letter of kind) this.expect(letter);
    return { kind };
  }

  private number(): JsonNumber {
    const from = this.position;
    this.accept("-");
    if (!this.accept("0")) this.digits();
    if (this.accept(".")) this.digits();
    if (this.accept("e") || this.accept("E")) {
      if (!this.accept("+")) this.accept("-");
      this.digits();
    }
    return { kind: "number", literal: this.decode(from) };
  }

  /** At least one. */
  private digits(): void {
    if (!isDigit(this.peek())) throw new Broken("syntax");
    while (isDigit(this.peek())) this.position += 1;
  }

  /** What comes after a backslash. */
  private escape(): void {
    if (this.accept("u")) {
      for (let i = 0; i < 4; i += 1) {
        if (!isHexDigit(this.peek())) throw new Broken("syntax");
        this.position += 1;
      }
      return;
    }
    if (!'"\\/bfnrt'.includes(String.fromCharCode(this.peek()))) throw new Broken("syntax");
    this.position += 1;
  }

  private skipWhiteSpace(): void {
    while (isWhiteSpace(this.peek())) this.position += 1;
  }

  private accept(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.position += 1;
    return true;
  }

  private expect(character: string): void {
    if (!this.accept(character)) throw new Broken("syntax");
  }

  /** The byte at the position. A value that needs a byte which is not there, or one too far, is broken. */
  private peek(): number {
    const byte = this.bytes[this.position];
    if (byte === undefined) throw new Broken("truncated");
    if (this.position - this.start >= MAX_RECORD_BYTES) throw new Broken("too_large");
    return byte;
  }

  /**
   * The text from `from` up to the position. Bytes that are not UTF-8 make it a text that is not well-formed,
   * so that one question about the text finds them and lone surrogates alike. There are two low surrogates
   * because a single one could complete a high one that an escape left open.
   */
  private decode(from: number): string {
    const text = this.bytes.toString("utf8", from, this.position);
    // Each invalid byte has become U+FFFD, which may also have stood there by right.
    const valid = !text.includes("\ufffd") || isUtf8(this.bytes.subarray(from, this.position));
    return valid ? text : `${text}\udc00\udc00`;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
