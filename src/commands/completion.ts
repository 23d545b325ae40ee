// What the shell may put in for a word on the command line, where it is a stage or an option's value; commands and
// options are known to yargs.

import { stediPlan } from "../pipeline/stedi-plan.js";
import { allOptions } from "./options.js";

/** Commands that take stages. */
const ofStages: readonly string[] = ["run", "plan"];

/**
 * @param words the command line so far, with the program's name and the word to complete
 * @returns nothing where it is neither a stage nor a value that is known
 */
export function complete(words: readonly string[], current: string): readonly string[] | undefined {
  const before = words.at(current === words.at(-1) ? -2 : -1) ?? "";
  const choices = before.startsWith("--") ? allOptions[before.slice(2)]?.choices : undefined;
  if (choices) return choices.filter((choice) => choice.startsWith(current));
  if (current.startsWith("-") || !words.slice(1, -1).some((word) => ofStages.includes(word)))
    return undefined;
  // An option's value that is not known: the shell's own completion of files serves.
  if (before.startsWith("--") && takesValue(before.slice(2))) return [];
  const names = stediPlan.zones.map(({ name }) => name);
  const stages = ["all", ...names, ...names.map((name) => `+${name}`), ...names.map((name) => `${name}+`)];
  return stages.filter((stage) => stage.startsWith(current));
}

function takesValue(option: string): boolean {
  const declared = allOptions[option];
  return option === "config" || (declared !== undefined && declared.kind !== "flag");
}
