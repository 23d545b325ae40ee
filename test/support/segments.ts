// Rows of a join's build side, as a scanner gives them.

import { putSegment, type Segments, segmentWidth } from "../../src/transforms/join-table.js";
import { framed, utf8 } from "../io/support.js";

/** @param rows those that come one after another of one time and person are one segment */
export function segmentsOf(
  rows: readonly (readonly [time: number, person: number, text: string])[],
): Segments {
  const numbers: number[] = [];
  const texts: Uint8Array[] = [];
  let length = 0;
  for (const [index, [time, person, text]] of rows.entries()) {
    const before = rows[index - 1];
    if (before?.[0] !== time || before[1] !== person) {
      if (before) length += texts.push(Uint8Array.of(0)) && 1;
      const segment = new Int32Array(segmentWidth);
      putSegment(segment, 0, time, person, length);
      numbers.push(...segment);
    }
    const bytes = framed(utf8(text));
    texts.push(bytes);
    length += bytes.length;
  }
  if (rows.length > 0) texts.push(Uint8Array.of(0));
  return { numbers: Int32Array.from(numbers), texts: Buffer.concat(texts) };
}
