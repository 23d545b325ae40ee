// Options are declared so that help, checks and settings can go by the declarations.

import { expect, test } from "vitest";
import {
  allOptions,
  generateOptions,
  type OptionDeclaration,
  planOptions,
  ruleOptions,
  runOptions,
  s3CommitOptions,
  s3ReadOptions,
  s3WriteOptions,
  sharedOptions,
  syncOptions,
} from "../../src/commands/options.js";

const s3Options = [s3ReadOptions, s3WriteOptions, s3CommitOptions];
const groups = [
  ...[sharedOptions, ruleOptions, runOptions, ...s3Options],
  ...[planOptions, syncOptions, generateOptions],
];
const everything: readonly (readonly [string, OptionDeclaration])[] = groups.flatMap((group) =>
  Object.entries(group),
);

test("no option is declared twice, nor takes a name that every command has", () => {
  const names = everything.map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const taken of ["config", "help", "version"]) expect(names).not.toContain(taken);
});

test("each has a name, a text and a default of its kind", () => {
  const kinds = {
    flag: "boolean",
    text: "string",
    choice: "string",
    count: "number",
    size: "string",
  } as const;
  for (const [name, option] of everything) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(option.describe, name).toMatch(/^[a-z].*[^.]$/);
    if (option.default !== undefined) expect(typeof option.default, name).toBe(kinds[option.kind]);
    else expect(["out", "workers", "tmp", "sse", "sse-kms-key-id"], name).toContain(name);
    expect(option.choices !== undefined, name).toBe(option.kind === "choice");
    if (option.choices) expect([...option.choices, undefined]).toContain(option.default);
  }
});

test("the environment and the config file set those of the lake and of runs, not those of one call", () => {
  expect(Object.keys(allOptions)).toEqual(
    [sharedOptions, ruleOptions, runOptions, ...s3Options].flatMap((group) => Object.keys(group)),
  );
});
