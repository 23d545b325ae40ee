// Flags, environment and config file from a shell: which goes before which, and that `doctor` shows it.

import { describe, expect, test } from "vitest";
import { soundLake } from "../faults/support.js";
import { errorOf, inPlace, type Place } from "./support.js";

interface DoctorDocument {
  readonly findings: readonly {
    readonly check: string;
    readonly state: string;
    readonly detail: string;
    readonly next?: string;
  }[];
  readonly settings: readonly { readonly option: string; readonly value: unknown; readonly source: string }[];
  readonly config: string | null;
}

async function doctor(here: Place, flags = "", env: Record<string, string> = {}): Promise<DoctorDocument> {
  const { stdout } = await here.call(`doctor --json ${flags}`, env);
  return JSON.parse(stdout) as DoctorDocument;
}

const setting = ({ settings }: DoctorDocument, option: string): readonly unknown[] => {
  const { value, source } = settings.find((each) => each.option === option)!;
  return [value, source];
};

describe("where a value comes from", () => {
  test("the flag, else the environment, else the config file, else the default", async () => {
    await inPlace(async (here) => {
      const none = await doctor(here);
      expect(none.config).toBeNull();
      expect(setting(none, "lake")).toEqual(["data", "default"]);
      await here.write(
        "stedi.config.json",
        JSON.stringify({ lake: "of-file", out: "zones", keep: 4, consent: "as-of", strict: true }),
      );
      const found = await doctor(here, "--lake data", { STEDI_LAKE: "of-variable", STEDI_KEEP: "2" });
      expect(found.config).toBe("stedi.config.json");
      expect(setting(found, "lake")).toEqual(["data", "flag"]);
      expect(setting(found, "keep")).toEqual([2, "environment"]);
      expect(setting(found, "consent")).toEqual(["as-of", "config file"]);
      expect(setting(found, "strict")).toEqual([true, "config file"]);
      expect(setting(found, "pair")).toEqual(["person", "default"]);
      expect(setting(found, "json")).toEqual([true, "flag"]);
    });
  });

  test("--config and STEDI_CONFIG name another config file, which must be there", async () => {
    await inPlace(async (here) => {
      await here.write("stedi.config.json", '{"keep":2}');
      await here.write("other.json", '{"keep":3}');
      expect(setting(await doctor(here, "--config other.json"), "keep")).toEqual([3, "config file"]);
      const byVariable = await doctor(here, "", { STEDI_CONFIG: "other.json" });
      expect(setting(byVariable, "keep")).toEqual([3, "config file"]);
      const { code, stdout } = await here.call("doctor --json", { STEDI_CONFIG: "nowhere.json" });
      expect(code).toBe(2);
      expect(errorOf(stdout)).toMatchObject({ code: "STEDI_BAD_CONFIG", where: "nowhere.json" });
    });
  });

  test("a run is done with them", async () => {
    await inPlace(async (here) => {
      await here.write(
        "stedi.config.json",
        '\ufeff{"lake":"data","out":"zones","json":true,"consent":"as-of"}',
      );
      const report = JSON.parse(await here.done("run all", { STEDI_PAIR: "timestamp" })) as unknown;
      expect(report).toMatchObject({ lake: "data", out: "zones", consent: "as-of", pair: "timestamp" });
    });
  });

  test("an error is a JSON document too where the environment or the config file asks for JSON", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("run everything", { STEDI_JSON: "1" });
      expect(code).toBe(2);
      expect(errorOf(stdout).code).toBe("STEDI_UNKNOWN_STAGE");
      const settings = await here.call("run all --workers 0", { STEDI_JSON: "1" });
      expect(errorOf(settings.stdout)).toMatchObject({ code: "STEDI_BAD_VALUE", where: "--workers" });
    });
  });
});

describe("settings that cannot be used", () => {
  test.each([
    ["{", "stedi.config.json", "it is not JSON"],
    ["[]", "stedi.config.json", "it is not a JSON object"],
    ['{"lakes":"x"}', "stedi.config.json", "there is no setting `lakes`"],
    ['{"reference":true}', "stedi.config.json", "there is no setting `reference`"],
    ['{"keep":"no"}', "stedi.config.json: keep", "it has to be a whole number of 1 or more"],
    ['{"consent":"every"}', "stedi.config.json: consent", "it can be latest, as-of, any"],
  ])("a config file with %s: exit 2", async (content, where, why) => {
    await inPlace(async (here) => {
      await here.write("stedi.config.json", content);
      const { code, stdout } = await here.call("status --json");
      expect(code).toBe(2);
      expect(errorOf(stdout)).toMatchObject({ code: "STEDI_BAD_CONFIG", where, why });
    });
  });

  test("a variable with a value that its option cannot have: exit 2, naming the variable", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("status --json", { STEDI_CONSENT: "never" });
      expect(code).toBe(2);
      expect(errorOf(stdout)).toMatchObject({ code: "STEDI_BAD_VALUE", where: "STEDI_CONSENT" });
    });
  });
});

describe("doctor", () => {
  test("all is well: exit 0, and what it tried is gone", async () => {
    await inPlace(async (here) => {
      await here.done("run all");
      const before = here.files();
      const { code, stdout } = await here.call("doctor");
      expect(code).toBe(0);
      const marks = stdout.slice(0, stdout.indexOf("\nsettings")).trimEnd().split("\n");
      expect(marks.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual(
        [
          "Node",
          "lake",
          "customer_landing",
          "accelerometer_landing",
          "step_trainer_landing",
          "commit log",
          "output",
        ].map((check) => ["ok", check]),
      );
      expect(stdout).toMatch(/^ {2}lake +data +default$/m);
      expect(stdout).toMatch(/^ {2}out +the lake +default$/m);
      expect(here.files()).toEqual(before);
    });
  });

  test("no lake: exit 3, and the other checks are done all the same", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("doctor --json --lake nowhere");
      expect(code).toBe(3);
      const { findings } = JSON.parse(stdout) as DoctorDocument;
      expect(findings).toHaveLength(7);
      expect(findings[1]).toMatchObject({ check: "lake", state: "failed" });
      expect(findings[1]!.next).toContain("stedi generate nowhere");
      expect(findings[6]).toMatchObject({ check: "output", state: "ok" });
    });
  });

  test("what is odd about a landing zone is warned about, with what to do: exit 0", async () => {
    const lake = new Map([...soundLake].filter(([path]) => !path.startsWith("step_trainer")));
    await inPlace(
      async (here) => {
        const { code, stdout } = await here.call("doctor --json");
        expect(code).toBe(0);
        const { findings } = JSON.parse(stdout) as DoctorDocument;
        expect(findings.filter(({ state }) => state === "warning")).toEqual([
          {
            check: "customer_landing",
            state: "warning",
            detail: expect.stringContaining(
              "1 other file not read, such as customer/landing/notes.txt",
            ) as string,
            next: "move away what is no landing file",
          },
          {
            check: "step_trainer_landing",
            state: "warning",
            detail: "0 files, 0 B",
            next: "put files that end in .json or .json.gz into step_trainer/landing",
          },
        ]);
      },
      lake.set("customer/landing/notes.txt", new Uint8Array()),
    );
  });

  test("a commit log that cannot be read: exit 3", async () => {
    await inPlace(async (here) => {
      await here.write("data/_stedi/commits/000000000007.json", "{}");
      const { code, stdout } = await here.call("doctor --json");
      expect(code).toBe(3);
      const { findings } = JSON.parse(stdout) as DoctorDocument;
      expect(findings.find(({ state }) => state === "failed")).toMatchObject({ check: "commit log" });
    });
  });
});
