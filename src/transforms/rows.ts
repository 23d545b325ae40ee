// A row: the values of one good record in its table's field order, and the newline-JSON text it becomes.

import type { TableShape } from "./tables.js";

/**
 * Values in field order. `key` and `text` fields hold the decoded string; `time`, `date` and `number` fields
 * hold the literal's digits as they came; what is left out of the output is `undefined`.
 */
export type Row = readonly (string | undefined)[];

/** Turns a row of one table into its line of newline JSON, newline included. */
export type RowFormat = (row: Row) => string;

/** The writer of a table's rows: fields in table order, strings as `JSON.stringify` escapes them, no white space. */
export function rowFormat(shape: TableShape): RowFormat {
  const names = shape.fields.map((field) => `${JSON.stringify(field.name)}:`);
  const quoted = shape.fields.map((field) => field.kind === "key" || field.kind === "text");
  return (row) => {
    let text = "{";
    for (let index = 0; index < names.length; index++) {
      const value = row[index];
      if (value === undefined) continue;
      if (text.length > 1) text += ",";
      text += names[index]!;
      text += quoted[index]! ? JSON.stringify(value) : value;
    }
    return `${text}}\n`;
  };
}
