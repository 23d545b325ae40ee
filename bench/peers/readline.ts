// The five zones by what Node has: readline, JSON.parse, Maps and Sets. node readline.mjs LAKE OUT

import { createReadStream, createWriteStream, mkdirSync, readdirSync } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";

type Json = Readonly<Record<string, string | number>>;

const [lake, out] = process.argv.slice(2) as [string, string];

async function* landing(table: string): AsyncGenerator<Json> {
  const folder = `${lake}/${table}/landing`;
  for (const name of readdirSync(folder).sort()) {
    for await (const line of createInterface({ input: createReadStream(`${folder}/${name}`) })) {
      try {
        yield JSON.parse(line) as Json;
      } catch {
        // A damaged reading is left out.
      }
    }
  }
}

class Zone {
  readonly #stream;
  #pending = "";

  constructor(zone: string) {
    mkdirSync(`${out}/${zone}`, { recursive: true });
    this.#stream = createWriteStream(`${out}/${zone}/part-0.json`);
  }

  async write(row: object): Promise<void> {
    this.#pending += `${JSON.stringify(row)}\n`;
    if (this.#pending.length < 65_536) return;
    const room = this.#stream.write(this.#pending);
    this.#pending = "";
    if (!room) await once(this.#stream, "drain");
  }

  async close(): Promise<void> {
    this.#stream.end(this.#pending);
    await once(this.#stream, "finish");
  }
}

const keyOf = (value: string | number | undefined): string => String(value).toLowerCase();

/** The latest snapshot; of two of one date, the one that says no. */
function later(a: Json | undefined, b: Json): Json {
  if (!a || a.lastUpdateDate! < b.lastUpdateDate!) return b;
  if (a.lastUpdateDate! > b.lastUpdateDate!) return a;
  return b.shareWithResearchAsOfDate ? a : b;
}

const people = new Map<string, Json>();
const serials = new Map<string, Map<string, Json>>();
for await (const snapshot of landing("customer")) {
  const person = keyOf(snapshot.email);
  const serial = keyOf(snapshot.serialNumber);
  people.set(person, later(people.get(person), snapshot));
  let owners = serials.get(serial);
  if (!owners) serials.set(serial, (owners = new Map<string, Json>()));
  owners.set(person, later(owners.get(person), snapshot));
}

const trusted = new Map<string, Json[]>();
const fullyTrusted = new Set<string>();
const customers = new Zone("customer/trusted");
for (const [serial, owners] of serials) {
  let all = true;
  for (const [person, snapshot] of owners) {
    if (snapshot.shareWithResearchAsOfDate && people.get(person)!.shareWithResearchAsOfDate) {
      await customers.write(snapshot);
      const rows = trusted.get(person);
      if (rows) rows.push(snapshot);
      else trusted.set(person, [snapshot]);
    } else all = false;
  }
  if (all) fullyTrusted.add(serial);
}
await customers.close();

// By person and time, the readings.
const readings = new Map<string, Map<number, Json[]>>();
const accelerometer = new Zone("accelerometer/trusted");
for await (const reading of landing("accelerometer")) {
  const person = keyOf(reading.user);
  if (!trusted.has(person)) continue;
  await accelerometer.write(reading);
  let times = readings.get(person);
  if (!times) readings.set(person, (times = new Map<number, Json[]>()));
  const same = times.get(reading.timestamp as number);
  if (same) same.push(reading);
  else times.set(reading.timestamp as number, [reading]);
}
await accelerometer.close();

const curatedOwners = new Map<string, string[]>();
const curated = new Zone("customer/curated");
for (const [person, rows] of trusted) {
  if (!readings.has(person)) continue;
  for (const row of rows) {
    await curated.write(row);
    const serial = keyOf(row.serialNumber);
    const owners = curatedOwners.get(serial);
    if (owners) owners.push(person);
    else curatedOwners.set(serial, [person]);
  }
}
await curated.close();

const steps = new Zone("step_trainer/trusted");
const pairs = new Zone("machine_learning/curated");
for await (const step of landing("step_trainer")) {
  const serial = keyOf(step.serialNumber);
  const owners = curatedOwners.get(serial);
  if (!owners || !fullyTrusted.has(serial)) continue;
  await steps.write(step);
  for (const owner of owners) {
    for (const { x, y, z } of readings.get(owner)!.get(step.sensorReadingTime as number) ?? []) {
      await pairs.write({ ...step, x, y, z });
    }
  }
}
await steps.close();
await pairs.close();
