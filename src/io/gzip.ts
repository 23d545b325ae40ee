// Packs bytes as gzip on their way to somewhere, in flat memory.

import { createGzip } from "node:zlib";

/** Takes bytes, which must not change before the promise. */
export type ByteTarget = (bytes: Uint8Array) => Promise<void>;

/** Bytes on their way through gzip. */
export interface Packing {
  readonly write: ByteTarget;
  /** Resolves when the target has everything. */
  end(): Promise<void>;
  /** Gives up, and waits until the target is not called any more; never throws. */
  abort(): Promise<void>;
}

/** @param target gets one whole gzip member, the same bytes for the same input */
export function gzipTo(target: ByteTarget): Packing {
  const stream = createGzip();
  const drained = (async () => {
    for await (const chunk of stream) await target(chunk as Uint8Array);
  })();
  // A target that fails destroys the stream, which then answers no write any more.
  const failed = drained.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return {
    write: (bytes) =>
      Promise.race([
        new Promise<void>((resolve, reject) => {
          stream.write(bytes, (error) => (error ? reject(error) : resolve()));
        }),
        failed,
      ]),
    end: () => {
      stream.end();
      return drained;
    },
    abort: () => {
      stream.destroy();
      return drained.catch(() => undefined);
    },
  };
}
