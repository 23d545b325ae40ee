// Where an option's value comes from, and which values are refused wherever they come from.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rm } from "node:fs/promises";
import { allOptions, variableOf } from "../../src/commands/options.js";
import { type ResolvedSettings, resolveSettings } from "../../src/commands/settings.js";
import { temporaryFolder } from "../io/support.js";
import { refusal } from "../pipeline/support.js";

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A config file; the name of one that is not there without content. */
async function config(content?: string): Promise<string> {
  const file = join(folder, `config-${Math.random().toString(36).slice(2)}.json`);
  if (content !== undefined) await writeFile(file, content);
  return file;
}

const noConfig = { STEDI_CONFIG: "/dev/null" };

async function resolved(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
  content: unknown = {},
): Promise<ResolvedSettings> {
  return resolveSettings({ config: await config(JSON.stringify(content)), ...flags }, environment);
}

describe("where a value comes from", () => {
  test("the defaults, where nothing is said", async () => {
    const { settings, sources } = await resolved({});
    expect(settings).toEqual({
      lake: "data",
      out: undefined,
      json: false,
      quiet: false,
      verbose: false,
      consent: "latest",
      pair: "person",
      reference: false,
      strict: false,
      "accept-removed": false,
      keep: 1,
      workers: undefined,
      memory: 256 * 1024 * 1024,
      tmp: undefined,
      progress: "auto",
      "retry-for": 120,
      sse: undefined,
      "sse-kms-key-id": undefined,
      "unsafe-single-writer": false,
    });
    expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
  });

  test("every option: flag before environment before config file", async () => {
    const values: Readonly<Record<string, readonly [string, string, unknown]>> = {
      flag: ["true", "1", false],
      text: ["flag", "variable", "file"],
      count: ["2", "3", 4],
      size: ["2048", "4096", 8192],
    };
    for (const [name, { kind, choices, lasting = true }] of Object.entries(allOptions)) {
      if (!lasting) continue;
      const [flag, variable, file] = values[kind] ?? [choices![0]!, choices![1]!, choices!.at(-1)!];
      const given = kind === "flag" ? flag === "true" : flag;
      const environment = { [variableOf(name)]: variable };
      const content = { [name]: file };
      const sourceOf = async (...of: Parameters<typeof resolved>): Promise<readonly unknown[]> => {
        const { settings, sources } = await resolved(...of);
        return [sources[name], String(settings[name as keyof typeof settings])];
      };
      expect(await sourceOf({ [name]: given }, environment, content)).toEqual(["flag", flag]);
      expect(await sourceOf({}, environment, content)).toEqual([
        "environment",
        kind === "flag" ? "true" : variable,
      ]);
      expect(await sourceOf({}, {}, content)).toEqual(["config file", String(file)]);
    }
  });

  test.each([
    ["512", 512],
    ["64K", 64 * 1024],
    ["256m", 256 * 1024 ** 2],
    ["2G", 2 * 1024 ** 3],
  ])("a size is bytes, or K, M or G of them: %s", async (text, bytes) => {
    expect((await resolved({ memory: text })).settings.memory).toBe(bytes);
  });

  test.each(["", "0", "M", "-1", "1.5G", "256 M", "1T"])("no size: `%s`", async (text) => {
    await expect(resolved({ memory: text })).rejects.toMatchObject({ code: "STEDI_BAD_VALUE" });
  });

  test("a variable is named after its option", () => {
    expect(Object.keys(allOptions).map(variableOf)).toEqual([
      "STEDI_LAKE",
      "STEDI_OUT",
      "STEDI_JSON",
      "STEDI_QUIET",
      "STEDI_VERBOSE",
      "STEDI_CONSENT",
      "STEDI_PAIR",
      "STEDI_REFERENCE",
      "STEDI_STRICT",
      "STEDI_ACCEPT_REMOVED",
      "STEDI_KEEP",
      "STEDI_WORKERS",
      "STEDI_MEMORY",
      "STEDI_TMP",
      "STEDI_PROGRESS",
      "STEDI_RETRY_FOR",
      "STEDI_SSE",
      "STEDI_SSE_KMS_KEY_ID",
      "STEDI_UNSAFE_SINGLE_WRITER",
    ]);
  });

  test("what is meant for one run only comes from a flag only", async () => {
    const { settings } = await resolved({}, { STEDI_ACCEPT_REMOVED: "1", STEDI_REFERENCE: "1" });
    expect(settings).toMatchObject({ "accept-removed": false, reference: false, consent: "latest" });
    expect(await refusal(() => resolved({}, {}, { "accept-removed": true }))).toMatchObject({
      code: "STEDI_BAD_CONFIG",
      parts: { why: "there is no setting `accept-removed`" },
    });
  });

  test.each([
    ["1", true],
    ["true", true],
    ["yes", true],
    ["0", false],
    ["false", false],
    ["no", false],
    ["", false],
  ])("a variable of %j is a flag of %s", async (text, value) => {
    expect((await resolved({}, { STEDI_STRICT: text })).settings.strict).toBe(value);
  });

  test("a flag that is set to false goes before the environment", async () => {
    expect((await resolved({ strict: false }, { STEDI_STRICT: "1" })).settings.strict).toBe(false);
  });

  test("--reference sets policy and pairing, over the environment and the config file", async () => {
    const { settings, sources } = await resolved(
      { reference: true },
      { STEDI_CONSENT: "as-of" },
      { pair: "person" },
    );
    expect(settings).toMatchObject({ consent: "any", pair: "timestamp" });
    expect(sources).toMatchObject({ consent: "flag", pair: "flag" });
    await resolved({ reference: true, consent: "any", pair: "timestamp" });
    for (const other of [{ consent: "latest" }, { pair: "person" }]) {
      expect(await refusal(() => resolved({ reference: true, ...other }))).toMatchObject({
        code: "STEDI_BAD_VALUE",
      });
    }
  });
});

describe("refused is", () => {
  test.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ["a choice that is none", { consent: "all" }, "--consent"],
    ["a choice in other letters", { consent: "Latest" }, "--consent"],
    ["no text", { lake: "" }, "--lake"],
    ["a count below 1", { keep: "0" }, "--keep"],
    ["a count above the greatest", { workers: "257" }, "--workers"],
    ["a count with a sign", { keep: "+2" }, "--keep"],
    ["a count with a fraction", { keep: "1.5" }, "--keep"],
    ["a count too large to be exact", { keep: "99999999999999999999" }, "--keep"],
  ])("%s", async (_, flags, where) => {
    expect(await refusal(() => resolved(flags))).toMatchObject({ code: "STEDI_BAD_VALUE", parts: { where } });
  });

  test("a variable of a bad value, by the variable's name", async () => {
    for (const [variable, value] of [
      ["STEDI_KEEP", "many"],
      ["STEDI_STRICT", "maybe"],
      ["STEDI_PAIR", ""],
      ["STEDI_LAKE", ""],
    ] as const) {
      expect(await refusal(() => resolved({}, { [variable]: value }))).toMatchObject({
        code: "STEDI_BAD_VALUE",
        parts: { where: variable },
      });
    }
  });

  test.each<readonly [string, unknown, string]>([
    ["a setting that is not there, with the nearest", { consnt: "any" }, "did you mean `consent`?"],
    ["a name of every object", JSON.parse('{"__proto__x":1}'), "did you mean"],
    ["a flag that is no boolean", { strict: "yes" }, "give it another value"],
    ["a count that is no number", { keep: [1] }, "give it another value"],
    ["a choice that is none", { progress: "plan" }, "did you mean `plain`?"],
    ["nothing", { lake: null }, "give it another value"],
  ])("a config file with %s", async (_, content, next) => {
    const error = await refusal(() => resolved({}, {}, content));
    expect(error).toMatchObject({ code: "STEDI_BAD_CONFIG", exitCode: 2 });
    expect(error.parts.next).toContain(next);
  });

  test.each([
    ["no JSON", "{,}", "it is not JSON"],
    ["no object", "[]", "it is not a JSON object"],
    ["null", "null", "it is not a JSON object"],
  ])("a config file that holds %s, without quoting it", async (_, content, why) => {
    const file = await config(content);
    const error = await refusal(() => resolveSettings({ config: file }, {}));
    expect(error).toMatchObject({ code: "STEDI_BAD_CONFIG", parts: { where: file, why } });
  });

  test("a config file that is named and not there, or is a folder", async () => {
    for (const file of [await config(), folder]) {
      expect(await refusal(() => resolveSettings({ config: file }, {}))).toMatchObject({
        code: "STEDI_BAD_CONFIG",
        parts: { why: "it cannot be read" },
      });
      expect(await refusal(() => resolveSettings({}, { STEDI_CONFIG: file }))).toMatchObject({
        code: "STEDI_BAD_CONFIG",
      });
    }
    expect(await refusal(() => resolveSettings({}, noConfig))).toMatchObject({
      parts: { why: "it is not JSON" },
    });
  });
});
