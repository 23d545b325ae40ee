// The values that a join takes from its build side, as one text for each row: what stands of them in a line of output,
// from the value of the first one on, as in `0.5,"y":1.0,"z":-2.5`. What is left out has no part in it; where that is the
// first one, the text begins with a comma, or is empty.

import type { Field } from "./tables.js";

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

const comma = 0x2c;

/** Whether a field's value is written between quotation marks. */
export function isQuoted({ kind }: Field): boolean {
  return kind === "key" || kind === "text";
}

/** What stands in a line before the value of a field that is not its first. */
export function beforeValue({ name }: Field): string {
  return `,"${name}":`;
}

/** The text of some values. */
export function takenText(fields: readonly Field[], values: readonly (string | undefined)[]): Uint8Array {
  const parts = fields.map((field, index) => {
    const value = values[index];
    if (value === undefined) return "";
    return (index > 0 ? beforeValue(field) : "") + (isQuoted(field) ? JSON.stringify(value) : value);
  });
  return utf8.encode(parts.join(""));
}

/** Whether the text in `bytes` from `from` to `to` begins with the value of the first field. */
export function hasFirst(bytes: Uint8Array, from: number, to: number): boolean {
  return from < to && bytes[from] !== comma;
}

const quotedToken = /"(?:[^"\\]|\\.)*"/y;
const bareToken = /[^,]*/y;

/** The values of a text. */
export function takenValues(fields: readonly Field[], text: Uint8Array): readonly (string | undefined)[] {
  // A copy: a decoder takes no shared memory.
  const line = fromUtf8.decode(Uint8Array.from(text));
  let at = 0;
  return fields.map((field, index) => {
    const before = index > 0 ? beforeValue(field) : "";
    const isThere = index > 0 ? line.startsWith(before, at) : hasFirst(text, 0, text.length);
    if (!isThere) return undefined;
    const token = isQuoted(field) ? quotedToken : bareToken;
    token.lastIndex = at + before.length;
    const value = token.exec(line)![0];
    at = token.lastIndex;
    return isQuoted(field) ? (JSON.parse(value) as string) : value;
  });
}
