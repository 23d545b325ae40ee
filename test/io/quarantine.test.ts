// The lines of a quarantine: places and reasons, in a fixed order, and never a value of a record.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import { QuarantineWriter } from "../../src/io/quarantine.js";
import type { Damage } from "../../src/transforms/contract.js";
import { customerLanding } from "../../src/transforms/tables.js";
import { MemoryStore } from "../support/memory-store.js";
import { withFolder } from "./support.js";

const file = "customer/landing/a b.json";
const place = {
  offset: 12,
  length: 345,
  record: 2,
};

describe("a quarantine", () => {
  it("has one line an entry, with each part of its place and damage", () =>
    withFolder(async (folder) => {
      const writer = new QuarantineWriter(folderStore(folder), "q", customerLanding);
      await writer.write(file, place, { reason: "syntax", field: null, hint: null });
      await writer.write(
        file,
        { ...place, record: 3 },
        { reason: "contract", field: "email", hint: "renamed" },
      );
      const parts = await writer.close();
      expect(parts).toMatchObject([{ path: "q/part-00000.json", rows: 2 }]);
      expect(await readFile(join(folder, "q/part-00000.json"), "utf8")).toBe(
        '{"table":"customer_landing","file":"customer/landing/a b.json","offset":12,"length":345,"record":2,' +
          '"reason":"syntax","field":null,"hint":null}\n' +
          '{"table":"customer_landing","file":"customer/landing/a b.json","offset":12,"length":345,"record":3,' +
          '"reason":"contract","field":"email","hint":"renamed"}\n',
      );
    }));

  it("has for every entry what JSON.stringify makes of its parts, whatever stood in the one before", async () => {
    const arbPlace = fc.record({
      file: fc.constantFrom("a.json", 'b "c".json', "d.json"),
      offset: fc.nat(2 ** 40),
      length: fc.nat(),
      record: fc.integer({ min: 1 }),
    });
    const damages: readonly Damage[] = [
      { reason: "syntax", field: null, hint: null },
      { reason: "contract", field: "email", hint: "renamed" },
      { reason: "contract", field: "email", hint: "type" },
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(arbPlace, fc.constantFrom(...damages))), async (entries) => {
        const store = new MemoryStore();
        const writer = new QuarantineWriter(store, "q", customerLanding);
        for (const [each, damage] of entries) await writer.write(each.file, each, damage);
        await writer.close();
        const written = Buffer.from(store.files.get("q/part-00000.json") ?? "").toString();
        expect(written).toBe(
          entries
            .map(([each, damage]) => `${JSON.stringify({ table: "customer_landing", ...each, ...damage })}\n`)
            .join(""),
        );
      }),
    );
  });

  it("without entries has no file", () =>
    withFolder(async (folder) => {
      const store = folderStore(folder);
      expect(await new QuarantineWriter(store, "q", customerLanding).close()).toEqual([]);
      expect(await store.names("q")).toEqual([]);
    }));

  it("that is given up leaves no file", () =>
    withFolder(async (folder) => {
      const store = folderStore(folder);
      const writer = new QuarantineWriter(store, "q", customerLanding);
      for (let record = 1; record < 10_000; record++) {
        await writer.write(file, { ...place, record }, { reason: "encoding", field: null, hint: null });
      }
      await writer.abort();
      expect(await store.list("q")).toEqual([]);
    }));
});
