// Records of a real lake on disk, to be fuzzed in the place of synthetic ones: some people with their snapshots and
// their readings, as they stand there.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** For each table, the field that says whose a record is. */
const owners = { customer: "email", accelerometer: "user", step_trainer: "serialNumber" } as const;
type Table = keyof typeof owners;

/** Enough to find something in; more takes long to read. */
const mostBytes = 4 * 1024 * 1024;

/** See the top of this file. */
export class RealRecords {
  /** For each table, records by whose they are. */
  readonly #tables: Readonly<Record<Table, ReadonlyMap<string, readonly string[]>>>;

  /** @param lake its folder */
  constructor(lake: string) {
    this.#tables = {
      customer: recordsOf(lake, "customer"),
      accelerometer: recordsOf(lake, "accelerometer"),
      step_trainer: recordsOf(lake, "step_trainer"),
    };
  }

  /** Landing files of a few people, drawn at random; one record a line. */
  pick(generator: RandomGenerator): ReadonlyMap<string, Buffer> {
    const { customer, accelerometer, step_trainer } = this.#tables;
    const below = (count: number): number => uniformInt(generator, 0, Math.max(0, count - 1));
    const some = (records: readonly string[] = [], most: number): readonly string[] => {
      const from = below(records.length);
      return records.slice(from, from + 1 + below(most));
    };
    // Of those who have readings, there being few of them in some lakes; and of anybody.
    const wearers = [...accelerometer.keys()].filter((user) => customer.has(user));
    const people = [...customer.keys()];
    const chosen = Array.from({ length: 1 + below(4) }, () => {
      const among = wearers.length > 0 && below(3) > 0 ? wearers : people;
      return among[below(among.length)]!;
    });
    const snapshots = chosen.flatMap((email) => some(customer.get(email), 3));
    const serials = snapshots.map((record) => valueOf(record, "serialNumber") ?? "");
    const strangers = [...accelerometer.keys()];
    const motions = [...chosen, strangers[below(strangers.length)]!].flatMap((email) =>
      some(accelerometer.get(email), 6),
    );
    const steps = serials.flatMap((serial) => some(step_trainer.get(serial), 6));
    const files = { customer: snapshots, accelerometer: motions, step_trainer: steps };
    return new Map(
      Object.entries(files).map(([table, records]) => [
        `${table}/landing/${table}.json`,
        Buffer.from(records.map((record) => `${record}\n`).join(""), "latin1"),
      ]),
    );
  }
}

function recordsOf(lake: string, table: Table): ReadonlyMap<string, readonly string[]> {
  const folder = join(lake, table, "landing");
  const records = new Map<string, string[]>();
  let bytes = 0;
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith(".json") || bytes > mostBytes) continue;
    const text = readFileSync(join(folder, name), "latin1");
    bytes += text.length;
    for (const [record] of text.matchAll(/\{[^{}]*\}/g)) {
      const owner = valueOf(record, owners[table]);
      if (owner === undefined) continue;
      const own = records.get(owner);
      if (own) own.push(record);
      else records.set(owner, [record]);
    }
  }
  return records;
}

function valueOf(record: string, field: string): string | undefined {
  return new RegExp(`"${field}" *: *"([^"\\\\]*)"`).exec(record)?.[1];
}
