// A lake in a folder: the contract of every store, and what only folders know: links, devices, files where folders
// should be.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import { openStore } from "../../src/io/open-store.js";
import { isDraft, type Store } from "../../src/io/store.js";
import { put, storeContract } from "./store-contract.js";
import { collect, utf8, withFolder } from "./support.js";

storeContract(
  "a folder",
  (action) => withFolder((folder) => action(folderStore(folder))),
  async (store, path, bytes) => {
    const file = join(store.uri, path);
    const { mtimeMs } = await stat(file);
    await writeFile(file, bytes);
    // A clock that is coarse must not hide the change.
    await utimes(file, new Date(), new Date(mtimeMs + 5));
  },
);

const refused = async (action: Promise<unknown>): Promise<StediError["parts"] & { code: string }> => {
  const error = await action.then(
    () => undefined,
    (each: unknown) => each,
  );
  if (!(error instanceof StediError)) throw new Error("no StediError", { cause: error });
  return { code: error.code, ...error.parts };
};

/** A store in a folder with these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  action: (store: Store, folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    await action(folderStore(folder), folder);
  });
}

test("of the folders that it has made it takes back those that are empty, and no other", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "theirs"));
    const store = folderStore(join(folder, "theirs/lake"));
    for (const path of ["a/b/one", "a/two", "c/three", "theirs/d/four"]) await put(store, path, utf8(""));
    await mkdir(join(folder, "theirs/lake/e"));
    for (const path of ["a/b/one", "c/three", "theirs/d/four"]) await store.remove(path);
    await store.removeEmptyFolders();
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      "theirs",
      "theirs/lake",
      "theirs/lake/a",
      "theirs/lake/a/two",
      "theirs/lake/e",
    ]);
    await store.remove("a/two");
    await put(store, "a/b/one", utf8(""));
    for (const path of ["a/b/one", "e"]) await store.remove(path);
    await store.removeEmptyFolders();
    expect(await readdir(folder)).toEqual(["theirs"]);
    expect(await readdir(join(folder, "theirs"))).toEqual([]);
  }));

describe("a folder that is not there", () => {
  test("does not exist until something is written, and reading makes nothing", () =>
    withFiles({}, async (_, folder) => {
      const store = folderStore(join(folder, "lake/deep"));
      expect(await store.exists()).toBe(false);
      expect(await store.list("a")).toEqual([]);
      expect(await store.names("a")).toEqual([]);
      expect(await store.get("a")).toBeUndefined();
      await store.remove("a");
      expect(await readdir(folder)).toEqual([]);
      await put(store, "a/b", "");
      expect(await store.exists()).toBe(true);
    }));

  test("a relative folder is meant from where the program was started", () =>
    withFiles({ "a/b": "content" }, async (_, folder) => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        const store = folderStore("a");
        process.chdir(before);
        expect(store.uri).toBe("a");
        expect(await store.get("b")).toEqual(Buffer.from("content"));
      } finally {
        process.chdir(before);
      }
    }));
});

describe("a file where a folder should be", () => {
  test("is refused, naming it", () =>
    withFiles({ lake: "", "other/customer/landing": "" }, async (_, folder) => {
      const file = folderStore(join(folder, "lake"));
      const other = folderStore(join(folder, "other"));
      const code = "STEDI_NOT_A_FOLDER";
      expect(await refused(file.exists())).toMatchObject({ code, where: join(folder, "lake") });
      expect(await refused(folderStore(join(folder, "lake/below")).exists())).toMatchObject({ code });
      expect(await refused(file.list("customer/landing"))).toMatchObject({ code });
      expect(await refused(file.names("_stedi/commits"))).toMatchObject({ code });
      expect(await refused(file.find("a/b"))).toMatchObject({ code });
      expect(await refused(file.create("a/b"))).toMatchObject({ code });
      expect(await refused(file.putIfAbsent("a/b", utf8("")))).toMatchObject({ code });
      const where = join(folder, "other/customer/landing");
      expect(await refused(other.list("customer/landing"))).toMatchObject({ code, where });
      expect(await refused(other.names("customer/landing"))).toMatchObject({ code, where });
      // The folder itself, not one above it: found because `mkdir` says something else then.
      expect(await refused(other.create("customer/landing/x"))).toMatchObject({ code });
      expect(await refused(other.putIfAbsent("customer/landing/x", utf8("")))).toMatchObject({ code });
    }));
});

describe("a folder where a file should be", () => {
  test.each(["x.json", "x.json.gz"])("a folder named %s is refused in a listing, naming it", (name) =>
    withFiles({ [`a/b/${name}/c.json`]: "" }, async (store, folder) => {
      expect(await refused(store.list("a"))).toMatchObject({
        code: "STEDI_NOT_A_FILE",
        where: join(folder, "a/b", name),
      });
    }),
  );

  test("folders of other names, and hidden ones, are none", () =>
    withFiles({ "a/x.jsonl/b": "", "a/_x.json/b": "", "a/.x.json/b": "" }, async (store) => {
      expect((await store.list("a")).map(({ path }) => path)).toEqual(["a/x.jsonl/b"]);
    }));

  test("it cannot be got, and is no file to find", () =>
    withFiles({ "a/b/c": "" }, async (store, folder) => {
      expect(await refused(store.get("a/b"))).toMatchObject({
        code: "STEDI_NOT_A_FILE",
        where: join(folder, "a/b"),
      });
      expect(await store.find("a/b")).toBeUndefined();
    }));
});

describe("links and devices", () => {
  test("links to files and folders are followed, and read under their own names", () =>
    withFiles({ "else/where/x.json": "x", "else/y.json": "y" }, async (store, folder) => {
      await mkdir(join(folder, "a"));
      await symlink("../else/where", join(folder, "a/folder"));
      await symlink("../else/y.json", join(folder, "a/file.json"));
      const files = await store.list("a");
      expect(files.map(({ path }) => path)).toEqual(["a/file.json", "a/folder/x.json"]);
      expect((await collect(store.read(files[0]!))).toString()).toBe("y");
      expect((await collect(store.read(files[1]!))).toString()).toBe("x");
    }));

  test("one folder by two links is listed twice, as it is no circle", () =>
    withFiles({ "else/x.json": "" }, async (store, folder) => {
      await mkdir(join(folder, "a"));
      await symlink("../else", join(folder, "a/one"));
      await symlink("../else", join(folder, "a/two"));
      expect((await store.list("a")).map(({ path }) => path)).toEqual(["a/one/x.json", "a/two/x.json"]);
    }));

  test("a link back to a folder above is refused", () =>
    withFiles({ "a/b/x.json": "" }, async (store, folder) => {
      await symlink("..", join(folder, "a/b/up"));
      expect(await refused(store.list("a"))).toMatchObject({
        code: "STEDI_NOT_A_FOLDER",
        where: join(folder, "a/b/up"),
      });
    }));

  test("a link to nothing, and one to itself, are refused: a listing is whole or fails", () =>
    withFiles({ "a/x.json": "", "b/x.json": "" }, async (store, folder) => {
      await symlink("nowhere", join(folder, "a/gone.json"));
      await symlink("self.json", join(folder, "b/self.json"));
      expect(await refused(store.list("a"))).toMatchObject({ where: join(folder, "a/gone.json") });
      expect(await refused(store.list("b"))).toMatchObject({ where: join(folder, "b/self.json") });
    }));

  test("a folder that a link to nothing stands for, or leads to, is not empty, but refused", () =>
    withFiles({ "else/x.json": "" }, async (store, folder) => {
      await symlink("nowhere", join(folder, "a"));
      await symlink("else", join(folder, "b"));
      for (const path of ["a", "a/landing"])
        expect(await refused(store.list(path))).toMatchObject({
          code: "STEDI_NOT_FOUND",
          where: join(folder, "a"),
        });
      expect(await store.list("b/landing")).toEqual([]);
    }));

  test("removing a folder leaves alone what its links lead to", () =>
    withFiles({ "else/x.json": "", "a/y.json": "" }, async (store, folder) => {
      await symlink("../else", join(folder, "a/link"));
      await store.remove("a");
      expect(await readdir(folder)).toEqual(["else"]);
      expect(await readdir(join(folder, "else"))).toEqual(["x.json"]);
    }));

  test("a pipe and a socket are refused, and nothing waits for them", () =>
    withFiles({ "a/x.json": "", "b/x.json": "" }, async (store, folder) => {
      execFileSync("mkfifo", [join(folder, "a/pipe.json")]);
      expect(await refused(store.list("a"))).toMatchObject({
        code: "STEDI_NOT_A_FILE",
        where: join(folder, "a/pipe.json"),
      });
      const server = createServer().listen(join(folder, "b/socket"));
      await new Promise((resolve) => server.once("listening", resolve));
      try {
        expect(await refused(store.list("b"))).toMatchObject({ code: "STEDI_NOT_A_FILE" });
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    }));
});

describe("names that are not UTF-8", () => {
  test("are refused in a listing: two of them may be read as one", () =>
    withFiles({ "a/x.json": "" }, async (store, folder) => {
      const name = Buffer.from(join(folder, "a/y\ufffd.json"));
      await writeFile(name, "1");
      const other = Buffer.concat([
        Buffer.from(join(folder, "a/y")),
        Buffer.from([0xff]),
        Buffer.from(".json"),
      ]);
      await writeFile(other, "2");
      expect(await refused(store.list("a"))).toMatchObject({
        code: "STEDI_NOT_A_FILE",
        where: join(folder, "a/y\ufffd.json"),
      });
    }));
});

describe("a file that is not what it was while it is read", () => {
  const size = 3 * 256 * 1024;
  const meanwhile = (action: (path: string, folder: string) => Promise<unknown>): Promise<void> =>
    withFiles({ "a/x.json": "x".repeat(size) }, async (store, folder) => {
      const file = (await store.find("a/x.json"))!;
      let read = 0;
      const reading = (async () => {
        for await (const chunk of store.read(file)) {
          if (read === 0) await action(join(folder, "a/x.json"), folder);
          read += chunk.length;
        }
      })();
      expect(await refused(reading)).toMatchObject({
        code: "STEDI_CHANGED",
        where: join(folder, "a/x.json"),
      });
    });

  test("cut short", () => meanwhile((path) => writeFile(path, "x")));

  test("grown", () => meanwhile((path) => writeFile(path, "more", { flag: "a" })));

  test("written over with as many bytes", () =>
    meanwhile(async (path) => {
      await writeFile(path, "y".repeat(size));
      await utimes(path, 1, 1);
    }));

  test("deleted", () => meanwhile((path) => rm(path)));

  test("replaced by a pipe before it is opened: nothing waits for somebody who writes", () =>
    withFiles({ "a/x.json": "x" }, async (store, folder) => {
      const file = (await store.find("a/x.json"))!;
      await rm(join(folder, "a/x.json"));
      execFileSync("mkfifo", [join(folder, "a/x.json")]);
      expect(await refused(collect(store.read(file)))).toMatchObject({ code: "STEDI_CHANGED" });
      expect(await store.get("a/x.json")).toEqual(Buffer.alloc(0));
    }));

  test("replaced by another file", () =>
    meanwhile(async (path, folder) => {
      await writeFile(join(folder, "new"), "y".repeat(size));
      await utimes(join(folder, "new"), 1, 1);
      await rename(join(folder, "new"), path);
    }));
});

describe("writing", () => {
  test("a file that is there is never written over", () =>
    withFiles({ "a/x.json": "one" }, async (store) => {
      await refused(store.create("a/x.json"));
      expect(await store.get("a/x.json")).toEqual(Buffer.from("one"));
    }));

  test("putIfAbsent does not write through a link, and leaves no draft", () =>
    withFiles({ "else.json": "one" }, async (store, folder) => {
      await mkdir(join(folder, "a"));
      await symlink("../nowhere.json", join(folder, "a/dangling.json"));
      await link(join(folder, "else.json"), join(folder, "a/hard.json"));
      expect(await store.putIfAbsent("a/dangling.json", utf8("two"))).toBe(false);
      expect(await store.putIfAbsent("a/hard.json", utf8("two"))).toBe(false);
      expect(await store.get("else.json")).toEqual(Buffer.from("one"));
      expect((await readdir(folder)).sort()).toEqual(["a", "else.json"]);
      expect((await readdir(join(folder, "a"))).sort()).toEqual(["dangling.json", "hard.json"]);
    }));

  test.runIf(existsSync("/proc/self"))(
    "where no folder can be made is refused, and does not try for ever",
    async () => {
      const store = folderStore("/proc/nowhere");
      expect(await refused(store.create("a/b/file"))).toMatchObject({ code: "STEDI_NO_ACCESS" });
      expect(await refused(store.putIfAbsent("a/file", utf8("x")))).toMatchObject({
        code: "STEDI_NO_ACCESS",
        where: "/proc/nowhere",
      });
    },
  );
});

describe("replacing", () => {
  test("a file whose draft was removed is refused, and what was there stays", () =>
    withFiles({ "a/x.json": "one" }, async (store, folder) => {
      const sink = await store.replace("a/x.json");
      await sink.write(utf8("two"));
      const [draft] = (await readdir(join(folder, "a"))).filter(isDraft);
      await store.remove(`a/${draft!}`);
      expect(await refused(sink.close())).toMatchObject({
        code: "STEDI_CHANGED",
        where: join(folder, "a/x.json"),
      });
      await sink.abort();
      expect(await readdir(join(folder, "a"))).toEqual(["x.json"]);
      expect(await store.get("a/x.json")).toEqual(Buffer.from("one"));
    }));

  test("a link is replaced, not what it leads to; a folder is refused", () =>
    withFiles({ "else.json": "one", "a/folder/x": "" }, async (store, folder) => {
      await symlink("../else.json", join(folder, "a/link.json"));
      const sink = await store.replace("a/link.json");
      await sink.write(utf8("two"));
      await sink.close();
      expect(await store.get("else.json")).toEqual(Buffer.from("one"));
      expect(await store.get("a/link.json")).toEqual(Buffer.from("two"));
      const other = await store.replace("a/folder");
      expect(await refused(other.close())).toMatchObject({ code: "STEDI_NOT_A_FILE" });
      await other.abort();
      expect((await readdir(join(folder, "a"))).sort()).toEqual(["folder", "link.json"]);
    }));
});

describe("openStore", () => {
  test("takes a path as a folder, and refuses places that there is no store for", () =>
    withFolder(async (folder) => {
      expect((await openStore(folder)).uri).toBe(folder);
      for (const uri of ["https://x", "s3://", "s3://B/x", "s3://a b/x", "s3:///x", "gs://bucket/prefix"]) {
        expect(await refused(openStore(uri))).toMatchObject({ code: "STEDI_BAD_VALUE", where: uri });
      }
      for (const uri of ["s3://key:secret@bucket/x", "s3://key:sec/ret@bucket", "ftp://me:secret@host/@"]) {
        const scheme = uri.split("//")[0]!;
        expect(await refused(openStore(uri))).toMatchObject({
          code: "STEDI_BAD_VALUE",
          where: `${scheme}//...@...`,
        });
      }
      expect((await openStore("s3://bucket/a:b@c")).uri).toBe("s3://bucket/a:b@c");
      expect((await openStore("C:\\lake")).uri).toBe("C:\\lake");
      expect((await openStore("a:b/c")).uri).toBe("a:b/c");
    }));
});
