// What modules do as they are loaded. Where that fails no test of theirs is run, so it is looked at from outside.

import { expect, it } from "vitest";

it.each([
  ["consent", () => import("../../src/transforms/consent.js")],
  ["attribution", () => import("../../src/transforms/attribution.js")],
])("the module %s can be loaded", async (_, load) => {
  await expect(load()).resolves.toBeDefined();
});
