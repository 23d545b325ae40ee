// Checksums: known values, and the fast ways held to plain ones, in pieces cut anywhere.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChecksumAlgorithm, checksumAlgorithms, createHasher } from "../../src/io/checksum.js";
import { inChunksOf, latin1, utf8 } from "./support.js";

function hexOf(algorithm: ChecksumAlgorithm, ...pieces: readonly Uint8Array[]): string {
  const hasher = createHasher(algorithm);
  for (const piece of pieces) hasher.update(piece);
  return Buffer.from(hasher.digest(), "base64").toString("hex");
}

/** Bit by bit, as it is defined: reflected, from all ones, inverted at the end. */
function plainCrc(bytes: Uint8Array, width: bigint, polynomial: bigint): string {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return (crc ^ ones).toString(16).padStart(Number(width / 4n), "0");
}

describe("known values", () => {
  const digits = utf8("123456789");

  // The check values of the catalogues of these codes, and of RFC 1321 and FIPS 180.
  test.each([
    ["crc32", digits, "cbf43926"],
    ["crc32c", digits, "e3069283"],
    ["crc64nvme", digits, "ae8b14860a799888"],
    ["crc32c", new Uint8Array(32), "8a9136aa"], // RFC 3720, B.4
    ["crc32c", new Uint8Array(32).fill(0xff), "62a8ab43"],
    ["crc32c", Uint8Array.from({ length: 32 }, (_, index) => index), "46dd794e"],
    ["crc64nvme", new Uint8Array(4096), "6482d367eb22b64e"],
    ["crc64nvme", new Uint8Array(4096).fill(0xff), "c0ddba7302eca3ac"],
    ["md5", latin1("abc"), "900150983cd24fb0d6963f7d28e17f72"],
    ["sha1", latin1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["sha256", latin1("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ] as const)("%s", (algorithm, bytes, hex) => {
    expect(hexOf(algorithm, bytes)).toBe(hex);
  });

  test.each([
    ["crc32", "AAAAAA=="],
    ["crc32c", "AAAAAA=="],
    ["crc64nvme", "AAAAAAAAAAA="],
    ["md5", "1B2M2Y8AsgTpgAmY7PhCfg=="],
    ["sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
    ["sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
  ] as const)("of nothing: %s", (algorithm, value) => {
    expect(createHasher(algorithm).digest()).toBe(value);
  });
});

test.each([
  ["crc32", 32n, 0xedb88320n],
  ["crc32c", 32n, 0x82f63b78n],
  ["crc64nvme", 64n, 0x9a6c9329ac4bc9b5n],
] as const)("%s is what it is defined to be, wherever the bytes are cut", (algorithm, width, polynomial) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (bytes, sizes) => {
        expect(hexOf(algorithm, ...inChunksOf(bytes, sizes))).toBe(plainCrc(bytes, width, polynomial));
      },
    ),
    { numRuns: 300 },
  );
});

test("bytes in the middle of a larger memory are taken for themselves", () => {
  const memory = Uint8Array.from({ length: 100 }, (_, index) => index * 7);
  for (const algorithm of checksumAlgorithms)
    expect(hexOf(algorithm, memory.subarray(3, 90))).toBe(hexOf(algorithm, memory.slice(3, 90)));
});
