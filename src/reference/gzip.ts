// Decompresses a gzip file of one or more members, one member after the other, and tells a file that was cut
// off (its readable part still counts) from one that holds wrong data (which nobody may read as if it were
// whole). The functions of node:zlib for whole files hide that difference, hence the steps by hand.

import { Buffer } from "node:buffer";
import { constants, crc32, inflateRawSync } from "node:zlib";

/** The run is refused: what the file holds is not gzip, or does not match its own checksum. */
export class RefusedGzip extends Error {}

export interface Gunzipped {
  readonly bytes: Uint8Array;
  readonly cutOff: boolean;
}

export function gunzip(stored: Uint8Array): Gunzipped {
  const pieces: Uint8Array[] = [];
  let position = 0;
  // Runs at least once: a file of zero bytes lacks its first member, so it is cut off.
  do {
    const data = headerEnd(stored, position);
    if (data === null) return { bytes: Buffer.concat(pieces), cutOff: true };
    const inflated = inflate(stored.subarray(data));
    pieces.push(inflated.bytes);
    if (inflated.consumed === null) return { bytes: Buffer.concat(pieces), cutOff: true };
    const trailer = data + inflated.consumed;
    if (trailer + 8 > stored.length) return { bytes: Buffer.concat(pieces), cutOff: true };
    const view = new DataView(stored.buffer, stored.byteOffset + trailer, 8);
    if (view.getUint32(0, true) !== crc32(inflated.bytes)) throw new RefusedGzip("wrong checksum");
    if (view.getUint32(4, true) !== inflated.bytes.length % 2 ** 32) throw new RefusedGzip("wrong length");
    position = trailer + 8;
  } while (position < stored.length);
  return { bytes: Buffer.concat(pieces), cutOff: false };
}

/** Where the header that starts at `start` ends; null if the file ends first. */
function headerEnd(stored: Uint8Array, start: number): number | null {
  const fixed = stored.subarray(start, start + 10);
  // Two bytes say that it is gzip; one alone says nothing.
  if (fixed.length < 2) return null;
  const expected = [0x1f, 0x8b, 0x08];
  for (const [i, byte] of expected.entries()) {
    if (i < fixed.length && fixed[i] !== byte) throw new RefusedGzip("not a gzip header");
  }
  const flags = fixed[3] ?? 0;
  if ((flags & 0xe0) !== 0) throw new RefusedGzip("unknown flags in a gzip header");
  if (fixed.length < 10) return null;

  let position = start + 10;
  if ((flags & 0x04) !== 0) {
    const low = stored[position];
    const high = stored[position + 1];
    if (low === undefined || high === undefined) return null;
    position += 2 + low + high * 256;
  }
  // A file name, then a comment: each goes up to a zero byte.
  for (const flag of [0x08, 0x10]) {
    if ((flags & flag) === 0) continue;
    const zero = stored.indexOf(0, position);
    if (zero < 0) return null;
    position = zero + 1;
  }
  if ((flags & 0x02) !== 0) {
    if (position + 2 > stored.length) return null;
    const checksum = crc32(stored.subarray(start, position)) & 0xffff;
    if ((stored[position]! | (stored[position + 1]! << 8)) !== checksum) {
      throw new RefusedGzip("wrong header checksum");
    }
    position += 2;
  }
  return position > stored.length ? null : position;
}

/** `consumed`: how many bytes the compressed data had; null if it was cut off. */
function inflate(compressed: Uint8Array): { bytes: Uint8Array; consumed: number | null } {
  try {
    // With `info` the answer has another shape than the types of node:zlib say.
    const answer = inflateRawSync(compressed, { info: true }) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    return { bytes: answer.buffer, consumed: answer.engine.bytesWritten };
  } catch (error) {
    if (!isZlibError(error, "Z_BUF_ERROR")) throw new RefusedGzip("bad compressed data", { cause: error });
  }
  // Unexpected end: ask again, for as much as there is.
  const bytes = inflateRawSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH });
  return { bytes, consumed: null };
}

function isZlibError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
