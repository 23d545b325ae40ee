// Progress on standard error: bars on a terminal, else one plain line a stage, or nothing.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeProgress } from "../../src/commands/progress.js";
import type { RunEvent, StageReport } from "../../src/pipeline/report.js";

const report: StageReport = {
  stage: "accelerometer_trusted",
  table: "accelerometer/trusted",
  read: 12_345,
  written: 12_000,
  filtered: { no_consent: 300 },
  quarantined: { syntax: 45 },
  files: 1,
  bytesIn: 1000,
  bytesOut: 900,
  seconds: 1.25,
};

const events: readonly RunEvent[] = [
  { kind: "pass", source: "accelerometer_landing", zones: ["accelerometer_trusted"], bytes: 1000 },
  { kind: "bytes", bytes: 400 },
  { kind: "bytes", bytes: 600 },
  { kind: "stage", report },
  { kind: "pass", source: "step_trainer_landing", zones: [], bytes: 0 },
  { kind: "commit", number: 1 },
];

const line = `accelerometer_trusted           12,345 read        12,000 kept           345 dropped      1.3 s\n`;

let printed: string;
const { isTTY, columns } = process.stderr;

beforeEach(() => {
  printed = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stdout, "write").mockImplementation(() => {
    throw new Error("progress is no result");
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
  process.stderr.columns = columns;
});

async function show(mode: "auto" | "plain" | "none", terminal: boolean, width = 100): Promise<string> {
  process.stderr.isTTY = terminal;
  process.stderr.columns = width;
  const progress = await makeProgress(mode);
  for (const event of events) progress.event(event);
  progress.stop();
  return printed;
}

describe("where standard error is no terminal", () => {
  test.each(["auto", "plain"] as const)("%s: one plain line a stage", async (mode) => {
    expect(await show(mode, false)).toBe(line);
  });

  test("none: nothing", async () => {
    expect(await show("none", false)).toBe("");
  });
});

describe("on a terminal", () => {
  test("plain: one plain line a stage", async () => {
    expect(await show("plain", true)).toBe(line);
  });

  test("none: nothing", async () => {
    expect(await show("none", true)).toBe("");
  });

  test("auto: a bar for each pass that ends with the pass, then the stage's line", async () => {
    const text = await show("auto", true);
    expect(text).toContain("accelerometer_landing");
    expect(text).toContain("step_trainer_landing");
    expect(text).toContain("100%");
    expect(text).toContain(line);
    // The cursor that the bar hid is there again.
    expect(text.lastIndexOf("\u001b[?25h")).toBeGreaterThan(text.lastIndexOf("\u001b[?25l"));
  });

  test("a line of an earlier pass comes above the bar of the one that is under way", async () => {
    process.stderr.isTTY = true;
    process.stderr.columns = 100;
    const progress = await makeProgress("auto");
    const [pass, bytes] = events;
    progress.event(pass!);
    progress.event(bytes!);
    printed = "";
    progress.event({ kind: "stage", report });
    expect(printed).toContain(line);
    expect(printed.slice(printed.indexOf(line))).toContain("40%");
    progress.stop();
  });

  test("a program that ends with a bar on it puts it right again", async () => {
    process.stderr.isTTY = true;
    const before = process.listeners("exit");
    const progress = await makeProgress("auto");
    progress.event(events[0]!);
    const [atExit, ...more] = process.listeners("exit").filter((each) => !before.includes(each));
    expect(more).toEqual([]);
    printed = "";
    atExit!(130);
    expect(printed).toContain("\u001b[?25h");
    expect(printed).toContain("\u001b[?7h");
    progress.stop();
    expect(process.listeners("exit")).toEqual(before);
  });

  test("stopping twice, or before anything began, is no fault", async () => {
    process.stderr.isTTY = true;
    const progress = await makeProgress("auto");
    progress.stop();
    progress.event(events[0]!);
    progress.stop();
    progress.stop();
    progress.event({ kind: "bytes", bytes: 5 });
  });
});
