// The commit log: numbered, appended to, never rewritten; what cannot be read in it is refused.

import { beforeAll, describe, expect, test } from "vitest";
import { appendCommit, type Commit, lastCommit, lastCommits } from "../../src/pipeline/commit-log.js";
import { MemoryStore } from "../support/memory-store.js";
import { committed, refusal, smallLake } from "./support.js";

let model: Commit;

beforeAll(async () => {
  model = await committed(smallLake());
});

const numbered = (number: number, run = `run-${number}`): Commit => ({ ...model, number, run });
const pathOf = (digits: string): string => `_stedi/commits/${digits}.json`;
const text = (store: MemoryStore, path: string): string =>
  Buffer.from(store.files.get(path)!).toString("utf8");

describe("append", () => {
  test("each commit is a file of its own, named by its number with twelve digits, and read back as it was", async () => {
    const store = new MemoryStore();
    for (const number of [1, 2, 10, 123_456_789_012]) await appendCommit(store, numbered(number));
    expect([...store.files.keys()]).toEqual(
      ["000000000001", "000000000002", "000000000010", "123456789012"].map(pathOf),
    );
    expect(await lastCommit(store)).toEqual(numbered(123_456_789_012));
    expect(await lastCommits(store, 3)).toEqual([123_456_789_012, 10, 2].map((number) => numbered(number)));
    expect(await lastCommits(store, 9)).toHaveLength(4);
  });

  test("a number that is taken: another run committed first, and its commit stays", async () => {
    const store = new MemoryStore();
    await appendCommit(store, numbered(1, "first"));
    const before = text(store, pathOf("000000000001"));
    expect(await refusal(() => appendCommit(store, numbered(1, "second")))).toMatchObject({
      code: "STEDI_COMMITTED_BY_ANOTHER",
      exitCode: 5,
    });
    expect(text(store, pathOf("000000000001"))).toBe(before);
  });

  test("of many runs at once one commits", async () => {
    const store = new MemoryStore();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => appendCommit(store, numbered(1, `run-${index}`))),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await lastCommit(store))!.run).toBe(
      `run-${outcomes.findIndex(({ status }) => status === "fulfilled")}`,
    );
  });

  test("one's own commit that is there already, as its answer was lost, is no other's", async () => {
    const store = new MemoryStore();
    await appendCommit(store, numbered(1));
    await appendCommit(store, numbered(1));
    expect(store.files.size).toBe(1);
  });

  test("holds no value of a landing record", () => {
    const written = JSON.stringify(model);
    expect(written).not.toContain("@");
    expect(written).not.toContain("SERIAL");
  });
});

describe("reading", () => {
  test("nothing where nothing has been committed; other names are not commits", async () => {
    const store = new MemoryStore();
    expect(await lastCommit(store)).toBeUndefined();
    expect(await lastCommits(store, 5)).toEqual([]);
    for (const name of ["1.json", "000000000009.json.bak", ".000000000009.json", "a00000000009.json"]) {
      store.files.set(`_stedi/commits/${name}`, new Uint8Array());
    }
    expect(await lastCommit(store)).toBeUndefined();
    await appendCommit(store, numbered(3));
    expect(await lastCommit(store)).toEqual(numbered(3));
  });

  test.each([
    ["no JSON", () => "{", "it is not JSON"],
    ["nothing", () => "", "it is not JSON"],
    ["half a commit", () => JSON.stringify(model).slice(0, 200), "it is not JSON"],
    ["another form", () => "{}", "it is not of the form that this version writes"],
    [
      "a later form",
      () => JSON.stringify({ ...model, format: 2 }),
      "it is not of the form that this version writes",
    ],
    [
      "a policy that is none",
      () => JSON.stringify({ ...model, consent: "all" }),
      "it is not of the form that this version writes",
    ],
    ["the number of another", () => JSON.stringify(numbered(3)), "it is that of another number"],
    [
      "a number whose next one has no name",
      () => JSON.stringify(numbered(999_999_999_999)),
      "it is not of the form that this version writes",
    ],
    [
      "a count below zero",
      () => {
        const zone = model.zones.customer_trusted!;
        const books = { ...zone.books, written: -1 };
        return JSON.stringify({ ...model, zones: { customer_trusted: { ...zone, books } } });
      },
      "it is not of the form that this version writes",
    ],
  ])("a commit that holds %s is refused, not passed over for the one before it", async (_, content, why) => {
    const store = new MemoryStore(new Map(), "lake");
    await appendCommit(store, numbered(1));
    store.files.set(pathOf("000000000002"), new TextEncoder().encode(content()));
    expect(await refusal(() => lastCommit(store))).toMatchObject({
      code: "STEDI_BAD_COMMIT",
      exitCode: 3,
      parts: { where: `lake/${pathOf("000000000002")}`, why },
    });
  });
});
