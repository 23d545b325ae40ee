// Row 23 of the fault table, on S3: two runs on one lake at once. One commits, the other exits with 5 and leaves nothing;
// readers see the zones of one or of the other, never a mixture.

import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { type S3Lake, undisturbed, withS3Lake } from "../s3/lake.js";
import { describeS3, environmentOf } from "../s3/support.js";
import type { Rules } from "../../src/transforms/policy.js";
import { stedi } from "../e2e/support.js";
import { withFolder } from "../io/support.js";
import { andFiles, latest, lines, no } from "./support.js";

const rounds = 50;

/** Two ways to build the lake below that come out differently in every zone. */
const one = latest;
const other: Rules = { consent: "any", pair: "timestamp" };
const files = andFiles(["customer/landing/b.json", lines([no("ben")])]);

interface Outcome {
  readonly code: string;
  readonly exitCode: number;
  readonly commit: number;
  readonly swept: boolean;
}

/** A process that builds lakes when it is told to, up to its commit and then on. */
class Racer {
  readonly #child: ChildProcess;

  constructor(environment: Readonly<Record<string, string>>) {
    const script = join(import.meta.dirname, "../s3/racer.js");
    this.#child = fork(script, { env: { PATH: process.env.PATH, ...environment } });
  }

  /** Builds up to the commit. */
  async build(uri: string, rules: Rules): Promise<void> {
    expect(await this.#answer({ uri, rules })).toBe("ready");
  }

  /** Commits. @returns what came of it */
  async commit(): Promise<Outcome> {
    return (await this.#answer("go")) as Outcome;
  }

  end(): void {
    this.#child.kill();
  }

  async #answer(message: Serializable): Promise<unknown> {
    const ended = new AbortController();
    const answer = once(this.#child, "message", { signal: ended.signal });
    const over = (): void => ended.abort(new Error("the process has ended"));
    this.#child.once("exit", over).send(message);
    const [said] = (await answer) as unknown[];
    this.#child.off("exit", over);
    return said;
  }
}

/** Holds every run back that is about to commit until there are two of them, again and again. */
function commitTogether(lake: S3Lake): void {
  let waiting: (() => void)[] = [];
  const together = async (): Promise<void> => {
    const arrived = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length === 2) {
      for (const go of waiting) go();
      waiting = [];
    }
    await arrived;
  };
  lake.proxy.fault({ operation: "PutObject", key: /_stedi\/commits/ }, { before: together });
}

describeS3("fault 23: two runs on one lake", () => {
  test(`two processes, ${rounds} times: one commits, the other exits with 5 and leaves nothing`, () =>
    withS3Lake(async (lake) => {
      const allowed = [await undisturbed(files, { rules: one }), await undisturbed(files, { rules: other })];
      expect(allowed[0]).not.toEqual(allowed[1]);
      await lake.run({ rules: one });
      const state = { over: false };
      const reader = readAll(lake, state, allowed);
      const racers = [one, other].map((rules) => ({
        rules,
        racer: new Racer(environmentOf(lake.bucket.access)),
      }));
      try {
        for (let round = 0; round < rounds; round++) {
          const before = await lake.lastNumber();
          await Promise.all(racers.map(({ racer, rules }) => racer.build(lake.uri, rules)));
          const ends = await Promise.all(racers.map(({ racer }) => racer.commit()));
          expect([...ends].sort((a, b) => a.exitCode - b.exitCode)).toEqual([
            { code: "", exitCode: 0, commit: before + 1, swept: true },
            { code: "STEDI_COMMITTED_BY_ANOTHER", exitCode: 5, commit: 0, swept: true },
          ]);
          const { number, zones, left, uploads } = await lake.find();
          expect(number).toBe(before + 1);
          expect(zones).toEqual(allowed[ends[0]!.exitCode === 0 ? 0 : 1]);
          expect([left, uploads]).toEqual([[], []]);
        }
      } finally {
        for (const { racer } of racers) racer.end();
      }
      state.over = true;
      expect(await reader).toBeGreaterThan(0);
    }, files));

  test("two commands: one exits with 0, the other with 5", () =>
    withS3Lake((lake) =>
      withFolder(async (cwd) => {
        commitTogether(lake);
        const args = ["run", "all", "--lake", lake.uri, "--json"];
        const ends = await Promise.all([1, 2].map(() => stedi(args, { cwd, env: lake.environment })));
        expect(ends.map(({ code }) => code).sort()).toEqual([0, 5]);
        for (const { stdout, stderr } of ends) lake.expectDiscreet(stdout, stderr);
        const loser = ends.find(({ code }) => code === 5)!;
        expect(JSON.parse(loser.stdout)).toMatchObject({ error: { code: "STEDI_COMMITTED_BY_ANOTHER" } });
        expect(await lake.find()).toMatchObject({ number: 1, left: [], uploads: [] });
      }),
    ));

  test("a run of another machine: what it has written is left alone for a day, then swept", () =>
    withS3Lake(async (lake) => {
      const begun = async (hoursAgo: number): Promise<readonly string[]> => {
        const time = new Date(Date.now() - hoursAgo * 3_600_000).toISOString().replace(/[-:]|\.\d+/g, "");
        const run = `${time}-0123abcd`;
        const process = {
          host: "elsewhere",
          machine: "another",
          boot: "another",
          numbering: "another",
          pid: 1,
          began: "1",
        };
        const paths = [`_stedi/runs/${run}.json`, `customer/trusted/run=${run}/part-00000.json`] as const;
        await lake.put(paths[0], Buffer.from(JSON.stringify({ process, program: "another" })));
        await lake.put(paths[1], Buffer.from("{}\n"));
        return [`customer/trusted/run=${run}`, paths[0]];
      };
      const live = await begun(23);
      await begun(25);
      await lake.run();
      expect([...(await lake.find()).left].sort()).toEqual([...live].sort());
    }));
});

/** Reads the lake again and again, as a reader does whom a newer commit may overtake, until told to stop. */
async function readAll(
  lake: S3Lake,
  state: { readonly over: boolean },
  allowed: readonly unknown[],
): Promise<number> {
  let readings = 0;
  while (!state.over) {
    await setTimeout(200);
    const number = await lake.lastNumber();
    try {
      const { zones } = await lake.find();
      expect(allowed).toContainEqual(zones);
      readings++;
    } catch (error) {
      const { name, code } = error as { name: string; code?: string };
      if (name !== "NoSuchKey" && code !== "ENOENT") throw error;
      // Swept: then there is something newer to read, or what was being written was given up.
      if (code === "ENOENT") expect(await lake.lastNumber()).toBeGreaterThan(number);
    }
  }
  return readings;
}
