// Packing on the way to a target: what is unpacked again is what was written, and failures are told.

import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gzipTo } from "../../src/io/gzip.js";
import { utf8 } from "./support.js";

async function packed(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const out: Uint8Array[] = [];
  const packing = gzipTo((bytes) => {
    out.push(bytes.slice());
    return Promise.resolve();
  });
  for (const piece of pieces) await packing.write(piece);
  await packing.end();
  return Buffer.concat(out);
}

/** Bytes that hardly get smaller. */
const noise = Buffer.alloc(1_000_000);
for (let at = 0, state = 1; at < noise.length; at++) noise[at] = (state = (state * 48271) % 0x7fffffff) >>> 7;

test("unpacks to what was written, and is the same bytes each time", async () => {
  for (const pieces of [[], [utf8("")], [utf8("one"), utf8("two")], [noise, utf8("end"), noise]]) {
    const bytes = await packed(pieces);
    expect(gunzipSync(bytes).equals(Buffer.concat(pieces))).toBe(true);
    expect((await packed(pieces)).equals(bytes)).toBe(true);
  }
});

test("a buffer may be used again once a write is done", async () => {
  const out: Uint8Array[] = [];
  const packing = gzipTo((bytes) => {
    out.push(bytes.slice());
    return Promise.resolve();
  });
  const buffer = Buffer.from("one");
  await packing.write(buffer);
  buffer.write("two");
  await packing.write(buffer);
  buffer.fill(0);
  await packing.end();
  expect(gunzipSync(Buffer.concat(out)).toString()).toBe("onetwo");
});

describe("a target that fails", () => {
  test("fails a write or the end, with its own error", async () => {
    const failure = new Error("full");
    for (const count of [0, 50]) {
      const packing = gzipTo(() => Promise.reject(failure));
      const working = (async () => {
        for (let turn = 0; turn < count; turn++) await packing.write(noise);
        await packing.end();
      })();
      await expect(working).rejects.toBe(failure);
      await packing.abort();
    }
  });

  test("one that is given up calls no target any more", async () => {
    let calls = 0;
    const packing = gzipTo(() => {
      calls++;
      return Promise.resolve();
    });
    await packing.write(utf8("one"));
    await packing.abort();
    const before = calls;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(before);
  });
});
