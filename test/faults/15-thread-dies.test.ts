// Row 15 of the fault table: a worker thread dies, of an error that nothing catches or of too little memory, whatever
// it is doing. The run is refused with exit 70, does not hang, and leaves nothing.

import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import type { Tuning } from "../../src/pipeline/readings-pass.js";
import { ReadingsPool, type Scanners } from "../../src/pipeline/readings-pool.js";
import type { ReadingsSpec } from "../../src/pipeline/readings-spec.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { samplePreset, syntheticLake } from "../../src/synthetic/lake.js";
import { withFolder } from "../io/support.js";
import { runEngine } from "../support/engine.js";
import { MemoryStore } from "../support/memory-store.js";
import { builtThreads } from "../support/threads.js";
import { dyingRun, leftovers, readLake, writeFiles } from "./disk-support.js";

const rules = { consent: "latest", pair: "person" } as const;

const lake = new Map<string, Uint8Array>();

beforeAll(() => {
  for (const { path, chunks } of syntheticLake(samplePreset)) lake.set(path, Buffer.concat([...chunks]));
});

describe("fault 15: a worker thread dies", () => {
  /** Blocks so small that a file of the lake is many of them. */
  const tuning = (scanners: Tuning["scanners"]): Tuning => ({
    blockBytes: 8 * 1024,
    threadsFrom: -1,
    leastJoinBytes: 10_000,
    scanners,
  });

  /** Runs with threads of which the test has its way. @returns what came of it */
  async function refusal(scanners: Tuning["scanners"], memory?: number, of = lake): Promise<unknown> {
    const out = new MemoryStore();
    const options = { workers: 2, out, tuning: tuning(scanners), ...(memory !== undefined && { memory }) };
    const result = await runEngine(of, rules, options);
    expect([...out.files.keys()]).toEqual([]);
    return result;
  }

  /** Threads that die when they are asked for something for the so manieth time: of tables that make no sense. */
  const dying =
    (asked: "begin" | "scan" | "fill" | "probe", times: number) =>
    (count: number): Scanners => {
      const pool = new ReadingsPool(count, builtThreads);
      let left = times;
      const asking = (what: typeof asked): void => {
        if (what === asked && --left === 0) pool.begin({ routes: 1 } as unknown as ReadingsSpec);
      };
      return {
        size: pool.size,
        unpacker: pool.unpacker,
        begin: (spec) => {
          asking("begin");
          pool.begin(spec);
        },
        scan: (input) => {
          asking("scan");
          return pool.scan(input);
        },
        fill: (input) => {
          asking("fill");
          return pool.fill(input);
        },
        beginProbes: (table) => {
          pool.beginProbes(table);
        },
        probe: (input) => {
          asking("probe");
          return pool.probe(input);
        },
        index: (table, instants) => pool.index(table, instants),
        beginRecords: (input) => {
          pool.beginRecords(input);
        },
        records: (block) => pool.records(block),
        close: () => pool.close(),
      };
    };

  test.each([
    ["before its first block", "begin", 1],
    ["in the middle of a pass", "scan", 5],
    ["between two passes", "begin", 2],
  ] as const)(
    "of an error that nothing catches, %s: refused, and nothing is left",
    async (_, asked, times) => {
      expect(await refusal(dying(asked, times))).toBe("STEDI_WORKER");
    },
  );

  test.each(["fill", "probe"] as const)(
    "of an error that nothing catches, in a join that has spilled, at a %s: refused, and nothing is left",
    async (asked) => {
      expect(await refusal(dying(asked, 3), 1)).toBe("STEDI_WORKER");
    },
  );

  test("the one that unpacks, of an error that nothing catches: refused, and nothing is left", async () => {
    const packed = new Map([...lake].map(([path, bytes]) => [`${path}.gz`, gzipSync(bytes)]));
    const unpacking = new URL("data:text/javascript,throw new Error()");
    const scanners = (count: number): Scanners => new ReadingsPool(count, { ...builtThreads, unpacking });
    expect(await refusal(scanners, undefined, packed)).toBe("STEDI_WORKER");
  });

  test("that has no file left to open: refused as such, and nothing is left", async () => {
    const packed = new Map([...lake].map(([path, bytes]) => [`${path}.gz`, gzipSync(bytes)]));
    const unpacking = new URL('data:text/javascript,throw Object.assign(new Error(), { code: "EMFILE" })');
    const scanners = (count: number): Scanners => new ReadingsPool(count, { ...builtThreads, unpacking });
    expect(await refusal(scanners, undefined, packed)).toBe("STEDI_TOO_MANY_FILES");
  });

  test("of too little memory: refused, and nothing is left", async () => {
    const limits = { maxOldGenerationSizeMb: 1, maxYoungGenerationSizeMb: 1 };
    expect(await refusal((count) => new ReadingsPool(count, { ...builtThreads, limits }))).toBe(
      "STEDI_WORKER",
    );
  });
});

describe("fault 15: a thread of the command dies", () => {
  test.each([
    ["of an error that quotes what it was reading", "throw:3", []],
    ["of too little memory", "memory:2", ["--max-old-space-size=300"]],
    ["without a word", "exit:4", []],
  ] as const)("%s: exit 70, nothing is left, the commit stands", async (_, death, nodeOptions) => {
    await withFolder(async (folder) => {
      // Enough to have threads started.
      for (const { path, chunks } of syntheticLake({ people: 2000, seed: 15, messy: false })) {
        writeFiles(folder, [[path, Buffer.concat([...chunks])]]);
      }
      await runPipeline({ lake: folderStore(folder) });
      const before = readLake(folder);
      const { code, signal, stdout, stderr } = await dyingRun(folder, death, nodeOptions).ended;
      expect({ code, signal }, stderr).toEqual({ code: 70, signal: null });
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "STEDI_WORKER", exitCode: 70 } });
      // Addresses all end like that; nothing of a record may be told, and no stack either.
      expect(stdout + stderr).not.toMatch(/@test\.com|Unexpected|"user"|\n +at /);
      expect(readLake(folder)).toEqual(before);
      expect(leftovers(folder)).toEqual([]);
    });
  });
});
