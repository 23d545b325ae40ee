// Buffers in shared memory that one thread fills and another one reads and gives back, without a message.

import { OutBuffer } from "./out-buffer.js";

/** Says whether a buffer is in use; before its bytes. */
const headerBytes = 8;
const free = 0;
const inUse = 1;

/** Buffers are of about one size, so that each can be used again for any purpose. */
const unit = 256 * 1024;

/** The buffers that one thread fills. */
export class SharedBuffers {
  readonly #all: SharedArrayBuffer[] = [];

  /** One of at least this many bytes, with anything in it. */
  take(size: number): Buffer {
    for (const each of this.#all) {
      const state = new Int32Array(each, 0, 1);
      if (each.byteLength - headerBytes < size || Atomics.load(state, 0) === inUse) continue;
      Atomics.store(state, 0, inUse);
      return Buffer.from(each, headerBytes);
    }
    const made = new SharedArrayBuffer(headerBytes + Math.ceil(size / unit) * unit);
    new Int32Array(made, 0, 1)[0] = inUse;
    this.#all.push(made);
    return Buffer.from(made, headerBytes);
  }

  /** One for about so many bytes, to be filled. */
  out(size: number): OutBuffer {
    return new OutBuffer(this.take(size), (before, larger) => {
      const buffer = this.take(larger);
      giveBack(before); // its bytes stay until the next take
      return buffer;
    });
  }
}

/** @param bytes of one of these buffers, or a part of it; not to be read any more, in no thread */
export function giveBack(bytes: Uint8Array | Int32Array): void {
  Atomics.store(new Int32Array(bytes.buffer, 0, 1), 0, free);
}
