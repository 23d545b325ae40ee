// Shared by the canary tests on disk and on S3: a landing zone full of canaries, good records and damaged ones, the search
// through everything that was written, and through everything that was said.

import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { stediPlan } from "../../src/pipeline/stedi-plan.js";
import type { Ended } from "../e2e/support.js";
import { lines } from "../faults/support.js";
import { at } from "../reference/helpers.js";
import { Aviary } from "./canaries.js";

const ofPeople = ["customer_trusted", "accelerometer_trusted", "customer_curated"];
const ofCustomers = ["customer_trusted", "customer_curated"];
const ofSerials = [
  "customer_trusted",
  "customer_curated",
  "step_trainer_trusted",
  "machine_learning_curated",
];

/** Canaries, and the landing files that they are in. */
export interface Planted {
  readonly birds: Aviary;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * A landing zone in which everything is planted.
 * @param any whether a withdrawal has no effect: `--consent any`
 */
export function planted(any = false): Planted {
  const birds = new Aviary();
  const customers: string[] = [];
  const motions: string[] = [];
  const steps: string[] = [];
  const address = (mark: string): string => `${mark}@canary.example`;

  /** A person with a snapshot, readings and unlisted fields everywhere. */
  const person = (
    who: string,
    zones: {
      readonly person: readonly string[];
      readonly customer: readonly string[];
      readonly serial: readonly string[];
    },
    dates: readonly (number | null)[],
    shared?: string,
  ): { readonly email: string; readonly serial: string } => {
    const email = birds.plant(`e-mail address of ${who}`, zones.person, address);
    const serial = shared ?? birds.plant(`serial number of ${who}`, zones.serial);
    for (const [turn, date] of dates.entries()) {
      // Of a snapshot that another one supersedes, nothing is written; under `any` each that says yes speaks for itself.
      const own = (any ? date !== null : turn === dates.length - 1) ? zones.customer : [];
      customers.push(
        JSON.stringify({
          customerName: birds.plant(`name ${turn} of ${who}`, own),
          email,
          phone: birds.plant(`phone ${turn} of ${who}`, own),
          birthDay: birds.plant(`birthday ${turn} of ${who}`, own),
          serialNumber: serial,
          lastUpdateDate: at(turn + 1),
          ...(date !== null && { shareWithResearchAsOfDate: at(date) }),
          [birds.plant(`unlisted field ${turn} of ${who}`)]: birds.plant(`unlisted value ${turn} of ${who}`),
        }),
      );
    }
    for (const time of [100, 101, 102]) {
      motions.push(
        JSON.stringify({
          user: email,
          timestamp: at(time),
          x: 1,
          y: 2,
          z: 3,
          [birds.plant(`unlisted field at ${time} of ${who}`)]: 1,
        }),
      );
      steps.push(
        JSON.stringify({
          sensorReadingTime: at(time),
          serialNumber: serial,
          distanceFromObject: 5,
          note: birds.plant(`note at ${time} of ${who}`),
        }),
      );
    }
    return { email, serial };
  };

  const everywhere = { person: ofPeople, customer: ofCustomers, serial: ofSerials };
  const nowhere = { person: [], customer: [], serial: [] };
  person("one who consents", everywhere, [1]);
  person("one who never did", nowhere, [null]);
  person("one who withdrew", any ? everywhere : nowhere, [1, null]);
  const sharer = person(
    "one who shares a serial number",
    { ...everywhere, serial: any ? ofSerials : ofCustomers },
    [1],
  );
  person("one whose serial number is that of another one", nowhere, [null], sharer.serial);
  const spoilt = person("one with a damaged snapshot", any ? everywhere : nowhere, [1]);
  customers.push(
    // Twice the same field, a wrong type, broken JSON, broken UTF-8, and one that is cut off.
    `{"customerName":"${birds.plant("name in a damaged snapshot")}","email":"${spoilt.email}","serialNumber":"${spoilt.serial}","lastUpdateDate":${at(9)},"phone":"1","phone":"${birds.plant("phone that stands twice")}"}`,
    `{"email":"${birds.plant("e-mail address of a damaged snapshot", [], address)}","serialNumber":{"${birds.plant("field of an object for a serial number")}":1},"lastUpdateDate":1}`,
    `{"email":"${birds.plant("e-mail address in broken JSON", [], address)}","customerName":"${birds.plant("name in broken JSON")}", oops`,
    birds.plant("a line that is no JSON"),
    `{"email":"${birds.plant("e-mail address of bytes that are no UTF-8", [], address)}","customerName":"\xff"}`,
  );
  motions.push(
    `{"user":"${birds.plant("stranger with a reading", [], address)}","timestamp":${at(100)},"x":1,"y":1,"z":1}`,
    `{"user":"${birds.plant("stranger with a damaged reading", [], address)}","timestamp":"${birds.plant("text for a time")}","x":1}`,
    `{"user":["${birds.plant("text in an array for a user")}"],"timestamp":${at(100)},"x":1,"y":1,"z":1}`,
    `{"usr":"${birds.plant("user under another name", [], address)}","${birds.plant("field name in a damaged reading")}":0}`,
    `{"user":"${birds.plant("user in front of a cut", [], address)}","timest`,
  );
  steps.push(
    `{"sensorReadingTime":1655564444,"serialNumber":"${birds.plant("serial number with seconds for milliseconds")}","distanceFromObject":1}`,
    `{"sensorReadingTime":${at(100)},"serialNumber":"${birds.plant("serial number that nobody has")}","distanceFromObject":1}`,
    `{"sensorReadingTime":${at(100)},"serialNumber":"a","distanceFromObject":"${birds.plant("text for a distance")}"}}}`,
  );
  const packed = gzipSync(
    lines([
      `{"user":"${birds.plant("user in a packed file that is cut off", [], address)}","timestamp":${at(100)},"x":`,
    ]),
  );
  return {
    birds,
    files: new Map<string, Uint8Array>([
      ["customer/landing/a.json", Buffer.from(customers.join("\n"), "latin1")],
      ["accelerometer/landing/a.json", lines(motions)],
      ["accelerometer/landing/b.json.gz", packed.subarray(0, -6)],
      ["step_trainer/landing/a.json", lines(steps)],
      ["step_trainer/landing/notes.csv", lines([birds.plant("line of a file that is not read")])],
    ]),
  };
}

/**
 * Looks through everything but the landing zones, with its paths: nothing may be where it does not belong.
 * @param files path -> bytes
 * @returns what each zone holds, for `missing`
 */
export function search(
  birds: Aviary,
  files: Iterable<readonly [string, Uint8Array]>,
): ReadonlyMap<string, Uint8Array> {
  const zones = new Map<string, Buffer>();
  for (const [path, bytes] of files) {
    expect(birds.found(path), path).toEqual([]);
    if (/^(data\/)?\w+\/landing\//.test(path)) continue;
    const zone = stediPlan.zones.find(({ folder }) => path.includes(`${folder}/run=`))?.name;
    expect(birds.found(bytes, zone), path).toEqual([]);
    if (zone !== undefined) zones.set(zone, Buffer.concat([zones.get(zone) ?? Buffer.alloc(0), bytes]));
  }
  return zones;
}

/** Looks through all that a command line said. @param code what it has to have ended with */
export function heard(
  birds: Aviary,
  line: string,
  { code: ended, stdout, stderr }: Ended,
  code?: Ended["code"],
): void {
  if (code !== undefined) expect(ended, `${line}: ${stderr}`).toBe(code);
  expect(birds.found(stdout), line).toEqual([]);
  expect(birds.found(stderr), line).toEqual([]);
}
