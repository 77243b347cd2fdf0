import { FEATURE_COUNT } from '#core/feature/features.ts';

/** Minutes kept of each stream. */
export const DAY_MINUTES = 1440;

/** Columns of numbers by minute, the last day of them. Minutes not heard of are NaN. Fixed size. */
export class MinuteDay {
  readonly #columns: number;
  readonly #values: Float32Array;
  readonly #minutes = new Float64Array(DAY_MINUTES).fill(-1);
  #last = -1;

  constructor(columns: number) {
    this.#columns = columns;
    this.#values = new Float32Array(DAY_MINUTES * columns);
  }

  /** The newest minute set; -1 before the first. */
  get lastMinute(): number {
    return this.#last;
  }

  set(minute: number, values: ArrayLike<number>): void {
    const slot = minute % DAY_MINUTES;
    this.#minutes[slot] = minute;
    this.#values.set(values, slot * this.#columns);
    this.#last = Math.max(this.#last, minute);
  }

  get(minute: number, column: number): number {
    const slot = minute % DAY_MINUTES;
    return this.#minutes[slot] === minute ? this.#values[slot * this.#columns + column]! : NaN;
  }

  /** `count` values of a column, up to and with `lastMinute`. */
  column(column: number, lastMinute: number, count: number): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: count }, (_, i) => this.get(lastMinute - count + 1 + i, column));
  }
}

/** The vectors of streams over the last day: what trends and correlations are computed from. Bounded by `maxStreams`. */
export class FeatureDays {
  readonly #maxStreams: number;
  readonly #days = new Map<string, MinuteDay>();
  #refused = 0;

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  /** Windows of streams there was no room for. */
  get refused(): number {
    return this.#refused;
  }

  get(stream: string): MinuteDay | null {
    return this.#days.get(stream) ?? null;
  }

  note(stream: string, minute: number, values: Float64Array): void {
    let day = this.#days.get(stream);
    if (!day) {
      if (this.#days.size >= this.#maxStreams) {
        this.#refused++;
        return;
      }
      this.#days.set(stream, (day = new MinuteDay(FEATURE_COUNT)));
    }
    day.set(minute, values);
  }

  clear(): void {
    this.#days.clear();
  }
}
