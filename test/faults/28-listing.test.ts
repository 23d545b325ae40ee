// Row 28 of the fault table: listings that are long, odd or fail half-way. All of the files are read, or the run is
// refused; a part of them would be a lake without some of its withdrawals.

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { acceleration } from "../reference/helpers.js";
import { withFolder } from "../io/support.js";
import { interceptDisk } from "./disk-calls.js";
import { leftovers, readLake, writeFiles } from "./disk-support.js";
import { email, type Files, lines, no, people, soundLake, withLake, yes } from "./support.js";

let restore = (): void => undefined;
afterEach(() => restore());

describe("fault 28: many files", () => {
  test("more than 1,000 in one folder, with a withdrawal in the last: whole", () =>
    withLake(async (lake) => {
      const files = new Map(soundLake);
      for (let file = 0; file < 1200; file++) {
        const time = 1000 + file;
        files.set(
          `accelerometer/landing/${file}.json`,
          lines([acceleration(email(people[file % 4]!), time)]),
        );
      }
      for (let file = 0; file < 1001; file++)
        files.set(`customer/landing/b/${file}.json`, lines([yes("ann", 2)]));
      files.set("customer/landing/b/zz.json", lines([no("ben")]));
      const { commit, zones } = await lake.run(files);
      expect(commit.landing.accelerometer_landing!.files).toHaveLength(1201);
      expect(commit.landing.customer_landing!.files).toHaveLength(1003);
      expect(zones.customer_trusted).toHaveLength(2);
    }));

  test("folders a hundred deep: whole", () =>
    withLake(async (lake) => {
      const files = new Map(soundLake);
      files.set(`customer/landing/${"d/".repeat(100)}b.json`, lines([no("ben")]));
      const { zones } = await lake.run(files);
      expect(zones.customer_trusted).toHaveLength(2);
    }));
});

describe("fault 28: odd names", () => {
  const names = [
    "with space.json",
    " leading and trailing .json",
    "a+b.json",
    "100%.json",
    "%2e%2e%2f.json",
    "%zz.json",
    "m\u00fcller.json",
    "mu\u0308ller.json",
    "\u65e5\u672c.json",
    "\u{1f9be}.json",
    "q'uo\"te.json",
    "back\\slash.json",
    "semi;colon&and=#.json",
    "new\nline.json",
    "tab\t.json",
    "~.json",
    "-rf.json",
    "..json",
    "x=1/y=2/part.json",
    "a b/c+d/e%20f.json",
  ];

  test.each(names)("%j: whole, and named as it is", (name) =>
    withLake(async (lake) => {
      const path = `customer/landing/${name}`;
      // A name that begins with a full stop is left out, whatever else it is.
      const isRead = !name.startsWith(".");
      const files: Files = new Map([...soundLake, [path, lines([no("ben")])]]);
      const { commit, zones } = await lake.run(files);
      expect(commit.landing.customer_landing!.files.some((file) => file.path === path)).toBe(isRead);
      expect(zones.customer_trusted).toHaveLength(isRead ? 2 : 3);
    }),
  );

  test("a lake whose own path is odd: whole", () =>
    withFolder(async (folder) => {
      for (const name of names.filter((each) => !each.includes("/"))) {
        const lake = join(folder, name);
        writeFiles(lake, soundLake);
        await runPipeline({ lake: folderStore(lake) });
        expect(readLake(lake).number).toBe(1);
        expect(leftovers(lake)).toEqual([]);
      }
    }));

  test("a name that is no UTF-8 cannot be told apart from others: refused, or whole", () =>
    withFolder(async (folder) => {
      writeFiles(folder, soundLake);
      const path = Buffer.concat([
        Buffer.from(join(folder, "customer/landing/")),
        Buffer.from([0x62, 0xff, 0xfe]),
        Buffer.from(".json"),
      ]);
      writeFileSync(path, lines([no("ben")]));
      await expect(runPipeline({ lake: folderStore(folder) })).rejects.toMatchObject({ exitCode: 3 });
      expect(readLake(folder).number).toBe(0);
    }));
});

describe("fault 28: a listing that fails", () => {
  const files: Files = new Map([
    ...soundLake,
    ["customer/landing/more/b.json", lines([no("ben")])],
    ["customer/landing/more/still/c.json", lines([no("cat")])],
    ["accelerometer/landing/more/b.json", lines([acceleration(email("ann"), 200)])],
    ["step_trainer/landing/more/b.json", new Uint8Array()],
  ]);

  test("at any of its calls: refused, with nothing written", () =>
    withFolder(async (folder) => {
      writeFiles(folder, files);
      let failed = 0;
      for (let number = 1; ; number++) {
        let calls = 0;
        restore = interceptDisk((name, path, given, call) => {
          const isListing = (name === "readdir" || name === "stat") && path.includes("/landing");
          if (!isListing || ++calls !== number) return call(...given);
          return Promise.reject(Object.assign(new Error("EIO"), { code: "EIO" }));
        });
        const run = runPipeline({ lake: folderStore(folder) });
        if (number <= 20) {
          await expect(run, `call ${number}`).rejects.toMatchObject({ code: "STEDI_IO", exitCode: 3 });
          expect(readLake(folder).number).toBe(0);
          expect(leftovers(folder)).toEqual([]);
          failed++;
        }
        restore();
        if (number > 20) {
          await run;
          if (calls < number) break;
        }
      }
      expect(failed).toBe(20);
    }));

  test("a folder that vanishes half-way: refused, naming it", () =>
    withFolder(async (folder) => {
      writeFiles(folder, files);
      restore = interceptDisk((name, path, given, call) =>
        name === "stat" && path.endsWith("customer/landing/more")
          ? Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }))
          : call(...given),
      );
      await expect(runPipeline({ lake: folderStore(folder) })).rejects.toMatchObject({
        code: "STEDI_CHANGED",
        message: expect.stringContaining("customer/landing/more") as string,
      });
      expect(readLake(folder).number).toBe(0);
    }));

  test("a folder that vanishes between being found and being listed: refused, not taken for empty", () =>
    withFolder(async (folder) => {
      writeFiles(folder, files);
      let looked = 0;
      restore = interceptDisk((name, path, given, call) =>
        path.endsWith("customer/landing/more") && (name === "readdir" || (name === "stat" && ++looked > 1))
          ? Promise.reject(Object.assign(new Error("ENOENT"), { code: "ENOENT" }))
          : call(...given),
      );
      await expect(runPipeline({ lake: folderStore(folder) })).rejects.toMatchObject({
        code: "STEDI_CHANGED",
      });
      expect(readLake(folder).number).toBe(0);
    }));

  test.each(["to nowhere", "to a folder above", "to itself"])("a link %s: refused", (what) =>
    withFolder(async (folder) => {
      writeFiles(folder, soundLake);
      mkdirSync(join(folder, "customer/landing/more"));
      const link = join(folder, "customer/landing/more/link");
      symlinkSync(what === "to nowhere" ? "nowhere" : what === "to itself" ? "link" : "..", link);
      await expect(runPipeline({ lake: folderStore(folder) })).rejects.toMatchObject({ exitCode: 3 });
      expect(leftovers(folder)).toEqual([]);
    }),
  );
});
