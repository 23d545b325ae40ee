import { expect, test } from "vitest";
import { together } from "../../src/io/together.js";

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test("gives all results, in order", async () => {
  expect(await together([later().then(() => 1), Promise.resolve(2)])).toEqual([1, 2]);
});

test("fails with the first failure in that order, when nothing is under way any more", async () => {
  let ended = false;
  const all = [
    later().then(() => (ended = true)),
    later().then(() => Promise.reject(new Error("second"))),
    Promise.reject(new Error("third")),
  ];
  await expect(together(all)).rejects.toThrow("second");
  expect(ended).toBe(true);
});
