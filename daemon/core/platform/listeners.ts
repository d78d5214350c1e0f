/** Functions that are called when something has happened. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #listeners = new Set<(...told: Told) => void>();

  /** Listens until the returned function is called. */
  listen(listener: (...told: Told) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(...told: Told): void {
    for (const listener of this.#listeners) {
      try {
        listener(...told);
      } catch {
        // It has already happened: a listener that fails undoes nothing, and keeps it from none of the others.
      }
    }
  }
}
