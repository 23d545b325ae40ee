// Reads small files before it is their turn: most of their time is spent on asking for them, above all over a network.

import type { ReadAhead, Room } from "./store.js";

/** Gives a file's bytes. @param room as in `Store.read` @param signal ends waiting for them */
export type Read = (room?: Room, signal?: AbortSignal) => AsyncIterable<Uint8Array>;

/** A file that can be read. */
export interface Source {
  /** Bytes, as stored. */
  readonly size: number;
  readonly chunks: Read;
}

/**
 * Each file, in order, with what gives its bytes. Whatever is under way ends when the caller stops asking for files.
 * @param signal ends all reading
 * @param roomFor what a file that is read before its turn is put into; left out, or nothing: memory of its own
 */
export function* readAhead<T extends Source>(
  files: Iterable<T>,
  { files: most, smallBytes }: ReadAhead,
  signal?: AbortSignal,
  roomFor: (file: T) => Room | undefined = () => undefined,
): Generator<readonly [T, (room?: Room) => AsyncIterable<Uint8Array>]> {
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([stop.signal, signal]) : stop.signal;
  const window: (readonly [T, (room?: Room) => AsyncIterable<Uint8Array>])[] = [];
  try {
    for (const file of files) {
      const read = file.size > smallBytes ? file.chunks : readNow(file.chunks, stopped, roomFor(file));
      window.push([file, (room) => read(room, stopped)]);
      if (window.length > most) yield window.shift()!;
    }
    for (let next = window.shift(); next; next = window.shift()) yield next;
  } finally {
    stop.abort();
  }
}

/** Begins to read at once; an error comes when the bytes are asked for. */
function readNow(chunks: Read, signal: AbortSignal, room: Room | undefined): Read {
  const read = async (): Promise<readonly Uint8Array[]> => {
    const all: Uint8Array[] = [];
    for await (const chunk of chunks(room, signal)) all.push(chunk);
    return all;
  };
  const reading = read();
  reading.catch(() => undefined);
  return async function* () {
    yield* await reading;
  };
}
