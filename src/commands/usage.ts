// What was wrong with a command line, with the nearest name that would have been right.

import { StediError } from "../errors.js";
import type { OptionDeclaration } from "./options.js";

const commands = ["run", "plan", "status", "generate", "sync", "doctor", "completion"];

/**
 * @param message what yargs says, in English
 * @param options the names of the options that would have been right
 */
export async function explainUsage(message: string, options: readonly string[]): Promise<StediError> {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  const help = "see `stedi --help`";
  if (message === "no command") {
    return new StediError("STEDI_BAD_VALUE", {
      what: "no command was given",
      next: `\`stedi generate lake\` makes a lake to try, \`stedi run all --lake lake\` builds its zones, \`stedi status --lake lake\` tells what there is; ${help}`,
    });
  }
  if (unknown === undefined) {
    return new StediError("STEDI_BAD_VALUE", {
      what: plainly(message),
      next: `${help}; to begin: \`stedi run all\``,
    });
  }
  if (
    process.argv
      .slice(2)
      .some((word) => word.replace(/^-+/, "").split("=")[0] === unknown && word.startsWith("-"))
  ) {
    return new StediError("STEDI_UNKNOWN_OPTION", {
      what: `there is no option \`--${unknown}\` here`,
      next: `did you mean \`--${await nearest(unknown, options)}\`? ${help}`,
    });
  }
  const words = process.argv.slice(2);
  const command = words.slice(0, words.indexOf(unknown)).find((word) => commands.includes(word));
  if (command !== undefined) {
    return new StediError("STEDI_BAD_VALUE", {
      what: `\`${unknown}\` is one word too many for \`${command}\``,
      next: `leave it out; see \`stedi ${command} --help\``,
    });
  }
  return new StediError("STEDI_UNKNOWN_COMMAND", {
    what: `there is no command \`${unknown}\``,
    next: `did you mean \`${await nearest(unknown, commands)}\`? ${help}`,
  });
}

/**
 * Flags are there or not. yargs takes `--strict=yes` for a no, which is the opposite of what is meant.
 * @param options all that there are
 * @throws StediError `STEDI_BAD_VALUE`
 */
export function checkFlags(
  words: readonly string[],
  options: Readonly<Record<string, OptionDeclaration>>,
): void {
  for (const word of words) {
    const [, name = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (options[name]?.kind !== "flag" || value === "true" || value === "false") continue;
    throw new StediError("STEDI_BAD_VALUE", {
      what: `a value \`${value}\` that this option cannot have`,
      where: `--${name}`,
      why: "it is there or not: it can be true or false",
      next: `write \`--${name}\`, or leave it out`,
    });
  }
}

async function nearest(word: string, words: readonly string[]): Promise<string> {
  const { closest } = await import("fastest-levenshtein");
  return closest(word, words);
}

function plainly(message: string): string {
  if (message.startsWith("Not enough non-option arguments"))
    return "the command needs to be told what: a stage, a folder, or two";
  const option = /^Not enough arguments following: (.+)/.exec(message)?.[1];
  return option === undefined ? message.split("\n")[0]! : `the option \`--${option}\` needs a value`;
}
