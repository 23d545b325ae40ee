// Part files: where they are cut, what is said of them, and that a slow or failing store holds the writer up.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { StediError } from "../../src/errors.js";
import { type PartFile, PartWriter } from "../../src/io/part-writer.js";
import type { FileSink, Store } from "../../src/io/store.js";
import { MiB } from "./support.js";

/** A store of which only `create` works; it takes bytes when `gate` lets it, and not before. */
class FakeStore {
  readonly files = new Map<string, Buffer>();
  readonly events: string[] = [];
  /** Bytes of which the store was told, taken or not. */
  offered = 0;
  /** Writes that have not ended. */
  open = 0;
  gate: (write: number) => Promise<void> = () => Promise.resolve();
  #writes = 0;

  get store(): Store {
    return { create: (path: string) => this.#create(path) } as Store;
  }

  #create(path: string): Promise<FileSink> {
    this.events.push(`create ${path}`);
    const taken: Buffer[] = [];
    return Promise.resolve({
      write: async (bytes) => {
        this.offered += bytes.length;
        this.open++;
        await this.gate(this.#writes++);
        // Only now, as a store that sends them may: the writer must not have touched them.
        taken.push(Buffer.from(bytes));
        this.open--;
      },
      close: () => {
        this.events.push(`close ${path}`);
        this.files.set(path, Buffer.concat(taken));
        return Promise.resolve();
      },
      abort: () => {
        this.events.push(`abort ${path}`);
        return Promise.resolve();
      },
    });
  }
}

async function writeAll(writer: PartWriter, lines: Iterable<string>): Promise<readonly PartFile[]> {
  for (const line of lines) {
    const wait = writer.write(line);
    if (wait) await wait;
  }
  return writer.close();
}

/** The same, as records in memory that is filled with something else afterwards, as lines in between. */
async function writeRecords(writer: PartWriter, lines: readonly string[]): Promise<readonly PartFile[]> {
  for (const [index, line] of lines.entries()) {
    const bytes = Buffer.from(`before${line}`);
    const wait =
      index % 3 === 2
        ? writer.write(line)
        : writer.writeRecord(bytes, "before".length, bytes.length - "\n".length);
    bytes.fill(0);
    if (wait) await wait;
  }
  return writer.close();
}

/** The same, as lines that are all handed over before any is written. */
async function writeLines(writer: PartWriter, lines: readonly string[]): Promise<readonly PartFile[]> {
  const written = lines.map((line) => writer.writeLines(Buffer.from(line), 1));
  const parts = await writer.close();
  await Promise.all(written);
  return parts;
}

/** What must be said of files with these rows. */
function described(folder: string, ...parts: readonly (readonly string[])[]): PartFile[] {
  return parts.map((lines, index) => {
    const bytes = Buffer.from(lines.join(""));
    return {
      path: `${folder}/part-${String(index).padStart(5, "0")}.json`,
      bytes: bytes.length,
      rows: lines.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  });
}

function contents(fake: FakeStore): string[] {
  return [...fake.files.values()].map((bytes) => bytes.toString());
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const failure = (): StediError =>
  new StediError("STEDI_NO_SPACE", { what: "no space left", where: "t/part" });

describe("parts", () => {
  it("of a table without rows: none, and no file", async () => {
    const fake = new FakeStore();
    expect(await new PartWriter(fake.store, "t/trusted").close()).toEqual([]);
    expect(fake.events).toEqual([]);
  });

  it("of a small table: one, with its bytes, rows and checksum", async () => {
    const fake = new FakeStore();
    const lines = ['{"a":1}\n', '{"b":"é😀"}\n', "{}\n"];
    expect(await writeAll(new PartWriter(fake.store, "t/trusted"), lines)).toEqual(
      described("t/trusted", lines),
    );
    expect(contents(fake)).toEqual([lines.join("")]);
    expect(fake.events).toEqual(["create t/trusted/part-00000.json", "close t/trusted/part-00000.json"]);
  });

  it("are closed with the row that brings them to the limit", async () => {
    const fake = new FakeStore();
    // 10 bytes, then 9 and 1 over, then exactly 10 in one row, then 4 that reach no limit.
    const parts = [["12345678\n", "\n"], ["1234567\n", "12\n"], ["123456789\n"], ["1\n", "2\n"]];
    expect(await writeAll(new PartWriter(fake.store, "t", 10), parts.flat())).toEqual(
      described("t", ...parts),
    );
    expect(contents(fake)).toEqual(parts.map((lines) => lines.join("")));
  });

  it("are the same where lines are handed over before those ahead of them are written, by a slow store too", async () => {
    const fake = new FakeStore();
    fake.gate = () => tick();
    const large = `${"x".repeat(100_000)}\n`;
    const parts = [["12\n", large], ["3\n", large], [large], ["4\n"]];
    const limits = new PartWriter(fake.store, "t", 100_002);
    expect(await writeLines(limits, parts.flat())).toEqual(
      described("t", ["12\n", large], ["3\n", large], [large, "4\n"]),
    );
    expect(contents(fake).join("")).toBe(parts.flat().join(""));
  });

  it("are counted in bytes, not in characters", async () => {
    const fake = new FakeStore();
    const parts = [["éé\n"], ["😀\n"], ["1234\n"], ["123\n", "é\n"]];
    expect(await writeAll(new PartWriter(fake.store, "t", 5), parts.flat())).toEqual(
      described("t", ...parts),
    );
  });

  it("that end on the limit leave no empty one behind", async () => {
    const fake = new FakeStore();
    const lines = ["1234\n", "5678\n"];
    expect(await writeAll(new PartWriter(fake.store, "t", 5), lines)).toHaveLength(2);
    expect(fake.events.filter((event) => event.startsWith("create"))).toHaveLength(2);
  });

  it("come one after the other: the next is not started before the last is closed", async () => {
    const fake = new FakeStore();
    await writeAll(new PartWriter(fake.store, "t", 5), ["1234\n", "5678\n", "9\n"]);
    expect(fake.events.map((event) => event.slice(0, event.indexOf(" ")))).toEqual([
      ...["create", "close", "create", "close", "create", "close"],
    ]);
  });

  it("of many rows: nothing is lost, doubled or out of order, and each sum is right", async () => {
    const fake = new FakeStore();
    const lines = Array.from(
      { length: 60_000 },
      (_, row) => `{"row":${row},"text":"${"é".repeat(row % 97)}"}\n`,
    );
    const parts = await writeAll(new PartWriter(fake.store, "t", 700_000), lines);
    expect(parts.length).toBeGreaterThan(5);
    expect(contents(fake).join("") === lines.join("")).toBe(true);
    let from = 0;
    const slices = parts.map(({ rows }) => lines.slice(from, (from += rows)));
    expect(from).toBe(lines.length);
    expect(parts).toEqual(described("t", ...slices));
    for (const part of parts.slice(0, -1)) {
      expect(part.bytes).toBeGreaterThanOrEqual(700_000);
      expect(part.bytes).toBeLessThan(700_000 + 300);
    }
  });

  it.each([
    ["lines", writeAll],
    ["records", writeRecords],
  ])("of rows larger than any buffer, among small ones, as %s", async (_, write) => {
    const fake = new FakeStore();
    const large = [MiB / 2, MiB / 2 - 1, 700_000, 3 * MiB, 174_762, 174_763].map((size) => "x".repeat(size));
    const lines = [
      "small\n",
      ...large.flatMap((text) => [`${text}\n`, "small\n"]),
      `${"😀".repeat(MiB / 2)}\n`,
      "é\n",
    ];
    fake.gate = tick;
    const parts = await write(new PartWriter(fake.store, "t", 20 * MiB), lines);
    expect(contents(fake).join("") === lines.join("")).toBe(true);
    expect(parts).toEqual(described("t", lines));
  });

  it("of 10,000 or more have names that still sort", async () => {
    const fake = new FakeStore();
    const parts = await writeAll(new PartWriter(fake.store, "t", 1), Array<string>(10_001).fill("\n"));
    const paths = parts.map(({ path }) => path);
    expect([...paths].sort()).toEqual(paths);
    expect(paths.at(-1)).toBe("t/part-10000.json");
  });
});

describe("a slow store", () => {
  const line = `${"x".repeat(999)}\n`;

  it("holds the writer up, which holds little", async () => {
    const fake = new FakeStore();
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    fake.gate = () => gate;
    const writer = new PartWriter(fake.store, "t");
    let rows = 0;
    let resolved = true;
    let wait: Promise<void> | undefined;
    while (resolved && rows < 20_000) {
      wait = writer.write(line);
      rows++;
      if (!wait) continue;
      resolved = false;
      void wait.then(() => (resolved = true));
      await tick();
    }
    expect(resolved).toBe(false);
    expect(rows * line.length).toBeLessThan(4 * MiB);
    expect(fake.offered).toBeLessThan(2 * MiB);
    expect(fake.open).toBe(1);
    letGo();
    await wait;
    const [part] = await writer.close();
    expect(part).toMatchObject({ rows, bytes: rows * line.length });
    expect(contents(fake)[0] === line.repeat(rows)).toBe(true);
  });

  it("does not hold up every row", async () => {
    const fake = new FakeStore();
    fake.gate = tick;
    const writer = new PartWriter(fake.store, "t");
    let waits = 0;
    for (let row = 0; row < 5000; row++) {
      const wait = writer.write(line);
      if (wait) {
        waits++;
        await wait;
      }
    }
    await writer.close();
    expect(waits).toBeGreaterThan(2);
    expect(waits).toBeLessThan(60);
  });

  it("gets one write at a time, of bytes that nobody changes meanwhile", async () => {
    const fake = new FakeStore();
    let most = 0;
    fake.gate = async () => {
      most = Math.max(most, fake.open);
      await tick();
    };
    const lines = Array.from({ length: 5000 }, (_, row) => `${String(row).padStart(999, "-")}\n`);
    const parts = await writeAll(new PartWriter(fake.store, "t", 2 * MiB), lines);
    expect(most).toBe(1);
    expect(contents(fake).join("") === lines.join("")).toBe(true);
    expect(parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(5000);
  });
});

describe("a failing store", () => {
  const line = `${"x".repeat(99_999)}\n`;

  it.each([
    ["first", 0],
    ["third", 2],
  ])("that fails the %s write: the writer rejects soon after, and goes on rejecting", async (_, failing) => {
    const fake = new FakeStore();
    fake.gate = async (write) => {
      await tick();
      if (write >= failing) throw failure();
    };
    const writer = new PartWriter(fake.store, "t");
    let written = 0;
    const writing = (async () => {
      for (; written < 1000; written++) await writer.write(line);
    })();
    await expect(writing).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
    expect(written).toBeLessThan(40);
    await expect(writer.close()).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
    await expect(writer.abort()).resolves.toBeUndefined();
    expect(fake.files.size).toBe(0);
    expect(fake.events).toEqual(["create t/part-00000.json", "abort t/part-00000.json"]);
  });

  it("that fails a small table's only write: close rejects", async () => {
    const fake = new FakeStore();
    fake.gate = () => Promise.reject(failure());
    const writer = new PartWriter(fake.store, "t");
    await writer.write("{}\n");
    await expect(writer.close()).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
    await writer.abort();
    expect(fake.files.size).toBe(0);
  });

  it("that fails the write which closes a part: write rejects", async () => {
    const fake = new FakeStore();
    fake.gate = () => Promise.reject(failure());
    const writer = new PartWriter(fake.store, "t", 1);
    await expect(Promise.resolve(writer.write("{}\n"))).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
  });

  it("that cannot start a file: write or close rejects, and nothing more is said to be written", async () => {
    for (const rows of [1, 40]) {
      const store = { create: () => Promise.reject(failure()) } as unknown as Store;
      const writer = new PartWriter(store, "t");
      await expect(writeAll(writer, Array<string>(rows).fill(line))).rejects.toMatchObject({
        code: "STEDI_NO_SPACE",
      });
      await expect(writer.abort()).resolves.toBeUndefined();
    }
  });

  it("that could not start a file: no later close calls the table written", async () => {
    const store = { create: () => Promise.reject(failure()) } as unknown as Store;
    const writer = new PartWriter(store, "t");
    await expect(writeAll(writer, ["{}\n"])).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
    await expect(writer.close()).rejects.toThrow();
  });

  it("that cannot finish a file: close rejects", async () => {
    const store = {
      create: () =>
        Promise.resolve({
          write: () => Promise.resolve(),
          close: () => Promise.reject(failure()),
          abort: () => Promise.resolve(),
        }),
    } as unknown as Store;
    const writer = new PartWriter(store, "t");
    await expect(writeAll(writer, ["{}\n"])).rejects.toMatchObject({ code: "STEDI_NO_SPACE" });
    await expect(writer.abort()).resolves.toBeUndefined();
  });

  it("does not make a rejection that nobody handles", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const fake = new FakeStore();
    fake.gate = () => Promise.reject(failure());
    const writer = new PartWriter(fake.store, "t");
    for (let row = 0; row < 6; row++) await Promise.resolve(writer.write(line)).catch(() => undefined);
    await tick();
    await writer.abort();
    await tick();
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
  });
});

describe("abort", () => {
  it("is quiet where nothing was written, and after everything was", async () => {
    const fake = new FakeStore();
    const writer = new PartWriter(fake.store, "t");
    await writer.abort();
    const other = new PartWriter(fake.store, "u");
    await writeAll(other, ["{}\n"]);
    await other.abort();
    expect(fake.events).toEqual(["create u/part-00000.json", "close u/part-00000.json"]);
  });

  it("gives up the part being written, once what is under way has ended", async () => {
    const fake = new FakeStore();
    fake.gate = tick;
    const writer = new PartWriter(fake.store, "t", 2 * MiB);
    const line = `${"x".repeat(99_999)}\n`;
    for (let row = 0; row < 30; row++) await writer.write(line);
    await writer.abort();
    expect(fake.open).toBe(0);
    expect(fake.events.at(-1)).toBe("abort t/part-00001.json");
    await writer.abort();
    expect(fake.events.filter((event) => event.startsWith("abort"))).toHaveLength(1);
  });
});
