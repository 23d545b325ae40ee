// Waiting for several things at once.

/** All results, in order. Fails with the first failure in that order, but not before all have ended: nothing goes on. */
export async function together<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

/**
 * Does something with each, in order, and with at most so many at once. Where there are thousands, and each takes a moment,
 * a queue that is told of all of them takes longer than what it is for. Fails with the first failure in that order, once all
 * have ended that have begun; behind a failure, none begins.
 */
export async function inLanes<T>(
  lanes: number,
  all: readonly T[],
  work: (each: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  const lane = async (): Promise<void> => {
    while (next < all.length && failures.length === 0) {
      const index = next++;
      try {
        await work(all[index]!);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first) throw first.error;
}
