// What README.md shows works as it stands: its first command, its commands, its program, and the table that it prints.

import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inPlace, type Place } from "./support.js";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** Does something in a folder with a copy of the sample lake in it, as a fresh clone has it. */
function inClone(action: (here: Place) => Promise<void>): Promise<void> {
  return inPlace((here) => {
    for (const table of ["customer", "accelerometer", "step_trainer"]) {
      cpSync(join(root, "data", table, "landing"), join(here.folder, "data", table, "landing"), {
        recursive: true,
      });
    }
    return action(here);
  }, new Map());
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

test("its first command prints the table that it shows", async () => {
  const [, first] = /```sh\n(npm ci && node dist\/cli\.js [^#\n]+)#/.exec(readme)!;
  expect(oneLine(first!)).toBe("npm ci && node dist/cli.js run all");
  const [, command, table] = /```\n\$ node dist\/cli\.js (.+)\n([\s\S]+?)```/.exec(readme)!;
  await inClone(async (here) => {
    const printed = await here.done(command!);
    const untimed = (text: string): string => oneLine(text).replace(/[\d.]+ s$/, "");
    expect(untimed(printed)).toBe(untimed(table!));
  });
});

test("its commands work as they stand", async () => {
  const section = readme.slice(readme.indexOf("\n## Commands\n"), readme.indexOf("\nFrom a program:\n"));
  const commands = [
    ...section.matchAll(/`(?:stedi )?((?:run|plan|status|generate|doctor|completion)\b[^`]*)`/g),
  ]
    .map(([, command]) => command!)
    .filter((command) => command !== "run");
  expect(new Set(commands.map((command) => command.split(" ")[0])).size).toBe(6);
  expect(commands).toContain("run customer_curated+");
  await inClone(async (here) => {
    for (const command of commands) {
      await here.done(command.replace("DIR", "made").replace(/\bN\b/, "20"), { SHELL: "/bin/bash" });
    }
  });
});

test("its program runs with the package", async () => {
  const [, program] = /```ts\n([\s\S]+?)```/.exec(readme)!;
  await inClone(async (here) => {
    await mkdir(join(here.folder, "node_modules"));
    symlinkSync(root, join(here.folder, "node_modules/stedi-lakehouse"));
    await here.write("program.mjs", program!);
    const printed = execFileSync(process.execPath, ["program.mjs"], { cwd: here.folder, encoding: "utf8" });
    expect(printed).toContain("machine_learning_curated");
  });
});
