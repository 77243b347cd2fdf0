/** Rows of a ranking that stand still while somebody points at them: what you aim for must not move away. */
export class Held<Row> {
  isHeld = $state(false);
  #source: () => readonly Row[] | null;
  #kept: readonly Row[] | null = null;

  /** `source` is read reactively; null while there is nothing yet. */
  constructor(source: () => readonly Row[] | null) {
    this.#source = source;
  }

  rows: readonly Row[] | null = $derived.by(() => {
    const fresh = this.#source();
    if (!this.isHeld || !this.#kept?.length) this.#kept = fresh;
    return this.#kept;
  });
}
