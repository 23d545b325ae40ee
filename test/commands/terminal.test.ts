// How numbers, tables and errors look, and when there are colours.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  colorsOf,
  columnsOf,
  formatAge,
  formatBytes,
  formatCount,
  formatTable,
  reportError,
} from "../../src/commands/terminal.js";
import { StediError } from "../../src/errors.js";

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1_234_567, "1,234,567"],
])("a count of %d is %s, whatever the locale", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0, "0 B"],
  [9, "9 B"],
  [999, "999 B"],
  [999.4, "999 B"],
  [1000, "1.0 kB"],
  [9940, "9.9 kB"],
  [9951, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [17_000_000, "17 MB"],
  [1.1e9, "1.1 GB"],
  [5e12, "5.0 TB"],
  [5e15, "5000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [-5, "0 s"],
  [0, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h"],
  [86_399, "23 h"],
  [86_400, "1 d"],
  [1e7, "115 d"],
])("an age of %d seconds is %s", (seconds, text) => {
  expect(formatAge(seconds)).toBe(text);
});

test.each([
  [true, 132, 132],
  [true, 10, 40],
  [true, 0, 80],
  [true, undefined, 80],
  [false, 132, 100],
])(
  "the width is the terminal's, or a page's where there is none (terminal: %s, %d wide)",
  (isTTY, columns, width) => {
    const stream: NodeJS.WriteStream = Object.create(process.stderr, {
      isTTY: { value: isTTY },
      columns: { value: columns },
    }) as NodeJS.WriteStream;
    expect(columnsOf(stream)).toBe(width);
  },
);

describe("a table", () => {
  const columns = [
    { head: "stage" },
    { head: "read", align: "right" as const },
    { head: "why", wraps: true },
  ];

  test("is aligned, without borders, and without space at the ends of lines", () => {
    expect(
      formatTable(
        columns,
        [
          ["one", "10", "x"],
          ["another", "5", ""],
        ],
        100,
      ),
    ).toBe(["stage    read  why", "one        10  x", "another     5", ""].join("\n"));
  });

  test("wraps the text that may be wrapped at the width, and no word is lost", () => {
    const why = "a reason that takes more room than there is left beside the other columns";
    const lines = formatTable(columns, [["one", "10", why]], 40)
      .trimEnd()
      .split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    const words = lines.slice(1).flatMap((line) => line.slice(13).trim().split(/\s+/));
    expect(words.join(" ")).toBe(why);
  });

  test("without rows is its head", () => {
    expect(formatTable(columns, [], 100)).toBe("stage  read  why\n");
  });
});

describe("an error", () => {
  let stdout: string;
  let stderr: string;

  beforeEach(() => {
    stdout = "";
    stderr = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const error = new StediError("STEDI_CHANGED", { what: "it changed", where: "a/b.json", next: "run again" });

  test("says what, where, why and what to do next, and gives its exit code", () => {
    expect(reportError(error, false)).toBe(3);
    expect(stderr).toBe("error STEDI_CHANGED: it changed\n  where a/b.json\n  next  run again\n");
    expect(stdout).toBe("");
  });

  test("is a document on standard output too where JSON is asked for", () => {
    reportError(error, true);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: "STEDI_CHANGED", exitCode: 3, what: "it changed", where: "a/b.json", next: "run again" },
    });
    expect(stderr).toContain("error STEDI_CHANGED");
  });

  test.each([
    ["an Error", new TypeError("ann@person.example is not a function")],
    ["an Error with a cause", new Error("x", { cause: new Error("ann@person.example") })],
    ["a string", "ann@person.example"],
    ["nothing", undefined],
    [
      "an Error whose message spans lines",
      new Error("first\nann@person.example\n    and more of ann@person.example"),
    ],
    ["an Error whose message looks like its places", new Error("no\n    at ann@person.example\n    at x")],
    [
      "an Error whose message has been changed",
      Object.assign(new Error("no\n    at ann@person.example"), { message: "changed" }),
    ],
  ])("that is %s is a bug: exit 70, and its message, which may quote data, is not shown", (_, thrown) => {
    expect(reportError(thrown, true)).toBe(70);
    expect(stderr).toContain("error STEDI_BUG");
    expect(stderr + stdout).not.toContain("ann@");
  });

  test("names of files with control characters in them, without these", () => {
    const where = "a\nerror STEDI_FAKE: x\u001b[2J\u0007.json";
    reportError(new StediError("STEDI_CHANGED", { what: "it changed", where, next: "run again" }), true);
    expect(stderr).toContain("\n  where a\\x0aerror STEDI_FAKE: x\\x1b[2J\\x07.json\n");
    expect(JSON.parse(stdout)).toMatchObject({ error: { where } });
  });

  test("that is a bug shows its kind and where in the program it was", () => {
    reportError(new RangeError("x"), false);
    expect(stderr).toMatch(/where RangeError\n +at .*terminal\.test/);
  });
});

describe("colours", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ["on a terminal", true, {}, true],
    ["not where there is no terminal", false, {}, false],
    ["not where it cannot be told", undefined, {}, false],
    ["not on CI either, where there is no terminal", undefined, { CI: "true" }, false],
    ["not with NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["not with NO_COLOR, even if forced", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["NO_COLOR without a value does not count", true, { NO_COLOR: "" }, true],
    ["anywhere with FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 does not count", false, { FORCE_COLOR: "0" }, false],
  ])("%s", (_, terminal, environment, coloured) => {
    for (const name of ["NO_COLOR", "FORCE_COLOR", "CI"]) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const stream = { isTTY: terminal };
    expect(colorsOf(stream).red("x") !== "x").toBe(coloured);
  });
});
