#!/usr/bin/env node
// The command line: says which commands and options there are, calls a command, sets the exit code. What a command
// does is in src/commands, loaded only when it is called.

import yargs, { type Argv } from "yargs";
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
  variableOf,
  wordsForOn,
} from "./commands/options.js";
import { outliveReaders } from "./commands/output-errors.js";
import type { ResolvedSettings, Settings } from "./commands/settings.js";
import { interrupted } from "./commands/signals.js";
import { checkFlags, explainUsage } from "./commands/usage.js";
import { version } from "./version.js";

type Flags = Readonly<Record<string, unknown>>;

/** Whether the shell asks what a word could be: see completion.ts. */
const isCompleting = process.argv.includes("--get-yargs-completions");

/** The options of the command that was called; yargs asks a command for its own only when it is. */
const offered = new Set(["config", "help", "version"]);

function withOptions(argv: Argv, options: Readonly<Record<string, OptionDeclaration>>): Argv {
  for (const [name, option] of Object.entries(options)) {
    offered.add(name);
    argv.option(name, {
      // Flags that are not given must stay undefined, as the environment or the config file may set them; so the
      // default is told, not set. Values are checked where they are used, wherever they came from.
      ...(option.kind === "flag" ? { boolean: true } : { string: true, requiresArg: true }),
      coerce: lastOf,
      describe: [
        option.describe,
        option.choices && `(${option.choices.join(" | ")})`,
        option.default !== undefined && option.default !== false && `[default: ${String(option.default)}]`,
      ]
        .filter(Boolean)
        .join(" "),
    });
  }
  return argv;
}

/** Of an option that is given more than once, the last one counts. */
function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

const program = yargs(process.argv.slice(2), workingFolder())
  .scriptName("stedi")
  .usage("$0 <command>\n\nBuilds the STEDI trusted and curated zones from landing JSON.")
  .locale("en")
  .parserConfiguration({
    "boolean-negation": false,
    "parse-numbers": false,
  })
  .command(
    "run <stages..>",
    "build zones: all, or stages by name; +stage with all before it, stage+ with all after it",
    (argv) =>
      withOptions(argv, {
        ...ruleOptions,
        ...runOptions,
        ...s3ReadOptions,
        ...s3WriteOptions,
        ...s3CommitOptions,
      })
        .positional("stages", {
          type: "string",
          array: true,
          demandOption: true,
          describe: "all, or stages by name",
        })
        .example("$0 run all", "build everything from the lake in data/")
        .example(
          "$0 run +customer_curated --lake lake --out zones",
          "a stage and all before it, zones elsewhere",
        ),
    (flags) =>
      call(flags, async (settings) => {
        const { runCommand } = await import("./commands/run.js");
        await runCommand(flags.stages, settings, interrupted());
      }),
  )
  .command(
    "plan [stages..]",
    "what a run would read and write, without doing it",
    (argv) =>
      withOptions(argv, { ...ruleOptions, ...planOptions, ...s3ReadOptions })
        .positional("stages", {
          type: "string",
          array: true,
          default: ["all"],
          describe: "all, or stages by name",
        })
        .example("$0 plan --graph", "draw the five zones and what they are made of"),
    (flags) =>
      call(flags, async (settings) => {
        const { planCommand } = await import("./commands/plan.js");
        await planCommand(flags.stages, flags.graph === true, settings);
      }),
  )
  .command(
    "status",
    "the zones: rows, run, age, fresh or stale",
    (argv) =>
      withOptions(argv, { ...ruleOptions, ...s3ReadOptions }).example(
        "$0 status --lake lake",
        "what the last commit says",
      ),
    (flags) =>
      call(flags, async (settings) => {
        const { statusCommand } = await import("./commands/status.js");
        await statusCommand(settings);
      }),
  )
  .command(
    "generate <dir>",
    "make a synthetic lake",
    (argv) =>
      withOptions(argv, { ...generateOptions, ...s3ReadOptions, ...s3WriteOptions })
        .positional("dir", { type: "string", demandOption: true, describe: "where it goes" })
        .example("$0 generate lake --people 100000", "about 1.1 GB"),
    (flags) =>
      call(flags, async (settings) => {
        const { generateCommand, syntheticOptions } = await import("./commands/generate.js");
        await generateCommand(flags.dir, syntheticOptions(flags), settings, interrupted());
      }),
  )
  .command(
    "sync <src> <dst>",
    "copy a lake's landing data to another place: what differs; deletes nothing",
    (argv) =>
      withOptions(argv, {
        ...syncOptions,
        progress: runOptions.progress,
        ...s3ReadOptions,
        ...s3WriteOptions,
      })
        .positional("src", { type: "string", demandOption: true, describe: "where it is" })
        .positional("dst", { type: "string", demandOption: true, describe: "where it goes" })
        .example("$0 sync download lake", "bring customers/ and the others into the layout of a lake")
        .example("$0 sync lake clean --clean", "rewritten, so that Athena, Spark and Trino can read it"),
    (flags) =>
      call(flags, async (settings) => {
        const { syncCommand } = await import("./commands/sync.js");
        await syncCommand(
          flags.src,
          flags.dst,
          { clean: flags.clean === true, dryRun: flags["dry-run"] === true },
          settings,
          interrupted("the files that were copied are whole; run it again for the rest"),
        );
      }),
  )
  .command(
    "doctor",
    "check Node, the lake and the output; show where each setting comes from",
    (argv) =>
      withOptions(argv, {
        ...s3ReadOptions,
        ...s3WriteOptions,
        ...s3CommitOptions,
      }).example("$0 doctor --lake lake", "what is wrong, and what to do"),
    (flags) =>
      call(flags, async (_settings, resolved) => {
        const { doctorCommand } = await import("./commands/doctor.js");
        process.exitCode = await doctorCommand(resolved);
      }),
  )
  .completion(
    "completion",
    "print a script for bash or zsh that completes commands, options, stages and values",
    async (
      current: string,
      _argv: unknown,
      others: (done: (error: Error | null, words?: string[]) => void) => void,
      done: (words: string[]) => void,
    ) => {
      const { complete } = await import("./commands/completion.js");
      const words = complete(
        process.argv.slice(process.argv.indexOf("--get-yargs-completions") + 1),
        current,
      );
      if (words) done([...words]);
      else others((_error, defaults = []) => done(defaults));
    },
  )
  .option("config", {
    string: true,
    requiresArg: true,
    coerce: lastOf,
    describe: "a config file [default: stedi.config.json]",
  });

withOptions(program, sharedOptions)
  .version(version)
  .strict()
  .demandCommand(1, "no command")
  .wrap(Math.min(100, process.stdout.columns || 100))
  .fail((message, error: Error | undefined) => {
    if (isCompleting) return; // half a command line is not wrong
    // What yargs itself finds wrong with a command line comes as a text, or as an error of its own.
    throw error === undefined || error.name === "YError" ? new Misunderstood(message) : error;
  });

/** A command line has been understood: what is to be done. */
class Understood extends Error {
  readonly work: () => Promise<void>;

  constructor(work: () => Promise<void>) {
    super();
    this.work = work;
  }
}

/** A command line has not been understood; the message is yargs' own. */
class Misunderstood extends Error {}

/**
 * Leaves yargs with what is to be done: behind every command it makes up its help, which nobody will see, for a tenth of
 * a short run.
 * @throws Understood
 */
function call(
  flags: Flags,
  command: (settings: Settings, resolved: ResolvedSettings) => Promise<void>,
): void {
  if (isCompleting) return; // yargs calls the command all the same
  throw new Understood(async () => {
    const { resolveSettings } = await import("./commands/settings.js");
    const resolved = await resolveSettings(flags);
    json = resolved.settings.json;
    await command(resolved.settings, resolved);
  });
}

/** @returns what is to be done; nothing where yargs has done it, as with help */
async function understand(): Promise<(() => Promise<void>) | undefined> {
  try {
    await program.parseAsync();
    return undefined;
  } catch (error) {
    if (error instanceof Understood) return error.work;
    throw error instanceof Misunderstood ? await explainUsage(error.message, [...offered]) : error;
  }
}

/**
 * Ends the program with the first error that nobody was waiting for, as with any other: Node would print its message, which
 * may quote what was read, and what else goes on may not be trusted to come to a good end.
 */
async function exitOnEscaped(): Promise<void> {
  const { reportError } = await import("./commands/terminal.js");
  process.on("uncaughtException", (error) => process.exit(reportError(error, json)));
}

/** yargs asks for it; where it has been deleted, help is given all the same. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

outliveReaders();
// Until the settings are known: what is wrong with these is told as they ask for, too.
let json = process.argv.includes("--json") || wordsForOn.includes(process.env[variableOf("json")] ?? "");
try {
  if (!isCompleting)
    checkFlags(process.argv.slice(2), { ...allOptions, ...planOptions, ...syncOptions, ...generateOptions });
  const work = await understand();
  if (work) {
    await exitOnEscaped();
    await work();
  }
} catch (error) {
  const { reportError } = await import("./commands/terminal.js");
  process.exitCode = reportError(error, json);
}
