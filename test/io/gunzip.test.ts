// Unpacking of gzip: all its members, told apart from data that is cut off (which is read as far as it goes) and
// from data that is wrong (which is refused), wherever the bytes are cut into chunks.

import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, gzipSync, gunzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { type ErrorCode, StediError } from "../../src/errors.js";
import { gunzip, type GunzipOutcome } from "../../src/io/gunzip.js";
import { gunzip as referenceGunzip, RefusedGzip } from "../../src/reference/index.js";
import { atOnce, cutAt, inChunks, latin1, MemoryGauge, MiB, slowly, utf8 } from "./support.js";

interface Unpacked {
  readonly text: string;
  readonly cutOff: boolean | undefined;
  readonly error?: ErrorCode;
}

async function unpack(source: AsyncIterable<Uint8Array>): Promise<Unpacked> {
  const outcome: GunzipOutcome = { cutOff: false };
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of gunzip(source, outcome, "a/b.json.gz")) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.parts.where).toBe("a/b.json.gz");
    return { text: Buffer.concat(chunks).toString("latin1"), cutOff: undefined, error: error.code };
  }
  return { text: Buffer.concat(chunks).toString("latin1"), cutOff: outcome.cutOff };
}

const unpackAll = (...chunks: Uint8Array[]): Promise<Unpacked> => unpack(atOnce(chunks));
const whole = (text: string): Unpacked => ({ text, cutOff: false });

/** Resolves once two turns of the event loop and a little time have passed, so that what was set off is done. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

/** Some text that gzip makes smaller but not tiny, with repetitions near and far. */
const prose = Array.from(
  { length: 60 },
  (_, line) => `{"line":${line},"square":${line * line * 7919}}\n`,
).join("");
const one = gzipSync(utf8(prose));
const two = gzipSync(utf8("second\n"));
const three = gzipSync(utf8(""));
const zeros = new Uint8Array(700);

describe("whole gzip data", () => {
  const files: readonly (readonly [string, Uint8Array, string])[] = [
    ["one member", one, prose],
    ["three members, one of them empty", Buffer.concat([two, three, one]), `second\n${prose}`],
    ["stored, not compressed", gzipSync(utf8("stored"), { level: 0 }), "stored"],
    ["of nothing", three, ""],
    ["the same member twice", Buffer.concat([two, two]), "second\nsecond\n"],
    ["a header with all its optional parts", withFullHeader(utf8("named")), "named"],
    ["bytes that are no text", gzipSync(latin1("\x00\xff\xfe\x80")), "\x00\xff\xfe\x80"],
  ];

  it.each(files)("%s", async (_, packed, text) => {
    expect(await unpackAll(packed)).toEqual(whole(text));
  });

  it.each(files)("%s, cut anywhere", async (_, packed, text) => {
    for (const size of [1, 2, 3, 5, 7]) {
      expect(await unpackAll(...inChunks(packed, size))).toEqual(whole(text));
    }
    for (let at = 0; at <= packed.length; at++) {
      expect(await unpackAll(...cutAt(packed, at))).toEqual(whole(text));
    }
  });

  it("from a slow source", async () => {
    expect(await unpack(slowly(inChunks(Buffer.concat([two, one]), 90)))).toEqual(whole(`second\n${prose}`));
    expect(await unpack(slowly([two, one, three]))).toEqual(whole(`second\n${prose}`));
  });

  it("with empty chunks between the others", async () => {
    const empty = new Uint8Array(0);
    expect(await unpackAll(empty, two, empty, empty, one, empty)).toEqual(whole(`second\n${prose}`));
  });

  /** Extra field, name, comment and header checksum. */
  function withFullHeader(content: Uint8Array): Uint8Array {
    const plain = gzipSync(content);
    const head = Buffer.from([0x1f, 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 2, 0, 0x61, 0x62, 0x6e, 0, 0x63, 0]);
    return Buffer.concat([head, deflateRawSync(content), plain.subarray(plain.length - 8)]);
  }
});

describe("gzip data that is cut off", () => {
  /** Everything that can be had of it, by zlib in one step. */
  function readable(packed: Uint8Array): string {
    return gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH }).toString("latin1");
  }

  it.each([
    ["one member", one],
    ["a small one", two],
    ["an empty one", three],
    ["stored, not compressed", gzipSync(utf8(prose), { level: 0 })],
  ])("%s, at every byte: all that is there comes out", async (_, packed) => {
    for (let length = 0; length < packed.length; length++) {
      const cut = packed.subarray(0, length);
      const text = length < 10 ? "" : readable(cut);
      expect(await unpackAll(cut)).toEqual({ text, cutOff: true });
      expect(await unpackAll(...inChunks(cut, 13))).toEqual({ text, cutOff: true });
    }
    expect(await unpackAll(packed)).toMatchObject({ cutOff: false });
  });

  it("in its second member, at every byte", async () => {
    for (let length = 1; length < one.length; length++) {
      const { text, cutOff, error } = await unpackAll(Buffer.concat([two, one.subarray(0, length)]));
      expect([error, cutOff]).toEqual([undefined, true]);
      expect(text.startsWith("second\n")).toBe(true);
      expect(prose.startsWith(text.slice(7))).toBe(true);
      expect(text.length - 7).toBe(length < 10 ? 0 : readable(one.subarray(0, length)).length);
    }
  });

  it("does not lose what comes before the cut, however much it is", async () => {
    const content = randomBytes(3 * MiB).toString("hex");
    const packed = gzipSync(utf8(content));
    for (const chunks of [[packed.subarray(0, -9)], inChunks(packed.subarray(0, -9), 64 * 1024)]) {
      const { text, cutOff } = await unpackAll(...chunks);
      expect(cutOff).toBe(true);
      expect(content.startsWith(text)).toBe(true);
      expect(text.length).toBeGreaterThan(content.length - 1000);
    }
    expect(await unpack(slowly(inChunks(packed.subarray(0, -1), MiB)))).toEqual({
      text: content,
      cutOff: true,
    });
  });

  it.each(["\x1f", "\0", "{"])("one byte says nothing yet, behind a member or alone: %j", async (byte) => {
    expect(await unpackAll(latin1(byte))).toEqual({ text: "", cutOff: true });
    for (const chunks of [[Buffer.concat([two, latin1(byte)])], [two, latin1(byte)]]) {
      expect(await unpackAll(...chunks)).toEqual({ text: "second\n", cutOff: true });
      expect(referenceGunzip(Buffer.concat(chunks))).toMatchObject({ cutOff: true });
    }
  });

  it("an empty file is gzip data of which everything is missing", async () => {
    expect(await unpackAll()).toEqual({ text: "", cutOff: true });
    expect(await unpackAll(new Uint8Array(0))).toEqual({ text: "", cutOff: true });
  });
});

describe("wrong data is refused", () => {
  const broken = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = Uint8Array.from(one);
    change(bytes);
    return bytes;
  };
  const files: readonly (readonly [string, ...Uint8Array[]])[] = [
    ["no gzip at all", utf8('{"email":"x"}\n')],
    ["two bytes that do not start gzip data", utf8("{}")],
    ["two zeros", zeros.subarray(0, 2)],
    ["zeros", zeros],
    ["zlib's own format", Buffer.from("789c4bcb07000282010145", "hex")],
    ["another method of compression", broken((bytes) => (bytes[2] = 7))],
    ["a reserved flag", broken((bytes) => (bytes[3] = 0x80))],
    ["a wrong checksum", broken((bytes) => (bytes[bytes.length - 8]! ^= 1))],
    ["a wrong length", broken((bytes) => (bytes[bytes.length - 1]! ^= 1))],
    ["a block of no kind", Buffer.concat([one.subarray(0, 10), latin1("\x07"), one.subarray(11)])],
    ["garbage behind it", two, utf8("garbage")],
    ["two bytes of garbage behind it", two, utf8("xy")],
    ["garbage that starts as gzip does", two, latin1("\x1fx")],
    ["a member with a wrong checksum behind it", two, broken((bytes) => (bytes[bytes.length - 8]! ^= 1))],
    ["zeros behind it, as a crash may leave them", two, zeros],
    ["two zeros behind it", one, zeros.subarray(0, 2)],
    ["zeros behind two members", two, two, zeros, zeros],
    ["garbage behind zeros", two, zeros, utf8("garbage")],
    ["a byte behind zeros", two, zeros.subarray(0, 1), utf8("x")],
    ["a member behind zeros, which nothing reads", two, zeros, two],
    ["a member behind one zero", two, zeros.subarray(0, 1), two],
    ["a member behind zeros and zeros", two, zeros, zeros, two, zeros],
  ];
  const cases = files.map(([name, ...parts]) => [name, parts] as const);

  it.each(cases)("%s", async (_, parts) => {
    expect(await unpackAll(Buffer.concat(parts))).toMatchObject({ error: "STEDI_BAD_GZIP" });
  });

  it.each(cases)("%s: the reference refuses it, too", (_, parts) => {
    expect(() => referenceGunzip(Buffer.concat(parts))).toThrow(RefusedGzip);
  });

  it.each(cases)("%s, cut anywhere", async (_, parts) => {
    const packed = Buffer.concat(parts);
    for (let at = 1; at < packed.length; at++) {
      expect(await unpackAll(...cutAt(packed, at)), `cut at ${at}`).toMatchObject({
        error: "STEDI_BAD_GZIP",
      });
    }
  });

  it.each(cases)("%s, from a slow source", async (_, parts) => {
    expect(await unpack(slowly(parts))).toMatchObject({ error: "STEDI_BAD_GZIP" });
  });

  it.each([1, 100])("a flipped bit is never passed off as the data (chunks of %i)", async (size) => {
    for (let bit = 0; bit < two.length * 8; bit++) {
      const packed = Uint8Array.from(two);
      packed[bit >> 3]! ^= 1 << (bit & 7);
      const { text, cutOff, error } = await unpackAll(...inChunks(packed, size));
      // Nothing depends on the time stamp in the header; a flag may make all the rest a part of the header.
      if (error === undefined && cutOff === false) expect([bit >> 3, text]).toEqual([bit >> 3, "second\n"]);
      if (bit >> 3 >= two.length - 8) expect(error).toBe("STEDI_BAD_GZIP");
    }
  });

  it("names neither the data nor a part of it", async () => {
    const outcome: GunzipOutcome = { cutOff: false };
    const unpacked = gunzip(atOnce([utf8("somebody@example.com")]), outcome, "w")[Symbol.asyncIterator]();
    const error: unknown = await unpacked.next().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StediError);
    expect(JSON.stringify((error as StediError).parts)).not.toContain("somebody");
  });
});

describe("the source", () => {
  it("that throws: its error comes out, and nothing is called cut off", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield one.subarray(0, 40);
      await Promise.resolve();
      throw new StediError("STEDI_CHANGED", { what: "it changed", where: "a/b.json.gz" });
    }
    expect(await unpack(failing())).toMatchObject({ error: "STEDI_CHANGED", cutOff: undefined });
  });

  it("that throws at once, or only after a whole member", async () => {
    // eslint-disable-next-line require-yield
    async function* atFirst(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      throw new StediError("STEDI_NO_ACCESS", { what: "no access", where: "a/b.json.gz" });
    }
    async function* atLast(): AsyncGenerator<Uint8Array> {
      yield one;
      await settled();
      throw new StediError("STEDI_CHANGED", { what: "it changed", where: "a/b.json.gz" });
    }
    expect(await unpack(atFirst())).toMatchObject({ error: "STEDI_NO_ACCESS" });
    expect(await unpack(atLast())).toMatchObject({ error: "STEDI_CHANGED" });
  });

  it("that throws something else than a StediError", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(two);
      throw new TypeError("a bug in the source");
    }
    await expect(unpack(failing())).rejects.toThrow(TypeError);
  });

  /** Gives chunks of random data, which gzip cannot make smaller, and says how many it gave and whether it was closed. */
  function watched(chunks: readonly Uint8Array[]): {
    source: AsyncIterable<Uint8Array>;
    given: number;
    closed: boolean;
  } {
    const state = { given: 0, closed: false };
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (const chunk of chunks) {
          await Promise.resolve();
          state.given++;
          yield chunk;
        }
      } finally {
        state.closed = true;
      }
    }
    return Object.assign(state, { source: source() });
  }

  it("is closed when it has been read", async () => {
    const state = watched([two, one]);
    await unpack(state.source);
    await vi.waitFor(() => expect(state.closed).toBe(true));
  });

  it.each([
    ["with little data", inChunks(one, 50)],
    ["with much of it to come", inChunks(gzipSync(randomBytes(8 * MiB)), 64 * 1024)],
    ["with a small file that becomes large", [gzipSync(new Uint8Array(64 * MiB))]],
  ])("is closed, and no longer read, when the consumer stops early: %s", async (_, chunks) => {
    const state = watched(chunks);
    const outcome: GunzipOutcome = { cutOff: false };
    for await (const chunk of gunzip(state.source, outcome, "w")) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await vi.waitFor(() => expect(state.closed).toBe(true));
    if (chunks.length > 100) expect(state.given).toBeLessThan(20);
  });

  it.each([
    ["wrong at its start", [utf8("no gzip at all"), two, two]],
    ["wrong behind a member", [two, utf8("garbage"), two]],
    ["wrong at its end", [two.subarray(0, -1), latin1("\xff")]],
    ["a member behind zeros", [Buffer.concat([two, zeros]), two]],
  ])("is closed when the data is refused: %s", async (_, chunks) => {
    const state = watched(chunks);
    await unpack(state.source);
    await settled();
    expect(state.closed).toBe(true);
  });
});

describe("memory", () => {
  it("stays flat for a small file that becomes 64 MB, and a slow consumer", async () => {
    const bomb = gzipSync(new Uint8Array(64 * MiB).fill(0x20));
    const gauge = new MemoryGauge();
    let bytes = 0;
    let longest = 0;
    for await (const chunk of gunzip(atOnce([bomb]), { cutOff: false }, "w")) {
      bytes += chunk.length;
      longest = Math.max(longest, chunk.length);
      await new Promise((resolve) => setImmediate(resolve));
      gauge.sample();
    }
    expect(bytes).toBe(64 * MiB);
    expect(longest).toBeLessThanOrEqual(MiB);
    expect(gauge.peak).toBeLessThan(40 * MiB);
  });

  it("does not read ahead of a slow consumer", async () => {
    const chunks = inChunks(gzipSync(randomBytes(16 * MiB)), 64 * 1024);
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) {
        await Promise.resolve();
        given++;
        yield chunk;
      }
    }
    let taken = 0;
    let ahead = 0;
    for await (const chunk of gunzip(source(), { cutOff: false }, "w")) {
      taken += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
      ahead = Math.max(ahead, given * 64 * 1024 - taken);
    }
    expect(taken).toBe(16 * MiB);
    expect(ahead).toBeLessThan(3 * MiB);
  });
});
