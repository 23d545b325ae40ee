// What is read before its turn: small files whole, and the beginning of a large one.

import { describe, expect, test } from "vitest";
import { readAhead, type Source } from "../../src/io/read-ahead.js";
import { type ReadAhead, ring, type Room } from "../../src/io/store.js";

const chunk = 10;
const ahead: ReadAhead = { files: 3, smallBytes: 20, leadBytes: 25 };

/** Files that tell what happens to them. */
class Files {
  readonly told: string[] = [];

  file(name: string, chunks: number, failsAt = Infinity): Source & { readonly name: string } {
    const { told } = this;
    return {
      name,
      size: chunks * chunk,
      chunks: async function* (room?: Room, signal?: AbortSignal) {
        told.push(`${name} begun`);
        try {
          for (let each = 0; each < chunks; each++) {
            signal?.throwIfAborted();
            if (each === failsAt) throw new Error(`${name} fails`);
            const bytes = (await room?.()) ?? new Uint8Array(chunk);
            bytes.fill(each);
            yield bytes.subarray(0, chunk);
          }
        } finally {
          told.push(`${name} ended`);
        }
      },
    };
  }

  /** Reads all, as one does who takes one file after another. */
  async read(files: readonly (Source & { readonly name: string })[], options = ahead): Promise<void> {
    for (const [{ name }, read] of readAhead(files, options)) {
      for await (const bytes of read(ring(chunk))) this.told.push(`${name} ${bytes[0]}`);
    }
  }
}

/** Lets everything happen that waits for nothing else. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a large file", () => {
  test("is begun when few enough bytes of the one before are left", async () => {
    const files = new Files();
    await files.read([files.file("a", 5), files.file("b", 3)]);
    const a = ["a begun", "a 0", "a 1", "b begun", "a 2", "a 3", "a 4", "a ended"];
    expect(files.told).toEqual([...a, "b 0", "b 1", "b 2", "b ended"]);
  });

  test("is not, where nothing is said of when", async () => {
    const files = new Files();
    await files.read([files.file("a", 3), files.file("b", 3)], { ...ahead, leadBytes: 0 });
    expect(files.told.indexOf("b begun")).toBeGreaterThan(files.told.indexOf("a ended"));
  });

  test("that fails meanwhile is told of at its turn", async () => {
    const files = new Files();
    await expect(files.read([files.file("a", 3), files.file("b", 3, 0)])).rejects.toThrow("b fails");
    expect(files.told).toContain("a 2");
  });

  test("that was begun ends when nobody asks for it any more, even before anybody has room for it", async () => {
    const files = new Files();
    for (const [, read] of readAhead([files.file("a", 3), files.file("b", 3)], ahead)) {
      for await (const bytes of read(ring(chunk))) if (bytes[0] === 1) break;
      break;
    }
    await settle();
    expect(files.told.filter((each) => each.startsWith("b")).slice(0, 1)).toEqual(["b begun"]);
    expect(files.told).toContain("a ended");
    expect(files.told).toContain("b ended");
  });

  test("has its bytes put where whoever reads it has room", async () => {
    const files = new Files();
    const room = new Uint8Array(chunk);
    const source = readAhead([files.file("a", 3), files.file("b", 3)], ahead);
    const seen = new Set<ArrayBufferLike>();
    for (const [{ name }, read] of source)
      for await (const bytes of read(() => room)) if (name === "b") seen.add(bytes.buffer);
    expect([...seen]).toEqual([room.buffer]);
  });
});

describe("small files", () => {
  test("are read whole before their turn, as many as are asked for", async () => {
    const files = new Files();
    const names = ["a", "b", "c", "d", "e"];
    for (const [{ name }] of readAhead(
      names.map((each) => files.file(each, 2)),
      ahead,
    )) {
      await settle();
      files.told.push(name);
    }
    const before = (name: string): readonly string[] =>
      files.told.slice(0, files.told.indexOf(name)).filter((each) => each.endsWith("ended"));
    expect(before("a")).toHaveLength(4);
    expect(before("b")).toHaveLength(5);
  });

  test("do not have the next one begun when it is large", async () => {
    const files = new Files();
    await files.read([files.file("a", 1), files.file("b", 3)]);
    expect(files.told.indexOf("b begun")).toBeGreaterThan(files.told.indexOf("a 0"));
  });
});

test("room for a small file is left when the file has been read, and is not given to a large one", async () => {
  const files = new Files();
  const left: string[] = [];
  const roomFor = ({ name }: { readonly name: string }) => ({
    room: () => new Uint8Array(chunk),
    leave: () =>
      void left.push(`${name}, told ${files.told.filter((each) => each === `${name} ended`).length}`),
  });
  const all = [files.file("a", 1), files.file("b", 5), files.file("c", 2)];
  for (const [, read] of readAhead(all, ahead, undefined, roomFor)) {
    for await (const bytes of read(ring(chunk))) expect(bytes).toHaveLength(chunk);
  }
  expect(left.sort()).toEqual(["a, told 1", "c, told 1"]);
});
