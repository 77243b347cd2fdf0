/** A question to the worker: `key` says what it is about, `ask` puts it. */
export interface Question<T> {
  readonly key: string;
  readonly ask: () => Promise<T | null>;
}

/**
 * The newest answer to a question that is put again whenever what it reads changes. One is under way at a time; the answer
 * to an older key is dropped, and a new key starts without an answer. Made while a component is set up.
 */
export class Asked<T> {
  /** Undefined while there is no answer yet; null when the worker has none to give. */
  answer = $state.raw<T | null | undefined>(undefined);

  #question: Question<T> | null = null;
  #isUnderWay = false;
  #isDue = false;

  constructor(question: () => Question<T> | null) {
    $effect(() => {
      const next = question();
      if (next?.key !== this.#question?.key) this.answer = undefined;
      this.#question = next;
      void this.#put();
    });
  }

  /** Put the question again now: after something was changed that it is about. */
  again(): void {
    void this.#put();
  }

  async #put(): Promise<void> {
    if (this.#isUnderWay) {
      this.#isDue = true;
      return;
    }
    this.#isUnderWay = true;
    try {
      do {
        this.#isDue = false;
        const question = this.#question;
        if (!question) break;
        const answer = await question.ask();
        if (question.key === this.#question?.key) this.answer = answer;
      } while (this.#isDue);
    } finally {
      this.#isUnderWay = false;
    }
  }
}
