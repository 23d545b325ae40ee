// Bytes put together for output: what goes in comes out, in order, however much it is.

import { describe, expect, it } from "vitest";
import { OutBuffer, wordsOf } from "../../src/io/out-buffer.js";
import { viewOf } from "../../src/transforms/words-copy.js";

const content = (out: OutBuffer): string => out.bytes.toString("latin1", 0, out.length);
const ascii = Buffer.from(Array.from({ length: 400 }, (_, index) => 0x20 + (index % 95)));
const any = Buffer.from(Array.from({ length: 400 }, (_, index) => (index * 37) & 0xff));

describe("an output buffer", () => {
  it.each([
    ["ASCII", ascii, "copy"],
    ["any bytes", any, "copyAny"],
  ] as const)("has %s as they were, of every number that there is a way for", (_, source, copy) => {
    for (let count = 0; count <= 300; count++) {
      const out = new OutBuffer(Buffer.alloc(8));
      out.byte(0x3c);
      out[copy](source, viewOf(source), 5, 5 + count);
      out.byte(0x3e);
      expect(content(out)).toBe(`<${source.toString("latin1", 5, 5 + count)}>`);
    }
  });

  it("grows with what is put in", () => {
    const out = new OutBuffer(Buffer.alloc(1));
    out.float64(1.5);
    out.int32(-7);
    out.words(wordsOf(',"name":'));
    out.put(any.subarray(0, 5));
    out.varint(300);
    out.text("é");
    out.setInt32(8, 9);
    expect([out.view.getFloat64(0, true), out.view.getInt32(8, true)]).toEqual([1.5, 9]);
    expect(content(out).slice(12)).toBe(
      `,"name":${any.toString("latin1", 0, 5)}\xac\x02${Buffer.from("é").toString("latin1")}`,
    );
    out.clear();
    expect(out.length).toBe(0);
  });

  it("asks for larger memory with what there was before", () => {
    const asked: [number, number][] = [];
    const out = new OutBuffer(Buffer.alloc(4), (before, size) => {
      asked.push([before.length, size]);
      return Buffer.alloc(size);
    });
    for (const byte of any.subarray(0, 20)) out.byte(byte);
    out.put(any.subarray(20, 200));
    expect(asked).toEqual([
      [4, 8],
      [8, 16],
      [16, 32],
      [32, 200],
    ]);
    expect(content(out)).toBe(any.toString("latin1", 0, 200));
  });
});
