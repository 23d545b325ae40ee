// What the package exports is documented: TypeDoc, whose settings make every warning an error, finds nothing to say.

import { join } from "node:path";
import { expect, test } from "vitest";
import { runIn } from "./npm.js";

const root = join(import.meta.dirname, "../..");

test("every export is documented, and every type that one of them names is exported", () => {
  const typedoc = join(root, "node_modules/typedoc/bin/typedoc");
  expect(runIn(root, process.execPath, [typedoc, "--emit", "none", "--logLevel", "Warn"])).toBe("");
});
