// Unpacks gzip as a stream, all members of it, in flat memory, and tells a file that was cut off from one that
// is whole: what was cut off is read as far as it goes.

import { createGunzip } from "node:zlib";
import { StediError } from "../errors.js";

/** Filled in by `gunzip` once its last bytes have been taken. */
export interface GunzipOutcome {
  /** Whether the gzip data ended before its end. */
  cutOff: boolean;
}

/** As large as a block: for each chunk, zlib waits for the thread that reads it. */
const chunkSize = 1024 * 1024;

/** Whether a file's name says that it is packed. */
export function isPacked(path: string): boolean {
  return path.endsWith(".gz");
}

/**
 * @param where the file's name, for errors
 * @throws StediError `STEDI_BAD_GZIP` for data that is not gzip, or whose checksum is wrong
 */
export async function* gunzip(
  packed: AsyncIterable<Uint8Array>,
  outcome: GunzipOutcome,
  where: string,
): AsyncIterable<Uint8Array> {
  const stream = createGunzip({ chunkSize });
  // Set from callbacks.
  const state: { allWritten: boolean; finished: boolean; failure?: Error } = {
    allWritten: false,
    finished: false,
  };
  let taken = 0;
  let wake = (): void => undefined;

  stream.on("readable", () => wake());
  stream.on("end", () => {
    state.finished = true;
    wake();
  });
  stream.on("error", (error) => {
    state.failure ??= error;
    wake();
  });
  // A write under way when the stream is destroyed is never answered.
  let written = (): void => undefined;
  stream.on("close", () => written());
  const pump = async (): Promise<void> => {
    for await (const chunk of packed) {
      taken += chunk.length;
      // Something before this chunk was left unread: see below.
      if (stream.bytesWritten + chunk.length < taken) break;
      await new Promise<void>((resolve) => {
        written = resolve;
        stream.write(chunk, () => resolve());
      });
      if (stream.destroyed) return;
    }
    state.allWritten = true;
    wake();
  };
  pump().catch((error: unknown) => {
    state.failure ??= error instanceof Error ? error : new Error("the source failed");
    wake();
  });

  try {
    for (;;) {
      const chunk = stream.read() as Uint8Array | null;
      if (chunk !== null) {
        yield chunk;
        continue;
      }
      if (state.failure !== undefined || (state.finished && state.allWritten)) break;
      // An error takes what is still buffered with it. A cut-off file ends in one, so it is ended only now that
      // everything before the cut has been read.
      if (state.allWritten) stream.end();
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stream.destroy();
  }
  const { failure } = state;
  const endedEarly = isZlibError(failure, "Z_BUF_ERROR");
  if (failure && !endedEarly) throw isZlibError(failure) ? badGzip(where) : failure;
  // zlib stops at zeros behind the data, and passes over whatever follows them. A crash can leave zeros where the
  // rest of a file should be. Gzip data is known by two bytes: one alone may be anything, a zero too.
  const unread = endedEarly ? 0 : taken - stream.bytesWritten;
  if (unread > 1) throw badGzip(where);
  outcome.cutOff = endedEarly || unread === 1;
}

function isZlibError(error: unknown, code = "Z_"): boolean {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code ?? "").startsWith(code);
}

/** @param where the file */
export function badGzip(where: string): StediError {
  return new StediError("STEDI_BAD_GZIP", {
    what: "a file named .gz that is not whole gzip data",
    where,
    why: "its header, its data or its checksum is wrong",
    next: "copy it here again from where it came, or remove it",
  });
}
