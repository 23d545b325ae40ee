// Every option, declared once: the command line shows it, and settings.ts reads flags, environment and config
// file by it. Plain data, so that help appears without loading anything.

import { pairings, policies } from "../transforms/policy.js";

/** How an option is written. */
export interface OptionDeclaration {
  readonly kind: "flag" | "text" | "count" | "size" | "choice";
  readonly default: string | number | boolean | undefined;
  readonly describe: string;
  /** What stands for the value in help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** The greatest count. */
  readonly most?: number;
  /** False where only the flag may set it, as it is meant for one run. */
  readonly lasting?: boolean;
}

export const progressModes = ["auto", "plain", "none"] as const;

/** Options of every command. */
export const sharedOptions = {
  lake: {
    kind: "text",
    default: "data",
    describe: "the lake: the folder, or s3://BUCKET/PREFIX, with customer/landing and the others",
    value: "URI",
  },
  out: {
    kind: "text",
    default: undefined,
    describe: "where zones, commits and quarantine go [default: the lake]",
    value: "URI",
  },
  json: { kind: "flag", default: false, describe: "print one JSON document on standard output" },
  quiet: { kind: "flag", default: false, describe: "print results and errors only" },
  verbose: { kind: "flag", default: false, describe: "print more of what is done" },
} as const satisfies Record<string, OptionDeclaration>;

/** Options that say what the zones mean. */
export const ruleOptions = {
  consent: { kind: "choice", default: "latest", describe: "what counts as consent", choices: policies },
  pair: {
    kind: "choice",
    default: "person",
    describe: "how step trainer and accelerometer readings are paired",
    choices: pairings,
  },
  reference: {
    kind: "flag",
    default: false,
    describe: "as the reference jobs do: short for --consent any --pair timestamp",
    lasting: false,
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of `run` besides. */
export const runOptions = {
  strict: {
    kind: "flag",
    default: false,
    describe: "fail on any damaged customer snapshot or unread file; publish nothing",
  },
  "accept-removed": {
    kind: "flag",
    default: false,
    describe: "go on although customer files are gone that the last commit read",
    lasting: false,
  },
  keep: { kind: "count", default: 1, describe: "how many commits' folders to keep", value: "N" },
  workers: {
    kind: "count",
    default: undefined,
    describe: "threads that read [default: the cores]",
    value: "N",
    most: 256,
  },
  memory: {
    kind: "size",
    default: "256M",
    describe: "the most that the machine-learning join may hold; beyond it, it spills",
    value: "SIZE",
  },
  tmp: {
    kind: "text",
    default: undefined,
    describe: "the folder that the join spills to [default: the system's]",
    value: "DIR",
  },
  progress: {
    kind: "choice",
    default: "auto",
    describe: "bars on a terminal, one plain line a stage or table, or nothing",
    choices: progressModes,
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of commands that read from S3. */
export const s3ReadOptions = {
  "retry-for": {
    kind: "count",
    default: 120,
    describe: "how long S3 may fail in a row before it is given up",
    value: "SECONDS",
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of commands that write to S3. */
export const s3WriteOptions = {
  sse: {
    kind: "choice",
    default: undefined,
    describe: "encryption of what is written to S3 [default: the bucket's]",
    choices: ["AES256", "aws:kms"],
  },
  "sse-kms-key-id": {
    kind: "text",
    default: undefined,
    describe: "the key for --sse aws:kms [default: the account's]",
    value: "KEY",
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of commands that commit to S3. */
export const s3CommitOptions = {
  "unsafe-single-writer": {
    kind: "flag",
    default: false,
    describe: "go on where S3 holds no put on condition; safe only if no two runs are ever under way at once",
  },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of `plan` besides; they are about one call, so only flags set them. */
export const planOptions = {
  graph: { kind: "flag", default: false, describe: "draw the stages" },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of `sync` besides; they are about one call, so only flags set them. */
export const syncOptions = {
  clean: {
    kind: "flag",
    default: false,
    describe: "rewrite the files on the way so that any engine can read them",
  },
  "dry-run": { kind: "flag", default: false, describe: "say what would be copied, and write nothing" },
} as const satisfies Record<string, OptionDeclaration>;

/** Options of `generate`; only flags set them. */
export const generateOptions = {
  people: { kind: "text", default: "1000", describe: "how many people" },
  seed: { kind: "text", default: "1", describe: "another seed, other data" },
  messy: { kind: "flag", default: false, describe: "with the hazards of real files" },
  "file-size": { kind: "text", default: "64M", describe: "how large files get, such as 64K or 16M" },
} as const satisfies Record<string, OptionDeclaration>;

/** The options that the environment and the config file can set too. */
export const allOptions: Readonly<Record<string, OptionDeclaration>> = {
  ...sharedOptions,
  ...ruleOptions,
  ...runOptions,
  ...s3ReadOptions,
  ...s3WriteOptions,
  ...s3CommitOptions,
};

/** What a variable says that switches a flag on. */
export const wordsForOn = ["1", "true", "yes"];

/** The environment variable of an option: `STEDI_LAKE` for `lake`. */
export function variableOf(option: string): string {
  return `STEDI_${option.toUpperCase().replaceAll("-", "_")}`;
}
