// The end of a pass: its zones are made lasting while the next pass reads, and what goes wrong with them ends the run.

import { expect, test } from "vitest";
import { StediError } from "../../src/errors.js";
import { runPipeline } from "../../src/pipeline/run.js";
import type { RunEvent } from "../../src/pipeline/report.js";
import { type Around, storeBehind } from "../faults/disk-support.js";
import { soundLake } from "../faults/support.js";
import { MemoryStore } from "../support/memory-store.js";
import { refusal } from "./support.js";

const isPartOf = (zone: string, path: string): boolean => path.startsWith(`${zone}/run=`);

/** A run on a lake with a test standing in front of what is written. */
async function run(around: Around, onEvent: (event: RunEvent) => void): Promise<MemoryStore> {
  const lake = new MemoryStore(soundLake);
  const out = new MemoryStore();
  try {
    await runPipeline({ lake, out: storeBehind(around, out), onEvent });
  } catch (error) {
    expect([...out.files.keys()]).toEqual([]);
    throw error;
  }
  return out;
}

/** The same where it is refused. @returns with what, and which passes had begun by then */
async function refused(
  around: Around,
): Promise<{ readonly code: string; readonly begun: readonly string[] }> {
  const begun: string[] = [];
  const { code } = await refusal(() =>
    run(around, (event) => {
      if (event.kind === "pass") begun.push(event.source);
    }),
  );
  return { code, begun };
}

test("a zone is made lasting while the next pass is under way", async () => {
  let goOn = (): void => undefined;
  const next = new Promise<void>((resolve) => (goOn = resolve));
  const out = await run(
    async (operation, path, call) => {
      // As a store that is far away, or a slow disk: it is not done before the next pass has begun.
      if (operation === "sink.close" && isPartOf("customer/trusted", path)) await next;
      return call();
    },
    (event) => {
      if (event.kind === "pass" && event.source === "accelerometer_landing") goOn();
    },
  );
  expect([...out.files.keys()].filter((path) => isPartOf("customer/trusted", path))).toHaveLength(1);
});

test("a zone that another is made from is lasting before that is read", async () => {
  let isLasting = false;
  await run(
    async (operation, path, call) => {
      if (operation === "read" && isPartOf("customer/trusted", path)) expect(isLasting).toBe(true);
      if (operation !== "sink.close" || !isPartOf("customer/trusted", path)) return call();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const closed = await call();
      isLasting = true;
      return closed;
    },
    () => undefined,
  );
  expect(isLasting).toBe(true);
});

test("one that cannot be made lasting ends the run, and nothing is there", async () => {
  const { code, begun } = await refused(async (operation, path, call) => {
    if (operation === "sink.close" && isPartOf("customer/trusted", path))
      throw new StediError("STEDI_NO_SPACE", { what: "full" });
    return call();
  });
  expect(code).toBe("STEDI_NO_SPACE");
  // The pass that was under way is the last one.
  expect(begun).toEqual(["customer_landing", "accelerometer_landing"]);
});

test("where that fails while another pass fails, the run ends once, and nothing is there", async () => {
  const { code, begun } = await refused(async (operation, path, call) => {
    if (operation === "create" && isPartOf("accelerometer/trusted", path))
      throw new StediError("STEDI_NO_ACCESS", { what: "no access" });
    if (operation !== "sink.close" || !isPartOf("customer/trusted", path)) return call();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await call(); // too late: it has to be taken away all the same
    throw new StediError("STEDI_NO_SPACE", { what: "full" });
  });
  expect(["STEDI_NO_ACCESS", "STEDI_NO_SPACE"]).toContain(code);
  expect(begun).toEqual(["customer_landing", "accelerometer_landing"]);
});
