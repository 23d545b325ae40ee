// Bytes being put together for output, in a buffer that grows.

import { copyWords, viewOf } from "../transforms/words-copy.js";
import { putVarint } from "../transforms/varint.js";

/** Some ASCII as words of eight bytes, as doubles (see `OutBuffer.copy`); zeros behind the last byte. */
export interface Words {
  readonly words: Float64Array;
  /** The number of bytes. */
  readonly length: number;
}

export function wordsOf(text: string): Words {
  const bytes = Buffer.from(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  const view = viewOf(padded);
  const words = Float64Array.from({ length: padded.length / 8 }, (_, word) =>
    view.getFloat64(8 * word, true),
  );
  return { words, length: bytes.length };
}

/** `bytes` holds what was put in, up to `length`. */
export class OutBuffer {
  bytes: Buffer;
  length = 0;
  /** Over the same memory. */
  view: DataView;

  readonly #larger: (before: Buffer, size: number) => Buffer;

  /**
   * @param bytes the memory to begin with
   * @param larger gives memory for at least so many bytes, and takes what there was before
   */
  constructor(bytes: Buffer, larger: (before: Buffer, size: number) => Buffer = allocate) {
    this.bytes = bytes;
    this.#larger = larger;
    this.view = viewOf(bytes);
  }

  /**
   * Copies ASCII; from and to are 32-bit numbers. Eight bytes at a time, as doubles: of ASCII none is a NaN, the only
   * doubles whose bits may change on the way.
   */
  copy(source: Uint8Array, view: DataView, from: number, to: number): void {
    const count = to - from;
    this.reserve(count);
    if (count > 256) {
      this.bytes.set(source.subarray(from, to), this.length);
      this.length += count;
      return;
    }
    // A call costs more than copying a few words.
    const own = this.view;
    const { bytes } = this;
    let at = this.length;
    let next = from;
    for (; next + 8 <= to; next += 8, at += 8) own.setFloat64(at, view.getFloat64(next, true), true);
    // The last word overlaps the one before.
    if (next < to && count >= 8) own.setFloat64(at + to - next - 8, view.getFloat64(to - 8, true), true);
    else for (; next < to; next++) bytes[at++] = source[next]!;
    this.length += count;
  }

  /** Copies bytes, whatever they are; from and to are 32-bit numbers. */
  copyAny(source: Uint8Array, view: DataView, from: number, to: number): void {
    const count = to - from;
    this.reserve(count);
    copyWords(source, view, from, to, this.bytes, this.view, this.length);
    this.length += count;
  }

  /** Copies ASCII that is put in again and again. */
  words({ words, length }: Words): void {
    this.reserve(8 * words.length);
    const own = this.view;
    const at = this.length;
    for (let word = 0; word < words.length; word++) own.setFloat64(at + 8 * word, words[word]!, true);
    this.length = at + length;
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0;
  }

  /** Copies a few bytes, whatever they are. */
  put(source: Uint8Array): void {
    this.reserve(source.length);
    const { bytes } = this;
    let at = this.length;
    for (const byte of source) bytes[at++] = byte;
    this.length = at;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** See varint.ts. */
  varint(value: number): void {
    this.reserve(5);
    if (value <= 0x7f) this.bytes[this.length++] = value;
    else this.length = putVarint(this.bytes, this.length, value);
  }

  text(value: string): void {
    this.reserve(value.length * 3);
    this.length += this.bytes.write(value, this.length);
  }

  int32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.length, value, true);
    this.length += 4;
  }

  /** Changes a number that was put in before. */
  setInt32(at: number, value: number): void {
    this.view.setInt32(at, value, true);
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** Makes room for more. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const before = this.bytes;
    const content = before.subarray(0, this.length);
    const larger = this.#larger(before, Math.max(before.length * 2, this.length + count));
    larger.set(content);
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}

function allocate(_before: Buffer, size: number): Buffer {
  return Buffer.allocUnsafeSlow(size);
}
