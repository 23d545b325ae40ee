// `stedi generate` from a shell: the same bytes for the same options, and never among files that are there.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorOf, inPlace, type Place } from "./support.js";

const contents = (here: Place, lake: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    here
      .files(lake)
      .map((path) => [path.slice(lake.length + 1), readFileSync(join(here.folder, path), "latin1")]),
  );

test("the same options make the same bytes, another seed makes others", async () => {
  await inPlace(async (here) => {
    await here.done("generate one --people 30 --seed 4 --messy --file-size 16K");
    await here.done("generate two --people 30 --seed 4 --messy --file-size 16K");
    await here.done("generate other --people 30 --seed 5 --messy --file-size 16K");
    await here.done("generate clean --people 30 --seed 4 --file-size 16K");
    expect(contents(here, "one")).toEqual(contents(here, "two"));
    expect(contents(here, "one")).not.toEqual(contents(here, "other"));
    expect(contents(here, "one")).not.toEqual(contents(here, "clean"));
  });
});

test("it says what it made, and that runs without a warning unless it is messy", async () => {
  await inPlace(async (here) => {
    const made = JSON.parse(await here.done("generate lake --people 30 --seed 4 --json")) as unknown;
    const all = contents(here, "lake");
    const bytes = Object.values(all).reduce((sum, text) => sum + text.length, 0);
    expect(made).toEqual({
      lake: "lake",
      people: 30,
      seed: 4,
      messy: false,
      files: Object.keys(all).length,
      bytes,
    });
    const run = await here.call("run all --lake lake --strict --json");
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ warnings: [] });
    const text = await here.done("generate messy --messy --file-size 64K");
    expect(text).toMatch(
      /^1,000 people in \d+ files, \d+ MB, in messy\.\nBuild its zones with `stedi run all --lake messy`\.\n$/,
    );
  });
});

test("landing files that are there are not added to: exit 3; other files do not matter", async () => {
  await inPlace(async (here) => {
    await here.write("lake/README.md", "");
    await here.write("lake/step_trainer/landing/a.json", "");
    const { code, stdout } = await here.call("generate lake --people 5 --json");
    expect(code).toBe(3);
    expect(errorOf(stdout)).toMatchObject({ code: "STEDI_NOT_EMPTY", where: "lake/step_trainer/landing" });
    expect(here.files("lake")).toEqual(["lake/README.md", "lake/step_trainer/landing/a.json"]);
    await here.write("other/README.md", "");
    await here.done("generate other --people 5");
    expect(here.files("other")).toHaveLength(4);
  });
});

test("a file where the lake should go: exit 3", async () => {
  await inPlace(async (here) => {
    await here.write("lake", "");
    const { code, stdout } = await here.call("generate lake --people 5 --json");
    expect(code).toBe(3);
    expect(errorOf(stdout)).toMatchObject({ code: "STEDI_NOT_A_FOLDER", where: "lake" });
  });
});
