// The readings of the synthetic lake: walks of thirty step trainer readings, with the accelerometer readings
// that were taken at exactly the same times.

import { derivePerson, type Person, type World } from "./person.js";
import { purposes, stream } from "./random.js";

/** A walk: readings of one serial number at even intervals. */
export interface Walk {
  readonly serialNumber: string;
  readonly start: number;
  readonly interval: number;
}

/** How many step trainer readings a walk has. */
export const walkLength = 30;

const hourMs = 3_600_000;

/** The walks of a person: one for each serial number. */
export function walksOf(world: World, person: Person): Walk[] {
  // Whoever walks together with the person before has that person's times.
  const leader = person.profile.together ? derivePerson(world, person.index - 1) : person;
  const random = stream(world.seed, leader.index, purposes.timing);
  return person.serialNumbers.map((serialNumber) => {
    // The real device keeps one interval through a walk: between two and four seconds, in thirtieths.
    const interval = 2_000 + Math.floor((random.between(1, 60) * 100) / 3);
    const { settled } = leader;
    const draw = random.below(100);
    let start: number;
    if (draw < 15) {
      start = settled - walkLength * interval - random.below(hourMs);
    } else if (draw < 25) {
      // Across the last change; half of these have a reading at the very millisecond of the change.
      start = settled - random.between(1, walkLength - 1) * interval;
      if (random.coin()) start += random.below(interval);
    } else {
      start = settled + random.between(1_000, hourMs);
    }
    return { serialNumber, start, interval };
  });
}

const distances: readonly string[] = Array.from({ length: 100 }, (_, extra) => `${201 + extra}}\n`);

/** All step trainer records of a person, one a line. */
export function stepTrainerLines(world: World, person: Person): string {
  if (!person.profile.steps) return "";
  const random = stream(world.seed, person.index, purposes.stepTrainer);
  let text = "";
  for (const walk of walksOf(world, person)) {
    const middle = `,"serialNumber":"${walk.serialNumber}","distanceFromObject":`;
    let time = walk.start;
    for (let step = 0; step < walkLength; step++, time += walk.interval) {
      text += `{"sensorReadingTime":${time}${middle}${distances[(random.word() >>> 8) % 100]!}`;
    }
  }
  return text;
}

// Every x, y and z that the real sensor reports: x and y are -1, 0 or 1, z is -1 or 0.
const axes = ["-1.0", "0.0", "1.0"];
const vectors: readonly string[] = axes.flatMap((x) =>
  axes.flatMap((y) => ["-1.0", "0.0"].map((z) => `,"x":${x},"y":${y},"z":${z}}\n`)),
);

/** All accelerometer records of a person, one a line. */
export function accelerometerLines(world: World, person: Person): string {
  if (!person.profile.accelerometer) return "";
  const random = stream(world.seed, person.index, purposes.accelerometer);
  const { gaps } = person.profile;
  const start = `{"user":"${person.email}","timestamp":`;
  let text = "";
  for (const walk of walksOf(world, person)) {
    let time = walk.start;
    for (let step = 0; step < walkLength; step++, time += walk.interval) {
      // Out of 1,024 times, 3 have one reading, 164 have two, the others three: 2.83 on average.
      const draw = random.word() >>> 22;
      let choice = random.word() >>> 8;
      if (gaps && step % 5 === 4) continue;
      const head = start + String(time);
      text += head + vectors[choice % 18]!;
      if (draw >= 3) {
        choice = Math.floor(choice / 18);
        text += head + vectors[choice % 18]!;
      }
      if (draw >= 167) {
        choice = Math.floor(choice / 18);
        text += head + vectors[choice % 18]!;
      }
    }
  }
  return text;
}
