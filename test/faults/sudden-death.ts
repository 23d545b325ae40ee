// Runs that are killed at instants drawn from a seed, on a lake whose customers change before each of them. After
// every kill a reader sees either all of the old zones or all of the new ones; the next run makes the new ones and
// clears away whatever was left. Used by the test of every commit (25 kills) and by the soak test (any number).

import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { folderStore } from "../../src/io/folder-store.js";
import { isDraft } from "../../src/io/store.js";
import { runPipeline } from "../../src/pipeline/run.js";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import { syntheticLake } from "../../src/synthetic/lake.js";
import { type Random, stream } from "../../src/synthetic/random.js";
import {
  countedRun,
  type Ended,
  folders,
  leftovers,
  readLake,
  type Reading,
  until,
  writeFiles,
} from "./disk-support.js";

/** The file that says who has withdrawn; it is written anew before every kill. */
const withdrawals = "customer/landing/zz-withdrawals.json";

/** What came of one kill. */
export interface KillOutcome {
  /** How the instant was chosen. */
  readonly aim: string;
  /** False where the run had ended before. */
  readonly killed: boolean;
  /** What a reader saw then, and what was left behind. */
  readonly state: string;
}

/** See the top of this file. */
export class KilledLake {
  readonly #folder: string;
  readonly #seed: number;
  /** The landing zone takes turns between these two. */
  #variants: readonly { readonly withdrawn: string; readonly zones: Reading["zones"] }[] = [];
  #current = 0;
  /** What an undisturbed run does to the disk: name of the call and path below the lake. */
  #calls: readonly string[] = [];
  #milliseconds = 0;

  /** @param folder an empty one */
  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#seed = seed;
  }

  /** Makes the lake, and the zones that runs have to come out with. */
  async prepare(people: number): Promise<void> {
    const lake = this.#lake;
    for (const { path, chunks } of syntheticLake({ people, seed: this.#seed, messy: true })) {
      writeFiles(lake, [[path, Buffer.concat([...chunks])]]);
    }
    const nobody = await this.#undisturbed("\n", "nobody");
    const [first = ""] = nobody.customer_trusted!.split("\n");
    const { email, serialNumber } = JSON.parse(first) as Record<string, string>;
    const withdrawn = `${JSON.stringify({ email, serialNumber, lastUpdateDate: 9_999_999_999_999 })}\n`;
    const somebody = await this.#undisturbed(withdrawn, "somebody");
    if (isDeepStrictEqual(nobody, somebody)) throw new Error("the withdrawal makes no difference");
    this.#variants = [
      { withdrawn, zones: somebody },
      { withdrawn: "\n", zones: nobody },
    ];

    this.#write(withdrawn);
    await this.#goodRun(); // leaves folders for the next one to sweep
    const trace = join(this.#folder, "calls");
    const start = performance.now();
    const { code, stderr } = await countedRun(lake, { STEDI_KILL_TRACE: trace }).ended;
    this.#milliseconds = performance.now() - start;
    if (code !== 0) throw new Error(`the undisturbed run failed: ${stderr}`);
    this.#calls = readFileSync(trace, "utf8").replaceAll(lake, "").split("\n").slice(0, -1);
  }

  /** Kills one run, and looks at what a reader sees then and what a good run makes of it. @throws Error where a rule is broken */
  async kill(index: number): Promise<KillOutcome> {
    const random = stream(this.#seed, index, 0);
    const before = readLake(this.#lake);
    const old = this.#variants[this.#current]!;
    this.#current = 1 - this.#current;
    const now = this.#variants[this.#current]!;
    this.#write(now.withdrawn);

    const start = performance.now();
    const { aim, ended } = await this.#killOne(random);
    const killed = ended.code !== 0;
    if (!killed) this.#milliseconds = performance.now() - start;
    if (killed && ended.signal !== "SIGKILL") {
      throw new Error(`${aim}: ended with ${ended.code ?? ended.signal ?? "nothing"}: ${ended.stderr}`);
    }
    const seen = readLake(this.#lake);
    const isOld = seen.number === before.number && isDeepStrictEqual(seen.zones, old.zones);
    const isNew = seen.number === before.number + 1 && isDeepStrictEqual(seen.zones, now.zones);
    if (!isOld && !isNew) throw new Error(`${aim}: a reader saw neither the old nor the new zones`);
    const left = leftovers(this.#lake);

    await this.#goodRun();
    const after = readLake(this.#lake);
    if (after.number !== seen.number + 1) throw new Error(`${aim}: the next run left no commit`);
    if (!isDeepStrictEqual(after.zones, now.zones)) throw new Error(`${aim}: the next run made other zones`);
    const still = leftovers(this.#lake);
    if (still.length > 0) throw new Error(`${aim}: the next run left ${still.join(", ")}`);
    const when = !killed ? "ended before the kill" : isOld ? "before the commit" : "after the commit";
    return {
      aim,
      killed,
      state: `${when}, left ${kindsOf(left, isOld ? "its" : "older").join(" + ") || "nothing"}`,
    };
  }

  get #lake(): string {
    return join(this.#folder, "lake");
  }

  #write(text: string): void {
    writeFiles(this.#lake, [[withdrawals, Buffer.from(text)]]);
  }

  async #goodRun(): Promise<void> {
    await runPipeline({ lake: folderStore(this.#lake) });
  }

  async #undisturbed(withdrawn: string, name: string): Promise<Reading["zones"]> {
    this.#write(withdrawn);
    const out = join(this.#folder, name);
    await runPipeline({ lake: folderStore(this.#lake), out: folderStore(out) });
    const { zones } = readLake(out);
    rmSync(out, { recursive: true });
    return zones;
  }

  /** Some kills go by what the run does, so that every step is met however short; some by the clock, as real ones do. */
  async #killOne(random: Random): Promise<{ aim: string; ended: Ended }> {
    const share = random.below(16);
    if (share < 6) return this.#killAtCall(random, 0, this.#calls.length - 1);
    if (share < 10) {
      const commit = this.#calls.findIndex((call) => call.startsWith(`link\t/${folders.commits}`));
      return this.#killAtCall(random, commit - 4, Math.min(commit + 5, this.#calls.length - 1));
    }
    if (share < 13) return this.#killAtSight(random);
    const after = random.between(0, Math.ceil(this.#milliseconds));
    const { child, ended } = countedRun(this.#lake, {});
    const timer = setTimeout(() => child.kill("SIGKILL"), after);
    const result = await ended;
    clearTimeout(timer);
    return { aim: "by the clock", ended: result };
  }

  async #killAtCall(random: Random, low: number, high: number): Promise<{ aim: string; ended: Ended }> {
    const call = random.between(low, high);
    const moment = (["before", "during", "after"] as const)[random.below(3)]!;
    const at = `${call + 1}:${moment}:${random.below(300)}`;
    const ended = await countedRun(this.#lake, { STEDI_KILL_AT: at }).ended;
    return { aim: `${moment} ${this.#calls[call]!.split("\t")[0]!}`, ended };
  }

  /** Kills a run when something new has appeared in a folder. */
  async #killAtSight(random: Random): Promise<{ aim: string; ended: Ended }> {
    const watched = [...stediPlan.zones.map(({ folder }) => folder), ...Object.values(folders)];
    const path = watched[random.below(watched.length)]!;
    const folder = join(this.#lake, path);
    mkdirSync(folder, { recursive: true });
    const names = (): string => readdirSync(folder).join(" ");
    const before = names();
    const wait = random.below(4);
    const { child, ended } = countedRun(this.#lake, {});
    await until(() => names() !== before || child.exitCode !== null);
    await new Promise((resolve) => setTimeout(resolve, wait));
    child.kill("SIGKILL");
    return { aim: `at sight of ${path}`, ended: await ended };
  }
}

/** @param whose the run folders that are left are */
function kindsOf(left: readonly string[], whose: string): readonly string[] {
  const kinds = left.map((path) => {
    const [, folder, name = ""] = /^(.*)\/(.*)$/.exec(path)!;
    if (isDraft(name)) return folder === folders.commits ? "a commit's draft" : "a marker's draft";
    if (folder === folders.markers) return "a marker";
    return `${whose} run folders`;
  });
  return [...new Set(kinds)].sort();
}
