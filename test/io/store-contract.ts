// What every store has to keep to, as one suite: a new store passes it before anything else is asked of it. What only
// folders know (links, devices, a file where a folder should be) is in folder-store.test.ts.

import { describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { createHasher } from "../../src/io/checksum.js";
import { ring, type Store, type StoredFile } from "../../src/io/store.js";
import { collect, utf8 } from "./support.js";

/** Runs an action on an empty store that is gone afterwards. */
export type WithStore = (action: (store: Store) => Promise<void>) => Promise<void>;

const chunk = 64 * 1024;

/** Writes a file in one go. */
export async function put(store: Store, path: string, content: string | Uint8Array): Promise<void> {
  const sink = await store.create(path);
  await sink.write(typeof content === "string" ? utf8(content) : content);
  await sink.close();
}

async function text(store: Store, path: string): Promise<string | undefined> {
  const bytes = await store.get(path);
  return bytes && Buffer.from(bytes).toString("utf8");
}

const paths = (files: readonly StoredFile[]): readonly string[] => files.map(({ path }) => path);

/** Bytes of which no two stretches are alike. */
function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

/** Names that are awkward somewhere: in a URL, in a shell, in a form of Unicode, in a sorting order. */
export const oddNames = [
  " a b .json",
  "a+b.json",
  "a%2Fb.json",
  "a%.json",
  "a&b=c?d#e.json",
  "a'b\"c.json",
  "\u00e9.json", // e with an accent, as one code point
  "e\u0301.json", // and as two
  "日本.json",
  "😀.json", // after U+FFxx by UTF-8, before it by UTF-16
  "ﬀ.json",
  "run=x y",
] as const;

/**
 * Declares the suite.
 * @param change puts other bytes of the same length into a file, behind the store's back
 */
export function storeContract(
  name: string,
  withStore: WithStore,
  change: (store: Store, path: string, bytes: Uint8Array) => Promise<void>,
): void {
  const held = (title: string, action: (store: Store) => Promise<void>): void => {
    test(title, () => withStore(action));
  };

  describe(`${name}: what every store keeps to`, () => {
    describe("list", () => {
      held("a folder that is missing is empty", async (store) => {
        expect(await store.list("customer/landing")).toEqual([]);
      });

      held("all files below a folder at any depth, and none beside it", async (store) => {
        for (const path of ["a/b/c", "a/b/d/e/f", "a/bc/x", "a/c", "b"]) await put(store, path, path);
        expect(paths(await store.list("a/b"))).toEqual(["a/b/c", "a/b/d/e/f"]);
        expect(paths(await store.list("a"))).toEqual(["a/b/c", "a/b/d/e/f", "a/bc/x", "a/c"]);
      });

      held("sizes are in bytes", async (store) => {
        await put(store, "a/b.json", "é😀");
        expect(await store.list("a")).toMatchObject([{ path: "a/b.json", size: 6 }]);
      });

      held("in the order of whole paths by UTF-8 bytes", async (store) => {
        const sorted = ["a/A", "a/b", "a/b!", "a/b.json", "a/b/c", "a/b0", "a/bb", "a/é", "a/ﬀ", "a/😀"];
        for (const path of sorted.toReversed()) {
          if (path !== "a/b") await put(store, path, "");
        }
        expect(paths(await store.list("a"))).toEqual(sorted.filter((path) => path !== "a/b"));
      });

      held(
        "names that start with _ or . are left out, with what is below them; but not above",
        async (store) => {
          for (const path of ["_a/b_.c/_d", "_a/b_.c/.e", "_a/b_.c/_f/g", "_a/b_.c/.h/i", "_a/b_.c/j/k_."]) {
            await put(store, path, "");
          }
          expect(paths(await store.list("_a/b_.c"))).toEqual(["_a/b_.c/j/k_."]);
          expect(paths(await store.list("_a"))).toEqual(["_a/b_.c/j/k_."]);
        },
      );

      held("files of every ending", async (store) => {
        const all = ["a/b", "a/b.JSON", "a/b.csv", "a/b.json", "a/b.json.gz", "a/b.json.tmp"];
        for (const path of all) await put(store, path, "");
        expect(paths(await store.list("a"))).toEqual(all);
      });

      held("more files than a page of any listing holds", async (store) => {
        const all = Array.from({ length: 1100 }, (_, index) => `a/${String(index).padStart(4, "0")}`);
        await Promise.all(all.map((path) => store.putIfAbsent(path, new Uint8Array())));
        expect(paths(await store.list("a"))).toEqual(all);
      });

      held("odd names come back as they were", async (store) => {
        for (const each of oddNames) await put(store, `a/${each}.d/${each}`, each);
        const found = await store.list("a");
        expect(new Set(paths(found))).toEqual(new Set(oddNames.map((each) => `a/${each}.d/${each}`)));
        for (const file of found) {
          expect((await collect(store.read(file))).toString()).toBe(file.path.split("/")[2]);
          expect(await store.find(file.path)).toEqual(file);
        }
      });
    });

    describe("names", () => {
      held(
        "files and folders directly in a folder, hidden ones too, sorted; none where it is missing",
        async (store) => {
          for (const path of ["a/b/c", "a/b/d", "a/_e", "a/.f/g", "a/B", "ab/x"]) await put(store, path, "");
          expect(await store.names("a")).toEqual([".f", "B", "_e", "b"]);
          expect(await store.names("x")).toEqual([]);
        },
      );
    });

    describe("find", () => {
      held("a file as a listing has it; nothing for what is missing, or is a folder", async (store) => {
        await put(store, "a/b/c.json", "content");
        expect(await store.find("a/b/c.json")).toEqual((await store.list("a"))[0]);
        expect(await store.find("a/b/d.json")).toBeUndefined();
        expect(await store.find("a/b")).toBeUndefined();
        expect(await store.find("x/y")).toBeUndefined();
      });

      held("another version once the bytes are others", async (store) => {
        await put(store, "a/b", "one");
        const { version } = (await store.find("a/b"))!;
        expect((await store.find("a/b"))!.version).toBe(version);
        await change(store, "a/b", utf8("two"));
        expect((await store.find("a/b"))!.version).not.toBe(version);
      });
    });

    describe("read", () => {
      held("all bytes in order, whatever the size", async (store) => {
        for (const size of [0, 1, chunk - 1, chunk, 4 * chunk, 4 * chunk + 1, 20 * chunk + 7]) {
          const bytes = patterned(size);
          await put(store, `a/${size}`, bytes);
          const file = (await store.find(`a/${size}`))!;
          expect(file.size).toBe(size);
          expect((await collect(store.read(file))).equals(bytes), `${size} bytes`).toBe(true);
        }
      });

      held("chunks are the reader's own: the next one does not change them", async (store) => {
        const bytes = patterned(20 * chunk);
        await put(store, "a", bytes);
        const chunks: Uint8Array[] = [];
        const copies: Uint8Array[] = [];
        for await (const each of store.read((await store.find("a"))!)) {
          chunks.push(each);
          copies.push(each.slice());
        }
        expect(Buffer.concat(chunks).equals(Buffer.concat(copies))).toBe(true);
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      });

      held(
        "where room is given, a chunk stays as it is until the next but one is asked for",
        async (store) => {
          const bytes = patterned(50 * chunk + 7);
          await put(store, "a", bytes);
          const file = (await store.find("a"))!;
          const read = async (): Promise<void> => {
            let before: Uint8Array = new Uint8Array();
            let at = 0;
            for await (const each of store.read(file, ring(chunk))) {
              expect(Buffer.compare(before, bytes.subarray(at - before.length, at))).toBe(0);
              expect(Buffer.compare(each, bytes.subarray(at, at + each.length))).toBe(0);
              before = each;
              at += each.length;
            }
            expect(at).toBe(bytes.length);
          };
          // Of several readers none gets what another one still looks at.
          await Promise.all([read(), read(), read()]);
          await read();
        },
      );

      held("a reader may stop early, and read again", async (store) => {
        await put(store, "a", patterned(20 * chunk));
        const file = (await store.find("a"))!;
        for (let times = 0; times < 3; times++) {
          for await (const each of store.read(file)) {
            expect(each.length).toBeGreaterThan(0);
            break;
          }
        }
        expect((await collect(store.read(file))).length).toBe(20 * chunk);
      });

      held(
        "a file that has changed since it was listed is refused before a byte of it is given",
        async (store) => {
          await put(store, "a/b", "one");
          const file = (await store.find("a/b"))!;
          await change(store, "a/b", utf8("two"));
          const given: Uint8Array[] = [];
          const reading = (async () => {
            for await (const each of store.read(file)) given.push(each);
          })();
          await expect(reading).rejects.toMatchObject({ code: "STEDI_CHANGED" });
          expect(given).toEqual([]);
        },
      );

      held("a file that is gone since it was listed is refused", async (store) => {
        await put(store, "a/b", "one");
        const file = (await store.find("a/b"))!;
        await store.remove("a/b");
        const refusal = await collect(store.read(file)).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(StediError);
        expect(refusal).toMatchObject({ code: "STEDI_CHANGED", exitCode: 3 });
        expect((refusal as StediError).message).toContain("a/b");
      });

      held(
        "a file that changes while it is read is refused or read as it was, never mixed",
        async (store) => {
          const before = patterned(20 * chunk);
          await put(store, "a/b", before);
          const file = (await store.find("a/b"))!;
          const read: Uint8Array[] = [];
          const reading = (async () => {
            for await (const each of store.read(file)) {
              read.push(each);
              if (read.length === 1) await change(store, "a/b", Buffer.from(before).reverse());
            }
            return Buffer.concat(read);
          })();
          const outcome = await reading.catch((error: unknown) => error);
          if (outcome instanceof Buffer) expect(outcome.equals(before)).toBe(true);
          else expect(outcome).toMatchObject({ code: "STEDI_CHANGED" });
        },
      );
    });

    describe("get", () => {
      held("the bytes of a file; nothing where there is none", async (store) => {
        await put(store, "a/b", "é");
        expect(await text(store, "a/b")).toBe("é");
        await put(store, "a/empty", "");
        expect(await text(store, "a/empty")).toBe("");
        expect(await store.get("a/c")).toBeUndefined();
        expect(await store.get("x/y/z")).toBeUndefined();
      });
    });

    describe("create", () => {
      held("a file counts once it is closed, with all that was written, in order", async (store) => {
        const sink = await store.create("a/b/c");
        const parts = [patterned(chunk), patterned(3), patterned(0), patterned(5 * chunk)];
        for (const part of parts) await sink.write(part);
        await sink.close();
        expect(Buffer.from((await store.get("a/b/c"))!).equals(Buffer.concat(parts))).toBe(true);
        expect(await store.list("a")).toMatchObject([{ path: "a/b/c", size: 6 * chunk + 3 }]);
      });

      held("bytes may be used again once a write is done", async (store) => {
        const buffer = utf8("one");
        const sink = await store.create("a");
        await sink.write(buffer);
        buffer.set(utf8("two"));
        await sink.write(buffer);
        buffer.fill(0);
        await sink.close();
        expect(await text(store, "a")).toBe("onetwo");
      });

      held("a file without bytes", async (store) => {
        await (await store.create("a/b")).close();
        expect(await store.list("a")).toMatchObject([{ path: "a/b", size: 0 }]);
      });

      held("an aborted file is not there, and its name is free", async (store) => {
        const sink = await store.create("a/b");
        await sink.write(utf8("half"));
        await sink.abort();
        expect(await store.get("a/b")).toBeUndefined();
        expect(await store.list("a")).toEqual([]);
        await put(store, "a/b", "whole");
        expect(await text(store, "a/b")).toBe("whole");
      });

      held("abort never throws, twice neither", async (store) => {
        const sink = await store.create("a/b");
        await sink.abort();
        await sink.abort();
        expect(await store.list("a")).toEqual([]);
      });

      held("many files at once", async (store) => {
        const all = Array.from({ length: 20 }, (_, index) => `a/${index % 3}/${index}`);
        await Promise.all(all.map((path) => put(store, path, path)));
        for (const path of all) expect(await text(store, path)).toBe(path);
      });
    });

    describe("replace", () => {
      held("a new file where there is none, with all that was written, in order", async (store) => {
        const sink = await store.replace("a/b/c", 6 * chunk + 3);
        const parts = [patterned(chunk), patterned(3), patterned(5 * chunk)];
        for (const part of parts) await sink.write(part);
        await sink.close();
        expect(Buffer.from((await store.get("a/b/c"))!).equals(Buffer.concat(parts))).toBe(true);
        expect(await store.names("a/b")).toEqual(["c"]);
      });

      held(
        "readers find what was there before, until the new file is there, whole; nothing else appears",
        async (store) => {
          await put(store, "a/b", "before");
          const listed = await store.list("a");
          const sink = await store.replace("a/b");
          expect(await store.list("a")).toEqual(listed);
          const bytes = patterned(20 * chunk);
          for (let from = 0; from < bytes.length; from += chunk) {
            await sink.write(bytes.subarray(from, from + chunk));
            expect(await text(store, "a/b")).toBe("before");
            expect(await store.list("a")).toEqual(listed);
          }
          await sink.close();
          expect(Buffer.from((await store.get("a/b"))!).equals(bytes)).toBe(true);
          expect((await store.find("a/b"))!.version).not.toBe(listed[0]!.version);
          expect(await store.names("a")).toEqual(["b"]);
        },
      );

      held("a file that was given up changes nothing, and leaves nothing", async (store) => {
        await put(store, "a/b", "before");
        for (const path of ["a/b", "a/c"]) {
          const sink = await store.replace(path);
          await sink.write(utf8("half"));
          await sink.abort();
          await sink.abort();
        }
        expect(await text(store, "a/b")).toBe("before");
        expect(await store.names("a")).toEqual(["b"]);
      });

      held("of two at once the one that is closed last stands, whole", async (store) => {
        const [one, two] = [await store.replace("a/b"), await store.replace("a/b")];
        await two.write(utf8("tw"));
        await one.write(utf8("one"));
        await one.close();
        expect(await text(store, "a/b")).toBe("one");
        await two.write(utf8("o"));
        await two.close();
        expect(await text(store, "a/b")).toBe("two");
        expect(await store.names("a")).toEqual(["b"]);
      });

      held("odd names", async (store) => {
        for (const each of oddNames) {
          const sink = await store.replace(`a/${each}`);
          await sink.write(utf8(each));
          await sink.close();
          expect(await text(store, `a/${each}`)).toBe(each);
        }
      });
    });

    describe("knownChecksum", () => {
      held("nothing, or the checksum of exactly the bytes that are there", async (store) => {
        for (const size of [0, 3, 20 * chunk]) {
          const bytes = patterned(size);
          await put(store, `a/${size}`, bytes);
          const known = await store.knownChecksum((await store.find(`a/${size}`))!);
          if (!known) continue;
          const hasher = createHasher(known.algorithm);
          hasher.update(bytes);
          expect(known.value).toBe(hasher.digest());
        }
      });
    });

    describe("putIfAbsent", () => {
      held("stores a file where there is none, and says so", async (store) => {
        expect(await store.putIfAbsent("a/b/c.json", utf8("one"))).toBe(true);
        expect(await text(store, "a/b/c.json")).toBe("one");
        expect(await store.names("a/b")).toEqual(["c.json"]);
      });

      held("changes nothing where there is one, and says so", async (store) => {
        await put(store, "a/b", "one");
        const file = await store.find("a/b");
        expect(await store.putIfAbsent("a/b", utf8("two"))).toBe(false);
        expect(await text(store, "a/b")).toBe("one");
        expect(await store.find("a/b")).toEqual(file);
        expect(await store.names("a")).toEqual(["b"]);
      });

      held("of many at once exactly one wins, and its bytes are there, whole", async (store) => {
        for (let round = 0; round < 5; round++) {
          const drafts = Array.from({ length: 12 }, (_, index) => Buffer.alloc(chunk, index + 1));
          const won = await Promise.all(drafts.map((bytes) => store.putIfAbsent(`a/${round}`, bytes)));
          expect(won.filter(Boolean)).toHaveLength(1);
          expect(Buffer.from((await store.get(`a/${round}`))!).equals(drafts[won.indexOf(true)]!)).toBe(true);
        }
        expect(await store.names("a")).toEqual(["0", "1", "2", "3", "4"]);
      });

      held("whoever sees the file sees all of it", async (store) => {
        const bytes = patterned(16 * chunk);
        const state = { stored: false };
        const storing = store.putIfAbsent("a/b", bytes).finally(() => (state.stored = true));
        const seen: number[] = [];
        while (!state.stored) {
          const now = await store.get("a/b");
          if (now) seen.push(now.length);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await storing;
        expect(seen.filter((length) => length !== bytes.length)).toEqual([]);
      });
    });

    describe("remove", () => {
      held("a file, and nothing beside it", async (store) => {
        for (const path of ["a/b", "a/bc", "a/b.json"]) await put(store, path, "");
        await store.remove("a/b");
        expect(paths(await store.list("a"))).toEqual(["a/b.json", "a/bc"]);
      });

      held("a folder with all that is in it, hidden names too, and nothing beside it", async (store) => {
        for (const path of ["a/b/c", "a/b/_d/e", "a/b/.f", "a/bc/d", "a/b0"]) await put(store, path, "");
        await store.remove("a/b");
        expect(await store.names("a")).toEqual(["b0", "bc"]);
        expect(await store.get("a/b/_d/e")).toBeUndefined();
      });

      held("what is not there is no fault", async (store) => {
        await store.remove("a");
        await store.remove("a/b/c");
      });

      held("odd names", async (store) => {
        for (const each of oddNames) await put(store, `a/${each}`, "");
        for (const each of oddNames) await store.remove(`a/${each}`);
        expect(await store.list("a")).toEqual([]);
      });
    });
  });
}
