// The calls by which files of a folder are looked at and read. With callbacks: where there are thousands of small files,
// what node:fs/promises does besides is felt.

import fs, { constants, type Stats } from "node:fs";

/** For reading, without waiting for somebody who writes: a file may have become a pipe since it was listed. */
export const readOnly = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** @returns its descriptor */
export function openFile(path: string): Promise<number> {
  return called((done) => fs.open(path, readOnly, done));
}

/** Reads on until some memory is full or the file ends. @returns the number of bytes */
export async function fill(descriptor: number, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await called<number>((done) =>
      fs.read(descriptor, into, filled, into.length - filled, null, done),
    );
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

export function stat(path: string): Promise<Stats> {
  return called((done) => fs.stat(path, done));
}

/** Of an open file the system knows this without asking anybody. */
export function statOpen(descriptor: number): Stats {
  return fs.fstatSync(descriptor);
}

/** Of a file that has just been read, by its name: the system knows this, too, and is asked once for each small file. */
export function statRead(path: string): Stats {
  return fs.statSync(path);
}

/** Of a file that was only read: there is nothing that would have to be waited for. */
export function closeRead(descriptor: number): void {
  fs.closeSync(descriptor);
}

function called<T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}
