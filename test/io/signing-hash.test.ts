// The hash by which requests are signed is SHA-256, and HMAC with a secret, whatever the size and the pieces.

import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { SigningHash } from "../../src/io/signing-hash.js";
import { MiB } from "./support.js";

const bytes = (length: number): Buffer => Buffer.alloc(length, "some bytes");
const hex = async (hash: SigningHash): Promise<string> => Buffer.from(await hash.digest()).toString("hex");
const sizes = [
  [],
  [0],
  [1],
  [256 * 1024 - 1],
  [256 * 1024],
  [5 * MiB],
  [MiB, 1],
  [1, MiB],
  [MiB, MiB],
  [0, MiB],
];

describe("the hash of a signature", () => {
  it.each(sizes.map((each) => [each]))(
    "is SHA-256 of what it is given: pieces of %j bytes",
    async (pieces) => {
      const hash = new SigningHash();
      const expected = createHash("sha256");
      for (const length of pieces) {
        hash.update(bytes(length));
        expected.update(bytes(length));
      }
      expect(await hex(hash)).toBe(expected.digest("hex"));
    },
  );

  it.each([
    ["text", "secret"],
    ["bytes", Buffer.from("secret")],
    ["memory", Uint8Array.from(Buffer.from("secret")).buffer],
    ["words", new Int16Array(Uint8Array.from(Buffer.from("secret")).buffer)],
  ])("is an HMAC with a secret: %s", async (_, secret) => {
    const hash = new SigningHash(secret);
    hash.update(bytes(MiB));
    expect(await hex(hash)).toBe(createHmac("sha256", "secret").update(bytes(MiB)).digest("hex"));
  });

  it.each([[MiB], [3]])("begins anew: after %i bytes", async (length) => {
    const hash = new SigningHash();
    hash.update(bytes(length));
    hash.reset();
    hash.update(bytes(5));
    expect(await hex(hash)).toBe(createHash("sha256").update(bytes(5)).digest("hex"));
  });
});
