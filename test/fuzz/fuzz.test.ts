// A number of fuzzed lakes, the same ones every time. `npm run fuzz` looks for longer.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectSame, fuzzCase } from "./cases.js";
import { RealRecords } from "./real-records.js";

/** Enough for a quarter of a minute; more where asked for. */
const count = Number(process.env.STEDI_TEST_FUZZ ?? 500);

/** Real landing data, which does not come with the project. */
const data = join(import.meta.dirname, "../../../shared/data");

async function tryAll(records: RealRecords | undefined, from: string, cases: number): Promise<void> {
  for (let seed = 1; seed <= cases; seed++) {
    await expectSame(fuzzCase(seed, records)).catch((error: unknown) => {
      const command = `npm run fuzz -- --seed ${seed} --cases 1${from}`;
      throw new Error(`case ${seed} differs: \`${command}\` shows it`, { cause: error });
    });
  }
  expect(cases).toBeGreaterThan(0);
}

test("the engine says of fuzzed lakes what the reference says", () => tryAll(undefined, "", count));

test.runIf(existsSync(data) || process.env.CI).each(["stedi-2022-early", "stedi-2022-sample", "stedi-2023"])(
  "the engine says of fuzzed records of %s what the reference says (skipped where the data is not there)",
  (name) => {
    const lake = join(data, name);
    return tryAll(new RealRecords(lake), ` --lake ${lake}`, Math.ceil(count / 5));
  },
);
