// V8 still has what it is told about its garbage, and about compiling. It says of a flag that it does not know that it is
// wrong, on standard error, and goes on.

import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it.each(["--expose-gc", "--heap-growing-percent"])("V8 knows %s", (flag) => {
  expect(execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" })).toContain(`  ${flag} (`);
});

it("is told of no flag that it does not know, whichever V8 it is", () => {
  const code = `import { compileSeldom } from ${JSON.stringify(new URL("../../src/pipeline/v8.ts", import.meta.url).href)}; compileSeldom();`;
  const { stderr, status } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", code],
    {
      encoding: "utf8",
    },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
});
