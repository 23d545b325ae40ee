// `stedi status` and `stedi plan` from a shell: what is, and what would be, without anything being written.

import { describe, expect, test } from "vitest";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import { landingTables } from "../../src/transforms/tables.js";
import { no } from "../faults/support.js";
import { errorOf, inPlace } from "./support.js";

describe("status", () => {
  test("before the first commit it says what to do", async () => {
    await inPlace(async (here) => {
      const before = here.files();
      expect(await here.done("status")).toBe(
        "Nothing has been committed in data yet. Build the zones with `stedi run all`.\n",
      );
      const document = JSON.parse(await here.done("status --json")) as { commit: unknown; zones: unknown[] };
      expect(document.commit).toBeNull();
      expect(document.zones).toHaveLength(5);
      expect(here.files()).toEqual(before);
    });
  });

  test("rows, run, policy, and fresh or stale and why", async () => {
    await inPlace(async (here) => {
      const { run, stages } = JSON.parse(await here.done("run all --json --consent as-of")) as {
        run: string;
        stages: { stage: string; written: number; bytesOut: number; files: number }[];
      };
      const status = JSON.parse(await here.done("status --json --consent as-of")) as {
        zones: { zone: string }[];
      };
      expect(status).toMatchObject({
        lake: "data",
        out: "data",
        commit: { number: 1, consent: "as-of", pair: "person" },
      });
      for (const zone of status.zones) {
        const { written, bytesOut, files } = stages.find((each) => each.stage === zone.zone)!;
        expect(zone).toMatchObject({ state: "fresh", why: null, run, rows: written, bytes: bytesOut, files });
      }
      const table = await here.done("status --consent as-of");
      expect(table).toMatch(/^commit 1 in data: --consent as-of --pair person, consent as of 2/);
      for (const { name } of stediPlan.zones) {
        expect(table).toMatch(new RegExp(`^${name} +\\d+ .* ${run} +fresh$`, "m"));
      }
      expect(await here.done("status")).toMatch(/ stale: it was built with$/m);
      await here.write("data/customer/landing/b.json", no("ann"));
      expect(await here.done("status --consent as-of")).toMatch(/ stale: the customer files$/m);
    });
  });

  test("no lake: exit 3", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("status --json --lake nowhere");
      expect(code).toBe(3);
      expect(errorOf(stdout).code).toBe("STEDI_NOT_FOUND");
    });
  });
});

describe("plan", () => {
  test("says what a run reads and writes, and writes nothing", async () => {
    await inPlace(async (here) => {
      const before = here.files();
      expect(await here.done("plan")).toBe(await here.done("plan all"));
      const plan = JSON.parse(await here.done("plan --json --out zones")) as {
        passes: { source: string; from: string; files: number | null; writes: string[] }[];
      };
      expect(plan).toMatchObject({
        lake: "data",
        out: "zones",
        consent: "latest",
        pair: "person",
        commit: 1,
      });
      expect(plan.passes.map(({ source, from, files, writes }) => [source, from, files, ...writes])).toEqual([
        ["customer/landing", "landing zone", 1, "customer/trusted"],
        ["accelerometer/landing", "landing zone", 1, "accelerometer/trusted"],
        ["customer/trusted", "this run", null, "customer/curated"],
        ["step_trainer/landing", "landing zone", 1, "step_trainer/trusted", "machine_learning/curated"],
      ]);
      expect(here.files()).toEqual(before);
    });
  });

  test("a single stage reads the last commit, and is refused where that lacks its inputs", async () => {
    await inPlace(async (here) => {
      const { code, stdout } = await here.call("plan customer_curated --json");
      expect(code).toBe(2);
      expect(errorOf(stdout).code).toBe("STEDI_INPUT_MISSING");
      await here.done("run all");
      const text = await here.done("plan customer_curated");
      expect(text).toMatch(/^1\. read accelerometer\/trusted \(last commit: 1 file, \d+ B\)$/m);
      expect(text).toMatch(/^ {3}write customer\/curated\n4\. commit 2$/m);
    });
  });

  test("--graph draws every table, also of a lake that is not there", async () => {
    await inPlace(async (here) => {
      const drawing = await here.done("plan --graph --lake nowhere");
      for (const { name, folder } of [...landingTables, ...stediPlan.zones]) {
        expect(drawing).toContain(name);
        expect(drawing).toContain(folder);
      }
      expect(await here.done("plan --graph --consent as-of")).toContain("before_consent");
      expect(drawing).not.toContain("before_consent");
      expect(JSON.parse(await here.done("plan --graph --json"))).toEqual({ graph: drawing });
    });
  });
});
