// What yargs says of a command line, in this program's words, with the nearest name that would have been right.

import { afterEach, describe, expect, test } from "vitest";
import { runOptions, sharedOptions } from "../../src/commands/options.js";
import { checkFlags, explainUsage } from "../../src/commands/usage.js";

const argv = process.argv;

afterEach(() => {
  process.argv = argv;
});

/** What is said of a command line that yargs finds fault with. */
function explained(line: string, message: string, options = ["lake", "consent", "keep", "help"]) {
  process.argv = ["node", "stedi", ...line.split(" ")];
  return explainUsage(message, options);
}

describe("an unknown option", () => {
  test.each([
    ["run all --consnet any", "Unknown argument: consnet", "consnet", "consent"],
    ["run all --consnet=any", "Unknown argument: consnet", "consnet", "consent"],
    ["run all -k 3", "Unknown argument: k", "k", "lake"],
    ["run all --kep 3 --lak x", "Unknown arguments: kep, lak", "kep", "keep"],
  ])("%s", async (line, message, name, nearest) => {
    const error = await explained(line, message);
    expect(error).toMatchObject({ code: "STEDI_UNKNOWN_OPTION", exitCode: 2 });
    expect(error.parts.what).toBe(`there is no option \`--${name}\` here`);
    expect(error.parts.next).toContain("did you mean `--");
    if (name !== "k") expect(error.parts.next).toContain(`did you mean \`--${nearest}\`?`);
  });

  test("only options that would have been right are proposed", async () => {
    expect((await explained("doctor --people 3", "Unknown argument: people")).parts.next).not.toContain(
      "people",
    );
  });
});

describe("an unknown command", () => {
  test.each([
    ["rum", "run"],
    ["stat", "status"],
    ["genrate", "generate"],
    ["docter", "doctor"],
    ["plann", "plan"],
  ])("%s", async (name, nearest) => {
    expect(await explained(`${name} all`, `Unknown argument: ${name}`)).toMatchObject({
      code: "STEDI_UNKNOWN_COMMAND",
      parts: { what: `there is no command \`${name}\`` },
    });
    expect((await explained(name, `Unknown argument: ${name}`)).parts.next).toContain(
      `did you mean \`${nearest}\`?`,
    );
  });
});

describe("a word too many", () => {
  test.each([
    ["status customer_trusted", "customer_trusted", "status"],
    ["--lake data doctor now", "now", "doctor"],
  ])("%s", async (line, word, command) => {
    expect(await explained(line, `Unknown argument: ${word}`)).toMatchObject({
      code: "STEDI_BAD_VALUE",
      parts: {
        what: `\`${word}\` is one word too many for \`${command}\``,
        next: `leave it out; see \`stedi ${command} --help\``,
      },
    });
  });
});

describe("flags", () => {
  const check = (...words: string[]) => {
    checkFlags(words, { ...sharedOptions, ...runOptions });
  };

  test.each(["--strict", "--strict=true", "--json=false", "--lake=yes", "--unknown=yes", "all", "--keep=2"])(
    "%s is no fault",
    (word) => {
      expect(() => {
        check("run", word);
      }).not.toThrow();
    },
  );

  test.each([
    ["--strict=yes", "strict", "yes"],
    ["--quiet=", "quiet", ""],
    ["--accept-removed=TRUE", "accept-removed", "TRUE"],
    ["--json=a=b", "json", "a=b"],
  ])("%s could be taken for its opposite", (word, name, value) => {
    expect(() => {
      check("run", "all", word);
    }).toThrow(
      expect.objectContaining({
        code: "STEDI_BAD_VALUE",
        parts: expect.objectContaining({
          what: `a value \`${value}\` that this option cannot have`,
          where: `--${name}`,
        }) as unknown,
      }) as Error,
    );
  });
});

describe("other faults", () => {
  test.each([
    ["no command", "no command was given"],
    [
      "Not enough non-option arguments: got 0, need at least 1",
      "the command needs to be told what: a stage, a folder, or two",
    ],
    ["Not enough arguments following: keep", "the option `--keep` needs a value"],
    ["Something else\nin two lines", "Something else"],
  ])("%s", async (message, what) => {
    expect(await explained("run", message)).toMatchObject({
      code: "STEDI_BAD_VALUE",
      exitCode: 2,
      parts: { what },
    });
  });
});
