// Work that has been begun and is not waited for piece by piece: a bounded number of pieces, of which the first error
// is told with the next one, or at the end.

/** See the top of this file. */
export class UnderWay {
  readonly #limit: number;
  readonly #pieces = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  /** @param limit how many pieces may be under way when more are begun */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a piece, and waits while there are more than there may be.
   * @throws what the first piece that failed was rejected with
   */
  async add(piece: Promise<unknown>): Promise<void> {
    const settled: Promise<void> = piece
      .then(
        () => undefined,
        (error: unknown) => void (this.#failure ??= { error }),
      )
      .then(() => void this.#pieces.delete(settled));
    this.#pieces.add(settled);
    while (this.#pieces.size > this.#limit) await Promise.race(this.#pieces);
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
