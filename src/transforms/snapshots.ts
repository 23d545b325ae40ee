// Which of several snapshots of one registration is its row: the latest, and among equals one that does not
// depend on the order of files.

import type { Purpose } from "./consent.js";
import { compareUtf8 } from "./keys.js";
import type { Row } from "./rows.js";
import { type FieldKind, fieldIndex, type TableShape } from "./tables.js";

/**
 * Compares two snapshots by `lastUpdateDate`, then by the date of consent, then field by field in table order
 * (absent first, numbers by value, strings by UTF-8 bytes). Positive: the first is the greater.
 */
export function snapshotOrder(shape: TableShape, purpose: Purpose): (a: Row, b: Row) => number {
  const kinds = shape.fields.map((field) => field.kind);
  const positions = [fieldIndex(shape, "lastUpdateDate"), fieldIndex(shape, purpose), ...kinds.keys()];
  return (a, b) => {
    for (const position of positions) {
      const order = compareValues(kinds[position]!, a[position], b[position]);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareValues(kind: FieldKind, a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return kind === "key" || kind === "text" ? compareUtf8(a, b) : Number(a) - Number(b);
}
