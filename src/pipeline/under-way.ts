// Work that has been begun and is not waited for piece by piece: so much of it at most, and the first error is told with
// the next piece, or at the end.

/** See the top of this file. */
export class UnderWay {
  readonly #limit: number;
  readonly #pieces = new Set<Promise<void>>();
  #sum = 0;
  #failure: { readonly error: unknown } | undefined;

  /** @param limit the greatest sum of sizes that may be under way when more is begun */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a piece, and waits while there is more than there may be: for the piece itself, if it is larger than that.
   * @throws what the first piece that failed was rejected with
   */
  async add(piece: Promise<unknown>, size: number): Promise<void> {
    const settled: Promise<void> = piece
      .then(
        () => undefined,
        (error: unknown) => void (this.#failure ??= { error }),
      )
      .then(() => {
        this.#pieces.delete(settled);
        this.#sum -= size;
      });
    this.#pieces.add(settled);
    this.#sum += size;
    while (this.#sum > this.#limit) await Promise.race(this.#pieces);
    this.#tell();
  }

  /**
   * Waits for all.
   * @throws as `add` does
   */
  async settle(): Promise<void> {
    await Promise.all(this.#pieces);
    this.#tell();
  }

  #tell(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
