// Files of any size in flat memory: memory does not grow with how much is read or written, and reading waits for
// writing. (One record that is too large, and gzip bombs, are in test/faults.)

import { describe, expect, test } from "vitest";
import { folderStore } from "../../src/io/folder-store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { storeBehind } from "../faults/disk-support.js";
import { email, soundLake, StreamingStore, streamOf } from "../faults/support.js";
import { MemoryGauge, MiB, withFolder } from "../io/support.js";
import { acceleration } from "../reference/helpers.js";

/** Bytes of a reading's line here: a divisor of the size of a chunk, so that chunks end where lines do. */
const lineBytes = 128;

/** A lake with so many bytes of readings of one person besides. */
function lakeWith(person: string, bytes: number): StreamingStore {
  const store = new StreamingStore(soundLake);
  const line = `${acceleration(email(person), 100)
    .trimEnd()
    .padEnd(lineBytes - 1)}\n`;
  expect(line).toHaveLength(lineBytes);
  store.streams.set("accelerometer/landing/b.json", streamOf("", line, bytes, ""));
  return store;
}

/** The most that a run holds. A join may hold one MiB, so that what it may hold does not matter. */
async function peakOf(person: string, bytes: number): Promise<number> {
  return withFolder(async (out) => {
    const gauge = new MemoryGauge();
    const report = await runPipeline({
      lake: lakeWith(person, bytes),
      out: folderStore(out),
      memory: MiB,
      onEvent: () => {
        gauge.sample();
      },
    });
    const landing = report.stages.find(({ stage }) => stage === "accelerometer_landing")!;
    expect(landing.read).toBeGreaterThan(bytes / lineBytes);
    return gauge.peak;
  });
}

describe("memory does not grow with the size of files", () => {
  test.each([
    ["readings that are dropped", "dan"],
    ["readings that are kept, written and joined", "ann"],
  ])("%s", async (_, person) => {
    await peakOf(person, MiB); // what is made once
    expect(await peakOf(person, 16 * MiB)).toBeLessThan(120 * MiB);
    expect(await peakOf(person, 160 * MiB)).toBeLessThan(120 * MiB);
  });
});

test("reading waits for writing: a slow disk fills no memory", () =>
  withFolder(async (out) => {
    const size = 48 * MiB;
    let read = 0;
    let written = 0;
    let ahead = 0;
    const lake = storeBehind(
      (_operation, _path, call) => call(),
      lakeWith("ann", size),
      async function* (file, chunks) {
        for await (const chunk of chunks) {
          yield chunk;
          if (file.path !== "accelerometer/landing/b.json") continue;
          read += chunk.length;
          ahead = Math.max(ahead, read - written);
        }
      },
    );
    const row = acceleration(email("ann"), 100).trimEnd().length + 1;
    const disk = storeBehind(async (operation, path, call) => {
      if (operation === "sink.write" && path.startsWith("accelerometer/trusted")) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return call();
    }, folderStore(out));
    const create = disk.create.bind(disk);
    await runPipeline({
      lake,
      out: {
        ...disk,
        create: async (path) => {
          const sink = await create(path);
          return {
            ...sink,
            write: async (bytes) => {
              await sink.write(bytes);
              if (path.startsWith("accelerometer/trusted")) written += (bytes.length / row) * lineBytes;
            },
          };
        },
      },
      memory: MiB,
    });
    expect(read).toBe(size);
    expect(ahead).toBeLessThan(size / 3);
  }));
