// Lengths in as few bytes as they need: seven bits in each, the lowest first, bit 0x80 set in all but the last.

/** The number that starts at a place. */
export function varintAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first <= 0x7f) return first;
  let number = first & 0x7f;
  for (let next = at + 1, shift = 7; ; next++, shift += 7) {
    const byte = bytes[next]!;
    number |= (byte & 0x7f) << shift;
    if (byte <= 0x7f) return number;
  }
}

/** Where the number ends that starts at a place. */
export function afterVarint(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end]! > 0x7f) end++;
  return end + 1;
}

/** Writes a number. @returns where it ends */
export function putVarint(bytes: Uint8Array, at: number, number: number): number {
  let end = at;
  let rest = number;
  for (; rest > 0x7f; rest >>>= 7) bytes[end++] = (rest & 0x7f) | 0x80;
  bytes[end++] = rest;
  return end;
}
