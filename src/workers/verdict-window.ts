import type { ElemBatch } from '#core/elem/batch.ts';
import type { RovCode, RovState } from '#core/rpki/rov.ts';
import { ROV, rovText } from '#core/rpki/rov.ts';

const STEP_S = 10;
const STEPS = 30;
/** Verdicts and none. */
const CODES = 7;

/** How many announcements got which origin verdict over the last five minutes of data. */
export class VerdictWindow {
  readonly #counts = new Uint32Array(STEPS * CODES);
  #head = -1;

  clear(): void {
    this.#counts.fill(0);
    this.#head = -1;
  }

  /** @param rov a `RovCode` per elem of the batch. Elems older than the window are not counted. */
  count(batch: ElemBatch, rov: Uint8Array): void {
    for (let i = 0; i < batch.length; i++) {
      const code = rov[i]!;
      if (code === ROV.none) continue;
      const step = Math.floor(batch.timeUs[i]! / (STEP_S * 1e6));
      if (step > this.#head) this.#advance(step);
      if (step <= this.#head - STEPS || step < 0) continue;
      this.#counts[(step % STEPS) * CODES + code]!++;
    }
  }

  #advance(step: number): void {
    for (let at = Math.max(this.#head + 1, step - STEPS + 1); at <= step; at++) {
      const from = (at % STEPS) * CODES;
      this.#counts.fill(0, from, from + CODES);
    }
    this.#head = step;
  }

  read(): { readonly announced: Record<RovState, number>; readonly windowS: number } {
    const announced = { valid: 0, invalid: 0, 'not-found': 0, unknown: 0 };
    for (let at = 0; at < this.#counts.length; at++) {
      const { state } = rovText((at % CODES) as RovCode);
      if (state) announced[state] += this.#counts[at]!;
    }
    return { announced, windowS: STEP_S * STEPS };
  }
}
