// Row 10 of the fault table: a gzip bomb, and gzip files that are cut off.

import { constants, crc32, deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { MiB } from "../io/support.js";
import { acceleration, bytes } from "../reference/helpers.js";
import {
  andFiles,
  email,
  heldStream,
  lines,
  no,
  people,
  peopleIn,
  runGauged,
  serial,
  setAside,
  soundLake,
  soundZones,
  warned,
  withFolderLake,
  withLake,
  yes,
} from "./support.js";

const gigabyte = 1024 * MiB;
const secrets = people.flatMap((name) => [email(name), serial(name)]);

/** What is unpacked is read before more of it is: a few chunks, and garbage that nobody has collected yet. */
const flat = 64 * MiB;

/** A gigabyte of spaces in one member, and a record behind them. */
function oneMember(record: string): Buffer {
  const block = Buffer.alloc(16 * MiB, " ");
  const blocks = gigabyte / block.length;
  // A full flush lets go of what came before, so packed blocks can stand one behind the other.
  const packed = deflateRawSync(block, { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  let sum = 0;
  for (let index = 0; index < blocks; index++) sum = crc32(block, sum);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(record, sum), 0);
  tail.writeUInt32LE(gigabyte + record.length, 4);
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  return Buffer.concat([
    header,
    ...Array<Buffer>(blocks).fill(packed),
    deflateRawSync(Buffer.from(record)),
    tail,
  ]);
}

/** The same in many members. */
function manyMembers(record: string): Buffer {
  const packed = gzipSync(Buffer.alloc(16 * MiB, " "), { level: 9 });
  return Buffer.concat([...Array<Buffer>(gigabyte / (16 * MiB)).fill(packed), gzipSync(record)]);
}

describe("fault 10: gzip bomb, 1 GB of spaces in 1 MB", () => {
  test.each([
    ["in one member", oneMember],
    ["in 64 members", manyMembers],
  ])("%s: read to its last record in flat memory", async (_, bomb) => {
    const packed = bomb(`${no("ben")}\n{"email":`);
    expect(packed.length).toBeLessThan(1.2 * MiB);
    const streams = new Map([["customer/landing/b.json.gz", heldStream(packed)]]);
    const outcome = await runGauged(soundLake, streams, secrets);
    expect(outcome.zone("customer_trusted").toString()).toBe(`${yes("ann")}\n${yes("cat")}\n`);
    expect(setAside(outcome)).toEqual([`customer ${gigabyte + no("ben").length + 1}+9 truncated`]);
    expect(outcome.peakBytes).toBeLessThan(flat);
  });
});

describe("fault 10: cut-off gzip", () => {
  const records = [yes("eve"), no("ben")];
  const packed = gzipSync(lines(records));

  test("cut at any byte: one truncated entry, what can be read is read", async () => {
    await withLake(async (lake) => {
      await lake.run(andFiles());
      for (let cut = 0; cut < packed.length; cut++) {
        const outcome = await lake.run(andFiles(["customer/landing/b.json.gz", packed.subarray(0, cut)]));
        const reasons = outcome.quarantine.map(({ reason }) => reason);
        expect(reasons, `cut at ${cut}`).toEqual(["truncated"]);
        expect(peopleIn(outcome), `cut at ${cut}`).toEqual(expect.arrayContaining(["ann", "cat"]));
      }
      const whole = await lake.run(andFiles(["customer/landing/b.json.gz", packed]));
      expect(whole.quarantine).toEqual([]);
      expect(peopleIn(whole)).toEqual(["ann", "cat", "eve"]);
    });
  });

  test("cut between two records: one entry more, of no length, behind what was read", async () => {
    const line = Buffer.from(`${records.join("\n")}\n`);
    const flushed = deflateRawSync(line, { finishFlush: constants.Z_SYNC_FLUSH });
    const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    await withLake(async (lake) => {
      const outcome = await lake.run(
        andFiles(["customer/landing/b.json.gz", Buffer.concat([header, flushed])]),
      );
      expect(setAside(outcome)).toEqual([`customer ${line.length}+0 truncated`]);
      expect(outcome.quarantine[0]!.record).toBe(3);
      expect(warned(outcome, "STEDI_W_UNATTRIBUTABLE")).toBe(1);
      expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
    });
  });

  test("cut in its checksum: all records are read, one entry more", async () => {
    await withLake(async (lake) => {
      for (let lost = 1; lost <= 8; lost++) {
        const cut = packed.subarray(0, packed.length - lost);
        const outcome = await lake.run(andFiles(["customer/landing/b.json.gz", cut]));
        expect(setAside(outcome)).toEqual([`customer ${lines(records).length}+0 truncated`]);
        expect(peopleIn(outcome)).toEqual(["ann", "cat", "eve"]);
      }
    });
  });

  test("cut in a later member: the members before are read", async () => {
    const first = gzipSync(lines([no("ben")]));
    await withLake(async (lake) => {
      for (let cut = 1; cut < packed.length; cut += 3) {
        const content = Buffer.concat([first, packed.subarray(0, cut)]);
        const outcome = await lake.run(andFiles(["customer/landing/b.json.gz", content]));
        expect(
          outcome.quarantine.map(({ reason }) => reason),
          `cut at ${cut}`,
        ).toEqual(["truncated"]);
        expect(peopleIn(outcome).includes("ben"), `cut at ${cut}`).toBe(false);
      }
    });
  });

  test("readings: whole but for what is lost", async () => {
    const readings = gzipSync(lines([acceleration(email("ann"), 104), acceleration(email("cat"), 105)]));
    await withFolderLake(async (lake) => {
      const cut = readings.subarray(0, readings.length - 8);
      const outcome = await lake.run(andFiles(["accelerometer/landing/b.json.gz", cut]));
      expect(outcome.zones.accelerometer_trusted).toEqual([
        ...soundZones().accelerometer_trusted!,
        acceleration(email("ann"), 104),
        acceleration(email("cat"), 105),
      ]);
      expect(outcome.quarantine.map(({ reason, length }) => [reason, length])).toEqual([["truncated", 0]]);
    });
  });
});

describe("fault 10: gzip that is wrong", () => {
  const packed = gzipSync(lines([yes("eve")]));
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(packed);
    copy[at]! ^= 0x10;
    return copy;
  };

  test.each([
    ["a wrong checksum", flipped(packed.length - 6)],
    ["a wrong length", flipped(packed.length - 2)],
    ["no gzip at all", bytes(yes("eve"))],
    ["something else behind it", Buffer.concat([packed, bytes("{}")])],
    ["zeros behind it", Buffer.concat([packed, Buffer.alloc(512)])],
  ])("%s: refused, what was committed stays", async (_, content) => {
    await withLake(async (lake) => {
      await lake.run(soundLake);
      for (const table of ["customer", "accelerometer", "step_trainer"]) {
        expect(await lake.refusal(andFiles([`${table}/landing/b.json.gz`, content]))).toBe("STEDI_BAD_GZIP");
      }
      expect((await lake.run(soundLake)).zones).toEqual(soundZones());
    });
  });
});
