// The store that property tests run on passes what every store has to, in chunks of any size.

import { describe, expect, test } from "vitest";
import type { Store } from "../../src/io/store.js";
import { MemoryStore } from "../support/memory-store.js";
import { storeContract } from "./store-contract.js";

const change = (store: Store, path: string, bytes: Uint8Array): Promise<void> => {
  if (store instanceof MemoryStore) store.files.set(path, bytes);
  return Promise.resolve();
};

storeContract("a store in memory", (action) => action(new MemoryStore()), change);
storeContract(
  "a store in memory that reads 1,000 bytes at a time",
  (action) => action(new MemoryStore(new Map(), "memory", 1000)),
  change,
);

describe("a store in memory", () => {
  test("starts with the files that it is given, and leaves the caller's map alone", async () => {
    const given = new Map([["a/b", new Uint8Array([1])]]);
    const store = new MemoryStore(given);
    expect(await store.exists()).toBe(true);
    expect(await store.get("a/b")).toEqual(new Uint8Array([1]));
    await store.remove("a");
    expect(given.size).toBe(1);
  });
});
