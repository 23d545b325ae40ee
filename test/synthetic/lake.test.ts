// The synthetic lake: the same bytes everywhere, shaped like real landing data, made lazily.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  bytesPerPerson,
  samplePreset,
  syntheticLake,
  type SyntheticOptions,
} from "../../src/synthetic/lake.js";
import { MemoryGauge, MiB } from "../io/support.js";

interface Snapshot {
  readonly email: string;
  readonly serialNumber: string;
  readonly registrationDate: number;
  readonly lastUpdateDate: number;
  readonly shareWithResearchAsOfDate?: number;
}
interface Acceleration {
  readonly user: string;
  readonly timestamp: number;
}
interface Step {
  readonly sensorReadingTime: number;
  readonly serialNumber: string;
  readonly distanceFromObject: number;
}

function bytesOf(options: SyntheticOptions): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const file of syntheticLake(options)) files.set(file.path, Buffer.concat([...file.chunks]));
  return files;
}

function hashOf(options: SyntheticOptions): string {
  const hash = createHash("sha256");
  for (const [path, bytes] of bytesOf(options)) hash.update(`${path}\n${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
}

function linesOf(files: Map<string, Buffer>, table: string): string[] {
  const texts = [...files]
    .filter(([path]) => path.startsWith(`${table}/`))
    .map(([, bytes]) => bytes.toString());
  return texts.join("").trimEnd().split("\n");
}

function recordsOf<T>(files: Map<string, Buffer>, table: string): T[] {
  return linesOf(files, table).map((line) => JSON.parse(line) as T);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

const clean: SyntheticOptions = { people: 1_000, seed: 5, messy: false };
const cleanFiles = bytesOf(clean);
const snapshots = recordsOf<Snapshot>(cleanFiles, "customer");
const accelerations = recordsOf<Acceleration>(cleanFiles, "accelerometer");
const steps = recordsOf<Step>(cleanFiles, "step_trainer");

describe("determinism", () => {
  // If one of these changes, everybody's generated data changes: the changelog has to say so.
  it("makes the same bytes on every machine", () => {
    expect(hashOf({ people: 50, seed: 1, messy: false })).toBe(
      "90f2f772d82c04c3bc653162e748e6f4525f07293963e56f5d6bff39164c079e",
    );
    expect(hashOf({ people: 50, seed: 1, messy: true })).toBe(
      "46b35158b523c4bc551d7c32d43ce29924f8aa9604b1a2ad237d214e2a4744cd",
    );
    expect(hashOf(samplePreset)).toBe("60fdebb0124623099ad7242b9f2abaf4d72724463f77ba11606080f687e42297");
  });

  it("makes another lake from another seed, however far apart the seeds are", () => {
    const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const hashes = seeds.map((seed) => hashOf({ people: 50, seed, messy: false }));
    expect(new Set(hashes).size).toBe(seeds.length);
  });

  it("makes the same people whatever the size of the lake and of its files", () => {
    const few = bytesOf({ people: 20, seed: 5, messy: false, fileBytes: 16_384 });
    const first = new Set(recordsOf<Snapshot>(few, "customer").map((row) => JSON.stringify(row)));
    const all = new Set(snapshots.map((row) => JSON.stringify(row)));
    expect([...first].filter((row) => !all.has(row))).toEqual([]);
    const accelerometer = linesOf(few, "accelerometer");
    expect(linesOf(cleanFiles, "accelerometer").slice(0, accelerometer.length)).toEqual(accelerometer);
  });
});

describe("options", () => {
  it.each([
    ["people", { people: 0, seed: 1, messy: false }],
    ["people", { people: 1.5, seed: 1, messy: false }],
    ["people", { people: 1_000_000_001, seed: 1, messy: false }],
    ["seed", { people: 1, seed: -1, messy: false }],
    ["seed", { people: 1, seed: Number.NaN, messy: false }],
    ["fileBytes", { people: 1, seed: 1, messy: false, fileBytes: 100 }],
  ])("refuses a wrong value for %s at once", (name, options) => {
    expect(() => syntheticLake(options)).toThrow(new RegExp(`^${name} must be an integer from`));
  });

  it("makes a lake of one person", () => {
    expect([...bytesOf({ people: 1, seed: 1, messy: false }).keys()]).toEqual([
      "customer/landing/customer-000.json",
      "accelerometer/landing/accelerometer-000.json",
      "step_trainer/landing/step_trainer-000.json",
    ]);
    expect(bytesOf({ people: 1, seed: 1, messy: true }).size).toBeGreaterThan(3);
  });
});

describe("customers", () => {
  it("have the fields of real ones, in their order, without spaces", () => {
    const record =
      /^\{"customerName":"[A-Z][a-z]+ [A-Z][a-z]+","email":"[A-Z][a-z]+\.[A-Z][a-z]+@test\.com","phone":"80155501\d\d","birthDay":"\d{4}-\d\d-\d\d","serialNumber":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}","registrationDate":\d{13},"lastUpdateDate":\d{13}(,"shareWithResearchAsOfDate":\d{13})?(,"shareWithPublicAsOfDate":\d{13})?(,"shareWithFriendsAsOfDate":\d{13})?\}$/;
    expect(linesOf(cleanFiles, "customer").filter((line) => !record.test(line))).toEqual([]);
  });

  it("have their own e-mail address each, even beyond all combinations of names", () => {
    const people = 8_100;
    const addresses = new Set<string>();
    for (const file of syntheticLake({ people, seed: 3, messy: false })) {
      if (!file.path.startsWith("customer/")) break;
      for (const [, email] of Buffer.concat([...file.chunks])
        .toString()
        .matchAll(/"email":"([^"]*)"/g)) {
        addresses.add(email!);
      }
    }
    expect(addresses.size).toBe(people - people / 100); // one of a hundred never registers
    expect([...addresses].some((address) => address.endsWith("2@test.com"))).toBe(true);
  });

  it("give consent and take it back, one snapshot a change, with later dates standing later", () => {
    const people = groupBy(snapshots, (row) => row.email);
    let back = 0;
    let forth = 0;
    for (const rows of people.values()) {
      const words = rows.map((row) => row.shareWithResearchAsOfDate !== undefined);
      for (const [number, row] of rows.entries()) {
        const before = rows[number - 1];
        if (before === undefined) continue;
        expect(row.lastUpdateDate).toBeGreaterThan(before.lastUpdateDate);
        if (words[number - 1] === true && words[number] === false) back++;
        if (words[number - 1] === false && words[number] === true) forth++;
      }
      expect(rows.length).toBeLessThanOrEqual(12);
    }
    expect(back).toBeGreaterThan(200);
    expect(forth).toBeGreaterThan(200);
    const yes = [...people.values()].filter((rows) => rows.at(-1)?.shareWithResearchAsOfDate !== undefined);
    expect(yes.length / people.size).toBeGreaterThan(0.45);
    expect(yes.length / people.size).toBeLessThan(0.55);
  });

  it("are spread over the files: nobody's snapshots stand side by side", () => {
    const side = snapshots.filter((row, number) => row.email === snapshots[number - 1]?.email);
    expect(side.length).toBeLessThan(5);
  });

  it("sometimes keep an older date of consent when something else changed", () => {
    const kept = snapshots.filter(
      (row) =>
        row.shareWithResearchAsOfDate !== undefined && row.shareWithResearchAsOfDate < row.lastUpdateDate,
    );
    expect(kept.length).toBeGreaterThan(10);
  });

  it("share serial numbers rarely, and some have several", () => {
    const owners = [...groupBy(snapshots, (row) => row.serialNumber).values()].map(
      (rows) => new Set(rows.map((row) => row.email)).size,
    );
    expect(owners.filter((count) => count === 2).length).toBe(10);
    expect(owners.filter((count) => count > 2).length).toBe(0);
    const serials = [...groupBy(snapshots, (row) => row.email).values()].map(
      (rows) => new Set(rows.map((row) => row.serialNumber)).size,
    );
    expect(serials.filter((count) => count === 2).length).toBe(40);
    expect(serials.filter((count) => count === 3).length).toBe(10);
  });
});

describe("readings", () => {
  it("have the fields of real ones, in their order, without spaces", () => {
    const accelerometer =
      /^\{"user":"[A-Za-z.]+@test\.com","timestamp":\d{13},"x":(-1|0|1)\.0,"y":(-1|0|1)\.0,"z":(-1|0)\.0\}$/;
    const step =
      /^\{"sensorReadingTime":\d{13},"serialNumber":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}","distanceFromObject":(2\d\d|300)\}$/;
    expect(linesOf(cleanFiles, "accelerometer").filter((line) => !accelerometer.test(line))).toEqual([]);
    expect(linesOf(cleanFiles, "step_trainer").filter((line) => !step.test(line))).toEqual([]);
  });

  it("come in walks of thirty, at one interval of two to four seconds", () => {
    for (let start = 0; start < steps.length; start += 30) {
      const walk = steps.slice(start, start + 30);
      expect(walk.length).toBe(30);
      expect(new Set(walk.map((row) => row.serialNumber)).size).toBe(1);
      const intervals = walk
        .slice(1)
        .map((row, number) => row.sensorReadingTime - walk[number]!.sensorReadingTime);
      expect(new Set(intervals).size).toBe(1);
      expect(intervals[0]).toBeGreaterThan(2_000);
      expect(intervals[0]).toBeLessThanOrEqual(4_000);
    }
  });

  it("have one to three accelerometer readings at the time of nearly every step", () => {
    const times = groupBy(accelerations, (row) => `${row.user} ${row.timestamp}`);
    const counts = [...times.values()].map((rows) => rows.length);
    expect(new Set(counts)).toEqual(new Set([1, 2, 3]));
    expect(accelerations.length / times.size).toBeGreaterThan(2.8);
    expect(accelerations.length / times.size).toBeLessThan(2.87);

    const serialsOf = new Map<string, Set<string>>();
    for (const row of snapshots) {
      serialsOf.set(row.email, (serialsOf.get(row.email) ?? new Set()).add(row.serialNumber));
    }
    const stepAt = new Set(steps.map((row) => `${row.serialNumber} ${row.sensorReadingTime}`));
    const lonely = [...times.values()].filter(([row]) => {
      const serials = serialsOf.get(row!.user);
      return (
        serials !== undefined && ![...serials].some((serial) => stepAt.has(`${serial} ${row!.timestamp}`))
      );
    });
    expect(lonely).toEqual([]); // no accelerometer reading of a registered person without its step
    expect(times.size).toBeGreaterThan(steps.length * 0.98);
    expect(times.size).toBeLessThan(steps.length); // but a few steps without one
  });

  it("are of unknown people now and then, and some people have none", () => {
    const known = new Set(snapshots.map((row) => row.email));
    const users = new Set(accelerations.map((row) => row.user));
    expect([...users].filter((user) => !known.has(user)).length).toBe(10);
    expect([...known].filter((email) => !users.has(email)).length).toBe(70);
    const serials = new Set(snapshots.map((row) => row.serialNumber));
    expect(
      new Set(steps.filter((row) => !serials.has(row.serialNumber)).map((row) => row.serialNumber)).size,
    ).toBe(10);
  });

  it("are mostly later than the consent they need, some at that very instant", () => {
    const last = new Map(snapshots.map((row) => [row.email, row]));
    let before = 0;
    let after = 0;
    let exact = 0;
    for (const { user, timestamp } of accelerations) {
      const date = last.get(user)?.shareWithResearchAsOfDate;
      if (date === undefined) continue;
      if (timestamp < date) before++;
      else after++;
      if (timestamp === date) exact++;
    }
    expect(after / (before + after)).toBeGreaterThan(0.75);
    expect(after / (before + after)).toBeLessThan(0.85);
    expect(exact).toBeGreaterThan(0);
  });

  it("are of different people at the same instant now and then", () => {
    const instants = groupBy(accelerations, (row) => `${row.timestamp}`);
    const crowded = [...instants.values()].filter((rows) => new Set(rows.map((row) => row.user)).size > 1);
    expect(crowded.length).toBeGreaterThan(250);
  });
});

describe("size", () => {
  it("makes 3 million steps and 8.5 million accelerations, 1.1 GB, of 100,000 people", () => {
    const bytes = [...cleanFiles.values()].reduce((sum, file) => sum + file.length, 0) * 100;
    expect(steps.length * 100).toBe(3_000_000);
    expect(Math.abs(accelerations.length * 100 - 8_450_000)).toBeLessThan(100_000);
    expect(Math.abs(bytes - 1_130_000_000)).toBeLessThan(30_000_000);
  });

  it("cuts files between records, and no larger than asked", () => {
    const fileBytes = 100_000;
    const files = bytesOf({ ...clean, fileBytes });
    const names = [...files.keys()].filter((path) => path.startsWith("step_trainer/"));
    expect(names.slice(0, 2)).toEqual([
      "step_trainer/landing/step_trainer-000.json",
      "step_trainer/landing/step_trainer-001.json",
    ]);
    for (const [path, bytes] of files) {
      expect(bytes.length).toBeLessThanOrEqual(fileBytes);
      expect(bytes.toString().endsWith("}\n"), path).toBe(true);
    }
    for (const table of ["customer", "accelerometer", "step_trainer"]) {
      expect(linesOf(files, table)).toEqual(linesOf(cleanFiles, table));
    }
  });

  it("keeps the sample between one and two megabytes, with several files in each table", () => {
    const files = bytesOf(samplePreset);
    const total = [...files.values()].reduce((sum, file) => sum + file.length, 0);
    expect(total).toBeGreaterThan(1_000_000);
    expect(total).toBeLessThan(2_000_000);
    for (const table of ["customer", "accelerometer", "step_trainer"]) {
      const regular = [...files.keys()].filter((path) =>
        new RegExp(`^${table}/landing/${table}-\\d+\\.json$`).test(path),
      );
      expect(regular.length).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("laziness", () => {
  it.each([false, true])("gives the first chunk of the largest lake at once (messy: %s)", (messy) => {
    const start = performance.now();
    const [file] = syntheticLake({ people: 1_000_000_000, seed: 1, messy });
    const [chunk] = file!.chunks;
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(chunk!.length).toBeGreaterThan(64 * 1024);
    expect(chunk!.length).toBeLessThanOrEqual(256 * 1024);
  });

  it("makes chunks of 64 to 256 KiB, except for the last of a file", () => {
    for (const file of syntheticLake(clean)) {
      const sizes = Array.from(file.chunks, (chunk) => chunk.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(256 * 1024);
      expect(Math.min(...sizes.slice(0, -1), 256 * 1024)).toBeGreaterThanOrEqual(64 * 1024);
    }
  });

  it.each([false, true])(
    "makes the same files when read late, twice, half or not at all (messy: %s)",
    (messy) => {
      const options = { people: 200, seed: 9, messy, fileBytes: 50_000 };
      const expected = bytesOf(options);
      const lake = syntheticLake(options);
      const late = [...lake]; // nobody read any of them while going through
      expect(late.map((file) => file.path)).toEqual([...expected.keys()]);
      for (const file of late.toReversed()) {
        expect(Buffer.concat([...file.chunks]).equals(expected.get(file.path)!)).toBe(true);
        expect(Buffer.concat([...file.chunks]).equals(expected.get(file.path)!)).toBe(true);
      }
      const half: string[] = [];
      for (const file of lake) {
        for (const chunk of file.chunks) if (chunk.length > 0) break;
        half.push(file.path);
      }
      expect(half).toEqual([...expected.keys()]);
    },
  );

  it("hands over its chunks: one that was given out never changes", () => {
    const [, accelerometer] = syntheticLake(clean);
    const kept = [...accelerometer!.chunks];
    expect(Buffer.concat(kept).equals(cleanFiles.get(accelerometer!.path)!)).toBe(true);
  });

  it("takes no more memory for a hundred times as many people", () => {
    const peak = (people: number): number => {
      const gauge = new MemoryGauge();
      for (const { chunks } of syntheticLake({ people, seed: 5, messy: true })) {
        let count = 0;
        for (const chunk of chunks) if (chunk.length > 0 && count++ % 50 === 0) gauge.sample();
      }
      return gauge.peak;
    };
    expect(peak(200)).toBeLessThan(60 * MiB);
    expect(peak(20_000)).toBeLessThan(60 * MiB);
  });

  it("has about as many bytes as are foretold", () => {
    for (const messy of [false, true]) {
      const files = messy ? bytesOf({ ...clean, messy }) : cleanFiles;
      const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
      expect(bytes / (clean.people * bytesPerPerson)).toBeGreaterThan(0.95);
      expect(bytes / (clean.people * bytesPerPerson)).toBeLessThan(1.05);
    }
  });
});
