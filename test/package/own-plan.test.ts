// Plans from outside: the `sharing` step against the reference on made-up lakes, what a declaration may not say, and what
// becomes of a zone when a run of another plan follows.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lastCommit, plan, runPipeline, StediError, stediPlan, type Step, zone } from "../../src/index.js";
import { referenceRun } from "../../src/reference/index.js";
import {
  accelerometerLanding,
  customerLanding,
  stepTrainerLanding,
  type TableShape,
} from "../../src/transforms/tables.js";
import { allRules } from "../support/engine.js";
import { arbLake, renderLake, showLake } from "../support/lakes.js";
import { MemoryStore } from "../support/memory-store.js";
import { lakesPerProperty } from "../support/runs.js";
import { sharedWithPublic } from "./public-as-research.js";

const purpose = "shareWithPublicAsOfDate";
const wearer = { by: "person", field: "user" } as const;
const sharing: Step = { kind: "sharing", person: "user", purpose, reason: "no_consent" };
const accelerometerPublic = zone("accelerometer_public", "accelerometer/public", accelerometerLanding, [
  { kind: "known", who: wearer, reason: "unknown_person" },
  sharing,
  { kind: "since", time: "timestamp", who: wearer, purpose, reason: "before_consent", under: ["as-of"] },
]);
const sixZones = plan([...stediPlan.zones, accelerometerPublic]);

async function linesOf(store: MemoryStore, name: string): Promise<readonly string[]> {
  const files = (await lastCommit(store))?.zones[name]?.files ?? [];
  return files.flatMap(({ path }) => Buffer.from(store.files.get(path)!).toString().split("\n").slice(0, -1));
}

describe("a zone of people who share with the public", () => {
  for (const rules of allRules.filter(({ pair }) => pair === "person")) {
    test(`holds what the reference keeps, and changes no other zone: --consent ${rules.consent}`, async () => {
      await fc.assert(
        fc.asyncProperty(arbLake(), async (lake) => {
          const files = renderLake(lake);
          fc.pre(!hasCutOffGzip(files));
          const expected = referenceRun(sharedWithPublic(files), rules);
          const out = new MemoryStore();
          if (!expected.usable) return;
          await runPipeline({ lake: new MemoryStore(files), out, rules, plan: sixZones });
          expect(await linesOf(out, "accelerometer_public"), showLake(lake)).toEqual(
            expected.zones.accelerometer_trusted,
          );
          const books = (await lastCommit(out))!.zones.accelerometer_public!.books;
          expect(books).toEqual(expected.books.accelerometer_trusted);
          const others = referenceRun(files, rules).zones;
          for (const [name, lines] of Object.entries(others)) expect(await linesOf(out, name)).toEqual(lines);
        }),
        { numRuns: Math.ceil(lakesPerProperty / 10) },
      );
    });
  }
});

/** Swapping the names of fields would have to write a cut-off gzip again, cut off. */
function hasCutOffGzip(files: ReadonlyMap<string, Uint8Array>): boolean {
  try {
    sharedWithPublic(files);
    return false;
  } catch {
    return true;
  }
}

describe("a plan is refused", () => {
  const code = (rows: TableShape, step: Step): string | undefined => {
    try {
      zone("a_zone", "a/zone", rows, [step]);
      return undefined;
    } catch (error) {
      return error instanceof StediError ? error.code : "not a StediError";
    }
  };

  test("where a step asks who shares by a field that is no key", () => {
    expect(code(accelerometerLanding, sharing)).toBeUndefined();
    expect(code(accelerometerLanding, { ...sharing, person: "x" })).toBe("STEDI_BAD_PLAN");
    expect(code(stepTrainerLanding, sharing)).toBe("STEDI_BAD_PLAN");
  });

  test("where a step asks who shares for what is no purpose", () => {
    expect(code(accelerometerLanding, { ...sharing, purpose: "birthDay" } as never)).toBe("STEDI_BAD_PLAN");
  });

  test("where a step asks of snapshots who shares, as that is known only after the last of them", () => {
    const ofEmail: Step = { ...sharing, person: "email" };
    expect(code(customerLanding, ofEmail)).toBe("STEDI_BAD_PLAN");
    expect(code(stediPlan.zones[0]!, ofEmail)).toBe("STEDI_BAD_PLAN");
  });
});

describe("a run of a plan that does not have a zone of the last commit", () => {
  const email = "q@example.test";
  const files = new Map(
    Object.entries({
      "customer/landing/1.json": `{"email":"${email}","serialNumber":"s","lastUpdateDate":1700000000000,"${purpose}":1700000000000}\n`,
      "accelerometer/landing/1.json": `{"user":"${email}","timestamp":1700000000001,"x":1,"y":1,"z":1}\n`,
    }).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  );
  const paths = (out: MemoryStore): readonly string[] =>
    [...out.files.keys()].filter((path) => path.startsWith("accelerometer/public/"));

  test("leaves the zone out, says so, and deletes its rows", async () => {
    const [lake, out] = [new MemoryStore(files), new MemoryStore()];
    await runPipeline({ lake, out, plan: sixZones });
    expect(paths(out)).toHaveLength(1);
    const { warnings } = await runPipeline({ lake, out });
    expect(Object.keys((await lastCommit(out))!.zones)).not.toContain("accelerometer_public");
    expect(warnings).toContainEqual(
      expect.objectContaining({
        code: "STEDI_W_ZONES_LEFT",
        message: expect.stringContaining("accelerometer_public") as string,
        count: 1,
      }),
    );
    expect(paths(out)).toEqual([]);
  });

  test("deletes its rows once no commit that is kept names them", async () => {
    const [lake, out] = [new MemoryStore(files), new MemoryStore()];
    await runPipeline({ lake, out, plan: sixZones, keep: 2 });
    await runPipeline({ lake, out, keep: 2 });
    expect(paths(out)).toHaveLength(1);
    await runPipeline({ lake, out, keep: 2 });
    expect(paths(out)).toEqual([]);
  });

  test("never looks for them in a folder that is no zone's", async () => {
    const [lake, out] = [new MemoryStore(files), new MemoryStore()];
    await runPipeline({ lake, out, plan: sixZones });
    const [path, bytes] = [...out.files].find(([each]) => each.startsWith("_stedi/commits/"))!;
    const text = new TextDecoder().decode(bytes);
    out.files.set(
      path,
      new TextEncoder().encode(text.replace(/"folder": "accelerometer\/public"/, `"folder": ".."`)),
    );
    out.files.set("../run=1/part-00000.json", new Uint8Array());
    await runPipeline({ lake, out });
    expect(out.files.has("../run=1/part-00000.json")).toBe(true);
  });
});
