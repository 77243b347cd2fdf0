/** An alarm of the models that stands: a stream's volume is not what it usually is. */
export interface VolumeAlarm {
  /** `all`, or a vantage as in `FeatureWindow.stream`. */
  readonly stream: string;
  /** End of the window that raised it, Unix microseconds. */
  readonly sinceUs: number;
  /** Calibrated score, 1 is the threshold. */
  readonly score: number;
  /** Features that moved it most. */
  readonly columns: readonly string[];
}

/** An alarm raised, or over. */
export interface VolumeChange {
  readonly stream: string;
  readonly isAlarm: boolean;
  readonly timeUs: number;
  readonly score: number;
  readonly columns: readonly string[];
}

const MAX_ALARMS = 4096;

/**
 * What the models say about the stream, as detectors may ask. Who scores tells of changes; they count from the next tick on,
 * so the same changes at the same place in the stream give the same incidents. Bounded: further alarms are `refused`.
 */
export class VolumeAlarms {
  readonly #standing = new Map<string, VolumeAlarm>();
  #scored = 0;
  #refused = 0;

  /** Streams that are scored, `all` among them. */
  get scored(): number {
    return this.#scored;
  }

  get refused(): number {
    return this.#refused;
  }

  get length(): number {
    return this.#standing.size;
  }

  /** Take in changes in order. @param scored streams that are scored now */
  take(changes: readonly VolumeChange[], scored: number): void {
    this.#scored = scored;
    for (const { stream, isAlarm, timeUs, score, columns } of changes) {
      if (!isAlarm) this.#standing.delete(stream);
      else if (this.#standing.size < MAX_ALARMS)
        this.#standing.set(stream, { stream, sinceUs: timeUs, score, columns });
      else this.#refused++;
    }
  }

  /** Alarms that stand, in the order they were raised. */
  standing(): VolumeAlarm[] {
    return [...this.#standing.values()];
  }

  clear(): void {
    this.#standing.clear();
    this.#scored = 0;
  }
}
