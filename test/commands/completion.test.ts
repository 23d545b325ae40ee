// What a shell is offered for a word: stages, values of options, and whatever yargs knows by itself.

import { describe, expect, test } from "vitest";
import { complete } from "../../src/commands/completion.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";

/** The last word is the one to complete, empty where there is a space before the cursor. */
function offered(line: string): readonly string[] | undefined {
  const words = line.split(" ");
  return complete(words, words.at(-1)!);
}

describe("stages", () => {
  test("all of them, alone, with all before and with all after", () => {
    const names = stediPlan.zones.map(({ name }) => name);
    for (const command of ["run", "plan"]) {
      const stages = offered(`stedi ${command} `)!;
      expect(stages).toEqual(expect.arrayContaining(["all", ...names]));
      expect(stages).toEqual(expect.arrayContaining(names.flatMap((name) => [`+${name}`, `${name}+`])));
    }
  });

  test("by their beginnings, more than one, and behind options", () => {
    expect(offered("stedi run customer_t")).toEqual(["customer_trusted", "customer_trusted+"]);
    expect(offered("stedi run all +step")).toEqual(["+step_trainer_trusted"]);
    expect(offered("stedi run --quiet --pair person al")).toEqual(["all"]);
  });

  test("not for commands that take none", () => {
    for (const line of ["stedi ", "stedi ru", "stedi status ", "stedi doctor al", "stedi generate "])
      expect(offered(line), line).toBeUndefined();
  });
});

describe("values", () => {
  test.each([
    ["stedi run --consent ", ["latest", "as-of", "any"]],
    ["stedi run all --consent a", ["as-of", "any"]],
    ["stedi plan --pair p", ["person"]],
    ["stedi run all --progress ", ["auto", "plain", "none"]],
    ["stedi sync from to --progress p", ["plain"]],
  ])("%s", (line, values) => {
    expect(offered(line)).toEqual(values);
  });

  test("those that nobody can know are left to the shell, which knows files", () => {
    for (const option of ["lake", "out", "tmp", "keep", "memory", "config"])
      expect(offered(`stedi run all --${option} `), option).toEqual([]);
  });

  test("a flag takes none: the next word is a stage", () => {
    expect(offered("stedi run --strict al")).toEqual(["all"]);
  });
});

test("the names of options are left to yargs", () => {
  expect(offered("stedi run all --")).toBeUndefined();
  expect(offered("stedi run all --con")).toBeUndefined();
});
