import { expect, test } from "vitest";
import { inLanes, together } from "../../src/io/together.js";

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

test("does something with each, in order, and with no more at once than there are lanes", async () => {
  const begun: number[] = [];
  let now = 0;
  let most = 0;
  await inLanes(3, [0, 1, 2, 3, 4, 5, 6], async (each) => {
    begun.push(each);
    most = Math.max(most, ++now);
    await later();
    now--;
  });
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(most).toBe(3);
  expect(now).toBe(0);
});

test("fails with the first that fails in that order, when those under way have ended, and begins no more", async () => {
  const ended: number[] = [];
  const all = inLanes(3, [0, 1, 2, 3, 4, 5], async (each) => {
    if (each === 2) throw new Error("2");
    await later();
    if (each === 1) throw new Error("1");
    ended.push(each);
  });
  await expect(all).rejects.toThrow("1");
  expect(ended).toEqual([0]);
});
