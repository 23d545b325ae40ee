// A digest of a zone as a multiset of rows, whoever wrote it: the order of rows and of fields, the split into files,
// white space, nulls and the way that numbers are printed make no difference.
//
// It is the number of rows and the sums of four 32-bit hashes of each row.

import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const zones = [
  "customer/trusted",
  "accelerometer/trusted",
  "customer/curated",
  "step_trainer/trusted",
  "machine_learning/curated",
];

/** The digest of each zone below a folder. */
export async function digestOf(folder: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const zone of zones) digests.set(zone, await digestZone(join(folder, zone)));
  return digests;
}

async function digestZone(folder: string): Promise<string> {
  const sums = new Uint32Array(4);
  let rows = 0;
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  for (const name of names) {
    if (!name.endsWith(".json")) continue;
    for await (const line of createInterface({ input: createReadStream(join(folder, name)) })) {
      if (line === "") continue;
      rows++;
      addHashes(normal(line), sums);
    }
  }
  return `${rows} rows, ${[...sums].map((sum) => sum.toString(16).padStart(8, "0")).join("")}`;
}

function normal(line: string): string {
  const row = JSON.parse(line) as Record<string, string | number | null>;
  let text = "";
  for (const name of Object.keys(row).sort()) {
    const value = row[name];
    if (value !== null) text += `${name}\u0000${typeof value}\u0000${String(value)}\u0001`;
  }
  return text;
}

function addHashes(text: string, sums: Uint32Array): void {
  let [a, b, c, d] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b + code, 0x5bd1e995) ^ (b >>> 13);
    c = Math.imul(c ^ code, 0x2c1b3c6d) + (c >>> 15);
    d = Math.imul(d + code, 0x297a2d39) ^ (d >>> 11);
  }
  sums[0]! += mixed(a);
  sums[1]! += mixed(b);
  sums[2]! += mixed(c);
  sums[3]! += mixed(d);
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
