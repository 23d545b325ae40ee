// Keys in shared memory: every one is found by its bytes, nothing else is, and they lie where a keyed hash puts them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyTable } from "../../src/transforms/key-table.js";
import { utf8 } from "../io/support.js";

const seed = [0x03020100, 0x07060504] as const;

/** Looks a value up that stands between other bytes. */
function findPlain(table: KeyTable, value: string): number {
  const before = "  a ";
  const after = " b  ";
  return table.findPlain(utf8(before + value + after), before.length, before.length + value.length);
}

describe("a key", () => {
  const keys = ["ab", "b", "abc", "a", "abcd", "abcde", "p@example.test", "äö", "\u{1f600}", "z{", "`"];
  const make = (): KeyTable => KeyTable.of(keys, seed);

  it("has the number of its place in the list", () => {
    const table = make();
    expect(keys.map((key) => table.find(key))).toEqual([...keys.keys()]);
    expect(table.size).toBe(keys.length);
  });

  it("is not found where it is not in the table", () => {
    const table = make();
    for (const other of [
      "",
      "c",
      "abd",
      "bb",
      "acde",
      "abcdf",
      "bbcde",
      "äo",
      "p@example.tes",
      "p@example.test ",
    ]) {
      expect(table.find(other), other).toBe(-1);
    }
  });

  it("is found by the bytes of a value as it came: in any case of ASCII, with spaces around", () => {
    const table = make();
    expect(findPlain(table, "P@Example.TEST")).toBe(6);
    expect(findPlain(table, "  ab   ")).toBe(0);
    expect(findPlain(table, "ABCDE ")).toBe(5);
    expect(findPlain(table, " Z{")).toBe(9);
    expect(findPlain(table, "a b")).toBe(-1);
    expect(findPlain(table, "")).toBe(-1);
    expect(findPlain(table, "   ")).toBe(-1);
  });

  it("is not found by bytes next to those of the letters", () => {
    const table = make();
    expect(findPlain(table, "@")).toBe(-1);
    expect(findPlain(table, "`")).toBe(10);
    expect(findPlain(table, "z[")).toBe(-1);
    expect(findPlain(KeyTable.of(["az"], seed), "AZ")).toBe(0);
  });

  it("may be empty", () => {
    const empty = KeyTable.of(["a", ""], seed);
    expect(empty.find("")).toBe(1);
    expect(findPlain(empty, "")).toBe(1);
    expect(findPlain(empty, "   ")).toBe(1);
  });
});

describe("a table", () => {
  it("may have no keys", () => {
    const table = KeyTable.of([], seed);
    expect(table.size).toBe(0);
    expect(table.find("a")).toBe(-1);
    expect(table.find("")).toBe(-1);
  });

  it("can be used by what is in its shared memory alone", () => {
    const table = new KeyTable(KeyTable.of(["a", "b"], seed).memory);
    expect([table.find("a"), table.find("b"), table.find("c"), table.size]).toEqual([0, 1, -1, 2]);
  });

  it("has at least two slots a key, and a power of two of them", () => {
    const slots = (count: number): number =>
      KeyTable.of(
        Array.from({ length: count }, (_, number) => String(number)),
        seed,
      ).memory.slots.byteLength / 4;
    expect([0, 8, 9, 16, 17, 32, 33].map(slots)).toEqual([16, 16, 32, 32, 64, 64, 128]);
  });

  it("finds each of many keys, and none that is not there", () => {
    const keys = Array.from({ length: 5000 }, (_, number) => `key-${number}`);
    const table = KeyTable.of(keys, [1, 2]);
    expect(keys.every((key, number) => table.find(key) === number)).toBe(true);
    expect(keys.every((key) => table.find(`${key}x`) === -1)).toBe(true);
  });
});

/** HalfSipHash-1-3 with 32 bits, as its authors describe it. */
function halfSipHash(bytes: Uint8Array, [k0, k1]: readonly [number, number]): number {
  const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  let [a, b, c, d] = [k0, k1, k0 ^ 0x6c796765, k1 ^ 0x74656462];
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      a = (a + b) | 0;
      b = rotated(b, 5) ^ a;
      a = rotated(a, 16);
      c = (c + d) | 0;
      d = rotated(d, 8) ^ c;
      a = (a + d) | 0;
      d = rotated(d, 7) ^ a;
      c = (c + b) | 0;
      b = rotated(b, 13) ^ c;
      c = rotated(c, 16);
    }
  };
  const padded = new Uint8Array((Math.floor(bytes.length / 4) + 1) * 4);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = words.getInt32(at, true);
    d ^= word;
    rounds(1);
    a ^= word;
  }
  c ^= 0xff;
  rounds(3);
  return (b ^ d) >>> 0;
}

describe("the place of a key", () => {
  it("is that of its HalfSipHash-1-3, or the next that is free", () => {
    // Four of the published test vectors, so that the hash above is the real one.
    const input = Uint8Array.from({ length: 63 }, (_, number) => number);
    expect([0, 1, 5, 63].map((length) => halfSipHash(input.subarray(0, length), seed))).toEqual([
      0x5814c896, 0xe7e864ca, 0x88e3d89b, 0x87178304,
    ]);

    const key = fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.toLowerCase());
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 40 }), fc.tuple(word, word), (keys, secret) => {
        const { slots } = KeyTable.of(keys, secret).memory;
        const expected = new Int32Array(slots.byteLength / 4);
        for (const [number, text] of keys.entries()) {
          let slot = halfSipHash(utf8(text), secret) % expected.length;
          while (expected[slot] !== 0) slot = (slot + 1) % expected.length;
          expected[slot] = number + 1;
        }
        expect(new Int32Array(slots)).toEqual(expected);
      }),
    );
  });
});
