// The shape of the source, as tests: imports point one way, transforms is pure, there are no cycles, and the
// dependencies are the ones that were decided on.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cruise, type IReporterOutput, type ICruiseResult } from "dependency-cruiser";
import { beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");

/** Each layer, and what it may import besides itself and `errors`. */
const layers: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  version: [],
  programs: [],
  transforms: [],
  reference: [],
  synthetic: [],
  io: ["errors", "transforms"],
  pipeline: ["errors", "io", "programs", "transforms", "version"],
  commands: ["errors", "io", "pipeline", "synthetic", "transforms", "version"],
  cli: ["commands", "version"],
  index: ["errors", "io", "pipeline", "transforms", "version"],
};

const layerOf = (file: string): string => /^src\/([^/.]+)/.exec(file)![1]!;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly circular: boolean;
}

describe("imports", () => {
  let imports: readonly Import[];
  beforeAll(async () => {
    const output: IReporterOutput = await cruise(["src"], {
      baseDir: root,
      doNotFollow: { path: "node_modules" },
      tsPreCompilationDeps: true,
      tsConfig: { fileName: join(root, "tsconfig.json") },
      enhancedResolveOptions: { extensionAlias: { ".js": [".ts", ".js"] } } as never,
    });
    imports = (output.output as ICruiseResult).modules.flatMap((module) =>
      module.source.startsWith("src/")
        ? module.dependencies.map((each) => ({
            from: module.source,
            to: each.resolved,
            circular: each.circular,
          }))
        : [],
    );
  });

  test("are found at all", () => {
    expect(imports.filter(({ to }) => to.startsWith("src/")).length).toBeGreaterThan(50);
    expect(imports.some(({ from, to }) => from === "src/cli.ts" && to === "src/commands/run.ts")).toBe(true);
  });

  test("point one way", () => {
    const wrong = imports
      .filter(({ to }) => to.startsWith("src/"))
      .filter(({ from, to }) => {
        const [own, other] = [layerOf(from), layerOf(to)];
        return own !== other && !layers[own]!.includes(other);
      });
    expect(wrong).toEqual([]);
  });

  test("never go round", () => {
    expect(imports.filter(({ circular }) => circular)).toEqual([]);
  });

  test("of transforms stay inside it", () => {
    const outside = imports.filter(
      ({ from, to }) => layerOf(from) === "transforms" && !to.startsWith("src/transforms/"),
    );
    expect(outside).toEqual([]);
  });
});

test("transforms uses nothing of Node, no clock and no chance", () => {
  const folder = join(root, "src/transforms");
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), "utf8").replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
    expect(text, name).not.toMatch(
      /\b(?:process|Buffer|console|fetch|setTimeout|Date|globalThis)\b|Math\.random/,
    );
  }
});

describe("dependencies", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
    scripts: Record<string, string>;
  };

  // What building zones and the command line take. Another one is a decision: write it down in docs/decisions.
  test("are the ones that were decided on", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual([
      "@aws-sdk/client-s3",
      "@aws-sdk/lib-storage",
      "@smithy/node-http-handler",
      "cli-progress",
      "fastest-levenshtein",
      "p-limit",
      "picocolors",
      "pure-rand",
      "stream-chain",
      "stream-json",
      "valibot",
      "yargs",
    ]);
  });

  test("are all used", () => {
    const text = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(root, "src", name), "utf8"))
      .join("\n");
    for (const name of Object.keys(manifest.dependencies))
      expect(text).toMatch(new RegExp(`from "${name}["/]`));
  });

  test("hold no native code, and none runs anything when it is installed", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dev?: boolean; hasInstallScript?: boolean; license?: string }>;
    };
    const shipped = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && !entry.dev);
    expect(shipped.length).toBeGreaterThan(10);
    for (const [path, entry] of shipped) {
      expect(entry.hasInstallScript ?? false, path).toBe(false);
      expect(["MIT", "ISC", "BSD-3-Clause", "Apache-2.0", "0BSD"], path).toContain(entry.license);
    }
    for (const script of ["preinstall", "install", "postinstall"])
      expect(manifest.scripts).not.toHaveProperty(script);
  });
});

test("every error and warning code is explained in docs/errors.md", () => {
  const text = readFileSync(join(root, "docs/errors.md"), "utf8");
  const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(root, "src", name), "utf8"))
    .join("\n");
  const codes = new Set(source.match(/\bSTEDI_[A-Z_]*[A-Z]\b/g)?.filter((code) => !code.endsWith("_")));
  expect(codes.size).toBeGreaterThan(25);
  for (const code of codes) if (!/^STEDI_(LAKE|OUT|CONFIG)$/.test(code)) expect(text).toContain(code);
});
