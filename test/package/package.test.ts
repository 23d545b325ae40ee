// The package as others get it: packed, installed in an empty folder, run, imported, type-checked, on this Node and on
// the newest with long-term support. It is packed from dist/, so build before.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { install, installTarball, runIn } from "./npm.js";

const root = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  scripts: Record<string, string>;
  publishConfig: unknown;
};

/** The newest Node with long-term support. Its binary is a package of its own, kept outside this repository. */
const newestLts = 24;
const nodeCache = join(homedir(), ".cache/stedi-tests", `node-${newestLts}`);

let folder: string;
let tarball: string;
let packed: readonly string[];
let consumer: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "stedi-package-"));
  // Without scripts: `prepare` would build dist/ anew under the tests that are running it.
  const [made] = JSON.parse(
    runIn(root, "npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder]),
  ) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder, made.filename);
  packed = made.files.map(({ path }) => path).sort();

  consumer = join(folder, "consumer");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), '{ "private": true, "type": "module" }\n');
  installTarball(consumer, root, tarball);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is packed", () => {
  test("is the built program with its types, and what a reader needs", () => {
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `dist/${name.slice(0, -".ts".length)}`);
    const entries = sources.filter((name) => /^dist\/(?:cli|index|.*-worker)$/.test(name));
    expect(entries).toHaveLength(4);
    const expected = [
      ...entries.map((name) => `${name}.js`),
      ...sources.map((name) => `${name}.d.ts`),
      ...["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
    ];
    // What these have in common is in chunks, whose names tell nothing.
    const chunk = /^dist\/(?:[\w-]+-)?[A-Z0-9]{8}\.js$/;
    expect(packed.filter((path) => !chunk.test(path))).toEqual(expected.sort());
  });

  test("runs nothing when it is installed", () => {
    for (const script of ["preinstall", "install", "postinstall"])
      expect(manifest.scripts).not.toHaveProperty(script);
    const lock = JSON.parse(readFileSync(join(consumer, "node_modules/.package-lock.json"), "utf8")) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    expect(Object.keys(lock.packages).length).toBeGreaterThan(10);
    for (const [path, entry] of Object.entries(lock.packages))
      expect(entry.hasInstallScript ?? false, path).toBe(false);
  });

  test("is published for everybody to see where it was built", () => {
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
  });

  test("is found well-formed by publint", async () => {
    const bytes = new Uint8Array(readFileSync(tarball));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes.buffer } });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("has types that are right for whoever imports it as a module, says attw", () => {
    const attw = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [tarball, "--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-emoji"];
    // It ends with an error, and this throws, when it finds a problem that the profile does not leave aside.
    const found = runIn(folder, process.execPath, [attw, ...args, "--format", "ascii"]);
    expect(found).toContain("(ignoring resolutions: 'node10', 'node16-cjs')");
    expect(found).toMatch(/^"stedi-lakehouse"\n\nnode16 \(from ESM\): OK \(ESM\)$/m);
  });
});

/** A program that uses the package as README.md shows it. */
const program = `import { folderStore, lastCommit, runPipeline, StediError } from "stedi-lakehouse";

const lake = folderStore("lake");
const out = folderStore(process.argv[2] ?? "zones");
const report = await runPipeline({ lake, out });
const commit = await lastCommit(out);
const rows = Object.values(commit?.zones ?? {}).flatMap((zone) => zone.files);
let code = "none";
try {
  await runPipeline({ lake: folderStore("no-such-lake") });
} catch (error) {
  if (error instanceof StediError) code = error.code;
}
console.log(JSON.stringify({ stages: report.stages.length, sums: rows.map((file) => file.sha256), code }));
`;

interface Outcome {
  readonly stages: number;
  readonly sums: readonly string[];
  readonly code: string;
}

/** The command, then the program, on one Node. */
function useIt(out: string, bin?: string): Outcome {
  const stedi = (...args: readonly string[]): string =>
    runIn(consumer, "npx", ["--no", "--", "stedi", ...args], bin);
  expect(stedi("--version")).toBe(`${manifest.version}\n`);
  rmSync(join(consumer, "lake"), { recursive: true, force: true });
  expect(stedi("generate", "lake", "--people", "20")).toMatch(/^20 people in 3 files/);
  expect(stedi("run", "all", "--lake", "lake")).toMatch(/^machine_learning_curated/m);
  writeFileSync(join(consumer, "program.mjs"), program);
  return JSON.parse(runIn(consumer, "node", ["program.mjs", out], bin)) as Outcome;
}

/** The folder with the binary of another Node; from the cache, or brought there. */
function otherNode(): string {
  const { platform, arch } = process;
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const bin = join(nodeCache, "node_modules", name, "bin");
  if (!existsSync(join(bin, "node"))) {
    mkdirSync(nodeCache, { recursive: true });
    // The package `node` fetches this one with an install script; taken by itself, none has to run.
    install(nodeCache, `${name}@${newestLts}`);
  }
  const say = "console.log(process.version, process.release.lts ? 'has' : 'has not', 'long-term support')";
  expect(runIn(nodeCache, join(bin, "node"), ["-e", say])).toMatch(
    new RegExp(`^v${newestLts}\\..* has long-term support`),
  );
  return bin;
}

describe("what is installed", () => {
  let own: Outcome | undefined;
  const onThisNode = (): Outcome => (own ??= useIt("zones"));

  test("works as a command and as a library", () => {
    const { stages, sums, code } = onThisNode();
    expect(stages).toBe(8);
    expect(sums).toHaveLength(5);
    expect(code).toBe("STEDI_NOT_FOUND");
  });

  test("can be imported by its name only", () => {
    const inside =
      'import("stedi-lakehouse/dist/index.js").then(() => console.log("in"), (e) => console.log(e.code))';
    expect(runIn(consumer, "node", ["-e", inside])).toBe("ERR_PACKAGE_PATH_NOT_EXPORTED\n");
  });

  test("type-checks, its own declarations included, in a strict program", () => {
    writeFileSync(
      join(consumer, "program.ts"),
      `${program}
import { accelerometerLanding, plan, type Plan, type RunReport, stediPlan, type Step, zone } from "stedi-lakehouse";
const purpose = "shareWithFriendsAsOfDate";
const step: Step = { kind: "sharing", person: "user", purpose, reason: "no_consent" };
export const mine: Plan = plan([...stediPlan.zones, zone("a_zone", "a/zone", accelerometerLanding, [step])]);
export const read = (of: RunReport): number => of.stages.reduce((sum, stage) => sum + stage.read, 0);
// @ts-expect-error: there is no such purpose
export const wrong: Step = { ...step, purpose: "shareWithNobodyAsOfDate" };
`,
    );
    const options = {
      module: "NodeNext",
      target: "ES2023",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      lib: ["ES2023"],
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    writeFileSync(
      join(consumer, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["program.ts"] }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(runIn(consumer, process.execPath, [tsc, "-p", "."])).toBe("");
  });

  test(`works the same on Node ${newestLts}`, (context) => {
    let bin: string | undefined;
    try {
      bin = otherNode();
    } catch (error) {
      if (process.env.CI) throw error;
      return context.skip(
        `Node ${newestLts} cannot be had here: neither npm's cache nor the registry gives it`,
      );
    }
    expect(useIt("zones-other", bin)).toEqual(onThisNode());
  });
});
