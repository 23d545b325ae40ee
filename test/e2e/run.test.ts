// `stedi run` from a shell: what it writes where, what it prints, how it ends.

import { readFileSync, statSync } from "node:fs";
import { cp, mkdir, readFile, rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { andFiles, email, no, yes } from "../faults/support.js";
import { acceleration } from "../reference/helpers.js";
import { errorOf, inPlace, type Place, reportOf } from "./support.js";

const zones = [
  ["customer_trusted", "customer/trusted"],
  ["accelerometer_trusted", "accelerometer/trusted"],
  ["customer_curated", "customer/curated"],
  ["step_trainer_trusted", "step_trainer/trusted"],
  ["machine_learning_curated", "machine_learning/curated"],
] as const;
const zoneNames = zones.map(([name]) => name);
const landingNames = ["customer_landing", "accelerometer_landing", "step_trainer_landing"];

interface StatusDocument {
  readonly commit: { readonly number: number } | null;
  readonly zones: readonly { readonly zone: string; readonly state: string; readonly why: string | null }[];
}

async function statesOf(here: Place, flags = ""): Promise<Readonly<Record<string, string>>> {
  const status = JSON.parse(await here.done(`status --json ${flags}`)) as StatusDocument;
  return Object.fromEntries(status.zones.map((zone) => [zone.zone, zone.state]));
}

const allAre = (state: string): Readonly<Record<string, string>> =>
  Object.fromEntries(zoneNames.map((name) => [name, state]));

describe("run all", () => {
  test("--json prints what is promised, and what it says of files is true", async () => {
    await inPlace(async (here) => {
      await here.done("generate lake --people 60 --seed 5 --messy");
      const report = reportOf(await here.done("run all --lake lake --json"));
      expect(Object.keys(report)).toEqual(
        expect.arrayContaining(
          "run commit lake out consent pair seconds stages warnings".split(" "),
        ) as string[],
      );
      expect(Object.keys(report)).toHaveLength(9);
      expect(report).toMatchObject({
        commit: 1,
        lake: "lake",
        out: "lake",
        consent: "latest",
        pair: "person",
      });
      expect(report.stages.map((stage) => stage.stage)).toEqual([...landingNames, ...zoneNames]);
      for (const stage of report.stages) {
        const { pairs, ...promised } = stage;
        expect(Object.keys(promised).sort(), stage.stage).toEqual(
          "bytesIn bytesOut files filtered quarantined read seconds stage table written".split(" "),
        );
        expect(pairs === undefined, stage.stage).toBe(stage.stage !== "machine_learning_curated");
        const dropped = [...Object.values(stage.filtered), ...Object.values(stage.quarantined)];
        expect(stage.written, stage.stage).toBe(
          stage.read - dropped.reduce((sum, count) => sum + count, 0) + (pairs ?? 0),
        );
      }
      expect(report.warnings.length).toBeGreaterThan(0);
      for (const warning of report.warnings) {
        expect(Object.keys(warning).sort()).toEqual(["code", "count", "message"]);
        expect(warning.code).toMatch(/^STEDI_W_[A-Z_]+$/);
        expect(warning.count).toBeGreaterThan(0);
      }
      for (const [name, folder] of zones) {
        const stage = report.stages.find((each) => each.stage === name)!;
        const parts = here.files(`lake/${folder}`);
        expect(parts.every((path) => path.startsWith(`lake/${folder}/run=${report.run}/part-`))).toBe(true);
        const lines = parts.map(
          (path) => readFileSync(join(here.folder, path), "utf8").split("\n").length - 1,
        );
        expect(parts).toHaveLength(stage.files);
        expect(lines.reduce((sum, count) => sum + count, 0)).toBe(stage.written);
        const bytes = parts.map((path) => statSync(join(here.folder, path)).size);
        expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(stage.bytesOut);
      }
      expect(here.files("lake/_stedi/commits")).toEqual(["lake/_stedi/commits/000000000001.json"]);
    });
  });

  test("the lake is data where none is named; a table, progress and warnings say what was done", async () => {
    await inPlace(
      async (here) => {
        const { code, stdout, stderr } = await here.call("run all");
        expect(code).toBe(0);
        expect(stdout).toMatch(/^stage +read +kept +dropped, and why\n/);
        for (const name of [...landingNames, ...zoneNames]) {
          expect(stdout).toMatch(new RegExp(`^${name} +\\d`, "m"));
          expect(stderr).toMatch(new RegExp(`^${name} +\\d+ read +\\d+ kept`, "m"));
        }
        expect(stdout).toContain("\ncommit 1 in data: 5 zones with rows");
        expect(stderr).toContain("warning STEDI_W_QUARANTINED: 1 damaged record set aside");
        expect(here.files("data/_stedi/quarantine")).toHaveLength(1);
      },
      andFiles(["accelerometer/landing/b.json", "{"]),
    );
  });

  test("--out takes everything that is written; the lake stays as it is", async () => {
    await inPlace(async (here) => {
      const before = here.files("data");
      const report = reportOf(await here.done("run all --out zones/here --json"));
      expect(report).toMatchObject({ lake: "data", out: "zones/here" });
      expect(here.files("data")).toEqual(before);
      expect(here.files("zones/here").map((path) => path.split("/")[2])).toEqual([
        "_stedi",
        "accelerometer",
        "customer",
        "customer",
        "machine_learning",
        "step_trainer",
      ]);
      expect(await statesOf(here, "--out zones/here")).toEqual(allAre("fresh"));
      expect(await statesOf(here)).toEqual(allAre("missing"));
    });
  });

  test("--keep N keeps the folders of so many commits", async () => {
    await inPlace(async (here) => {
      const runs: string[] = [];
      for (const keep of [2, 2, 2, 1]) {
        runs.push(reportOf(await here.done(`run all --json --keep ${keep}`)).run);
        const kept = new Set(
          here.files("data/customer/trusted").map((path) => path.split("=")[1]!.split("/")[0]),
        );
        expect([...kept].sort()).toEqual(runs.slice(-keep).sort());
      }
    });
  });

  test("the policy and the pairing are those asked for, and the risky ones are warned about", async () => {
    await inPlace(
      async (here) => {
        const report = reportOf(await here.done("run all --reference --json"));
        expect(report).toMatchObject({ consent: "any", pair: "timestamp" });
        expect(report.warnings.map(({ code }) => code)).toEqual(
          expect.arrayContaining(["STEDI_W_POLICY_ANY", "STEDI_W_PAIR_TIMESTAMP"]) as string[],
        );
        expect(await statesOf(here)).toEqual(allAre("stale"));
        expect(await statesOf(here, "--reference")).toEqual(allAre("fresh"));
        const next = await here.call("run step_trainer_trusted --json");
        expect(next.code).toBe(2);
        expect(errorOf(next.stdout)).toMatchObject({
          code: "STEDI_INPUT_STALE",
          why: "it was built with --consent any",
          next: "run `+step_trainer_trusted`, which builds everything before it too",
        });
      },
      andFiles(["customer/landing/b.json", no("ben")]),
    );
  });
});

describe("stages", () => {
  test("the five in order make what `all` makes", async () => {
    await inPlace(async (here) => {
      await here.done("run all --out whole");
      for (const name of zoneNames) await here.done(`run ${name} --out single`);
      expect(await statesOf(here, "--out single")).toEqual(allAre("fresh"));
      const contents = (out: string): string[] =>
        zones.flatMap(([, folder]) =>
          here.files(`${out}/${folder}`).map((path) => readFileSync(join(here.folder, path), "utf8")),
        );
      expect(contents("single")).toEqual(contents("whole"));
      expect(contents("single")).toHaveLength(5);
    });
  });

  test("a single stage reads its inputs from the commit, and is refused where they are missing", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("run customer_curated --json");
      expect(code).toBe(2);
      expect(errorOf(stdout)).toMatchObject({
        code: "STEDI_INPUT_MISSING",
        where: "customer/trusted",
        next: "run `+customer_curated`, which builds everything before it too",
      });
      expect(here.files("data").filter((path) => path.includes("run="))).toEqual([]);

      const before = reportOf(await here.done("run +customer_curated --json"));
      expect(before.stages.map(({ stage }) => stage)).toEqual([
        "customer_landing",
        "accelerometer_landing",
        ...zoneNames.slice(0, 3),
      ]);
      expect(await statesOf(here)).toMatchObject({
        customer_curated: "fresh",
        step_trainer_trusted: "missing",
      });
      const after = reportOf(await here.done("run customer_curated+ --json"));
      expect(after.stages.map(({ stage }) => stage)).toEqual([
        "customer_landing",
        "step_trainer_landing",
        ...zoneNames.slice(2),
      ]);
      expect(await statesOf(here)).toEqual(allAre("fresh"));
    });
  });

  test("several are built together, in the plan's order; one that there is not is refused", async () => {
    await inPlace(async (here) => {
      const report = reportOf(
        await here.done("run customer_curated accelerometer_trusted customer_trusted --json"),
      );
      expect(report.stages.map(({ stage }) => stage)).toEqual([
        "customer_landing",
        "accelerometer_landing",
        ...zoneNames.slice(0, 3),
      ]);
      const refused = await here.call("run nothing customer_trusted --json");
      expect(refused.code).toBe(2);
      expect(errorOf(refused.stdout)).toMatchObject({ code: "STEDI_UNKNOWN_STAGE" });
    });
  });

  test("names of the reference project's tables are understood", async () => {
    await inPlace(async (here) => {
      const report = reportOf(await here.done("run customers_trusted --json"));
      expect(report.stages.map(({ stage }) => stage)).toEqual(["customer_landing", "customer_trusted"]);
    });
  });

  test("a withdrawal makes zones stale, and a stage built anew takes what was made from it out of the commit", async () => {
    await inPlace(async (here) => {
      await here.done("run all");
      await here.write("data/customer/landing/b.json", no("ben"));
      expect(await statesOf(here)).toEqual(allAre("stale"));
      const { stdout, stderr } = await here.call("run customer_trusted --json");
      expect(reportOf(stdout).warnings).toMatchObject([
        {
          code: "STEDI_W_ZONES_LEFT",
          count: 4,
          message: expect.stringContaining(zoneNames.slice(1).join(", ")) as string,
        },
      ]);
      expect(stderr).toContain("warning STEDI_W_ZONES_LEFT");
      expect(await statesOf(here)).toEqual({ ...allAre("missing"), customer_trusted: "fresh" });
      const left = here.files("data").filter((path) => path.includes("/run="));
      expect(left).toHaveLength(1);
      expect(await readFile(join(here.folder, left[0]!), "utf8")).not.toContain(email("ben"));
    });
  });

  test("a landing file that only readings come from makes only their zones stale", async () => {
    await inPlace(async (here) => {
      await here.done("run all");
      await here.write("data/step_trainer/landing/b.json", "");
      expect(await statesOf(here)).toEqual({
        ...allAre("fresh"),
        step_trainer_trusted: "stale",
        machine_learning_curated: "stale",
      });
    });
  });
});

describe("landing zones that are not as they should be", () => {
  const refused = async (
    here: Place,
    line: string,
    exitCode: number,
  ): Promise<ReturnType<typeof errorOf>> => {
    const { code, stdout, stderr } = await here.call(`${line} --json`);
    const error = errorOf(stdout);
    expect({ code, exitCode: error.exitCode }).toEqual({ code: exitCode, exitCode });
    expect(stderr).toContain(`error ${error.code}: ${error.what}`);
    return error;
  };

  test("no lake: exit 3, and how to make one", () =>
    inPlace(async (here) => {
      expect(await refused(here, "run all --lake nowhere", 3)).toMatchObject({
        code: "STEDI_NOT_FOUND",
        where: "nowhere",
        next: expect.stringContaining("stedi generate nowhere") as string,
      });
      expect(here.files("data")).toHaveLength(3);
    }));

  test("no customers, or none usable: exit 4, nothing published", async () => {
    await inPlace(async (here) => {
      await rm(join(here.folder, "data/customer/landing/a.json"));
      expect(await refused(here, "run all", 4)).toMatchObject({
        code: "STEDI_NO_CUSTOMERS",
        where: "data/customer/landing",
      });
      await here.write("data/customer/landing/a.json", `${yes("ann").slice(0, -1)}\n{"email":1}\n`);
      expect(await refused(here, "run all", 4)).toMatchObject({
        code: "STEDI_NO_CUSTOMERS",
        why: "1 file was read; 2 records in them are all damaged; 1 x email: type",
      });
      expect(here.files("data").filter((path) => /run=|commits/.test(path))).toEqual([]);
    });
  });

  test("a customer file that has been emptied: exit 4, unless that is accepted", async () => {
    await inPlace(
      async (here) => {
        await here.done("run all");
        await here.write("data/customer/landing/b.json", "");
        const { code, stdout } = await here.call("run all --json");
        expect(code).toBe(4);
        expect(errorOf(stdout)).toMatchObject({
          code: "STEDI_CUSTOMERS_REMOVED",
          where: "data/customer/landing/b.json",
        });
        await here.done("run all --accept-removed");
        await here.done("run all");
      },
      andFiles(["customer/landing/b.json", no("ben")]),
    );
  });

  test("--out in a landing folder: exit 2, by any name, nothing written", async () => {
    await inPlace(async (here) => {
      await symlink("data/customer/landing", join(here.folder, "link"));
      const before = here.files();
      for (const out of ["data/accelerometer/landing", "data/step_trainer/landing/zones", "link/z"]) {
        const { code, stdout } = await here.call(`run all --out ${out} --json`);
        expect(code).toBe(2);
        expect(errorOf(stdout)).toMatchObject({ code: "STEDI_SAME_PLACE", where: out });
      }
      expect(here.files()).toEqual(before);
      await here.done("run all --out data/customer");
    });
  });

  test("customer files that have gone: exit 4, unless that is accepted", async () => {
    await inPlace(
      async (here) => {
        await here.done("run all");
        await rm(join(here.folder, "data/customer/landing/b.json"));
        expect(await refused(here, "run all", 4)).toMatchObject({
          code: "STEDI_CUSTOMERS_REMOVED",
          where: "data/customer/landing/b.json",
          next: expect.stringContaining("--accept-removed") as string,
        });
        await here.done("run all --accept-removed");
        await here.done("run all");
      },
      andFiles(["customer/landing/b.json", no("ben")]),
    );
  });

  test("--strict: damaged snapshots and unread files are exit 1, nothing published; damaged readings are not", async () => {
    await inPlace(
      async (here) => {
        await here.done("run all --strict");
        await here.write("data/accelerometer/landing/notes.txt", "");
        expect(await refused(here, "run all --strict", 1)).toMatchObject({
          code: "STEDI_STRICT",
          where: "data/accelerometer/landing/notes.txt",
        });
        await rm(join(here.folder, "data/accelerometer/landing/notes.txt"));
        await here.write("data/customer/landing/b.json", "{");
        expect(await refused(here, "run all --strict", 1)).toMatchObject({
          code: "STEDI_STRICT",
          what: "1 damaged customer snapshots, and the run is --strict",
        });
        expect(here.files("data/_stedi/commits")).toHaveLength(1);
        expect(here.files("data").filter((path) => path.includes("/run="))).toHaveLength(6);
      },
      andFiles(["accelerometer/landing/b.json", "{"]),
    );
  });

  test("other endings are not read, and warned about; hidden names are neither", async () => {
    await inPlace(
      async (here) => {
        const report = reportOf(await here.done("run all --json"));
        expect(report.warnings).toEqual([
          {
            code: "STEDI_W_UNREAD_FILES",
            message:
              "2 files in customer/landing are no landing files (*.json, *.json.gz) and were not read: customer/landing/a.JSON and others",
            count: 2,
          },
        ]);
        expect(report.stages[0]).toMatchObject({ read: 4, files: 1 });
      },
      andFiles(
        ["customer/landing/a.JSON", no("ben")],
        ["customer/landing/b.jsonl", no("ben")],
        ["customer/landing/_c.json", no("ben")],
        ["customer/landing/.d/e.json", no("ben")],
      ),
    );
  });

  test("a file where a folder should be, and a folder that is named like a file: exit 3", async () => {
    await inPlace(async (here) => {
      await mkdir(join(here.folder, "data/customer/landing/b.json"));
      expect(await refused(here, "run all", 3)).toMatchObject({
        code: "STEDI_NOT_A_FILE",
        where: "data/customer/landing/b.json",
      });
      await cp(join(here.folder, "data/customer/landing/a.json"), join(here.folder, "a.json"));
      await rm(join(here.folder, "data/customer"), { recursive: true });
      await here.write("data/customer/landing", "");
      expect(await refused(here, "run all", 3)).toMatchObject({
        code: "STEDI_NOT_A_FOLDER",
        where: "data/customer/landing",
      });
      expect(await refused(here, "run all --lake a.json", 3)).toMatchObject({
        code: "STEDI_NOT_A_FOLDER",
        where: "a.json",
      });
      expect(await refused(here, "run all --lake data --out a.json", 3)).toMatchObject({
        code: "STEDI_NOT_A_FOLDER",
      });
    });
  });

  test("no readings of a kind: empty zones and a warning", async () => {
    await inPlace(async (here) => {
      await rm(join(here.folder, "data/step_trainer"), { recursive: true });
      const report = reportOf(await here.done("run all --json"));
      expect(report.warnings).toMatchObject([{ code: "STEDI_W_NO_READINGS" }]);
      expect(report.stages.slice(-2)).toMatchObject([
        { written: 0, files: 0 },
        { written: 0, files: 0 },
      ]);
      expect(await statesOf(here)).toEqual(allAre("fresh"));
    });
  });

  test("seconds for milliseconds, microseconds and renamed fields are named as what they look like", async () => {
    const good = acceleration(email("ann"), 200);
    await inPlace(
      async (here) => {
        const report = reportOf(await here.done("run all --json"));
        const hints = report.warnings.find(({ code }) => code === "STEDI_W_CONTRACT")!;
        expect(hints.count).toBe(4);
        for (const text of [
          "timestamp looks like seconds, not milliseconds (2)",
          "timestamp looks like microseconds, not milliseconds (1)",
          "user is missing, and a field that the table does not know is there: was it renamed? (1)",
        ]) {
          expect(hints.message).toContain(text);
        }
        expect(report.stages[1]!.quarantined).toEqual({ contract: 4 });
      },
      andFiles([
        "accelerometer/landing/b.json",
        [
          good,
          good.replace(/"timestamp":\d+/, '"timestamp":1600000000'),
          good.replace(/"timestamp":\d+/, '"timestamp":1600000001'),
          good.replace(/"timestamp":(\d+)/, '"timestamp":$1000'),
          good.replace('"user"', '"wearer"'),
        ].join("\n"),
      ]),
    );
  });

  test("a zone's file that something else has changed is not built on: exit 3", async () => {
    await inPlace(async (here) => {
      await here.done("run all");
      const part = join(here.folder, here.files("data/customer/trusted")[0]!);
      const { atime, mtime } = statSync(part);
      const text = await readFile(part, "utf8");
      await here.write(here.files("data/customer/trusted")[0]!, text.replace(email("ann"), email("axx")));
      await utimes(part, atime, mtime);
      expect(await refused(here, "run customer_curated", 3)).toMatchObject({ code: "STEDI_BAD_ZONE" });
      await here.done("run all");
    });
  });
});
