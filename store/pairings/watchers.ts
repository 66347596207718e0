/** Who wants to hear of a document. */
export class Watchers {
  readonly #byKey = new Map<string, Set<() => void>>();

  /** @returns what ends it */
  add(key: string, onChange: () => void): () => void {
    const others = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, others.add(onChange));
    return () => {
      others.delete(onChange);
      if (others.size === 0 && this.#byKey.get(key) === others) this.#byKey.delete(key);
    };
  }

  changed(key: string): void {
    for (const onChange of [...this.#byKey.get(key) ?? []]) onChange();
  }

  /** Something has changed, and nobody knows what. */
  anyChanged(): void {
    for (const key of [...this.#byKey.keys()]) this.changed(key);
  }
}
