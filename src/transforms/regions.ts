// Memory that goes back to the system when it is freed. The usual allocator maps what is larger than 32 MiB by itself; of
// smaller blocks it keeps hundreds of megabytes. What of a region nobody touches takes no memory.

const regionBytes = 33 * 1024 * 1024;

/** Below, a block is not worth a region. */
const smallBytes = 1024 * 1024;

/** How many bytes to ask for where so many are needed for long: a region where they are many. */
export function mappedBytes(bytes: number): number {
  return bytes < smallBytes ? bytes : Math.max(bytes, regionBytes);
}

/** Pieces cut from regions. */
export class Regions {
  readonly #allocate: (bytes: number) => ArrayBufferLike;
  #region: ArrayBufferLike = new ArrayBuffer(0);
  #used = 0;

  /** @param allocate gives memory of zeros; what of it nobody touches should take none */
  constructor(allocate: (bytes: number) => ArrayBufferLike) {
    this.#allocate = allocate;
  }

  /** A piece of zeros; it starts at a multiple of eight. */
  take(bytes: number): Uint8Array {
    if (this.#used + bytes > this.#region.byteLength) {
      if (bytes > regionBytes / 4) return new Uint8Array(this.#allocate(bytes));
      this.#region = this.#allocate(regionBytes);
      this.#used = 0;
    }
    const piece = new Uint8Array(this.#region, this.#used, bytes);
    this.#used += Math.ceil(bytes / 8) * 8;
    return piece;
  }
}
