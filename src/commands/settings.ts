// Where an option's value comes from: the flag, else the environment, else the config file, else the default. One
// check serves all of them.

import { readFile } from "node:fs/promises";
import { closest } from "fastest-levenshtein";
import * as v from "valibot";
import { type ErrorCode, StediError } from "../errors.js";
import type { Pairing, Policy } from "../transforms/policy.js";
import { allOptions, type OptionDeclaration, type progressModes, variableOf, wordsForOn } from "./options.js";

const defaultConfigFile = "stedi.config.json";

/** Every option's value. */
export interface Settings {
  readonly lake: string;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly consent: Policy;
  readonly pair: Pairing;
  readonly reference: boolean;
  readonly strict: boolean;
  readonly "accept-removed": boolean;
  readonly keep: number;
  readonly workers: number | undefined;
  /** Bytes. */
  readonly memory: number;
  readonly tmp: string | undefined;
  readonly progress: (typeof progressModes)[number];
  /** Seconds. */
  readonly "retry-for": number;
  readonly sse: "AES256" | "aws:kms" | undefined;
  readonly "sse-kms-key-id": string | undefined;
  readonly "unsafe-single-writer": boolean;
}

export type Source = "flag" | "environment" | "config file" | "default";

/** Values, and where each came from. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly sources: Readonly<Record<string, Source>>;
  /** The config file that was read, if there is one. */
  readonly configFile: string | undefined;
}

/**
 * @param flags the options that were given on the command line; others are absent or `undefined`
 * @throws StediError `STEDI_BAD_VALUE` or `STEDI_BAD_CONFIG`
 */
export async function resolveSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ResolvedSettings> {
  const named = (flags.config as string | undefined) ?? environment[variableOf("config")];
  if (named === "") {
    const where = flags.config === undefined ? variableOf("config") : "--config";
    check({ kind: "text", default: undefined, describe: "" }, named, where, "STEDI_BAD_VALUE");
  }
  const config = await readConfig(named ?? defaultConfigFile, named !== undefined);

  const settings: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const [name, option] of Object.entries(allOptions)) {
    const lasting = option.lasting ?? true;
    const variable = variableOf(name);
    if (flags[name] !== undefined) {
      settings[name] = check(option, flags[name], `--${name}`, "STEDI_BAD_VALUE");
      sources[name] = "flag";
    } else if (lasting && environment[variable] !== undefined) {
      settings[name] = check(
        option,
        fromVariable(option, environment[variable]),
        variable,
        "STEDI_BAD_VALUE",
      );
      sources[name] = "environment";
    } else if (lasting && config.values[name] !== undefined) {
      settings[name] = check(
        option,
        config.values[name],
        `${config.file ?? ""}: ${name}`,
        "STEDI_BAD_CONFIG",
      );
      sources[name] = "config file";
    } else {
      const { default: value } = option;
      settings[name] = value === undefined ? undefined : check(option, value, `--${name}`, "STEDI_BAD_VALUE");
      sources[name] = "default";
    }
  }
  applyReference(settings, sources);
  return { settings: settings as unknown as Settings, sources, configFile: config.file };
}

/** `--reference` sets two options; it does not go with flags that say otherwise. */
function applyReference(settings: Record<string, unknown>, sources: Record<string, Source>): void {
  if (settings.reference !== true) return;
  for (const [name, value] of Object.entries({ consent: "any", pair: "timestamp" })) {
    if (sources[name] === "flag" && settings[name] !== value) {
      throw new StediError("STEDI_BAD_VALUE", {
        what: `--reference is short for --consent any --pair timestamp, and --${name} says otherwise`,
        next: "leave one of them out",
      });
    }
    settings[name] = value;
    sources[name] = "flag";
  }
}

function fromVariable(option: OptionDeclaration, text: string): unknown {
  if (option.kind !== "flag") return text;
  if (wordsForOn.includes(text)) return true;
  return ["0", "false", "no", ""].includes(text) ? false : text;
}

const fromOne = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const schemas = {
  flag: v.boolean(),
  text: v.pipe(v.string(), v.minLength(1)),
  size: v.pipe(
    v.union([v.number(), v.string()]),
    v.transform((value) => bytesOf(String(value))),
    fromOne,
  ),
  count: v.pipe(v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]), fromOne),
} as const;

const expected = {
  flag: "it has to be true or false",
  text: "it has to be a text",
  size: "it has to be a number of bytes from 1 on, or one with K, M or G behind it, such as 256M",
  count: "it has to be a whole number of 1 or more",
} as const;

const units: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Bytes of a size such as `256M`; not a number where it is none. */
export function bytesOf(size: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/i.exec(size) ?? [];
  return digits === undefined ? NaN : Number(digits) * units[unit!.toUpperCase()]!;
}

/** @param where the flag, variable or setting that the value was given to */
function check(option: OptionDeclaration, value: unknown, where: string, code: ErrorCode): unknown {
  const { kind, choices = [], most } = option;
  const parsed = v.safeParse(kind === "choice" ? v.picklist(choices) : schemas[kind], value);
  const isTooGreat = most !== undefined && Number(parsed.output) > most;
  if (parsed.success && !isTooGreat) return parsed.output;
  const given = typeof value === "string" || typeof value === "number" ? ` \`${value}\`` : "";
  throw new StediError(code, {
    what: `a value${given} that this option cannot have`,
    where,
    why:
      kind === "choice"
        ? `it can be ${choices.join(", ")}`
        : `${expected[kind]}${most === undefined ? "" : `, up to ${most}`}`,
    next:
      kind === "choice" && typeof value === "string"
        ? `did you mean \`${closest(value, choices)}\`?`
        : "give it another value",
  });
}

interface Config {
  /** Nothing where there is no config file. */
  readonly file: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

async function readConfig(file: string, mustExist: boolean): Promise<Config> {
  let text: string;
  try {
    text = (await readFile(file, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === "ENOENT")
      return { file: undefined, values: {} };
    throw badConfig(file, "it cannot be read", "name another file with --config, or leave it out");
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw badConfig(file, "it is not JSON", "correct it");
  }
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw badConfig(file, "it is not a JSON object", "correct it");
  const lasting = Object.keys(allOptions).filter((name) => allOptions[name]!.lasting ?? true);
  for (const name of Object.keys(content)) {
    if (lasting.includes(name)) continue;
    throw badConfig(file, `there is no setting \`${name}\``, `did you mean \`${closest(name, lasting)}\`?`);
  }
  return { file, values: { ...content } };
}

function badConfig(file: string, why: string, next: string): StediError {
  return new StediError("STEDI_BAD_CONFIG", {
    what: "a config file that cannot be used",
    where: file,
    why,
    next,
  });
}
