// Row 12 of the fault table: a disk that is full, read-only, failing or out of reach, and files that change under the
// run. Each is refused with exit 3 and its code; what was committed stays whole; nothing is left behind.

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { folderStore } from "../../src/io/folder-store.js";
import type { Store } from "../../src/io/store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { withFolder } from "../io/support.js";
import { changing, interceptDisk } from "./disk-calls.js";
import {
  countedRun,
  leftovers,
  mayMount,
  readLake,
  remount,
  storeBehind,
  unprivileged,
  withMount,
  writeFiles,
} from "./disk-support.js";
import { andFiles, email, no, soundLake } from "./support.js";

/** Runs where it must be refused, and checks that nothing came of it. @returns the error's code */
async function refused(lake: Store, folder: string, out?: Store): Promise<string> {
  const before = readLake(folder);
  try {
    await runPipeline({ lake, ...(out && { out }) });
  } catch (error) {
    if (!(error instanceof StediError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(JSON.stringify(error.parts)).not.toContain(email(""));
    expect(readLake(folder)).toEqual(before);
    return error.code;
  }
  throw new Error("the run went through");
}

const ioError = (code: string): Error => Object.assign(new Error(code), { code });

/** A lake with two landing files of customers and one commit. */
async function withCommittedLake(action: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    writeFiles(folder, andFiles(["customer/landing/b.json", no("ben")]));
    await runPipeline({ lake: folderStore(folder) });
    await action(folder);
  });
}

describe.runIf(await mayMount())("fault 12: real file systems (needs the right to mount)", () => {
  test("disk full, wherever in the run: refused, and nothing is left", () =>
    withFolder((lake) =>
      withMount("size=1m", async (out) => {
        writeFiles(lake, soundLake);
        const run = { lake: folderStore(lake), out: folderStore(out) };
        await runPipeline(run);
        const page = 4096;
        const ballast = join(out, "ballast");
        const codes: string[] = [];
        const { bavail } = statfsSync(out);
        for (let free = 0; ; free++) {
          writeFileSync(ballast, Buffer.alloc((bavail - free) * page, 1));
          try {
            await runPipeline(run);
            break;
          } catch {
            // it is run again, with everything checked
          }
          codes.push(await refused(run.lake, out, run.out));
          expect(leftovers(out), `${free} pages left`).toEqual([]);
        }
        expect(codes.length).toBeGreaterThan(5);
        expect(new Set(codes)).toEqual(new Set(["STEDI_NO_SPACE"]));
        expect(readLake(out).number).toBe(2);
        expect(leftovers(out)).toEqual([]);
      }),
    ));

  test("no inodes left, wherever in the run: refused, and nothing is left", () =>
    withFolder((lake) =>
      withMount("size=1m,nr_inodes=80", async (out) => {
        writeFiles(lake, soundLake);
        const run = { lake: folderStore(lake), out: folderStore(out) };
        await runPipeline(run);
        const codes: string[] = [];
        const { ffree } = statfsSync(out);
        mkdirSync(join(out, "ballast"));
        for (let file = 1; file < ffree; file++) writeFileSync(join(out, `ballast/${file}`), "");
        for (let free = 0; ; free++) {
          try {
            await runPipeline(run);
            break;
          } catch {
            // it is run again, with everything checked
          }
          codes.push(await refused(run.lake, out, run.out));
          expect(leftovers(out), `${free} inodes left`).toEqual([]);
          rmSync(join(out, `ballast/${free + 1}`));
        }
        expect(codes.length).toBeGreaterThan(5);
        expect(new Set(codes)).toEqual(new Set(["STEDI_NO_SPACE"]));
        expect(readLake(out).number).toBe(2);
      }),
    ));

  test("a read-only file system: refused as an output, read as a lake", () =>
    withMount("size=1m", async (folder) => {
      writeFiles(folder, soundLake);
      await runPipeline({ lake: folderStore(folder) });
      remount(folder, "ro");
      expect(await refused(folderStore(folder), folder)).toBe("STEDI_READ_ONLY");
      await withFolder(async (out) => {
        await runPipeline({ lake: folderStore(folder), out: folderStore(out) });
        expect(readLake(out).zones).toEqual(readLake(folder).zones);
      });
    }));
});

describe("fault 12: a disk that fails", () => {
  let restore = (): void => undefined;
  afterEach(() => restore());

  /** Fails the call of that number, among those that are meant. @returns whether it came to that */
  function failing(
    number: number,
    code: string,
    meant: (name: string, path: string) => boolean,
  ): () => boolean {
    let calls = 0;
    restore = interceptDisk((name, path, given, call) =>
      meant(name, path) && ++calls === number ? Promise.reject(ioError(code)) : call(...given),
    );
    return () => {
      restore();
      return calls >= number;
    };
  }

  test("EIO once, at any call: refused, or done where only the sweeping is hindered", () =>
    withCommittedLake(async (folder) => {
      const zones = readLake(folder).zones;
      const seen = { refused: 0, unconfirmed: 0, unswept: 0, unnoticed: 0 };
      for (let number = 1; ; number++) {
        const before = readLake(folder);
        const end = failing(number, "EIO", (name) => name !== "close read");
        let failure: unknown;
        const report = await runPipeline({ lake: folderStore(folder) }).catch((error: unknown) => {
          failure = error;
        });
        if (!end()) break;
        const after = readLake(folder);
        expect(after.zones, `call ${number}`).toEqual(zones);
        if (report) {
          expect(after.number).toBe(before.number + 1);
          seen[report.warnings.some(({ code }) => code === "STEDI_W_NOT_SWEPT") ? "unswept" : "unnoticed"]++;
        } else {
          expect(failure, `call ${number}`).toMatchObject({ code: "STEDI_IO", exitCode: 3 });
          if (after.number === before.number) seen.refused++;
          else {
            // Only the commit's own folder could not be made lasting: it shows, and says so.
            expect((failure as StediError).parts.why).toContain("the commit may stand");
            seen.unconfirmed++;
          }
        }
      }
      expect(leftovers(folder)).toEqual([]);
      expect(seen.refused).toBeGreaterThan(60);
      expect(seen.unconfirmed).toBe(2); // opening that folder, and syncing it
      expect(seen.unswept).toBeGreaterThan(5);
      // Process identity, and drafts that are linked already.
      expect(seen.unnoticed).toBeLessThan(12);
    }));

  test("EIO while the chunk before is dealt with: told in its turn, and to nobody else", () =>
    withFolder(async (folder) => {
      writeFiles(folder, [["t/a.json", Buffer.alloc(3_000_000, " ")]]);
      const store = folderStore(folder);
      const [file] = await store.list("t");
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on("unhandledRejection", listener);
      let reads = 0;
      restore = interceptDisk((name, _path, given, call) =>
        name === "read" && ++reads === 2 ? Promise.reject(ioError("EIO")) : call(...given),
      );
      const chunks: number[] = [];
      const read = async (): Promise<void> => {
        for await (const chunk of store.read(file!)) {
          chunks.push(chunk.length);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await expect(read()).rejects.toMatchObject({ code: "STEDI_IO", exitCode: 3 });
      restore();
      process.off("unhandledRejection", listener);
      expect(chunks).toHaveLength(1);
      expect(unhandled).toEqual([]);
    }));

  test("a disk that takes nothing any more: refused, what was committed stays, the next run sweeps", () =>
    withCommittedLake(async (folder) => {
      for (let from = 1; ; from += 7) {
        const before = readLake(folder);
        let calls = 0;
        restore = interceptDisk((name, _path, given, call) =>
          changing.has(name) && ++calls >= from ? Promise.reject(ioError("EIO")) : call(...given),
        );
        const failure = await runPipeline({ lake: folderStore(folder) }).then(
          () => undefined,
          (error: unknown) => error,
        );
        restore();
        const after = readLake(folder);
        expect(after.zones).toEqual(before.zones);
        if (failure) expect(failure).toMatchObject({ code: "STEDI_IO", exitCode: 3 });
        if (after.number > before.number) break;
        expect(failure).toBeDefined();
      }
      await runPipeline({ lake: folderStore(folder) });
      expect(leftovers(folder)).toEqual([]);
    }));

  test("short reads and writes: whole", () =>
    withCommittedLake(async (folder) => {
      const zones = readLake(folder).zones;
      let short = 0;
      restore = interceptDisk((name, _path, given, call) => {
        if (name === "read") {
          const [buffer, offset, length, position] = given as [Buffer, number, number, null];
          short++;
          return call(buffer, offset, Math.ceil(length / 3), position);
        }
        if (name === "write") {
          const [bytes, from = 0] = given as [Uint8Array, number?];
          short++;
          return call(bytes, from, Math.ceil((bytes.length - from) / 3));
        }
        return call(...given);
      });
      await runPipeline({ lake: folderStore(folder) });
      restore();
      expect(short).toBeGreaterThan(20);
      expect(readLake(folder)).toEqual({ number: 2, zones });
    }));

  test.each([
    ["EACCES", "STEDI_NO_ACCESS"],
    ["EPERM", "STEDI_NO_ACCESS"],
    ["ENOSPC", "STEDI_NO_SPACE"],
    ["EDQUOT", "STEDI_NO_SPACE"],
    ["EROFS", "STEDI_READ_ONLY"],
    ["EMFILE", "STEDI_TOO_MANY_FILES"],
    ["ENFILE", "STEDI_TOO_MANY_FILES"],
    ["EIO", "STEDI_IO"],
    ["ESTALE", "STEDI_IO"],
  ])("%s on opening a zone's file: %s", (code, expected) =>
    withCommittedLake(async (folder) => {
      const end = failing(1, code, (name, path) => name === "open wx" && path.includes("/trusted/"));
      expect(await refused(folderStore(folder), folder)).toBe(expected);
      expect(end()).toBe(true);
      expect(leftovers(folder)).toEqual([]);
    }),
  );

  test("no files left to open, in a process of its own: exit 3, nothing published", () =>
    withCommittedLake(async (folder) => {
      const before = readLake(folder);
      const { code, stdout } = await countedRun(folder, { STEDI_KILL_AT: "20:exhaust" }, 256).ended;
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "STEDI_TOO_MANY_FILES" } });
      expect(readLake(folder)).toEqual(before);
      await runPipeline({ lake: folderStore(folder) });
      expect(leftovers(folder)).toEqual([]);
    }));

  test("a store that gives fewer bytes than it listed: refused, naming the file", () =>
    withCommittedLake(async (folder) => {
      for (const path of soundLake.keys()) {
        const store = storeBehind(
          (_operation, _path, call) => call(),
          folderStore(folder),
          async function* (file, chunks) {
            for await (const chunk of chunks)
              yield file.path === path ? chunk.subarray(0, chunk.lastIndexOf(10, -2) + 1) : chunk;
          },
        );
        expect(await refused(store, folder)).toBe("STEDI_CHANGED");
        await expect(runPipeline({ lake: store })).rejects.toThrow(path);
        expect(leftovers(folder)).toEqual([]);
      }
    }));
});

describe("fault 12: files that change under the run", () => {
  const landing = "accelerometer/landing/a.json";

  test.each<[string, (path: string) => void]>([
    ["vanishes", (path) => rmSync(path)],
    ["grows", (path) => appendFileSync(path, "\n")],
    ["shrinks", (path) => writeFileSync(path, "")],
    [
      "is written anew, as long as before",
      (path) => {
        const { mtime } = statSync(path);
        utimesSync(path, mtime, new Date(mtime.getTime() + 1000));
      },
    ],
    [
      "is replaced",
      (path) => {
        writeFileSync(`${path}.new`, "{}\n");
        renameSync(`${path}.new`, path);
      },
    ],
    [
      "becomes a folder",
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])(
    "a landing file that %s before it is read, or while it is: refused, naming it",
    async (_what, change) => {
      for (const when of ["before", "while"]) {
        await withCommittedLake(async (folder) => {
          const act = (path: string, now: string): void => {
            if (path === landing && now === when) change(join(folder, path));
          };
          const store = storeBehind(
            (operation, path, call) => {
              if (operation === "read") act(path, "before");
              return call();
            },
            folderStore(folder),
            async function* (file, chunks) {
              for await (const chunk of chunks) {
                yield chunk;
                act(file.path, "while");
              }
            },
          );
          const before = readLake(folder);
          await expect(runPipeline({ lake: store }), when).rejects.toMatchObject({
            exitCode: 3,
            message: expect.stringContaining(landing) as string,
          });
          expect(readLake(folder)).toEqual(before);
          expect(leftovers(folder)).toEqual([]);
        });
      }
    },
  );

  test("a landing file that vanishes while the folder is listed: refused, naming it", () =>
    withCommittedLake(async (folder) => {
      const path = join(folder, landing);
      const restore = interceptDisk((name, where, given, call) => {
        if (name === "stat" && where === path) rmSync(path, { force: true });
        return call(...given);
      });
      try {
        expect(await refused(folderStore(folder), folder)).toBe("STEDI_CHANGED");
      } finally {
        restore();
      }
    }));

  test("a file of the run that is deleted before its commit: refused, nothing published", () =>
    withCommittedLake(async (folder) => {
      for (const target of ["customer/trusted/run=", "_stedi/runs/"]) {
        const written = new Set<string>();
        const store = storeBehind(async (operation, path, call) => {
          const result = await call();
          if ((operation === "create" || operation === "putIfAbsent") && path.startsWith(target))
            written.add(path);
          if (operation === "create" && path.startsWith("machine_learning/")) {
            for (const each of written) rmSync(join(folder, each));
          }
          return result;
        }, folderStore(folder));
        expect(await refused(store, folder), target).toBe("STEDI_CHANGED");
        expect(written.size).toBe(1);
        expect(leftovers(folder)).toEqual([]);
      }
    }));
});

describe("fault 12: a folder that cannot be listed", () => {
  test.each(["customer/landing/more", "accelerometer/landing", "step_trainer/landing/more"])(
    "%s: refused, naming it",
    (path) =>
      withCommittedLake(async (folder) => {
        const closed = join(folder, path);
        mkdirSync(closed, { recursive: true });
        chmodSync(folder, 0o755);
        chmodSync(closed, 0o000);
        await withFolder((out) =>
          unprivilegedRun(folder, out).then(
            () => expect.unreachable(),
            (error: unknown) =>
              expect(error).toMatchObject({
                code: "STEDI_NO_ACCESS",
                exitCode: 3,
                message: expect.stringContaining(path) as string,
              }),
          ),
        );
        chmodSync(closed, 0o755);
      }),
  );

  function unprivilegedRun(lake: string, out: string): Promise<unknown> {
    chmodSync(out, 0o777);
    return unprivileged(() => runPipeline({ lake: folderStore(lake), out: folderStore(out) }));
  }
});
