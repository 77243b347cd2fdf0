import { basename } from 'node:path';

const WIDTH = 30;
const INTERVAL_MS = 100;

/** A progress bar on standard error; silent unless that is a terminal and standard output is not. */
export class ProgressBar {
  readonly #name: string;
  readonly #isShown = process.stderr.isTTY && !process.stdout.isTTY;
  #lastMs = 0;

  constructor(path: string) {
    this.#name = path === '-' ? 'standard input' : basename(path);
  }

  show(bytesDone: number, bytesTotal: number | null): void {
    if (!this.#isShown || performance.now() - this.#lastMs < INTERVAL_MS) return;
    this.#lastMs = performance.now();
    if (bytesTotal === null || bytesTotal === 0) {
      process.stderr.write(`\r\x1b[K${this.#name} ${(bytesDone / 1e6).toFixed(1)} MB`);
      return;
    }
    const share = Math.min(1, bytesDone / bytesTotal);
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '.');
    process.stderr.write(`\r\x1b[K${this.#name} [${bar}] ${Math.floor(share * 100)} %`);
  }

  clear(): void {
    if (this.#isShown && this.#lastMs > 0) process.stderr.write('\r\x1b[K');
  }
}
