// A part that is given up while its file is still being made, as happens when another zone of the run fails: the file
// must not appear after everything else has been cleared away.

import { expect, test } from "vitest";
import { PartWriter } from "../../src/io/part-writer.js";

test("a file that is being made when its writer gives up is given up too, and nothing is written after", async () => {
  const events: string[] = [];
  let made = (): void => undefined;
  const isMade = new Promise<void>((resolve) => (made = resolve));
  const writer = new PartWriter(
    {
      create: async () => {
        events.push("create");
        await isMade;
        return {
          write: () => Promise.resolve(void events.push("write")),
          close: () => Promise.resolve(void events.push("close")),
          abort: () => Promise.resolve(void events.push("abort")),
        };
      },
    },
    "zone",
  );
  await writer.write("{}\n");
  const closing = writer.close().then(
    () => "closed",
    () => "failed",
  );
  await new Promise((resolve) => setTimeout(resolve));
  const aborting = writer.abort().then(() => events.push("aborted"));
  made();
  await aborting;
  expect(await closing).toBe("failed");
  expect(events).toEqual(["create", "abort", "aborted"]);
});

test("a writer that has given up makes no file any more", async () => {
  let created = 0;
  const writer = new PartWriter(
    {
      create: () => {
        created++;
        return Promise.reject(new Error("not expected"));
      },
    },
    "zone",
  );
  await writer.write("{}\n");
  await writer.abort();
  await expect(writer.close()).rejects.toThrow();
  expect(created).toBe(0);
});
