// Columns: typed arrays that grow. A number takes as many bytes as its kind.

import { mappedBytes } from "./regions.js";

/** What a column may be. */
export type Column = Uint8Array | Int32Array | Uint32Array | Float64Array;

type ColumnType<T extends Column> = new (memory: ArrayBuffer, at: number, places: number) => T;

/** A column of zeros. What of it nobody touches takes no memory, where there is much of it. */
export function column<T extends Column>(
  type: ColumnType<T> & { BYTES_PER_ELEMENT: number },
  places: number,
): T {
  const bytes = places * type.BYTES_PER_ELEMENT;
  return new type(new ArrayBuffer(mappedBytes(bytes)), 0, places);
}

const pageBytes = 4096;

/**
 * The same column of zeros, in memory that is there. A page that is read before it is written is one that all such pages
 * share, and to change that when it is written all threads are stopped: of a table whose slots are read to see whether
 * they are free, that takes as long as filling it.
 */
export function present<T extends Column>(zeros: T): T {
  for (let at = 0; at < zeros.length; at += pageBytes / zeros.BYTES_PER_ELEMENT) zeros[at] = 0;
  return zeros;
}

/** A column with at least so many places: the same one, or one of twice its size or more that has the same in front. */
export function withRoom<T extends Column>(before: T, places: number): T {
  if (places <= before.length) return before;
  const { BYTES_PER_ELEMENT: size } = before;
  const memory = new ArrayBuffer(mappedBytes(Math.max(2 * before.length, places) * size));
  const made = new (before.constructor as ColumnType<T>)(memory, 0, Math.floor(memory.byteLength / size));
  made.set(before);
  return made;
}

/** A copy of the first places of a column in memory that other threads may read. */
export function shared(
  { buffer, byteOffset, BYTES_PER_ELEMENT: size }: Column,
  places: number,
): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(places * size);
  new Uint8Array(memory).set(new Uint8Array(buffer, byteOffset, places * size));
  return memory;
}
