// Gzip without compressing: members of stored blocks only, put together here. What a compressor puts out
// depends on the version of zlib, and with it on the version of Node; the synthetic lake must be the same
// bytes everywhere. Stored blocks are the same for everybody, and any reader takes them.

import { crc32 } from "node:zlib";

// Magic number, deflate, no flags, no modification time, no extra flags, unknown operating system.
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

// Members are as small as this so that every file has several, with seams in the middle of records.
const memberBytes = 500;

function member(data: Uint8Array): Uint8Array[] {
  const block = Buffer.alloc(5);
  block.writeUInt8(1, 0); // the last block of its member, of type "stored"
  block.writeUInt16LE(data.length, 1);
  block.writeUInt16LE(~data.length & 0xffff, 3);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(data), 0);
  trailer.writeUInt32LE(data.length, 4);
  return [header, block, data, trailer];
}

/** Gzip that holds `data` as it is. What several calls give may be put one after another. */
export function storedGzip(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < data.length; start += memberBytes) {
    parts.push(...member(data.subarray(start, start + memberBytes)));
  }
  return Buffer.concat(parts);
}
