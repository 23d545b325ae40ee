// SHA-256 as the SDK asks for it to sign requests. Where a body is signed, as it is on plain HTTP, that of a large one is
// worked out beside the thread that all else waits for.

import { createHash, createHmac, type Hash, webcrypto } from "node:crypto";

/** Below, handing it over takes longer. */
const largeBytes = 256 * 1024;

type Source = string | ArrayBuffer | ArrayBufferView;

/** A hash, or with a secret an HMAC, of what it is given. The bytes must not change before `digest` has answered. */
export class SigningHash {
  readonly #secret: Source | undefined;
  #hash: Hash | ReturnType<typeof createHmac>;
  /** All that it has been given, as long as that is one large piece. */
  #large: Uint8Array | undefined;
  #isEmpty = true;

  constructor(secret?: Source) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(bytes: Uint8Array): void {
    const first = this.#isEmpty;
    this.#isEmpty = false;
    if (first && this.#secret === undefined && bytes.length >= largeBytes) {
      this.#large = bytes;
      return;
    }
    if (this.#large) this.#hash.update(this.#large);
    this.#large = undefined;
    this.#hash.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    if (this.#large) return new Uint8Array(await webcrypto.subtle.digest("SHA-256", this.#large));
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begin();
    this.#large = undefined;
    this.#isEmpty = true;
  }

  #begin(): Hash | ReturnType<typeof createHmac> {
    if (this.#secret === undefined) return createHash("sha256");
    return createHmac("sha256", bytesOf(this.#secret));
  }
}

function bytesOf(source: Source): Uint8Array {
  if (typeof source === "string") return Buffer.from(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}
