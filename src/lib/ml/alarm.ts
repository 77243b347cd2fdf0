/** When an alarm stands: at least `raise` of the last `of` known minutes over the threshold. */
export interface AlarmParams {
  readonly raise: number;
  readonly of: number;
}

/** 3 of 5: one bad minute raises nothing, and a sustained rise is told in its third minute. */
export const ALARM_PARAMS: AlarmParams = { raise: 3, of: 5 };

/** Hysteresis over one stream's minutes. Masked minutes are not stepped: they neither raise nor clear. */
export class AlarmRule {
  readonly #params: AlarmParams;
  readonly #recent: Uint8Array;
  #next = 0;
  #count = 0;

  constructor(params: AlarmParams = ALARM_PARAMS) {
    this.#params = params;
    this.#recent = new Uint8Array(params.of);
  }

  /** @returns whether the alarm stands after this minute. */
  step(isOver: boolean): boolean {
    this.#count += (isOver ? 1 : 0) - this.#recent[this.#next]!;
    this.#recent[this.#next] = isOver ? 1 : 0;
    this.#next = (this.#next + 1) % this.#params.of;
    return this.#count >= this.#params.raise;
  }
}
