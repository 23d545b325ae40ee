// What mutation testing runs: the unit tests of the rules alone, since every mutant is tried on them.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/transforms/**/*.test.ts",
      "test/pipeline/operators.test.ts",
      "test/pipeline/latest-rows.test.ts",
    ],
    exclude: ["test/transforms/attribution-limit.test.ts"],
    setupFiles: ["test/transforms/mutate-setup.ts"],
    testTimeout: 60_000,
  },
});
