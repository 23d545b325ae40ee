// The values that a join takes from its build side, as one text for each row: JSON tokens as they are written out, each
// behind its length in bytes (a varint), 0 where a value is left out.

import type { Field } from "./tables.js";
import { afterVarint, putVarint, varintAt, varintLength } from "./varint.js";

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** Whether a field's value is written between quotation marks. */
export function isQuoted({ kind }: Field): boolean {
  return kind === "key" || kind === "text";
}

/** The text of some values. */
export function takenText(fields: readonly Field[], values: readonly (string | undefined)[]): Uint8Array {
  const tokens = fields.map((field, index) => {
    const value = values[index];
    return utf8.encode(value === undefined ? "" : isQuoted(field) ? JSON.stringify(value) : value);
  });
  const length = tokens.reduce((sum, token) => sum + varintLength(token.length) + token.length, 0);
  const text = new Uint8Array(length);
  let at = 0;
  for (const token of tokens) {
    at = putVarint(text, at, token.length);
    text.set(token, at);
    at += token.length;
  }
  return text;
}

/** The values of a text. */
export function takenValues(fields: readonly Field[], text: Uint8Array): readonly (string | undefined)[] {
  let at = 0;
  return fields.map((field) => {
    const from = afterVarint(text, at);
    const to = from + varintAt(text, at);
    at = to;
    if (from === to) return undefined;
    // A copy: a decoder takes no shared memory.
    const token = fromUtf8.decode(text.slice(from, to));
    return isQuoted(field) ? (JSON.parse(token) as string) : token;
  });
}
