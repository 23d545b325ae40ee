// Copying landing data from store to store: what is copied and why, in which order, what is left alone, and what becomes of
// failures. From the command line: test/e2e/sync.test.ts.

import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { type Checksum, createHasher } from "../../src/io/checksum.js";
import { folderStore } from "../../src/io/folder-store.js";
import type { FileSink, Room, StoredFile } from "../../src/io/store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { type SyncEvent, syncLanding, type SyncOptions } from "../../src/pipeline/sync.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import { lastCommit } from "../../src/pipeline/commit-log.js";
import { allRules } from "../support/engine.js";
import { MemoryStore } from "../support/memory-store.js";
import { utf8, withFolder } from "../io/support.js";

type Files = Readonly<Record<string, string | Uint8Array>>;

class Place extends MemoryStore {
  readonly written: string[] = [];
  readonly readPaths: string[] = [];
  /** What the store says that it knows. */
  known: (file: StoredFile) => Checksum | undefined = () => undefined;
  /** Called before each write of a sink. */
  onWrite: (path: string) => void | Promise<void> = () => undefined;
  /** Called before a sink is there. */
  onOpen: (path: string) => void | Promise<void> = () => undefined;
  /** Sinks that are neither closed nor given up. */
  open = 0;

  constructor(name: string, files: Files = {}) {
    super(
      new Map(
        Object.entries(files).map(([path, content]) => [
          path,
          typeof content === "string" ? utf8(content) : content,
        ]),
      ),
      name,
      100,
    );
  }

  override readonly knownChecksum = (file: StoredFile) => Promise.resolve(this.known(file));

  override async *read(file: StoredFile, room?: Room): AsyncIterable<Uint8Array> {
    this.readPaths.push(file.path);
    yield* super.read(file, room);
  }

  override async replace(path: string): Promise<FileSink> {
    await this.onOpen(path);
    const sink = await super.replace(path);
    this.open++;
    let ended = false;
    let giveUp: (error: Error) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    givenUp.catch(() => undefined);
    const end = (): void => {
      if (!ended) this.open--;
      ended = true;
    };
    return {
      write: async (bytes) => {
        if (ended) throw new Error("written to after its end");
        await Promise.race([this.onWrite(path), givenUp]);
        await sink.write(bytes);
      },
      close: async () => {
        await sink.close();
        this.written.push(path);
        end();
      },
      abort: async () => {
        end();
        giveUp(new Error("given up"));
        await sink.abort();
      },
    };
  }

  text(path: string): string | undefined {
    const bytes = this.files.get(path);
    return bytes && Buffer.from(bytes).toString("utf8");
  }
}

const customer = '{"email":"a","serialNumber":"s","lastUpdateDate":1655564444103}';
const lake: Files = {
  "customers/a.json": customer,
  "accelerometer/b.json": "{}",
  "step-trainer/c/d.json.gz": gzipSync("{}"),
};

const sync = (source: Place, target: Place, more: Partial<SyncOptions> = {}) =>
  syncLanding({ source, target, ...more });

describe("what is copied", () => {
  test("all files, to the layout of a lake; then nothing; then what differs, and why", async () => {
    const source = new Place("from", { ...lake, "accelerometer/e.json": "x" });
    const target = new Place("to");
    const first = await sync(source, target);
    expect(first.tables.map(({ from, files, same, copied }) => [from, files, same, copied.length])).toEqual([
      ["customers", 1, 0, 1],
      ["accelerometer", 2, 0, 2],
      ["step-trainer", 1, 0, 1],
    ]);
    expect([...target.files.keys()].sort()).toEqual([
      "accelerometer/landing/b.json",
      "accelerometer/landing/e.json",
      "customer/landing/a.json",
      "step_trainer/landing/c/d.json.gz",
    ]);
    expect(target.files.get("step_trainer/landing/c/d.json.gz")).toEqual(
      Buffer.from(lake["step-trainer/c/d.json.gz"] as Uint8Array),
    );
    target.written.length = 0;
    expect((await sync(source, target)).tables.map(({ same }) => same)).toEqual([1, 2, 1]);
    expect(target.written).toEqual([]);

    source.files.set("accelerometer/b.json", utf8("{}{}"));
    source.files.set("accelerometer/e.json", utf8("y"));
    const { tables } = await sync(source, target);
    expect(tables[1]).toMatchObject({
      same: 0,
      copied: [
        { from: "accelerometer/b.json", to: "accelerometer/landing/b.json", why: "size", bytes: 4 },
        { from: "accelerometer/e.json", to: "accelerometer/landing/e.json", why: "checksum", bytes: 1 },
      ],
    });
    expect(target.written).toEqual(["accelerometer/landing/b.json", "accelerometer/landing/e.json"]);
  });

  test("nothing in a dry run, which says the same", async () => {
    for (const clean of [false, true]) {
      const source = new Place("from", lake);
      const target = new Place("to", { "customer/landing/a.json": "other", "customer/landing/.x.draft": "" });
      const before = new Map(target.files);
      const dry = await sync(source, target, { clean, dryRun: true });
      expect(target.files).toEqual(before);
      const wet = await sync(source, target, { clean });
      const said = ({ tables, warnings }: typeof wet): unknown => [
        tables.map((table) => ({ ...table, seconds: 0 })),
        warnings,
      ];
      expect(said(dry)).toEqual(said(wet));
    }
  });

  test("customers before any reading", async () => {
    const source = new Place("from", { ...lake, "customers/z.json": "x", "accelerometer/0.json": "x" });
    const target = new Place("to");
    await sync(source, target);
    expect(target.written.map((path) => path.split("/")[0])).toEqual([
      ...["customer", "customer", "accelerometer", "accelerometer", "step_trainer"],
    ]);
  });

  test("nothing else is touched: other files are warned about, and so are files that the source has not", async () => {
    const source = new Place("from", { ...lake, "customers/notes.csv": "x", "other/a.json": "x" });
    const there = {
      "customer/landing/old.json": "x",
      "customer/landing/old.csv": "x",
      "customer/trusted/run=1/part-00000.json": "x",
      "step_trainer/landing/1.json": "x",
      "step_trainer/landing/2.json": "x",
    };
    const target = new Place("to", there);
    const { warnings, tables } = await sync(source, target);
    for (const path of Object.keys(there)) expect(target.text(path)).toBe("x");
    expect([...target.files.keys()].some((path) => path.includes("other") || path.includes("notes"))).toBe(
      false,
    );
    expect(tables.map(({ extra }) => extra)).toEqual([1, 0, 2]);
    expect(warnings).toEqual([
      {
        code: "STEDI_W_UNREAD_FILES",
        message:
          "1 file in customer_landing is no landing file (*.json, *.json.gz) and was not copied: customers/notes.csv",
        count: 1,
      },
      {
        code: "STEDI_W_EXTRA_FILES",
        message:
          "1 file in customer/landing at the destination is not at the source, and was left there: a customer file among them can hold consent that was withdrawn since",
        count: 1,
      },
      {
        code: "STEDI_W_EXTRA_FILES",
        message:
          "2 files in step_trainer/landing at the destination are not at the source, and were left there",
        count: 2,
      },
    ]);
  });

  test("drafts that a killed sync has left beside these files are taken away", async () => {
    const target = new Place("to", {
      "customer/landing/.one.draft": "x",
      "step_trainer/landing/c/.two.draft": "x",
      "customer/landing/.hidden.json": "x",
    });
    await sync(new Place("from", lake), target);
    expect([...target.files.keys()].filter((path) => path.includes("/."))).toEqual([
      "customer/landing/.hidden.json",
    ]);
  });
});

describe("checksums that a store knows", () => {
  const knows =
    (algorithm: Checksum["algorithm"], place: Place) =>
    (file: StoredFile): Checksum => {
      const hasher = createHasher(algorithm);
      hasher.update(place.files.get(file.path)!);
      return { algorithm, value: hasher.digest() };
    };

  async function twoPlaces(): Promise<readonly [Place, Place]> {
    const source = new Place("from", { "customers/a.json": "one", "customers/b.json": "two" });
    const target = new Place("to");
    await sync(source, target);
    source.files.set("customers/b.json", utf8("owt"));
    source.readPaths.length = target.readPaths.length = 0;
    return [source, target];
  }

  test("of both, by one algorithm: only what is copied is read", async () => {
    const [source, target] = await twoPlaces();
    source.known = knows("crc64nvme", source);
    target.known = knows("crc64nvme", target);
    const { tables } = await sync(source, target);
    expect(tables[0]!.copied).toMatchObject([{ from: "customers/b.json", why: "checksum" }]);
    expect(source.readPaths).toEqual(["customers/b.json"]);
    expect(target.readPaths).toEqual([]);
  });

  test.each(["source", "target"] as const)("of the %s alone: only the other is read", async (which) => {
    const [source, target] = await twoPlaces();
    const [knowing, other] = which === "source" ? [source, target] : [target, source];
    knowing.known = knows("md5", knowing);
    const { tables } = await sync(source, target);
    expect(tables[0]!.copied).toMatchObject([{ from: "customers/b.json", why: "checksum" }]);
    expect(other.readPaths.filter((path) => path.endsWith("a.json"))).toHaveLength(1);
    expect(knowing.readPaths.filter((path) => path.endsWith("a.json"))).toEqual([]);
  });

  test("of both, by two algorithms: the source is read", async () => {
    const [source, target] = await twoPlaces();
    source.known = knows("md5", source);
    target.known = knows("crc32c", target);
    const { tables } = await sync(source, target);
    expect(tables[0]!.copied).toMatchObject([{ from: "customers/b.json", why: "checksum" }]);
    expect(target.readPaths).toEqual([]);
  });
});

describe("what is refused, before anything is written", () => {
  const code = async (options: SyncOptions): Promise<string> => {
    try {
      await syncLanding(options);
    } catch (error) {
      if (error instanceof StediError) return error.code;
      throw error;
    }
    return "done";
  };

  test("no landing files, and two layouts of a later table", async () => {
    const target = new Place("to");
    expect(await code({ source: new Place("from", { "a.json": "x" }), target })).toBe("STEDI_NOT_FOUND");
    const source = new Place("from", { ...lake, "step_trainer/landing/c.json": "x" });
    expect(await code({ source, target })).toBe("STEDI_AMBIGUOUS_LAYOUT");
    expect(target.files.size).toBe(0);
  });

  test("a place that is the same, or within the other", () =>
    withFolder(async (folder) => {
      const at = (path: string) => folderStore(join(folder, path));
      for (const path of ["lake/customer/landing/a.json", "flat/customer/a.json"]) {
        const sink = await folderStore(folder).create(path);
        await sink.write(utf8(customer));
        await sink.close();
      }
      symlinkSync("lake", join(folder, "link"));
      for (const [source, target] of [
        ["lake", "lake"],
        ["lake", "lake/"],
        ["lake", "./other/../lake"],
        ["lake", "link"],
        ["link", "lake"],
        ["lake", "lake/customer/landing"],
        ["flat", "flat"],
        ["flat", "flat/customer/x/y"],
      ] as const) {
        expect(await code({ source: at(source), target: at(target) }), `${source} ${target}`).toBe(
          "STEDI_SAME_PLACE",
        );
      }
      expect(await code({ source: at("lake"), target: at("lake/copy") })).toBe("done");
      expect(await code({ source: at("nowhere"), target: at("x") })).toBe("STEDI_NOT_FOUND");
      expect(await code({ source: at("lake"), target: at("lake/customer/landing/a.json") })).toBe(
        "STEDI_NOT_A_FOLDER",
      );
      expect(existsSync(join(folder, "x"))).toBe(false);
    }));

  test("a bucket that is the same, however it is written", async () => {
    const source = new Place("s3://b/lake/", { "customer/landing/a.json": "x" });
    expect(await code({ source, target: new Place("s3://b/lake") })).toBe("STEDI_SAME_PLACE");
    expect(await code({ source, target: new Place("s3://b/lake2") })).toBe("done");
  });
});

describe("failures", () => {
  const many: Files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`customers/${10 + index}.json`, "x".repeat(1000 + index)]),
  );

  test("of one file gives up what is under way, and ends with that error; readings are not begun", async () => {
    const source = new Place("from", { ...many, "accelerometer/a.json": "x" });
    const target = new Place("to");
    const failure = new StediError("STEDI_NO_SPACE", { what: "full" });
    target.onWrite = async (path) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (path.endsWith("13.json")) throw failure;
    };
    await expect(sync(source, target)).rejects.toBe(failure);
    expect(target.open).toBe(0);
    const written = [...target.written];
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(target.written).toEqual(written); // nothing goes on behind the error
    for (const path of target.files.keys())
      expect(target.text(path)).toBe(source.text(path.replace("customer/landing", "customers")));
    expect(target.text("customer/landing/13.json")).toBeUndefined();
    expect(target.text("accelerometer/landing/a.json")).toBeUndefined();
  });

  test("a file that is only being opened then is given up too, before the error is told", async () => {
    const target = new Place("to");
    const failure = new StediError("STEDI_NO_SPACE", { what: "full" });
    let opened = 0;
    target.onOpen = async (path) => {
      if (path.endsWith("10.json")) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
      opened++;
    };
    await expect(sync(new Place("from", many), target)).rejects.toBe(failure);
    expect(opened).toBeGreaterThan(0);
    const before = opened;
    expect([target.open, target.written]).toEqual([0, []]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened).toBe(before);
  });

  test("a signal gives up what is under way, even where nothing goes on", async () => {
    const target = new Place("to");
    const controller = new AbortController();
    const reason = new StediError("STEDI_INTERRUPTED", { what: "ended" });
    let writes = 0;
    target.onWrite = () => {
      if (++writes === 8) controller.abort(reason);
      return new Promise(() => undefined);
    };
    await expect(sync(new Place("from", many), target, { signal: controller.signal })).rejects.toBe(reason);
    expect([target.open, target.files.size]).toEqual([0, 0]);
  });

  test("a signal ends it with its reason, and so does one that has fired before", async () => {
    const reason = new StediError("STEDI_TERMINATED", { what: "ended" });
    const controller = new AbortController();
    const target = new Place("to");
    target.onWrite = () => controller.abort(reason);
    const source = new Place("from", many);
    await expect(sync(source, target, { signal: controller.signal })).rejects.toBe(reason);
    expect([target.open, target.written]).toEqual([0, []]);
    await expect(sync(source, target, { signal: controller.signal })).rejects.toBe(reason);
    expect(target.files.size).toBe(0);
  });

  test("bytes that arrive wrong are read again, three times at most", async () => {
    for (const clean of [false, true]) {
      for (const [times, ends] of [
        [2, true],
        [3, false],
      ] as const) {
        let left = times;
        class Flipping extends Place {
          override async *read(file: StoredFile, room?: Room): AsyncIterable<Uint8Array> {
            yield* super.read(file, room);
            if (left-- > 0) throw new StediError("STEDI_CHECKSUM", { what: "other bytes" });
          }
        }
        const source = new Flipping("from", { "customers/a.json": customer });
        const target = new Place("to");
        const syncing = sync(source, target, { clean });
        if (ends) {
          const [table] = (await syncing).tables;
          if (clean) expect(table!.clean!.read).toBe(1);
          expect(target.written).toEqual(["customer/landing/a.json"]);
        } else {
          await expect(syncing).rejects.toMatchObject({ code: "STEDI_CHECKSUM" });
          expect([target.open, target.written]).toEqual([0, []]);
        }
      }
    }
  });

  test("a file that changes meanwhile is refused, and what was there stays", async () => {
    const source = new Place("from", { "customers/a.json": "x".repeat(1000) });
    const target = new Place("to", { "customer/landing/a.json": "before" });
    class Changing extends Place {
      override list(folder: string): Promise<readonly StoredFile[]> {
        return super.list(folder).then((files) => files.map((file) => ({ ...file, version: "other" })));
      }
    }
    const changing = new Changing("from", { "customers/a.json": "x".repeat(1000) });
    await expect(sync(changing, target)).rejects.toMatchObject({ code: "STEDI_CHANGED" });
    expect(target.text("customer/landing/a.json")).toBe("before");
    await sync(source, target);
  });
});

test("progress counts each byte of the source once, whatever has to be read", async () => {
  for (const clean of [false, true]) {
    const source = new Place("from", { "customers/a.json": customer, "customers/b.json": "x".repeat(1000) });
    const target = new Place("to", { "customer/landing/b.json": "y".repeat(1000) });
    const events: SyncEvent[] = [];
    await sync(source, target, { clean, onEvent: (event) => events.push(event) });
    const bytes = events.flatMap((event) => (event.kind === "bytes" ? [event.bytes] : []));
    expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(1000 + customer.length);
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== "bytes")).toEqual([
      ...["table", "file", "file", "done", "table", "done", "table", "done"],
    ]);
  }
});

describe("clean", () => {
  test("packed files stay packed, under their names; damaged readings are left out and counted", async () => {
    const reading = '{"timeStamp":1655564444103,"user":"Ada","x":1.0,"y":-1.50,"z":1E1,"more":[1]}';
    const source = new Place("from", {
      "customers/a.json": `${customer}${customer}`,
      "accelerometer/b.json.gz": gzipSync(`[${reading},{"user":1},${reading}`),
      "accelerometer/empty.json": "",
    });
    const target = new Place("to");
    const { tables, warnings } = await sync(source, target, { clean: true });
    const line = '{"user":"Ada","timestamp":1655564444103,"x":1.0,"y":-1.50,"z":1E1}\n';
    const packed = target.files.get("accelerometer/landing/b.json.gz")!;
    expect(gunzipSync(packed).toString()).toBe(line + line);
    expect(target.text("accelerometer/landing/empty.json")).toBe("");
    expect(target.text("customer/landing/a.json")!.split("\n")).toHaveLength(3);
    expect(tables[1]!.clean).toEqual({ read: 3, damaged: { contract: 1 }, droppedFields: 2 });
    expect(warnings).toEqual([
      {
        code: "STEDI_W_LEFT_OUT",
        message: "1 damaged record of accelerometer_landing left out of the clean files: 1 contract",
        count: 1,
      },
    ]);
  });

  test("what is copied again has another size, or another checksum, in its clean form", async () => {
    const source = new Place("from", { "customers/a.json": customer, "customers/b.json": customer });
    const target = new Place("to");
    await sync(source, target, { clean: true });
    source.files.set("customers/a.json", utf8(customer.replace('"a"', '"b"')));
    source.files.set("customers/b.json", utf8(`${customer}${customer}`));
    const [table] = (await sync(source, target, { clean: true })).tables;
    expect(table!.copied.map(({ why }) => why)).toEqual(["checksum", "size"]);
    expect(table!.clean!.read).toBe(3);
  });

  test("a record that its keys would make too large for the program is refused, naming it", async () => {
    const email = "e".repeat(9 * 1024 * 1024);
    const large = customer.replace('"a"', `"${email}"`);
    const source = new Place("from", { "customers/a.json": `${customer}\n${large}` });
    const target = new Place("to");
    const error = await sync(source, target, { clean: true }).catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: "STEDI_TOO_LARGE_TO_CLEAN",
      exitCode: 1,
      parts: { where: "from/customers/a.json, record 2" },
    });
    expect([target.open, target.written]).toEqual([0, []]);
  });
});

test("a run on the clean copy of a messy lake gives the same files of zones, for every policy and pairing", () =>
  withFolder(async (folder) => {
    const raw = folderStore(join(folder, "raw"));
    for (const { path, chunks } of syntheticLake({ people: 60, seed: 3, messy: true, fileBytes: 50_000 })) {
      const sink = await raw.create(path);
      for (const chunk of chunks) await sink.write(chunk);
      await sink.close();
    }
    const clean = folderStore(join(folder, "clean"));
    await syncLanding({ source: raw, target: clean, clean: true });
    for (const rules of allRules) {
      const zonesOf = async (lake: typeof raw): Promise<unknown> => {
        const out = folderStore(join(folder, "out", lake === raw ? "raw" : "clean", JSON.stringify(rules)));
        mkdirSync(out.uri, { recursive: true });
        await runPipeline({ lake, out, rules });
        const { zones } = (await lastCommit(out))!;
        return stediPlan.zones.map(({ name }) =>
          zones[name]!.files.map(({ rows, sha256 }) => [rows, sha256]),
        );
      };
      expect(await zonesOf(clean), JSON.stringify(rules)).toEqual(await zonesOf(raw));
    }
    expect(readdirSync(join(folder, "clean")).sort()).toEqual(["accelerometer", "customer", "step_trainer"]);
  }));
