// Where all chance in the synthetic lake comes from: one independent stream of random numbers for each
// (seed, person, purpose), so that any person can be derived alone, in any order, as often as needed.

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/**
 * What a stream is drawn for. Each purpose has its own stream, so that a change in how one thing is drawn
 * does not move all the others.
 */
export const purposes = Object.freeze({
  changeCount: 1,
  history: 2,
  timing: 3,
  accelerometer: 4,
  stepTrainer: 5,
  serialNumber: 6, // and on: one for each serial number of a person
});

/** One of the numbers in {@link purposes}; for serial numbers, plus how many the person has already. */
export type Purpose = number;

const golden = 0x9e3779b9;

/** The finalizer of MurmurHash3: a bijection of 32-bit integers in which every bit changes every other. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** A stream of random integers. Only integer operations, so that every machine draws the same numbers. */
export class Random {
  readonly #generator: RandomGenerator;

  constructor(generator: RandomGenerator) {
    this.#generator = generator;
  }

  /** An integer from 0 to 2^32 - 1. */
  word(): number {
    return this.#generator.next() >>> 0;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return uniformInt(this.#generator, low, high);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return uniformInt(this.#generator, 0, count - 1);
  }

  /** Yes or no, evenly. The top bit, because the lowest ones of this generator are its weakest. */
  coin(): boolean {
    return this.#generator.next() < 0;
  }
}

/**
 * The stream of one person (`index` below 2^31) for one purpose. Two people never get the same stream for
 * the same purpose: everything done to `index` on the way to the first word of the state is a bijection.
 */
export function stream(seed: number, index: number, purpose: Purpose): Random {
  const low = mix((seed >>> 0) ^ golden);
  // Seeds go up to 2^53 - 1, beyond what shifts can reach; dividing by a power of two is exact.
  const high = mix(low + Math.floor(seed / 0x100000000));
  const person = mix(index ^ high);
  const use = mix(high + Math.imul(purpose, golden));
  return new Random(
    xoroshiro128plusFromState([
      mix(person + use),
      mix(person ^ low),
      mix(Math.imul(person, 3) - use),
      mix(use ^ 0x2545f491),
    ]),
  );
}
