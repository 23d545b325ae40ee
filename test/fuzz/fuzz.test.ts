// A number of fuzzed lakes, the same ones every time. `npm run fuzz` looks for longer.

import { expect, test } from "vitest";
import { expectSame, fuzzCase } from "./cases.js";

/** Enough for a quarter of a minute; more where asked for. */
const count = Number(process.env.STEDI_TEST_FUZZ ?? 500);

test("the engine says of fuzzed lakes what the reference says", async () => {
  for (let seed = 1; seed <= count; seed++) {
    await expectSame(fuzzCase(seed)).catch((error: unknown) => {
      throw new Error(`case ${seed} differs: \`npm run fuzz -- --seed ${seed} --cases 1\` shows it`, {
        cause: error,
      });
    });
  }
  expect(count).toBeGreaterThan(0);
});
