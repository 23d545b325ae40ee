// Files unpacked by a thread: the same bytes, the same end and the same refusals as without, whatever they come in and go
// into; and nothing waits for ever where one side gives up.

import fc from "fast-check";
import { constants, gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { gunzip, type GunzipOutcome } from "../../src/io/gunzip.js";
import { UnpackingThread } from "../../src/io/unpacker.js";
import { unpackingProgram } from "../support/threads.js";
import { atOnce, inChunks, MiB, utf8 } from "./support.js";

const thread = new UnpackingThread(unpackingProgram);
afterAll(() => thread.close());

/** Rooms as a pool of blocks gives them. */
const rooms = (size: number) => (): Uint8Array => new Uint8Array(new SharedArrayBuffer(size + 3)).subarray(3);

interface Unpacked {
  readonly bytes: Buffer;
  readonly cutOff: boolean;
  readonly refusal: string | undefined;
}

async function read(chunks: AsyncIterable<Uint8Array>, outcome: GunzipOutcome): Promise<Unpacked> {
  const all: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) all.push(Uint8Array.from(chunk));
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    // How much came before the refusal is no matter.
    return { bytes: Buffer.of(), cutOff: false, refusal: `${error.code} ${error.parts.where}` };
  }
  return { bytes: Buffer.concat(all), cutOff: outcome.cutOff, refusal: undefined };
}

const byThread = (source: AsyncIterable<Uint8Array>, room = 1000): Promise<Unpacked> => {
  const outcome = { cutOff: false };
  return read(thread.unpack(source, outcome, "a.gz", rooms(room)), outcome);
};

const byReader = (source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
  thread.unpack(source, { cutOff: false }, "a.gz", rooms(100));

const here = (source: AsyncIterable<Uint8Array>): Promise<Unpacked> => {
  const outcome = { cutOff: false };
  return read(gunzip(source, outcome, "a.gz"), outcome);
};

const arbMember = fc
  .tuple(fc.string({ maxLength: 30 }), fc.integer({ min: 0, max: 300 }), fc.constantFrom(0, 6))
  .map(([text, times, level]) => gzipSync(text.repeat(times), { level }));

/** Mostly whole; else cut off, with a bit that is another one, or with something behind. */
const arbFile = fc
  .tuple(
    fc.array(arbMember, { maxLength: 3 }),
    fc.constantFrom("whole", "whole", "cut", "flipped", "followed"),
    fc.nat(),
  )
  .map(([members, damage, number]) => {
    const whole = Buffer.concat(members);
    const at = whole.length === 0 ? 0 : number % whole.length;
    if (damage === "cut") return whole.subarray(0, at);
    if (damage === "flipped" && whole.length > 0) whole[at]! ^= 1 << (number % 8);
    return damage === "followed" ? Buffer.concat([whole, new Uint8Array(number % 5)]) : whole;
  });

describe("a file that a thread unpacks", () => {
  test("gives what it gives without", async () => {
    const seen = { whole: 0, cutOff: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        arbFile,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 2000 }),
        async (file, chunk, room) => {
          const expected = await here(atOnce(inChunks(file, chunk)));
          expect(await byThread(atOnce(inChunks(file, chunk)), room)).toEqual(expected);
          seen[expected.refusal ? "refused" : expected.cutOff ? "cutOff" : "whole"]++;
        },
      ),
      { numRuns: 500 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });

  test("is told apart from others that are unpacked meanwhile", async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}\n`.repeat(index * 500));
    const unpacked = await Promise.all(texts.map((text) => byThread(atOnce([gzipSync(text)]))));
    expect(unpacked.map(({ bytes }) => bytes.toString())).toEqual(texts);
  });

  test("whose source fails gives the source's error, and the next file is unpacked", async () => {
    const packed = gzipSync("x".repeat(10_000), { level: 0 });
    const failing = async function* (): AsyncIterable<Uint8Array> {
      yield packed.subarray(0, 5000);
      await Promise.resolve();
      throw new Error("gone");
    };
    await expect(byThread(failing())).rejects.toThrow("gone");
    expect((await byThread(atOnce([packed]))).bytes.toString()).toBe("x".repeat(10_000));
  });

  test("is read no further than its reader goes, and not at all once that stops", async () => {
    const text = "0123456789".repeat(MiB);
    const packed = gzipSync(text, { level: constants.Z_NO_COMPRESSION });
    const state = { given: 0, ended: false };
    const source = async function* (): AsyncIterable<Uint8Array> {
      try {
        for (const chunk of inChunks(packed, 10_000)) {
          state.given += chunk.length;
          yield chunk;
          await Promise.resolve();
        }
      } finally {
        state.ended = true;
      }
    };
    for await (const chunk of thread.unpack(source(), { cutOff: false }, "w", rooms(10_000))) {
      expect(Buffer.from(chunk).toString()).toBe(text.slice(0, 10_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
      break;
    }
    // zlib takes some chunks of its own before it waits.
    expect(state.given).toBeLessThan(4 * MiB);
    await expect.poll(() => state.ended).toBe(true);
    expect((await byThread(atOnce([gzipSync("next")]))).bytes.toString()).toBe("next");
  });

  test.each([
    ["with a thread", byReader],
    ["without", (source: AsyncIterable<Uint8Array>) => gunzip(source, { cutOff: false }, "a.gz")],
  ])("has its source closed when its reader stops while that is read, %s", async (_, unpack) => {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => (close = resolve));
    let go = (): void => undefined;
    const going = new Promise<void>((resolve) => (go = resolve));
    async function* source(): AsyncIterable<Uint8Array> {
      try {
        yield gzipSync("a".repeat(1000));
        await going;
        yield gzipSync("b".repeat(1000));
        throw new Error("it was read on");
      } finally {
        close();
      }
    }
    for await (const chunk of unpack(source())) {
      if (chunk.length > 0) break;
    }
    go();
    await closed;
  });

  test("is refused where there is no room for it", async () => {
    const chunks = thread.unpack(atOnce([gzipSync("text")]), { cutOff: false }, "w", () =>
      Promise.reject(new Error("no room")),
    );
    await expect(read(chunks, { cutOff: false })).rejects.toThrow("no room");
  });
});

describe("a thread that dies", () => {
  test.each([
    ["before it begins", "throw new Error('somebody@example.com')"],
    [
      "with the first bytes",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(0))",
    ],
  ])("%s: refused, and so is every file after", async (_, program) => {
    const dying = new UnpackingThread(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    for (let file = 0; file < 2; file++) {
      const chunks = dying.unpack(atOnce([gzipSync(utf8("text"))]), { cutOff: false }, "w", rooms(1000));
      expect(await read(chunks, { cutOff: false })).toMatchObject({ refusal: "STEDI_WORKER undefined" });
    }
    await dying.close();
  });

  test("is none where nothing was to be unpacked", async () => {
    await new UnpackingThread(unpackingProgram).close();
  });
});
