// Row 5 of the fault table: a record of 100 MB, a line of 1 GB. The bytes are made as they are read.

import { describe, expect, test } from "vitest";
import { MiB } from "../io/support.js";
import {
  andFiles,
  email,
  type Files,
  no,
  people,
  runGauged,
  serial,
  setAside,
  soundLake,
  soundZones,
  type Stream,
  streamOf,
  withLake,
  yes,
} from "./support.js";

const secrets = people.flatMap((name) => [email(name), serial(name)]);

/**
 * The largest record twice over, a copy of it while it grows, a value of the same length, and garbage that nobody has
 * collected yet: an order of magnitude. What flows through is at least as much in each test, or ten times as much.
 */
const flat = 160 * MiB;

/** Runs on a stream, and holds the zones to those of a small file from which the same must come. */
async function runStream(path: string, stream: Stream, like: Files): ReturnType<typeof runGauged> {
  const outcome = await runGauged(soundLake, new Map([[path, stream]]), secrets);
  const expected = await withLake((lake) => lake.run(like));
  for (const [zone, rows] of Object.entries(expected.zones)) {
    expect(outcome.zone(zone).toString(), zone).toBe(rows.map((row) => `${row}\n`).join(""));
  }
  return outcome;
}

const whose = `"email":"${email("ben")}","serialNumber":"${serial("ben")}"`;

describe("fault 5: one record of 100 MB", () => {
  const size = 100 * MiB;
  const after = `\n${yes("eve")}\n`;

  test.each([
    ["that says first whose it is", `{${whose},"note":"`, "a", `"}`],
    ["that says last whose it is", `{"note":"`, "a", `",${whose}}`],
    ["of escaped quotation marks", `{"note":"`, `\\"`, `",${whose}}`],
  ])("%s: set aside in flat memory, counts as its person's no", async (_, before, filler, end) => {
    const stream = streamOf(before, filler, size, end + after);
    const outcome = await runStream(
      "customer/landing/b.json",
      stream,
      andFiles(["customer/landing/b.json", `{${whose}\n${yes("eve")}\n`]),
    );
    // Its newline belongs to it.
    expect(setAside(outcome)).toEqual([`customer 0+${before.length + size + end.length + 1} too_large`]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });

  test("of three million fields, 24 MB: set aside in flat memory, counts as its person's no", async () => {
    const [before, filler, end] = [`{${whose}`, `,"a":1.5`, "}\n"];
    const outcome = await runStream(
      "customer/landing/b.json",
      streamOf(before, filler, 24 * MiB, end),
      andFiles(["customer/landing/b.json", before]),
    );
    expect(setAside(outcome)).toEqual([`customer 0+${before.length + 24 * MiB + end.length} too_large`]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });

  test("back to back with a withdrawal that it swallows", async () => {
    const before = `{"note":"`;
    const stream = streamOf(before, "a", size, `"${no("ben")}${yes("eve")}`);
    const outcome = await runStream(
      "customer/landing/b.json",
      stream,
      andFiles(["customer/landing/b.json", `{"note":"a"${no("ben")}${yes("eve")}`]),
    );
    expect(setAside(outcome)).toEqual([
      `customer 0+${before.length + size + 1 + no("ben").length} too_large`,
    ]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });

  test("of exactly 16 MiB it is read, of one byte more it is not", async () => {
    const start = `{"customerName":"`;
    const end = `",${no("ben").slice(1)}`;
    const room = 16 * MiB - start.length - end.length;
    const result = async (more: number): Promise<readonly string[]> => {
      const stream = streamOf(start, "a", room + more, end + after);
      const path = "customer/landing/b.json";
      return setAside(await runStream(path, stream, andFiles([path, no("ben") + after])));
    };
    expect(await result(0)).toEqual([]);
    expect(await result(1)).toEqual([`customer 0+${16 * MiB + 2} too_large`]);
  });
});

describe("fault 5: a line of 1 GB", () => {
  const size = 1024 * MiB;

  test("a customer's record: set aside in flat memory, counts as their no", async () => {
    const [before, end] = [`{"note":"`, `",${whose}}\n${yes("eve")}\n`];
    const outcome = await runStream(
      "customer/landing/b.json",
      streamOf(before, "a", size, end),
      andFiles(["customer/landing/b.json", `{${whose}\n${yes("eve")}\n`]),
    );
    expect(setAside(outcome)).toEqual([
      `customer 0+${before.length + size + end.indexOf("\n") + 1} too_large`,
    ]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });

  test.each([
    ["without an end", `{"user":"`, "a", "too_large"],
    ["without a record", "garbage", "0123456789", "syntax"],
  ])("of readings, %s: set aside in flat memory, all else is whole", async (_, before, filler, reason) => {
    const path = "accelerometer/landing/b.json";
    const outcome = await runStream(path, streamOf(before, filler, size, ""), soundLake);
    expect(outcome.zone("accelerometer_trusted").toString().trimEnd().split("\n")).toEqual(
      soundZones().accelerometer_trusted,
    );
    expect(setAside(outcome)).toEqual([`accelerometer 0+${before.length + size} ${reason}`]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });
});
