// Checksums of bytes as they come: those by which object stores know their objects, and those of this program. All end
// as base64 of the big-endian value, as S3 writes them.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Ways to work out a checksum. The last three are of a cyclic code: they find accidents, not forgery. */
export const checksumAlgorithms = ["md5", "sha1", "sha256", "crc32", "crc32c", "crc64nvme"] as const;
/** One of `checksumAlgorithms`. */
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** The checksum of a whole file. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64. */
  readonly value: string;
}

/** Takes bytes in pieces, cut anywhere; `digest` ends it. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** The checksum of all bytes so far, in base64. */
  digest(): string;
}

/** A hasher that has seen no bytes. */
export function createHasher(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case "crc32":
      return new Crc32();
    case "crc32c":
      return new Crc32c();
    case "crc64nvme":
      return new Crc64Nvme();
    default: {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
    }
  }
}

class Crc32 implements Hasher {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc);
  }

  digest(): string {
    return base64([this.#crc]);
  }
}

// The two below are worked out eight bytes at a time, with eight tables of 256 entries each: table k has the effect of a
// byte with k more bytes behind it. Bits are reflected, and the register starts and ends inverted.

const slices = 8;

class Crc32c implements Hasher {
  readonly #table = (crc32cTable ??= makeTable(0, 0x82f63b78).low);
  #crc = -1;

  update(bytes: Uint8Array): void {
    const table = this.#table;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let crc = this.#crc;
    let at = 0;
    for (const whole = bytes.length - 7; at < whole; at += 8) {
      const one = view.getInt32(at, true) ^ crc;
      const two = view.getInt32(at + 4, true);
      crc =
        table[0x700 | (one & 0xff)]! ^
        table[0x600 | ((one >>> 8) & 0xff)]! ^
        table[0x500 | ((one >>> 16) & 0xff)]! ^
        table[0x400 | (one >>> 24)]! ^
        table[0x300 | (two & 0xff)]! ^
        table[0x200 | ((two >>> 8) & 0xff)]! ^
        table[0x100 | ((two >>> 16) & 0xff)]! ^
        table[two >>> 24]!;
    }
    for (; at < bytes.length; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
    this.#crc = crc;
  }

  digest(): string {
    return base64([~this.#crc]);
  }
}

class Crc64Nvme implements Hasher {
  readonly #tables = (crc64Tables ??= makeTable(0x9a6c9329, 0xac4bc9b5));
  #low = -1;
  #high = -1;

  update(bytes: Uint8Array): void {
    const { low: lows, high: highs } = this.#tables;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let low = this.#low;
    let high = this.#high;
    let at = 0;
    for (const whole = bytes.length - 7; at < whole; at += 8) {
      low ^= view.getInt32(at, true);
      high ^= view.getInt32(at + 4, true);
      const a = 0x700 | (low & 0xff);
      const b = 0x600 | ((low >>> 8) & 0xff);
      const c = 0x500 | ((low >>> 16) & 0xff);
      const d = 0x400 | (low >>> 24);
      const e = 0x300 | (high & 0xff);
      const f = 0x200 | ((high >>> 8) & 0xff);
      const g = 0x100 | ((high >>> 16) & 0xff);
      const h = high >>> 24;
      low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!;
      high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!;
    }
    for (; at < bytes.length; at++) {
      const entry = (low ^ bytes[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[entry]!;
      high = (high >>> 8) ^ highs[entry]!;
    }
    this.#low = low;
    this.#high = high;
  }

  digest(): string {
    return base64([~this.#high, ~this.#low]);
  }
}

interface Table {
  readonly low: Int32Array;
  readonly high: Int32Array;
}

// Made when first needed.
let crc32cTable: Int32Array | undefined;
let crc64Tables: Table | undefined;

/** @param polynomialHigh and `polynomialLow`: 32 bits each, reflected; a code of 32 bits has no high half */
function makeTable(polynomialHigh: number, polynomialLow: number): Table {
  const low = new Int32Array(slices * 256);
  const high = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let lowBits = byte;
    let highBits = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = lowBits & 1;
      lowBits = (lowBits >>> 1) | (highBits << 31);
      highBits >>>= 1;
      if (carry === 1) {
        lowBits ^= polynomialLow;
        highBits ^= polynomialHigh;
      }
    }
    low[byte] = lowBits;
    high[byte] = highBits;
  }
  for (let at = 256; at < slices * 256; at++) {
    const before = at - 256;
    const entry = low[before]! & 0xff;
    low[at] = ((low[before]! >>> 8) | (high[before]! << 24)) ^ low[entry]!;
    high[at] = (high[before]! >>> 8) ^ high[entry]!;
  }
  return { low, high };
}

/** @param words of 32 bits, the greatest first */
function base64(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeInt32BE(word | 0, index * 4);
  return bytes.toString("base64");
}
