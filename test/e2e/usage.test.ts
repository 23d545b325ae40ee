// Wrong usage from a shell: exit 2 with the nearest name that would have been right, and nothing is written.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, inPlace } from "./support.js";

/** A command line, the code of its error, what it says where, and what it proposes. */
const wrong: readonly (readonly [line: string, code: string, where: string | undefined, next: string])[] = [
  ["run customer_trustd", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `customer_trusted`?"],
  ["run +step_trained_trusted", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `step_trainer_trusted`?"],
  ["run all customers_curatet+", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `customer_curated`?"],
  ["run ALL", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `all`?"],
  ["plan machine_learning", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `machine_learning_curated`?"],
  ["plan --graph customer", "STEDI_UNKNOWN_STAGE", undefined, "did you mean `customer_trusted`?"],
  ["rum all", "STEDI_UNKNOWN_COMMAND", undefined, "did you mean `run`?"],
  ["docter", "STEDI_UNKNOWN_COMMAND", undefined, "did you mean `doctor`?"],
  ["run all --consnet any", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--consent`?"],
  ["run all --acept-removed", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--accept-removed`?"],
  ["plan --grph", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--graph`?"],
  ["generate lake --sed 1", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--seed`?"],
  // Options of other commands are not proposed.
  ["status --peeple 5", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--help`?"],
  ["doctor --grap", "STEDI_UNKNOWN_OPTION", undefined, "did you mean `--"],
  ["run all --consent lates", "STEDI_BAD_VALUE", "--consent", "did you mean `latest`?"],
  ["run all --consent asof", "STEDI_BAD_VALUE", "--consent", "did you mean `as-of`?"],
  ["status --pair persons", "STEDI_BAD_VALUE", "--pair", "did you mean `person`?"],
  ["run all --progress plane", "STEDI_BAD_VALUE", "--progress", "did you mean `plain`?"],
  ["run all --keep 0", "STEDI_BAD_VALUE", "--keep", "give it another value"],
  ["run all --keep two", "STEDI_BAD_VALUE", "--keep", "give it another value"],
  ["run all --lake=", "STEDI_BAD_VALUE", "--lake", "give it another value"],
  ["run all --lake ftp://somewhere", "STEDI_BAD_VALUE", "ftp://somewhere", "name a folder"],
  ["run all --reference --pair person", "STEDI_BAD_VALUE", undefined, "leave one of them out"],
  ["run all --keep", "STEDI_BAD_VALUE", undefined, "see `stedi --help`"],
  ["run", "STEDI_BAD_VALUE", undefined, "see `stedi --help`"],
  ["generate", "STEDI_BAD_VALUE", undefined, "see `stedi --help`"],
  ["", "STEDI_BAD_VALUE", undefined, "see `stedi --help`"],
  ["generate lake --people 0", "STEDI_BAD_VALUE", "--people", "give it another value"],
  ["generate lake --people 1e3", "STEDI_BAD_VALUE", "--people", "give it another value"],
  ["generate lake --seed -1", "STEDI_BAD_VALUE", "--seed", "give it another value"],
  ["generate lake --file-size 1K", "STEDI_BAD_VALUE", "--file-size", "give it another value"],
  ["run all --strict=yes", "STEDI_BAD_VALUE", "--strict", "write `--strict`, or leave it out"],
  ["sync data other --clean=yes", "STEDI_BAD_VALUE", "--clean", "write `--clean`, or leave it out"],
  ["plan --graph=1", "STEDI_BAD_VALUE", "--graph", "write `--graph`, or leave it out"],
  ["generate lake --messy=", "STEDI_BAD_VALUE", "--messy", "write `--messy`, or leave it out"],
  ["status customer_trusted", "STEDI_BAD_VALUE", undefined, "see `stedi status --help`"],
  ["generate lake other", "STEDI_BAD_VALUE", undefined, "see `stedi generate --help`"],
  ["run all --memory 0", "STEDI_BAD_VALUE", "--memory", "give it another value"],
  ["run all --config=", "STEDI_BAD_VALUE", "--config", "give it another value"],
  ["run all --config nowhere.json", "STEDI_BAD_CONFIG", "nowhere.json", "name another file with --config"],
];

test("wrong usage is exit 2, says what would have been right, and writes nothing", async () => {
  await inPlace(async (here) => {
    const before = here.files();
    const remaining = [...wrong];
    const worker = async (): Promise<void> => {
      for (let next = remaining.pop(); next; next = remaining.pop()) {
        const [line, code, where, advice] = next;
        const { code: exitCode, stdout, stderr } = await here.call(`${line} --json`);
        const error = errorOf(stdout);
        expect({ line, exitCode, code: error.code, where: error.where }).toEqual({
          line,
          exitCode: 2,
          code,
          where,
        });
        expect(error.next, line).toContain(advice);
        expect(stderr, line).toContain(`error ${code}: ${error.what}\n`);
        expect(stderr, line).toContain(`  next  ${error.next!}\n`);
      }
    };
    await Promise.all([worker(), worker(), worker()]);
    expect(here.files()).toEqual(before);
  });
});

test("of an option that is given more than once, the last one counts", async () => {
  await inPlace(async (here) => {
    const plan = await here.done("plan --lake nowhere --lake data --json --json");
    expect(JSON.parse(plan)).toMatchObject({ lake: "data" });
  });
});

test("a flag may be said to be on or off", async () => {
  await inPlace(async (here) => {
    expect(JSON.parse(await here.done("status --json=true"))).toMatchObject({ commit: null });
    expect(await here.done("status --json=false", { STEDI_JSON: "1" })).toContain(
      "Nothing has been committed",
    );
  });
});

test("a working folder that has been deleted is exit 3, and no bug", async () => {
  await inPlace((here) => {
    const program = join(import.meta.dirname, "../../dist/cli.js");
    const script = 'mkdir gone; cd gone; rmdir ../gone; "$0" "$1" --version && exec "$0" "$1" status --json';
    const { status, stdout } = spawnSync("/bin/sh", ["-c", script, process.execPath, program], {
      cwd: here.folder,
      encoding: "utf8",
    });
    expect(status).toBe(3);
    expect(errorOf(stdout.slice(stdout.indexOf("\n")))).toMatchObject({ code: "STEDI_NOT_FOUND" });
    return Promise.resolve();
  });
});

test("help and version are results: exit 0, on standard output", async () => {
  await inPlace(async (here) => {
    expect(await here.done("--version")).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await here.done("--help");
    for (const command of ["run", "plan", "status", "generate", "doctor"]) {
      expect(help).toMatch(new RegExp(`^ +stedi ${command}\\b`, "m"));
      const own = await here.call(`${command} --help`);
      expect(own).toMatchObject({ code: 0, stderr: "" });
      expect(own.stdout).toContain("--lake");
    }
    expect(help).not.toContain("--keep");
    expect(await here.done("run --help")).toContain("--keep");
  });
});
