// A thread that unpacks files: see unpacker.ts.

import { type MessagePort, parentPort } from "node:worker_threads";
import { StediError } from "../errors.js";
import { intoRooms } from "./blocks.js";
import { BoundedQueue } from "./bounded-queue.js";
import { gunzip, type GunzipOutcome } from "./gunzip.js";
import type { FromUnpacker, ToUnpacker } from "./unpacker.js";

/** What has been given of a file, and is still to be used. */
interface File {
  readonly packed: BoundedQueue<Uint8Array>;
  readonly rooms: BoundedQueue<Uint8Array>;
}

const port: MessagePort = parentPort!;
const files = new Map<number, File>();
const answer = (message: FromUnpacker): void => port.postMessage(message);

port.on("message", (message: ToUnpacker) => {
  const { kind, file: number } = message;
  if (kind === "stop") {
    // Whoever waits for more comes to an end.
    files.get(number)?.packed.end();
    files.get(number)?.rooms.end();
    files.delete(number);
    return;
  }
  let file = files.get(number);
  if (!file) {
    file = { packed: new BoundedQueue(Infinity), rooms: new BoundedQueue(Infinity) };
    files.set(number, file);
    void unpack(number, file);
  }
  if (kind === "room") void file.rooms.push(message.room);
  else if (message.bytes) void file.packed.push(message.bytes);
  else file.packed.end();
});

async function* packedOf(number: number, { packed }: File): AsyncIterable<Uint8Array> {
  for (let bytes = await packed.take(); bytes; bytes = await packed.take()) {
    answer({ kind: "taken", file: number });
    yield bytes;
  }
}

/** An error other than that of bad data ends the thread. */
async function unpack(number: number, file: File): Promise<void> {
  const outcome: GunzipOutcome = { cutOff: false };
  try {
    const unpacked = gunzip(packedOf(number, file), outcome, "");
    for await (const { length } of intoRooms(unpacked, () => file.rooms.take()))
      answer({ kind: "filled", file: number, length });
    answer({ kind: "end", file: number, outcome });
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    answer({ kind: "bad", file: number });
  }
}
