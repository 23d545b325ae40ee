// The entries of one file: records and stretches in order, numbered and placed in unpacked bytes, and the one entry
// more that a cut-off gzip file has.

import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { StediError } from "../../src/errors.js";
import { type EntryHandler, readRecords } from "../../src/io/records.js";
import type { TableShape } from "../../src/transforms/tables.js";
import { atOnce, inChunks, slowly, utf8 } from "./support.js";

/** No record here has its field, so each is shown whole, with its place. */
const table: TableShape = {
  name: "t_landing",
  folder: "t/landing",
  fields: [{ name: "wanted", kind: "number" }],
};

/** Each entry as a line: its number, what it is, and where it stands. */
interface Seen {
  readonly lines: string[];
  /** What was skipped for each stretch. */
  readonly skipped: string[];
  readonly handler: EntryHandler;
}

function watch(wait?: () => Promise<void>): Seen {
  const lines: string[] = [];
  const skipped: string[] = [];
  let text = "";
  return {
    lines,
    skipped,
    handler: {
      row() {
        throw new Error("no record of these tests keeps to the table");
      },
      damaged({ reason }, { record, offset, length }, whole) {
        const what = whole ? whole.fields.map((field) => field.name).join("+") : reason;
        lines.push(`${record} ${what} ${offset} ${length}`);
        if (!whole) {
          skipped.push(text);
          text = "";
        }
        return wait?.();
      },
      skipped(bytes) {
        text += Buffer.from(bytes).toString("latin1");
      },
    },
  };
}

async function read(source: AsyncIterable<Uint8Array>, file = "t/landing/a.json"): Promise<Seen> {
  const seen = watch();
  await readRecords(table, source, file, `lake/${file}`, seen.handler);
  return seen;
}

const linesOf = async (text: string): Promise<string[]> => (await read(atOnce([utf8(text)]))).lines;
const zipped = "t/landing/a.json.gz";
const linesOfZip = async (packed: Uint8Array): Promise<string[]> =>
  (await read(atOnce(inChunks(packed, 100)), zipped)).lines;

describe("entries", () => {
  it("come in order, numbered from 1, whatever they are", async () => {
    const { lines, skipped } = await read(atOnce([utf8('{"a":1}\nxx\n{"b":"é","c":2}{"d":}{"e":{}}')]));
    expect(lines).toEqual(["1 a 0 7", "2 syntax 8 3", "3 b+c 11 16", "4 syntax 27 6", "5 e 33 8"]);
    expect(skipped).toEqual(["xx\n", '{"d":}']);
  });

  it("have the same places however the bytes come", async () => {
    const source = utf8('\ufeff[{"a":1},\n{"b":"é"} zz {"c":[{}]},{"d":');
    const whole = await read(atOnce([source]));
    expect(whole.lines).toEqual(["1 a 4 7", "2 b 13 10", "3 syntax 24 3", "4 c 27 10", "5 truncated 38 5"]);
    for (const size of [1, 2, 3, 7]) {
      expect((await read(atOnce(inChunks(source, size)))).lines).toEqual(whole.lines);
    }
  });

  it("are none in an empty file, and in white space", async () => {
    expect(await linesOf("")).toEqual([]);
    expect(await linesOf("\ufeff \n\n")).toEqual([]);
    expect((await read(atOnce([]))).lines).toEqual([]);
  });

  it("of a file that is cut off but not zipped: only those that it shows", async () => {
    expect(await linesOf('{"a":1}\n{"b":2}')).toEqual(["1 a 0 7", "2 b 8 7"]);
    expect(await linesOf('{"a":1}\n{"b":2')).toEqual(["1 a 0 7", "2 truncated 8 6"]);
  });

  it("of a file that is not named .gz are not unpacked", async () => {
    const { lines } = await read(atOnce([gzipSync("{}")]), "t/landing/a.gz.json");
    expect(lines).not.toEqual(["1  0 2"]);
    expect(lines[0]).toMatch(/^1 syntax 0 /);
  });
});

describe("a gzip file", () => {
  const text = '{"a":1}\n{"b":2}\n';

  it("is unpacked, and places count unpacked bytes", async () => {
    expect(await linesOfZip(gzipSync(text))).toEqual(["1 a 0 7", "2 b 8 7"]);
    expect(await linesOfZip(Buffer.concat([gzipSync(text), gzipSync('{"c":3}')]))).toEqual([
      "1 a 0 7",
      "2 b 8 7",
      "3 c 16 7",
    ]);
  });

  it("with a record over the edge of two members has that record", async () => {
    expect(await linesOfZip(Buffer.concat([gzipSync('{"a":1}{"b"'), gzipSync(":2}")]))).toEqual([
      "1 a 0 7",
      "2 b 7 7",
    ]);
  });

  it("that is whole has no more entries than it shows, even if its last record is cut off", async () => {
    expect(await linesOfZip(gzipSync('{"a":1}\n{"b":2'))).toEqual(["1 a 0 7", "2 truncated 8 6"]);
    expect(await linesOfZip(gzipSync(""))).toEqual([]);
  });

  /** A gzip file of this text that lacks its end, but not a byte of the text. */
  const cut = (source: string): Uint8Array => gzipSync(source, { level: 0 }).subarray(0, -8);

  it("that is cut off between records has one entry more", async () => {
    expect(await linesOfZip(cut(text))).toEqual(["1 a 0 7", "2 b 8 7", "3 truncated 16 0"]);
    expect(await linesOfZip(cut('{"a":1}'))).toEqual(["1 a 0 7", "2 truncated 7 0"]);
    expect(await linesOfZip(cut(""))).toEqual(["1 truncated 0 0"]);
    expect(await linesOfZip(cut("\n \n"))).toEqual(["1 truncated 3 0"]);
  });

  it("that is cut off in a record has that record for its last entry", async () => {
    expect(await linesOfZip(cut('{"a":1}\n{"b":2'))).toEqual(["1 a 0 7", "2 truncated 8 6"]);
    expect(await linesOfZip(cut("{"))).toEqual(["1 truncated 0 1"]);
    expect(await linesOfZip(cut('{"a":\n"b",\n'))).toEqual(["1 truncated 0 11"]);
  });

  it("that is cut off behind something broken in another way has one entry more", async () => {
    expect(await linesOfZip(cut('{"a":1}\n{"b":}\n'))).toEqual([
      "1 a 0 7",
      "2 syntax 8 7",
      "3 truncated 15 0",
    ]);
    expect(await linesOfZip(cut('{"a":1}\nxx'))).toEqual(["1 a 0 7", "2 syntax 8 2", "3 truncated 10 0"]);
  });

  it("that is cut off in a record from which reading goes on has one entry more", async () => {
    expect(await linesOfZip(cut('{"a":\n{"b":2}\n'))).toEqual([
      "1 truncated 0 6",
      "2 b 6 7",
      "3 truncated 14 0",
    ]);
    expect(await linesOfZip(cut('{"a":\n{"b":2}'))).toEqual([
      "1 truncated 0 6",
      "2 b 6 7",
      "3 truncated 13 0",
    ]);
    expect(await linesOfZip(cut('{"a":"}{"b":2}'))).toEqual(["1 syntax 0 7", "2 b 7 7", "3 truncated 14 0"]);
  });

  it("of no bytes is cut off", async () => {
    expect((await read(atOnce([]), zipped)).lines).toEqual(["1 truncated 0 0"]);
    expect(await linesOfZip(new Uint8Array(0))).toEqual(["1 truncated 0 0"]);
  });

  it("cut off at every byte: the records that are whole, then a truncated entry, and nothing else", async () => {
    const source = Array.from({ length: 20 }, (_, index) => `{"n${index}":${index * 12345}}\n`);
    const packed = gzipSync(source.join(""));
    let most = 0;
    for (let length = 0; length < packed.length; length++) {
      const lines = await linesOfZip(packed.subarray(0, length));
      const names = lines.map((line) => line.split(" ")[1]);
      expect(names.pop()).toBe("truncated");
      expect(names).toEqual(source.slice(0, names.length).map((_, index) => `n${index}`));
      expect(names.length).toBeGreaterThanOrEqual(most);
      most = names.length;
    }
    expect(most).toBe(20);
  });

  it("that is none is refused, by the name it is given", async () => {
    const error: unknown = await read(atOnce([utf8(text)]), zipped).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StediError);
    expect(error).toMatchObject({ code: "STEDI_BAD_GZIP", parts: { where: `lake/${zipped}` } });
  });
});

describe("the handler", () => {
  it("is waited for", async () => {
    let busy = false;
    const seen = watch(async () => {
      expect(busy).toBe(false);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      busy = false;
    });
    await readRecords(
      table,
      slowly([utf8('{"a":1}{"b":2}x\n'), utf8('{"c":3}')]),
      "a.json",
      "a.json",
      seen.handler,
    );
    expect(busy).toBe(false);
    expect(seen.lines).toHaveLength(4);
  });

  it.each(["a.json", "a.json.gz"])(
    "that fails ends the reading of %s with its error, and the source",
    async (file) => {
      let closed = false;
      async function* source(): AsyncGenerator<Uint8Array> {
        try {
          const text = '{"a":1}\n'.repeat(100_000);
          yield* inChunks(file.endsWith(".gz") ? gzipSync(text, { level: 0 }) : utf8(text), 10_000);
          await Promise.resolve();
        } finally {
          closed = true;
        }
      }
      let records = 0;
      const handler: EntryHandler = {
        row: () => undefined,
        damaged() {
          records++;
          return Promise.reject(new StediError("STEDI_NO_SPACE", { what: "no space left" }));
        },
        skipped: () => undefined,
      };
      await expect(readRecords(table, source(), file, file, handler)).rejects.toMatchObject({
        code: "STEDI_NO_SPACE",
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(records).toBe(1);
      expect(closed).toBe(true);
    },
  );

  it("gets what a source throws", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(utf8('{"a":1}\n{"b":'));
      throw new StediError("STEDI_CHANGED", { what: "it changed" });
    }
    const seen = watch();
    await expect(readRecords(table, failing(), "a.json", "a.json", seen.handler)).rejects.toMatchObject({
      code: "STEDI_CHANGED",
    });
    expect(seen.lines).toEqual(["1 a 0 7"]);
  });
});
