// The longest value that a broken stretch is searched for. Apart from the other tests of attribution, since it feeds
// many megabytes: mutation testing leaves it out.

import { expect, it } from "vitest";
import { AttributionFinder } from "../../src/transforms/attribution.js";
import { MiB, utf8 } from "../io/support.js";

function found(source: string): string[] {
  const finder = new AttributionFinder();
  finder.feed(utf8(source), true);
  return [...finder.take().people];
}

it("a value as long as the longest record names a person", () => {
  expect(found(`"email":"${"v".repeat(16 * MiB)}"`)[0]!.length).toBe(16 * MiB);
});

it("a longer one does not, and the search goes on behind it", () => {
  expect(found(`"email":"${"v".repeat(16 * MiB + 1)}","email":"p"`)).toEqual(["p"]);
});
