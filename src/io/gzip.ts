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
  let failure: { readonly error: unknown } | undefined;
  let refuse: (error: unknown) => void = () => undefined;
  const drained = (async () => {
    for await (const chunk of stream) await target(chunk as Uint8Array);
  })();
  // A target that fails destroys the stream, which then answers no write any more.
  drained.catch((error: unknown) => {
    failure = { error };
    refuse(error);
  });
  return {
    write: (bytes) =>
      new Promise<void>((resolve, reject) => {
        refuse = reject;
        if (failure) refuse(failure.error);
        else
          stream.write(bytes, (error) => {
            if (error) drained.then(resolve, reject);
            else resolve();
          });
      }),
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
