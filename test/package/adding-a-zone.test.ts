// docs/adding-a-zone.md, followed step by step: its files are written, its commands are run, and the rows of the new
// zone are held against the reference, also on a lake with all the hazards and under every policy.

import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedWithPublic } from "./public-as-research.js";
import { referenceRun } from "../../src/reference/index.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { policies } from "../../src/transforms/policy.js";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/adding-a-zone.md"), "utf8");

interface Block {
  /** The file that it is, or nothing for commands. */
  readonly file: string | undefined;
  readonly text: string;
}

/** The page's code blocks, in order. */
function blocks(): readonly Block[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => {
    if ((language === "sh") === (file !== undefined)) throw new Error("a block is a named file or commands");
    return { file, text: text! };
  });
}

let folder: string;
const printed: string[] = [];

/** A command, as the page has it. `npm install` is answered by the package as it is built here. */
function run(command: string): string {
  if (command === "npm install stedi-lakehouse") {
    mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
    symlinkSync(root, join(folder, "node_modules/stedi-lakehouse"));
    symlinkSync("../stedi-lakehouse/dist/cli.js", join(folder, "node_modules/.bin/stedi"));
    return "";
  }
  const [program, ...args] = command.replace(/^npx stedi /, "node node_modules/.bin/stedi ").split(" ");
  if (program !== "node") throw new Error(`a command that the test does not know: ${command}`);
  return execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The lines of the zone, by the files of the folders: one run's at rest. */
function linesOf(lake: string): readonly string[] {
  const zone = join(folder, lake, "accelerometer/public");
  const runs = readdirSync(zone);
  expect(runs).toHaveLength(1);
  return readdirSync(join(zone, runs[0]!))
    .sort()
    .flatMap((name) =>
      readFileSync(join(zone, runs[0]!, name), "utf8")
        .split("\n")
        .slice(0, -1),
    );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stedi-zone-"));
  for (const { file, text } of blocks()) {
    if (file !== undefined) writeFileSync(join(folder, file), text);
    else for (const line of text.trim().split("\n")) printed.push(run(line));
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the page about adding a zone", () => {
  test("uses nothing but the package and Node", () => {
    const imports = blocks().flatMap(({ text }) =>
      [...text.matchAll(/\bfrom "([^"]+)"/g)].map(([, name]) => name!),
    );
    expect(imports.length).toBeGreaterThan(5);
    for (const name of imports) expect(name).toMatch(/^(?:stedi-lakehouse$|node:|\.\/\w+\.mjs$)/);
  });

  test("builds the zone, and its own check finds the rows right", () => {
    expect(printed.join("")).toMatch(
      /^accelerometer_public \d+ \d+ \{ unknown_person: \d+, no_consent: \d+ \}$/m,
    );
    expect(printed.at(-1)).toMatch(/^\d+ of \d+ readings are of people who share with the public\n$/);
  });

  test("names every kind of step", () => {
    const source = readFileSync(join(root, "src/pipeline/plan.ts"), "utf8");
    const kinds = [...source.matchAll(/^ {2}readonly kind: "([\w-]+)";/gm)].map(([, kind]) => kind!);
    expect(kinds.length).toBeGreaterThan(7);
    for (const kind of kinds) expect(page).toContain(`| \`${kind}\``);
  });
});

describe("the zone of the page, on a lake with every hazard", () => {
  const files = new Map(
    [...syntheticLake({ people: 60, seed: 7, messy: true })].map(({ path, chunks }) => [
      path,
      new Uint8Array(Buffer.concat([...chunks])),
    ]),
  );

  for (const consent of policies) {
    test(`holds what the reference keeps: --consent ${consent}`, () => {
      const lake = `messy-${consent}`;
      for (const [path, bytes] of files) {
        mkdirSync(dirname(join(folder, lake, path)), { recursive: true });
        writeFileSync(join(folder, lake, path), bytes);
      }
      run(`node build.mjs ${lake} ${consent}`);
      const expected = referenceRun(sharedWithPublic(files), { consent, pair: "person" });
      expect(expected.books.accelerometer_trusted.filtered.no_consent).toBeGreaterThan(0);
      expect(expected.zones.accelerometer_trusted.length).toBeGreaterThan(0);
      expect(linesOf(lake)).toEqual(expected.zones.accelerometer_trusted);
    });
  }
});
