// Long work on what is held in memory: now and then it lets everything else have its turn, so that a signal is heard,
// and it ends when the run has been told to.

import { setImmediate } from "node:timers/promises";

/** At some microseconds each, a fraction of a second. */
const itemsPerTurn = 16_384;

/**
 * Lets everything else have its turn.
 * @throws the signal's reason
 */
export async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/**
 * Does work that is cut into parts.
 * @throws the signal's reason
 */
export async function inTurns(parts: Iterable<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const work = parts[Symbol.iterator]();
  while (!work.next().done) await nextTurn(signal);
}

/**
 * Does something with each of many.
 * @throws the signal's reason
 */
export function forEachInTurns<T>(
  items: Iterable<T>,
  signal: AbortSignal | undefined,
  action: (item: T, index: number) => void,
): Promise<void> {
  return inTurns(partsOf(items, action), signal);
}

/**
 * Does something with each number below one.
 * @throws the signal's reason
 */
export function countInTurns(
  count: number,
  signal: AbortSignal | undefined,
  action: (number: number) => void,
): Promise<void> {
  return inTurns(partsUpTo(count, action), signal);
}

function* partsUpTo(count: number, action: (number: number) => void): Iterable<undefined> {
  for (let number = 0; number < count; number++) {
    action(number);
    if ((number + 1) % itemsPerTurn === 0) yield;
  }
}

function* partsOf<T>(items: Iterable<T>, action: (item: T, index: number) => void): Iterable<undefined> {
  let index = 0;
  for (const item of items) {
    action(item, index++);
    if (index % itemsPerTurn === 0) yield;
  }
}
