// Landing files that nobody would write: a small lake, synthetic or real, whose bytes are changed at random, with an eye to what
// readers of JSON trip over. The engine, reading them in chunks and blocks of any size, has to say of them what the
// reference says.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { referenceRun } from "../../src/reference/index.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { allRules, runEngine } from "../support/engine.js";
import { expectReference } from "../support/expect-reference.js";
import { ScannersHere } from "../support/scanners.js";
import type { RealRecords } from "./real-records.js";

type Files = ReadonlyMap<string, Uint8Array>;

/** A lake, and how it is to be read. */
export interface FuzzCase {
  readonly files: Files;
  readonly rules: (typeof allRules)[number];
  readonly options: NonNullable<Parameters<typeof runEngine>[2]>;
}

/** What readers of JSON trip over; Latin-1, so that invalid UTF-8 can stand among it. */
const tokens = [
  "{",
  "}",
  "[",
  "]",
  '"',
  ",",
  ":",
  "-",
  ".",
  "0",
  "e",
  " ",
  "\n",
  "\r",
  "\t",
  "\0",
  "\\",
  "+",
  "}{",
  "},{",
  "}\n{",
  '"}{"',
  "[{",
  "{}",
  "null",
  "true",
  '""',
  '"a":1',
  "\\u0041",
  "\\ud800",
  "\\n",
  "\\",
  "1e5",
  "1E400",
  "-0",
  "01",
  "1.",
  "1655564444103",
  "9007199254740993",
  "\xef\xbb\xbf",
  "\xc3\xa9",
  "\xc3",
  "\xff",
  "\xed\xa0\x80",
  "\xc2\xa0",
  "\x0b",
  "//",
  '"timeStamp":',
  '"USER":',
  '"email":"a@b.c"',
  '"serialNumber":null,',
  '"__proto__":{},',
  "[".repeat(70),
];

/**
 * The case of a number: the same for the same number, on every machine.
 * @param records of a real lake; left out: synthetic ones
 */
export function fuzzCase(seed: number, records?: RealRecords): FuzzCase {
  const generator = xoroshiro128plus(seed);
  const below = (count: number): number => uniformInt(generator, 0, count - 1);
  const files = new Map<string, Uint8Array>();
  for (const [path, whole] of records?.pick(generator) ?? syntheticFiles(below)) {
    // Enough of each file for several records: the reference takes its time.
    const content = path.endsWith(".gz") ? whole : reshaped(whole, generator).subarray(0, 200 + below(3000));
    const changes = below(3) === 0 ? 0 : 1 + below(12);
    const bytes = path.endsWith(".gz") && below(4) > 0 ? content : changed(content, changes, generator);
    if (path.endsWith(".gz") || below(2) === 0) files.set(path, bytes);
    else for (const [each, piece] of smallFiles(path, bytes, below)) files.set(each, piece);
  }
  const spills = below(3) === 0;
  return {
    files,
    rules: allRules[below(allRules.length)]!,
    options: {
      chunkSize: 1 + below(below(2) === 0 ? 20 : 5000),
      workers: 1 + below(3),
      ...(spills && { memory: 0 }),
      tuning: {
        // Records cut in two, or several files in one block.
        blockBytes: 1 + below([50, 4000, 40_000][below(3)]!),
        threadsFrom: -1,
        leastJoinBytes: 1 + below(500),
        scanners: (count) => new ScannersHere(count),
      },
    },
  };
}

/** Small files in the place of one, cut wherever. */
function smallFiles(
  path: string,
  bytes: Uint8Array,
  below: (count: number) => number,
): [string, Uint8Array][] {
  const files: [string, Uint8Array][] = [];
  for (let from = 0; from < bytes.length || files.length === 0;) {
    const to = from + 1 + below(1000);
    files.push([path.replace(/\.json$/, `-${files.length}.json`), bytes.subarray(from, to)]);
    from = to;
  }
  return files;
}

function syntheticFiles(below: (count: number) => number): ReadonlyMap<string, Buffer> {
  const people = 1 + below(6);
  const lake = syntheticLake({ people, seed: below(1000), messy: below(3) === 0, fileBytes: 16 * 1024 });
  return new Map([...lake].map(({ path, chunks }) => [path, Buffer.concat([...chunks])]));
}

/** @throws an assertion error where engine and reference differ */
export async function expectSame({ files, rules, options }: FuzzCase): Promise<void> {
  const result = await runEngine(files, rules, options);
  // Wrong gzip data is refused: the reference has no word for that.
  if (result === "STEDI_BAD_GZIP") return;
  expectReference(result, referenceRun(files, rules), rules, options.memory === 0, () => "");
}

/** Fewer files, and fewer lines in them, that still differ. */
export async function shrunk(found: FuzzCase): Promise<FuzzCase> {
  const differs = async (each: FuzzCase): Promise<boolean> => {
    try {
      await expectSame(each);
      return false;
    } catch {
      return true;
    }
  };
  let least = found;
  for (const path of found.files.keys()) {
    const without = { ...least, files: new Map([...least.files].filter(([each]) => each !== path)) };
    if (await differs(without)) {
      least = without;
      continue;
    }
    for (let size = least.files.get(path)!.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < least.files.get(path)!.length;) {
        const bytes = Buffer.from(least.files.get(path)!);
        const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        const candidate = { ...least, files: new Map(least.files).set(path, shorter) };
        if (await differs(candidate)) least = candidate;
        else at += size;
      }
    }
  }
  return least;
}

/** Lines in another order, and some of them in other shapes: of these a reader may make a template each. */
function reshaped(content: Buffer, generator: RandomGenerator): Buffer {
  const below = (count: number): number => uniformInt(generator, 0, count - 1);
  if (below(4) === 0) return content;
  const lines = content.toString("latin1").split("\n");
  for (let at = lines.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  const shapes = 1 + below(4);
  const written = lines.map((line) => {
    const fields = [...line.matchAll(/"(\w+)":("[^"\\]*"|[^,}"]+)/g)].map(
      ([, name, value]) => [name!, value!] as const,
    );
    if (fields.length < 3 || `{${fields.map(([name, value]) => `"${name}":${value}`).join(",")}}` !== line)
      return line;
    const shape = below(shapes);
    // The first field stays first in half of the shapes, so that these differ late only.
    const rest = fields.slice(shape % 2);
    const turned = [
      ...fields.slice(0, shape % 2),
      ...rest.slice(shape % rest.length),
      ...rest.slice(0, shape % rest.length),
    ];
    const spell = (name: string): string => (shape === 2 ? name.toUpperCase() : name);
    return `{${turned.map(([name, value]) => `"${spell(name)}":${value}`).join(shape === 3 ? ", " : ",")}}`;
  });
  return Buffer.from(written.join(below(4) === 0 ? "" : "\n"), "latin1");
}

function changed(content: Buffer, changes: number, generator: RandomGenerator): Buffer {
  const below = (count: number): number => uniformInt(generator, 0, Math.max(0, count - 1));
  let bytes = content;
  for (let left = changes; left > 0; left--) {
    const at = below(bytes.length + 1);
    const to = Math.min(bytes.length, at + below(below(3) === 0 ? 300 : 12));
    const elsewhere = below(bytes.length + 1);
    const [before, middle, behind] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
    switch (below(7)) {
      case 0:
        bytes = Buffer.concat([
          before,
          Buffer.from(tokens[below(tokens.length)]!, "latin1"),
          bytes.subarray(at),
        ]);
        break;
      case 1:
        bytes = Buffer.concat([before, Buffer.from(tokens[below(tokens.length)]!, "latin1"), behind]);
        break;
      case 2:
        bytes = Buffer.concat([before, behind]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, elsewhere), middle, bytes.subarray(elsewhere)]);
        break;
      case 4:
        // Another case, where there are letters: keys and field names in another spelling.
        bytes = Buffer.concat([
          before,
          middle.map((byte) => (/[A-Za-z]/.test(String.fromCharCode(byte)) ? byte ^ 0x20 : byte)),
          behind,
        ]);
        break;
      case 5:
        bytes = Buffer.concat([before, Buffer.from([below(256)]), bytes.subarray(at + 1)]);
        break;
      default:
        // A digit more or less, deep in a record: what is almost of a known shape.
        bytes = Buffer.concat([before, Buffer.from(String(below(10))), bytes.subarray(at + below(2))]);
    }
  }
  return bytes;
}
