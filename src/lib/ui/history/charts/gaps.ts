/** Values at moments, a NaN where steps are missing: what is not there is a gap, and no line is drawn across it. */
export interface Stepped {
  /** Unix microseconds, ascending. */
  readonly timeUs: readonly number[];
  readonly values: readonly (readonly number[])[];
  /** The smallest distance of two moments; null of fewer than two. */
  readonly stepUs: number | null;
}

/** Break series where a step or more is missing. @param timeUs ascending, with one value of each series */
export function withGaps(timeUs: readonly number[], series: readonly (readonly number[])[]): Stepped {
  let stepUs = Infinity;
  for (let i = 1; i < timeUs.length; i++) {
    const distance = timeUs[i]! - timeUs[i - 1]!;
    if (distance > 0) stepUs = Math.min(stepUs, distance);
  }
  const times: number[] = [];
  const values: number[][] = series.map(() => []);
  for (const [i, us] of timeUs.entries()) {
    if (i > 0 && us - timeUs[i - 1]! > stepUs * 1.5) {
      times.push(timeUs[i - 1]! + stepUs);
      for (const list of values) list.push(NaN);
    }
    times.push(us);
    for (const [n, list] of values.entries()) list.push(series[n]![i] ?? NaN);
  }
  return { timeUs: times, values, stepUs: Number.isFinite(stepUs) ? stepUs : null };
}

const WORDS: Readonly<Record<number, string>> = { 1: 'minute', 60: 'hour', 1440: 'day' };

/** `minute`, `5 minutes`, `6 hours`: what a value is per. */
export function stepText(stepUs: number | null): string {
  if (stepUs === null) return 'step';
  const minutes = stepUs / 60e6;
  const word = WORDS[minutes];
  if (word !== undefined) return word;
  return minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
}
