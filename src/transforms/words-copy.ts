// Copies a few bytes, four at a time, through views: for some tens of them, a call of `set` costs more.

/** A view over the same memory as some bytes. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** As many bytes as `set` copies faster. */
const many = 256;

/**
 * Copies bytes `from` to `to` of one memory to place `at` of another; all are 32-bit numbers.
 * @param view over the memory of `source`, `own` over that of `target`
 */
export function copyWords(
  source: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  target: Uint8Array,
  own: DataView,
  at: number,
): void {
  const count = to - from;
  if (count > many) {
    target.set(source.subarray(from, to), at);
    return;
  }
  let next = from;
  let place = at;
  for (; next + 4 <= to; next += 4, place += 4) own.setInt32(place, view.getInt32(next, true), true);
  // The last word overlaps the one before.
  if (next < to && count >= 4) own.setInt32(at + count - 4, view.getInt32(to - 4, true), true);
  else for (; next < to; next++) target[place++] = source[next]!;
}
