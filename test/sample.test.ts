// The sample lake in data/ is what the generator makes, byte for byte.

import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { expect, test } from "vitest";
import { samplePreset, syntheticLake } from "../src/synthetic/lake.js";
import { landingTables } from "../src/transforms/tables.js";

const data = join(import.meta.dirname, "../data");

test("the sample lake is what the generator makes", async () => {
  const made = new Map(
    [...syntheticLake(samplePreset)].map(({ path, chunks }) => [path, Buffer.concat([...chunks])]),
  );
  const there: string[] = [];
  for (const { folder } of landingTables) {
    for (const entry of await readdir(join(data, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) there.push(relative(data, join(entry.parentPath, entry.name)).split(sep).join("/"));
    }
  }
  expect(there.sort()).toEqual([...made.keys()].sort());
  for (const [path, bytes] of made) expect(readFileSync(join(data, path)).equals(bytes), path).toBe(true);
});

test("the README says how it was made", () => {
  const { people, seed, messy, fileBytes } = samplePreset;
  const command = `stedi generate DIR --people ${people} --seed ${seed}${messy ? " --messy" : ""} --file-size ${fileBytes! / 1024}K`;
  expect(readFileSync(join(data, "README.md"), "utf8")).toContain(command);
});
