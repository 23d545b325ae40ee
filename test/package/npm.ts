// Runs npm, npx and node as a user's shell would, in a folder of the test's own.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What npm adds to the environment of a script would send an npm started from it to this repository. */
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST|^STEDI_|^FORCE_COLOR$/i.test(name),
  ),
);

/**
 * Runs a program and gives its standard output.
 * @param bin a folder whose programs go before all others: that of another Node
 */
export function runIn(folder: string, program: string, args: readonly string[], bin?: string): string {
  const path = [bin, process.env.PATH].filter(Boolean).join(delimiter);
  return execFileSync(program, args, {
    cwd: folder,
    env: { ...cleanEnvironment, PATH: path },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Installs packages into a folder, without running anything of theirs: from npm's cache where it has them. */
export function install(folder: string, ...packages: readonly string[]): void {
  const args = ["install", ...packages, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  try {
    runIn(folder, "npm", [...args, "--offline"]);
  } catch {
    runIn(folder, "npm", [...args, "--prefer-offline", "--fetch-retries=0"]);
  }
}

/**
 * Installs this package from its tarball. Where there is no registry, npm's cache has its dependencies all the same, as
 * `npm ci` brought them, but not which versions there are: then they are those of this repository's lock file.
 */
export function installTarball(folder: string, root: string, tarball: string): void {
  try {
    install(folder, tarball);
    return;
  } catch {
    rmSync(join(folder, "node_modules"), { recursive: true, force: true });
  }
  const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), "utf8"));
  const { version, bin, dependencies } = read("package.json") as Record<string, unknown>;
  const lock = read("package-lock.json") as {
    packages: Record<string, { readonly version: string; readonly dev?: boolean }>;
  };
  const wanted = { "stedi-lakehouse": `file:${tarball}` };
  const own = { version, bin, dependencies, resolved: wanted["stedi-lakehouse"] };
  const packages: Record<string, unknown> = {
    "": { dependencies: wanted },
    "node_modules/stedi-lakehouse": own,
  };
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "" || entry.dev) continue;
    const name = path.split("node_modules/").pop()!;
    const file = `${name.split("/").pop()!}-${entry.version}.tgz`;
    packages[path] = { ...entry, resolved: `https://registry.npmjs.org/${name}/-/${file}` };
  }
  const manifest = { private: true, type: "module", dependencies: wanted };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(
    join(folder, "package-lock.json"),
    JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
  );
  runIn(folder, "npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"]);
}
