// Reads files before it is their turn, where that pays off: small ones whole, since most of their time is spent on asking
// for them, above all over a network, and the beginning of a large one while the end of the one before is dealt with.

import type { ReadAhead, Room } from "./store.js";

/** Gives a file's bytes. @param room as in `Store.read` @param signal ends waiting for them */
export type Read = (room?: Room, signal?: AbortSignal) => AsyncIterable<Uint8Array>;

/** A file that can be read. */
export interface Source {
  /** Bytes, as stored. */
  readonly size: number;
  readonly chunks: Read;
}

/** Room for a small file. */
export interface SmallRoom {
  readonly room: Room;
  /** Says that the file has been read: a store need not put it there. */
  leave(): void;
}

/** A file of a table. */
export interface TableFile extends Source {
  readonly path: string;
  /** How errors name it. */
  readonly where: string;
}

/**
 * Each file, in order, with what gives its bytes. Whatever is under way ends when the caller stops asking for files.
 * @param signal ends all reading
 * @param roomFor what a small file is put into; left out, or nothing: memory of its own
 */
export function* readAhead<T extends Source>(
  files: Iterable<T>,
  { files: most, smallBytes, leadBytes }: ReadAhead,
  signal?: AbortSignal,
  roomFor: (file: T) => SmallRoom | undefined = () => undefined,
): Generator<readonly [T, (room: Room) => AsyncIterable<Uint8Array>]> {
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([stop.signal, signal]) : stop.signal;
  /** What comes after the file that is being dealt with. */
  const window: { readonly file: T; readonly reading: Reading }[] = [];
  const given = ({ file, reading }: (typeof window)[number]) =>
    [file, (room: Room) => reading.read(room, () => window[0]?.reading.begin?.())] as const;
  try {
    for (const file of files) {
      const reading =
        file.size > smallBytes
          ? new LargeReading(file, leadBytes, stopped)
          : new SmallReading(file, stopped, roomFor(file));
      window.push({ file, reading });
      if (window.length > most) yield given(window.shift()!);
    }
    for (let next = window.shift(); next; next = window.shift()) yield given(next);
  } finally {
    stop.abort();
    for (const { reading } of window) reading.giveUp?.();
  }
}

/** One file being read. */
interface Reading {
  /** Begins to read, if it is not read yet; an error comes when the bytes are asked for. */
  begin?(): void;
  /** @param lead is called when it is time to begin with the next file, perhaps more than once */
  read(room: Room, lead: () => void): AsyncIterable<Uint8Array>;
  /** It will not be read. */
  giveUp?(): void;
}

/** A small file: it is read as a whole, at once. */
class SmallReading implements Reading {
  readonly #chunks: Promise<readonly Uint8Array[]>;

  constructor({ chunks }: Source, signal: AbortSignal, small: SmallRoom | undefined) {
    const read = async (): Promise<readonly Uint8Array[]> => {
      const all: Uint8Array[] = [];
      for await (const chunk of chunks(small?.room, signal)) all.push(chunk);
      small?.leave();
      return all;
    };
    this.#chunks = read();
    this.#chunks.catch(() => undefined);
  }

  async *read(): AsyncIterable<Uint8Array> {
    yield* await this.#chunks;
  }
}

/** A large file: it is read when its bytes are asked for, or once it has been begun. */
class LargeReading implements Reading {
  readonly #source: Source;
  readonly #leadBytes: number;
  readonly #signal: AbortSignal;
  #iterator: AsyncIterator<Uint8Array> | undefined;
  #first: Promise<IteratorResult<Uint8Array>> | undefined;
  // Where its bytes may be put is known once they are asked for.
  #giveRoom!: (room: Room) => void;
  #refuseRoom!: (reason: unknown) => void;
  readonly #room = new Promise<Room>((resolve, reject) => {
    this.#giveRoom = resolve;
    this.#refuseRoom = reject;
  });

  constructor(source: Source, leadBytes: number, signal: AbortSignal) {
    this.#source = source;
    this.#leadBytes = leadBytes;
    this.#signal = signal;
    this.#room.catch(() => undefined); // told whoever asks for it
  }

  begin(): void {
    if (this.#iterator) return;
    const room: Room = async () => (await this.#room)();
    this.#iterator = this.#source.chunks(room, this.#signal)[Symbol.asyncIterator]();
    this.#first = this.#iterator.next();
    this.#first.catch(() => undefined);
  }

  async *read(room: Room, lead: () => void): AsyncIterable<Uint8Array> {
    this.#giveRoom(room);
    this.begin();
    const iterator = this.#iterator!;
    let left = this.#source.size;
    try {
      for (let each = await this.#first!; !each.done; each = await iterator.next()) {
        left -= each.value.length;
        if (left < this.#leadBytes) lead();
        yield each.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  giveUp(): void {
    // A store that waits for room would wait for ever, and its file stay open.
    this.#refuseRoom(this.#signal.reason);
    this.#iterator?.return?.().catch(() => undefined);
  }
}
