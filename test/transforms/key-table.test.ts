// Keys in shared memory: every one is found by its bytes, nothing else is, and they lie where a keyed hash puts them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyTable, type Seed } from "../../src/transforms/key-table.js";
import { utf8 } from "../io/support.js";
import { viewOf } from "../../src/transforms/words-copy.js";

const seed = [0x03020100, 0x07060504] as const;

function tableOf(keys: readonly string[], secret: Seed): KeyTable {
  const table = KeyTable.empty(secret);
  for (const key of keys) table.add(key);
  return table;
}

/** Looks a value up that stands between other bytes. */
function findPlain(table: KeyTable, value: string): number {
  const before = "  a ";
  const after = " b  ";
  const bytes = utf8(before + value + after);
  return table.findPlain(bytes, viewOf(bytes), before.length, before.length + value.length);
}

describe("a key", () => {
  const keys = ["ab", "b", "abc", "a", "abcd", "abcde", "p@example.test", "äö", "\u{1f600}", "z{", "`"];
  const make = (): KeyTable => tableOf(keys, seed);

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
    expect(findPlain(tableOf(["az"], seed), "AZ")).toBe(0);
  });

  it("may be empty", () => {
    const empty = tableOf(["a", ""], seed);
    expect(empty.find("")).toBe(1);
    expect(findPlain(empty, "")).toBe(1);
    expect(findPlain(empty, "   ")).toBe(1);
  });
});

describe("a table", () => {
  it("may have no keys", () => {
    const table = tableOf([], seed);
    expect(table.size).toBe(0);
    expect(table.find("a")).toBe(-1);
    expect(table.find("")).toBe(-1);
  });

  it("gives a key that it has its number again, by text or by bytes", () => {
    const table = tableOf(["ab", "äö"], seed);
    expect([table.add("äö"), table.add("ab"), table.add("c")]).toEqual([1, 0, 2]);
    const plain = utf8("x AB y D z");
    const view = viewOf(plain);
    expect([table.addPlain(plain, view, 1, 5), table.addPlain(plain, view, 6, 9), table.size]).toEqual([
      0, 3, 4,
    ]);
    expect([...table.keys()]).toEqual(["ab", "äö", "c", "d"]);
    expect(table.keyAt(1)).toBe("äö");
  });

  it("finds a key that it did not have a moment ago", () => {
    const table = tableOf([], seed);
    expect(table.find("a")).toBe(-1);
    table.add("a");
    expect(table.find("a")).toBe(0);
  });

  it("is copied with its keys under their numbers, and left alone by what is added to the copy", () => {
    const table = tableOf(["a", "b"], seed);
    const copy = table.copy();
    for (const part of ["slots", "ends", "bytes"] as const)
      expect(copy.memory[part]).not.toBe(table.memory[part]);
    copy.add("c");
    expect([...copy.keys()]).toEqual(["a", "b", "c"]);
    expect([...table.keys()]).toEqual(["a", "b"]);
    expect([table.find("c"), copy.find("b"), copy.find("c")]).toEqual([-1, 1, 2]);
    for (const key of ["dd", "ee"]) table.add(key);
    expect([...copy.keys()]).toEqual(["a", "b", "c"]);
    expect([...table.keys()]).toEqual(["a", "b", "dd", "ee"]);
    expect([copy.find("c"), copy.find("dd"), copy.find("ee")]).toEqual([2, -1, -1]);
    expect([table.find("c"), table.find("dd"), table.find("ee")]).toEqual([-1, 2, 3]);
  });

  it("tells whether its first keys are those of another table", () => {
    const table = tableOf(["a", "b"], seed);
    const copy = table.copy();
    copy.add("c");
    expect([copy.beginsWith(table), table.beginsWith(table)]).toEqual([true, true]);
    expect([table.beginsWith(copy), tableOf(["a", "b"], seed).beginsWith(table)]).toEqual([false, false]);
    table.add("d");
    expect(copy.beginsWith(table)).toBe(false);
  });

  it.each([[["a", "bc", ""]], [["a", "ä", "b𝒳", "z"]]])("gives all of its keys by their numbers", (keys) => {
    expect([...tableOf(keys, seed).keys()]).toEqual(keys);
  });

  it("takes keys of any length", () => {
    const long = "x".repeat(100_000);
    const table = tableOf(["a", long, "ä".repeat(500)], seed);
    expect([table.find(long), table.find("ä".repeat(500)), table.find("a")]).toEqual([1, 2, 0]);
    expect(table.keyAt(1)).toBe(long);
  });

  it("gives all keys by their numbers, however many, long or not ASCII", () => {
    const keys = Array.from({ length: 20_000 }, (_, number) =>
      number % 5000 === 17
        ? `${"long".repeat(400_000)}${number}`
        : number < 9000
          ? `k${number}`
          : `\u00e4${number}`,
    );
    const table = KeyTable.empty(seed);
    for (const key of keys) table.add(key);
    expect([...table.keys()]).toEqual(keys);
  });

  it("can be used by what is in its shared memory alone", () => {
    const table = KeyTable.of(tableOf(["a", "b"], seed).memory);
    expect([table.find("a"), table.find("b"), table.find("c"), table.size]).toEqual([0, 1, -1, 2]);
  });

  it("gets more keys after it has been shared, and shares those too", () => {
    const table = tableOf(["a"], seed);
    const before = table.memory;
    expect(table.memory).toBe(before);
    expect([table.add("b"), table.add("a"), table.find("b")]).toEqual([1, 0, 1]);
    expect([KeyTable.of(before).find("a"), KeyTable.of(before).find("b")]).toEqual([0, -1]);
    expect(KeyTable.of(table.memory).find("b")).toBe(1);
  });

  it("has at least two slots a key, and a power of two of them", () => {
    const slots = (count: number): number =>
      tableOf(
        Array.from({ length: count }, (_, number) => String(number)),
        seed,
      ).memory.slots.byteLength / 8;
    expect([0, 8, 9, 16, 17, 32, 33].map(slots)).toEqual([16, 16, 32, 32, 64, 64, 128]);
  });

  it.each([
    ["of one length", "k1o7u", "k1u6d"],
    ["of another length", "ko5", "k2jue"],
  ])("tells keys apart that have the same hash, %s", (_, one, other) => {
    expect(halfSipHash(utf8(one), seed)).toBe(halfSipHash(utf8(other), seed));
    for (const [first, second] of [
      [one, other],
      [other, one],
    ] as const) {
      const table = tableOf([first], seed);
      expect([table.find(second), findPlain(table, second)]).toEqual([-1, -1]);
      expect([table.add(second), table.find(first), table.find(second)]).toEqual([1, 0, 1]);
    }
  });

  it("finds each of many keys, and none that is not there", () => {
    const keys = Array.from({ length: 5000 }, (_, number) => `key-${number}`);
    const table = tableOf(keys, [1, 2]);
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

    // Often those next to the capital letters.
    const letter = fc.constantFrom("@", "A", "Z", "[", "\\", "]", "^", "_", "`", "a", "z", "{");
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.string({ unit: letter, maxLength: 12 }),
    );
    const key = text.map((text) => text.toLowerCase());
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 40 }), fc.tuple(word, word), (keys, secret) => {
        const slots = new Int32Array(tableOf(keys, secret).memory.slots);
        const count = slots.length / 2;
        for (const [number, text] of keys.entries()) {
          const hash = halfSipHash(utf8(text), secret);
          let slot = hash % count;
          while (slots[2 * slot + 1] !== number + 1) {
            expect(slots[2 * slot + 1]).not.toBe(0);
            slot = (slot + 1) % count;
          }
          expect(slots[2 * slot]).toBe(hash | 0);
        }
      }),
    );
  });
});
