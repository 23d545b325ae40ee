// How e-mail addresses and serial numbers are compared, and texts ordered.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8, compositeKey, hasContent, keyOf } from "../../src/transforms/keys.js";

describe("the key of a text", () => {
  it("has space, tab, CR and LF taken off both ends, and only there", () => {
    expect(keyOf(" \t\r\na b\tc\n\r\t ")).toBe("a b\tc");
    for (const edge of [" ", "\t", "\r", "\n"]) {
      expect(keyOf(`${edge}a`)).toBe("a");
      expect(keyOf(`a${edge}`)).toBe("a");
      expect(keyOf(`${edge}${edge}`)).toBe("");
    }
    expect(keyOf("a")).toBe("a");
    expect(keyOf("")).toBe("");
  });

  it("keeps other white space", () => {
    for (const space of ["\u00a0", "\ufeff", "\v", "\f", "\u2003"]) {
      expect(keyOf(`${space}a${space}`)).toBe(`${space}a${space}`);
    }
  });

  it("is in lower case", () => {
    expect(keyOf("Ab@EXAMPLE.Test")).toBe("ab@example.test");
    expect(keyOf("ÄÖ")).toBe("äö");
  });

  it("of one ASCII character is that character, but for capitals and edges", () => {
    for (let code = 0; code < 0x80; code++) {
      const character = String.fromCharCode(code);
      const isCapital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".includes(character);
      const key = isCapital ? String.fromCharCode(code + 32) : " \t\r\n".includes(character) ? "" : character;
      expect(keyOf(character)).toBe(key);
      expect(keyOf(`a${character}b`)).toBe(isCapital ? `a${key}b` : `a${character}b`);
    }
  });

  it("is in NFC", () => {
    expect(keyOf("a\u0308")).toBe("\u00e4");
    expect(keyOf("A\u0308")).toBe("\u00e4");
    // NFKC would make one letter of this.
    expect(keyOf("\ufb01")).toBe("\ufb01");
  });

  it("is put in NFC before it is put in lower case", () => {
    // J with a caron is two characters in NFC; only its lower case is one.
    expect(keyOf("J\u030c")).toBe("j\u030c");
  });
});

describe("the key of any text", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from(" \t\r\n\u00a0\ufeffAZaz@[`{~\u007f\u0130\u0308\u030c")),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    maxLength: 6,
  });

  it("is its NFC without edges, in lower case", () => {
    fc.assert(
      fc.property(text, (any) => {
        const edgesOff = any.normalize("NFC").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
        expect(keyOf(any)).toBe(edgesOff.toLowerCase());
      }),
    );
  });

  it("is the same with white space around it", () => {
    const edge = fc.string({ unit: fc.constantFrom(" ", "\t", "\r", "\n"), maxLength: 3 });
    fc.assert(
      fc.property(edge, text, edge, (before, any, after) => {
        expect(keyOf(before + any + after)).toBe(keyOf(any));
      }),
    );
  });
});

describe("content", () => {
  it("is anything besides space, tab, CR and LF", () => {
    expect(hasContent("")).toBe(false);
    expect(hasContent(" \t\r\n")).toBe(false);
    expect(hasContent(" \t\r\na")).toBe(true);
    expect(hasContent("a ")).toBe(true);
    expect(hasContent("\u00a0")).toBe(true);
    expect(hasContent("\v")).toBe(true);
  });
});

describe("a composite key", () => {
  it("of one key is that key", () => {
    expect(compositeKey(["1:a"])).toBe("1:a");
  });

  it("is different for different lists", () => {
    const lists = [
      ["a", "b"],
      ["ab", ""],
      ["", "ab"],
      ["b", "a"],
      ["a:1", "b"],
      ["a", "1:b"],
      ["a", "b", ""],
    ];
    expect(new Set(lists.map(compositeKey)).size).toBe(lists.length);
    expect(compositeKey(["a", "bcd"])).toBe("1:a3:bcd");
  });

  it("is different for any two different pairs", () => {
    const pair = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(pair, pair, (a, b) => {
        expect(compositeKey(a) === compositeKey(b)).toBe(a[0] === b[0] && a[1] === b[1]);
      }),
    );
  });
});

describe("the order of texts", () => {
  const order = [
    "",
    "A",
    "AB",
    "a",
    "a\u00e9",
    "b",
    "\u00e9",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10001}",
    "\u{1f600}",
    "\u{10ffff}",
  ];

  it("is that of their UTF-8 bytes", () => {
    for (const [left, a] of order.entries()) {
      for (const [right, b] of order.entries()) {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(left - right));
        expect(Math.sign(compareUtf8(`x${a}`, `x${b}`))).toBe(Math.sign(left - right));
      }
    }
  });

  it("is that of their UTF-8 bytes, for any two texts", () => {
    const text = fc.string({ unit: "binary", maxLength: 4 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});
