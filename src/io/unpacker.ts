// Unpacks files, and has that done by a thread of its own where there is one. What zlib gives is garbage as soon as it has
// been copied, and there is as much of it as the files have bytes: a collector that has to go through the few objects of
// such a thread, and not through those of the one that builds the zones, is hardly felt.

import { BoundedQueue } from "./bounded-queue.js";
import { badGzip, gunzip, type GunzipOutcome, isPacked } from "./gunzip.js";
import type { TableFile } from "./read-ahead.js";
import { chunkBytes, ring, type Room } from "./store.js";
import { smallHeap, WorkerThread } from "./worker-thread.js";

/** Unpacks beside the thread that calls. */
export interface Unpacker {
  /**
   * The bytes of a packed file, unpacked, in rooms in shared memory; some at the end may have nothing in them.
   * @param packed, outcome, where as those of `gunzip`
   * @throws StediError as `gunzip`
   */
  unpack(
    packed: AsyncIterable<Uint8Array>,
    outcome: GunzipOutcome,
    where: string,
    room: Room,
  ): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** What the thread is told of a file, which has a number. */
export type ToUnpacker =
  /** The next of its bytes, as stored; nothing at their end. */
  | { readonly kind: "packed"; readonly file: number; readonly bytes: Uint8Array | undefined }
  | { readonly kind: "room"; readonly file: number; readonly room: Uint8Array }
  /** No more of it is wanted. */
  | { readonly kind: "stop"; readonly file: number };

export type FromUnpacker =
  /** It has begun with bytes that it was given. */
  | { readonly kind: "taken"; readonly file: number }
  /** So many bytes are in the first of the rooms that were given and not filled. */
  | { readonly kind: "filled"; readonly file: number; readonly length: number }
  | { readonly kind: "end"; readonly file: number; readonly outcome: GunzipOutcome }
  /** It is not whole gzip data. */
  | { readonly kind: "bad"; readonly file: number };

/** Rooms that a thread has before it, so that it need not wait for one. */
const roomsAhead = 2;

/** A file that is being unpacked, as its reader knows it. */
interface File {
  /** How many bytes are in each room that it has filled. */
  readonly filled: BoundedQueue<number>;
  readonly outcome: GunzipOutcome;
  readonly where: string;
  /** Says that bytes have been taken. */
  taken: () => void;
}

/** See the top of this file. The thread is started with the first file. */
export class UnpackingThread implements Unpacker {
  readonly #program: URL;
  #thread: WorkerThread<ToUnpacker, FromUnpacker> | undefined;
  readonly #files = new Map<number, File>();
  #lastFile = 0;

  /** @param program what the thread runs: unpacking-worker.js */
  constructor(program: URL) {
    this.#program = program;
  }

  async *unpack(
    packed: AsyncIterable<Uint8Array>,
    outcome: GunzipOutcome,
    where: string,
    room: Room,
  ): AsyncIterable<Uint8Array> {
    const thread = (this.#thread ??= this.#start());
    if (thread.failure) throw thread.failure;
    const number = ++this.#lastFile;
    const file: File = {
      filled: new BoundedQueue(Infinity),
      outcome,
      where,
      taken: () => undefined,
    };
    this.#files.set(number, file);
    const isOver = (): boolean => !this.#files.has(number);
    /** Of a file that is over, the thread would think it a new one. */
    const send = (message: ToUnpacker): void => {
      if (!isOver()) thread.send(message);
    };

    const pump = async (): Promise<void> => {
      for await (const bytes of packed) {
        if (isOver()) return;
        const taken = new Promise<void>((resolve) => (file.taken = resolve));
        send({ kind: "packed", file: number, bytes });
        await taken;
        if (isOver()) return;
      }
      send({ kind: "packed", file: number, bytes: undefined });
    };
    const rooms: Promise<Uint8Array>[] = [];
    const giveRoom = (): void => {
      const given = Promise.resolve(room()).then((bytes) => {
        send({ kind: "room", file: number, room: bytes });
        return bytes;
      });
      given.catch((error: unknown) => file.filled.fail(error));
      rooms.push(given);
    };

    pump().catch((error: unknown) => file.filled.fail(error));
    for (let ahead = 0; ahead < roomsAhead; ahead++) giveRoom();
    try {
      for (let length = await file.filled.take(); length !== undefined; length = await file.filled.take()) {
        const filled = (await rooms.shift()!).subarray(0, length);
        giveRoom();
        yield filled;
      }
      for (const each of rooms) yield (await each).subarray(0, 0);
    } finally {
      send({ kind: "stop", file: number });
      this.#files.delete(number);
      file.taken();
    }
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  #start(): WorkerThread<ToUnpacker, FromUnpacker> {
    const thread = new WorkerThread<ToUnpacker, FromUnpacker>(
      this.#program,
      smallHeap,
      (message) => {
        const file = this.#files.get(message.file);
        if (!file) return;
        switch (message.kind) {
          case "taken":
            file.taken();
            break;
          case "filled":
            void file.filled.push(message.length);
            break;
          case "end":
            file.outcome.cutOff = message.outcome.cutOff;
            file.filled.end();
            break;
          case "bad":
            file.filled.fail(badGzip(file.where));
        }
      },
      (failure) => {
        for (const { filled } of this.#files.values()) filled.fail(failure);
      },
    );
    thread.keepAlive();
    return thread;
  }
}

/**
 * What gives a file's bytes unpacked, where its name says that they are packed.
 * @param read gives them as stored
 * @param unpacker does it, where there is one; else it is done here, and they stand in no room
 * @throws StediError as `gunzip`
 */
export function unpacked(
  { path, where, size }: Pick<TableFile, "path" | "where" | "size">,
  read: (room: Room) => AsyncIterable<Uint8Array>,
  outcome: GunzipOutcome,
  unpacker: Unpacker | undefined,
): (room: Room) => AsyncIterable<Uint8Array> {
  if (!isPacked(path)) return read;
  return (room) => {
    const packed = read(ring(Math.min(chunkBytes, size)));
    return unpacker?.unpack(packed, outcome, where, room) ?? gunzip(packed, outcome, where);
  };
}
