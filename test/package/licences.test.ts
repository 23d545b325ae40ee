// The licences of what is installed with the package, and the list of it that `npm run sbom` prints.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runIn } from "./npm.js";

const root = join(import.meta.dirname, "../..");

/** Licences that ask for no more than their text and, at most, a notice. Another one is a decision. */
const allowed = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), "utf8"));

/** Every production dependency, theirs and optional ones included, as its own package.json has it. */
function shipped(): readonly (Manifest & { readonly path: string })[] {
  const lock = read("package-lock.json") as Lock;
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== "" && !dev)
    .map(([path]) => ({ ...(read(join(path, "package.json")) as Manifest), path }));
}

describe("what is installed with the package", () => {
  test("has an allowed licence, each by its own package.json", () => {
    const packages = shipped();
    expect(packages.length).toBeGreaterThan(20);
    const others = packages.filter(({ license }) => !allowed.includes(license as string));
    expect(others.map(({ path, license }) => ({ path, license }))).toEqual([]);
  });

  test("runs nothing when it is installed, each by its own package.json", () => {
    const scripts = shipped().flatMap(({ path, scripts = {} }) =>
      ["preinstall", "install", "postinstall"].filter((name) => name in scripts).map((name) => [path, name]),
    );
    expect(scripts).toEqual([]);
  });

  // The list names the development tools too, most of them marked as such: `npm sbom --omit=dev` (npm 11.19) leaves out
  // whatever a tool uses as well.
  test("is all in the list that `npm run sbom` prints", () => {
    const { scripts } = read("package.json") as Manifest;
    const [program, ...args] = scripts!.sbom!.split(" ");
    const list = JSON.parse(runIn(root, program!, args)) as {
      bomFormat: string;
      components: { purl: string }[];
    };
    expect(list.bomFormat).toBe("CycloneDX");
    const listed = list.components.map(({ purl }) => decodeURIComponent(purl));
    for (const { name, version } of shipped()) expect(listed).toContain(`pkg:npm/${name}@${version}`);
  });
});
