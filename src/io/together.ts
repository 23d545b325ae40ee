// Waiting for several things at once.

/** All results, in order. Fails with the first failure in that order, but not before all have ended: nothing goes on. */
export async function together<T>(all: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}
