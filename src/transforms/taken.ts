// The values that a join takes from its build side, as one text for each row: JSON tokens as they are written out, with
// a byte between them that no token has.

import type { Field } from "./tables.js";

/** Between two tokens. JSON escapes control characters, so no token holds one. */
export const tokenSeparator = 1;

const separator = String.fromCharCode(tokenSeparator);

/** Whether a field's value is written between quotation marks. */
export function isQuoted({ kind }: Field): boolean {
  return kind === "key" || kind === "text";
}

/** The text of some values; one that is left out becomes nothing. */
export function takenText(fields: readonly Field[], values: readonly (string | undefined)[]): string {
  return fields
    .map((field, index) => {
      const value = values[index];
      if (value === undefined) return "";
      return isQuoted(field) ? JSON.stringify(value) : value;
    })
    .join(separator);
}

/** The values of a text. */
export function takenValues(fields: readonly Field[], text: string): readonly (string | undefined)[] {
  const tokens = text.split(separator);
  return fields.map((field, index) => {
    const token = tokens[index]!;
    if (token === "") return undefined;
    return isQuoted(field) ? (JSON.parse(token) as string) : token;
  });
}
