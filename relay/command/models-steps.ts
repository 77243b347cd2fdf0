const INTERVAL_MS = 5000;

/** Progress of trainings on standard error: one line that is overwritten on a terminal, a line now and then otherwise. */
export class StepReport {
  readonly #isTerminal = process.stderr.isTTY === true;
  #step = '';
  #lastMs = -Infinity;

  readonly step = (what: string, done: number, total: number): void => {
    this.#step = `${what} (${done + 1} of ${total})`;
    this.#show(this.#step, true);
  };

  readonly lstm = (_fold: string, done: number, total: number): void => {
    this.#show(`${this.#step}: ${Math.floor((100 * done) / total)} %`, done === total);
  };

  readonly files = (done: number, total: number): void => {
    if (this.#isTerminal) this.#show(`reading ${done} of ${total}`, done === total);
  };

  clear(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #show(line: string, isImportant: boolean): void {
    const nowMs = performance.now();
    if (this.#isTerminal) process.stderr.write(`\r\x1b[K${line}`);
    else if (isImportant || nowMs - this.#lastMs > INTERVAL_MS) process.stderr.write(`${line}\n`);
    else return;
    this.#lastMs = nowMs;
  }
}
