// At home in a terminal: widths from 40 columns, bars where there is a terminal, completion in a real shell, and what
// the program says to someone who has just installed it.

import { execFile, spawn } from "node:child_process";
import { chmod } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { andFiles } from "../faults/support.js";
import { inPlace, type Place, stedi } from "./support.js";

const program = join(import.meta.dirname, "../../dist/cli.js");
const messy = andFiles(
  ["accelerometer/landing/b.json", '{"user":'],
  ["customer/landing/notes.csv", "a file with another ending"],
);

/**
 * Runs the command on a pseudo-terminal of some width.
 * @param typed is asked again and again, with what came so far, whether something is typed now
 * @returns what came over it, escape codes included
 */
async function onTerminal(
  here: Place,
  line: string,
  columns: number,
  typed: (said: string) => string = () => "",
): Promise<string> {
  const command = `trap : INT; stty cols ${columns} rows 50; ${process.execPath} ${program} ${line}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: here.folder,
    env: { PATH: process.env.PATH, HOME: here.folder, TERM: "xterm", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  // What it says last arrives when it may have ended: then nobody reads what is typed.
  child.stdin.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") child.emit("error", error);
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const keys = typed(said);
    if (keys !== "") child.stdin.write(keys);
  });
  await new Promise((resolve) => child.on("close", resolve));
  return said;
}

const hasTerminal = process.platform === "linux" && existsSync("/usr/bin/script");

describe.runIf(hasTerminal || process.env.CI)("on a terminal", () => {
  test.each([40, 60, 80, 100, 132])("no line is wider than %d columns", async (columns) => {
    await inPlace(async (here) => {
      const lines = [
        "",
        "run all",
        "status",
        "doctor",
        "plan",
        "plan --graph",
        "run nothing",
        "generate made --people 300",
        "status --out elsewhere",
        "run --help",
      ];
      for (const line of lines) {
        // A bar goes back to the first column to be drawn again.
        const said = stripVTControlCharacters(
          (await onTerminal(here, line, columns)).replaceAll("\u001b[1G", "\r"),
        );
        const widest = said
          .split(/[\r\n]+/)
          .reduce((one, other) => (one.length >= other.length ? one : other));
        expect(said.trim(), line).not.toBe("");
        // Words that are wider than the rest of the line stay whole: paths and commands can be copied.
        const bound = Math.max(columns, 12 + Math.max(...said.split(/\s+/).map(({ length }) => length)));
        expect(widest.length, `${line}: ${widest}`).toBeLessThanOrEqual(columns === 40 ? bound : columns);
      }
    }, messy);
  });

  test("a bar says how far, how fast and how long yet, and leaves a line for each stage", async () => {
    await inPlace(async (here) => {
      const said = stripVTControlCharacters(await onTerminal(here, "run all", 100));
      expect(said).toMatch(/accelerometer_landing +[█░]+ +\d+% +\d+ s left +[\d.]+ [kMG]?B\/s/);
      expect(said).toMatch(/accelerometer_trusted +\d+ read/);
      const narrow = stripVTControlCharacters(await onTerminal(here, "run all", 40));
      expect(narrow).toMatch(/accelerometer_landing +\d+% +\d+ s left/);
    }, messy);
  });

  test("a lake that is made says so too, and what it says is no result", async () => {
    await inPlace(async (here) => {
      const said = stripVTControlCharacters(await onTerminal(here, "generate lake --people 2000", 100));
      expect(said).toMatch(/landing files +[█░]+ +\d+% +\d+ s left/);
      const { stdout, stderr } = await here.call("generate other --people 5 --json");
      expect(JSON.parse(stdout)).toMatchObject({ people: 5 });
      expect(stderr).toBe("");
    });
  });

  test.each(["\u0003", "\u0003\u0003"])("Ctrl-C (%j) leaves it as it was, and says 130", async (keys) => {
    await inPlace(async (here) => {
      await here.done("generate lake --people 4000");
      let isTyped = false;
      const said = await onTerminal(here, "run all --lake lake; echo exit $?", 100, (text) => {
        if (isTyped || !text.includes("accelerometer_landing")) return "";
        isTyped = true;
        return keys;
      });
      expect(said).toContain("exit 130");
      // The cursor that a bar hides, and the line breaks that it turns off.
      for (const [off, on] of [
        ["\u001b[?25l", "\u001b[?25h"],
        ["\u001b[?7l", "\u001b[?7h"],
      ] as const) {
        expect(said).toContain(off);
        expect(said.lastIndexOf(on)).toBeGreaterThan(said.lastIndexOf(off));
      }
      const left = here.files("lake").filter((path) => !path.includes("/landing/"));
      if (keys.length === 1) expect(left).toEqual([]);
    });
  });

  test("colours, unless NO_COLOR is set", async () => {
    await inPlace(async (here) => {
      expect(await onTerminal(here, "run nothing", 80)).toContain("\u001b[31m");
      const command = `${process.execPath} ${program} run nothing`;
      const plain = await onTerminal(here, `--version >/dev/null; NO_COLOR=1 ${command}`, 80);
      expect(plain).toContain("STEDI_UNKNOWN_STAGE");
      expect(plain).not.toContain("\u001b[3");
    });
  });
});

describe("completion", () => {
  /** What bash offers at the end of a line, by the script that the program prints. */
  async function inBash(here: Place, line: string): Promise<string[]> {
    await here.write("bin/stedi", `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    await chmod(join(here.folder, "bin/stedi"), 0o755);
    const typed = line.split(" ");
    const script = [
      "source <(stedi completion)",
      `COMP_WORDS=(${typed.map((word) => `'${word}'`).join(" ")})`,
      `COMP_CWORD=${typed.length - 1}`,
      "_stedi_yargs_completions",
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join("\n");
    const { stdout, stderr } = await promisify(execFile)("bash", ["-c", script], {
      cwd: here.folder,
      env: {
        PATH: `${join(here.folder, "bin")}:${process.env.PATH!}`,
        HOME: here.folder,
        SHELL: "/bin/bash",
      },
    });
    // What is said there would stand in the middle of the line.
    expect(stderr, line).toBe("");
    return stdout.split("\n").filter(Boolean);
  }

  test("bash is offered commands, options, stages and values", async () => {
    await inPlace(async (here) => {
      expect(await inBash(here, "stedi ")).toEqual(
        expect.arrayContaining(["run", "plan", "status", "generate", "doctor", "completion"]),
      );
      expect(await inBash(here, "stedi ru")).toEqual(["run"]);
      expect(await inBash(here, "stedi run customer_c")).toEqual(["customer_curated", "customer_curated+"]);
      expect(await inBash(here, "stedi run all --acc")).toEqual(["--accept-removed"]);
      expect(await inBash(here, "stedi run all --consent a")).toEqual(["as-of", "any"]);
      expect(await inBash(here, "stedi run --lake ")).toEqual([]);
    });
  });

  test("nothing is run of a line that is completed", async () => {
    await inPlace(async (here) => {
      const before = here.files();
      for (const line of [
        "run all ",
        "run all --quiet",
        "run all --consent l",
        "generate lake ",
        "doctor ",
        "run all --strict=yes ",
      ]) {
        const words = ["--get-yargs-completions", "stedi", ...line.split(" ")];
        const { code, stderr } = await stedi(words, { cwd: here.folder });
        expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
      }
      expect(here.files()).toEqual(before);
    });
  });

  test("zsh gets a script of its own", async () => {
    await inPlace(async (here) => {
      const { stdout } = await here.call("completion", { SHELL: "/bin/zsh" });
      expect(stdout).toContain("#compdef stedi");
      expect((await here.call("completion", { SHELL: "/bin/bash" })).stdout).toContain("complete -o");
    });
  });
});

test("without a command, the program tells what to do first, and those commands work as they stand", async () => {
  await inPlace(async (here) => {
    const { code, stdout, stderr } = await here.call("");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const commands = [...stderr.matchAll(/`stedi ([^`]+)`/g)].map((match) => match[1]!);
    expect(commands.slice(0, 3).map((command) => command.split(" ")[0])).toEqual([
      "generate",
      "run",
      "status",
    ]);
    for (const command of commands) expect((await here.call(command)).code, command).toBe(0);
  }, new Map());
});

test("each command's help has examples, and they work as they stand", async () => {
  await inPlace(async (here) => {
    for (const command of ["generate", "run", "plan", "status", "doctor"]) {
      const help = await here.done(`${command} --help`);
      const examples = examplesOf(help);
      expect(examples.length, command).toBeGreaterThan(0);
      for (const example of examples) {
        const line = example.slice("stedi ".length).replace("100000", "10");
        expect((await here.call(line)).code, example).toBe(0);
      }
    }
  });
});

/** The commands on the left of the examples, put together again where they were wrapped. */
function examplesOf(help: string): string[] {
  const lines = help
    .slice(help.indexOf("Examples:"))
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "");
  const right = lines[0]!.search(/(?<=\S {2,})\S/);
  const examples: string[] = [];
  for (const line of lines) {
    const left = line.slice(2, right).trim();
    if (left.startsWith("stedi ")) examples.push(left);
    else if (left !== "") examples.push(`${examples.pop()!} ${left}`);
  }
  return examples;
}
