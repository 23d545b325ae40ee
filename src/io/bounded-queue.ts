// Hands things from one loop to another, in order, a bounded number of them ahead.

/** See the top of this file. One loop pushes and ends it, or makes it fail; one takes. */
export class BoundedQueue<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wakePusher = (): void => undefined;
  #wakeTaker = (): void => undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What has been pushed and not been taken yet, in order. */
  get waiting(): readonly T[] {
    return this.#items;
  }

  /** Waits while there are as many as there may be. */
  async push(item: T): Promise<void> {
    while (this.#items.length >= this.#limit) await new Promise<void>((wake) => (this.#wakePusher = wake));
    this.#items.push(item);
    this.#wakeTaker();
  }

  end(): void {
    this.#ended = true;
    this.#wakeTaker();
  }

  /** What was pushed before can still be taken. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wakeTaker();
  }

  /** The next one; nothing at the end. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0) {
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return undefined;
      await new Promise<void>((wake) => (this.#wakeTaker = wake));
    }
    const item = this.#items.shift()!;
    this.#wakePusher();
    return item;
  }

  /** Takes all that comes, up to the end or a failure, so that whoever pushes comes to an end; never fails. */
  async drain(action: (item: T) => void): Promise<void> {
    try {
      for (let item = await this.take(); item !== undefined; item = await this.take()) action(item);
    } catch {
      // Whoever drains is failing already, or has taken all: the first error is the one that is told.
    }
  }
}
