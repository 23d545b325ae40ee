// V8 still has what it is told about its garbage. It says of a flag that it does not know that it is wrong, on standard
// error, and goes on.

import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

it.each(["--expose-gc", "--heap-growing-percent"])("V8 knows %s", (flag) => {
  expect(execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" })).toContain(`  ${flag} (`);
});
