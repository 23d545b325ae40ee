// Tests run against the sources, but for the end-to-end tests, which run the built command.

import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Where `.ci/run` wants the counts as JSON. */
const report = process.env.STEDI_TEST_REPORT;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/s3/global-setup.ts"],
    // Left to itself, it would leave one processor idle, which is half of a small machine.
    maxWorkers: availableParallelism(),
    // Said on every start, and meant for users.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    // No test is about speed; this only ends one that hangs.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    ...(report && { reporters: ["default", "json"], outputFile: { json: report } }),
  },
});
