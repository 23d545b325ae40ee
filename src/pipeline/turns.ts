// Long loops over what is held in memory: now and then they let everything else have its turn, so that a signal is
// heard, and they end when the run has been told to.

import { setImmediate } from "node:timers/promises";

/** At some microseconds each, a fraction of a second. */
const itemsPerTurn = 16_384;

/** @throws the signal's reason */
export async function forEachInTurns<T>(
  items: Iterable<T>,
  signal: AbortSignal | undefined,
  action: (item: T, index: number) => void,
): Promise<void> {
  let index = 0;
  for (const item of items) {
    action(item, index++);
    if (index % itemsPerTurn !== 0) continue;
    await setImmediate();
    signal?.throwIfAborted();
  }
}
