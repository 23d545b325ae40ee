// Long work on what is held in memory: now and then it lets everything else have its turn, so that a signal is heard,
// and it ends when the run has been told to.

import { setImmediate } from "node:timers/promises";

/** At some microseconds each, a fraction of a second. */
const itemsPerTurn = 16_384;

/**
 * Does work that is cut into parts.
 * @throws the signal's reason
 */
export async function inTurns(parts: Iterable<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const work = parts[Symbol.iterator]();
  while (!work.next().done) {
    await setImmediate();
    signal?.throwIfAborted();
  }
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

function* partsOf<T>(items: Iterable<T>, action: (item: T, index: number) => void): Iterable<undefined> {
  let index = 0;
  for (const item of items) {
    action(item, index++);
    if (index % itemsPerTurn === 0) yield;
  }
}
