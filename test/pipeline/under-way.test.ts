// Pieces of work that are not waited for one by one: how much is begun, and when a failure is told.

import { expect, test } from "vitest";
import { UnderWay } from "../../src/pipeline/under-way.js";

/** A piece, and what ends it. */
function piece(): { readonly work: Promise<void>; end: () => void; fail: (error: Error) => void } {
  let end = (): void => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { work, end, fail };
}

const soon = (): Promise<string> => new Promise((resolve) => setImmediate(() => resolve("waits")));
const state = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise.then(() => "goes on"), soon()]);

test("so much may be under way, and more waits until it is less", async () => {
  const underWay = new UnderWay(10);
  const [a, b, c] = [piece(), piece(), piece()];
  expect(await state(underWay.add(a.work, 6))).toBe("goes on");
  expect(await state(underWay.add(b.work, 4))).toBe("goes on");
  const third = underWay.add(c.work, 4);
  expect(await state(third)).toBe("waits");
  b.end();
  expect(await state(third)).toBe("goes on");
  const all = underWay.settle();
  a.end();
  expect(await state(all)).toBe("waits");
  c.end();
  expect(await state(all)).toBe("goes on");
});

test("a piece that is larger than all that may be is waited for", async () => {
  const underWay = new UnderWay(10);
  const large = piece();
  const added = underWay.add(large.work, 11);
  expect(await state(added)).toBe("waits");
  large.end();
  expect(await state(added)).toBe("goes on");
});

test("the first failure is told with the next piece, and at the end, and nobody else need hear of it", async () => {
  const underWay = new UnderWay(2);
  const [a, b, c] = [piece(), piece(), piece()];
  await underWay.add(a.work, 1);
  await underWay.add(b.work, 1);
  const first = new Error("first");
  b.fail(first);
  a.fail(new Error("second"));
  await soon();
  c.end();
  await expect(underWay.add(c.work, 1)).rejects.toBe(first);
  await expect(underWay.settle()).rejects.toBe(first);
});
