import type { AlarmRecord, Explanation } from './api-scores.ts';

const MAX_RECORDS = 500;

/** Alarms by stream, standing and past; the oldest past ones are forgotten. */
export class AlarmLog {
  readonly #standing = new Map<string, AlarmRecord>();
  #past: AlarmRecord[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  standing(stream: string): AlarmRecord | null {
    return this.#standing.get(stream) ?? null;
  }

  /** Those that stand, in the order they were raised. */
  all(): AlarmRecord[] {
    return [...this.#standing.values()];
  }

  raise(stream: string, timeUs: number, score: number, trust: number, explanation: Explanation): void {
    this.#total++;
    this.#standing.set(stream, {
      stream,
      startUs: timeUs,
      endUs: null,
      peakUs: timeUs,
      peakScore: score,
      trust,
      explanation,
    });
  }

  /** The alarm goes on. */
  note(stream: string, timeUs: number, score: number): void {
    const record = this.#standing.get(stream);
    if (record && score > record.peakScore)
      this.#standing.set(stream, { ...record, peakUs: timeUs, peakScore: score });
  }

  end(stream: string, timeUs: number): void {
    const record = this.#standing.get(stream);
    if (!record) return;
    this.#standing.delete(stream);
    this.#past.push({ ...record, endUs: timeUs });
    if (this.#past.length > MAX_RECORDS) this.#past = this.#past.slice(-MAX_RECORDS);
  }

  /** Those that stood at some time between two moments, the newest first, at most `limit`. */
  between(fromUs: number, toUs: number, limit: number): AlarmRecord[] {
    return [...this.#past, ...this.#standing.values()]
      .filter(({ startUs, endUs }) => startUs <= toUs && (endUs ?? Infinity) >= fromUs)
      .sort((a, b) => b.startUs - a.startUs)
      .slice(0, limit);
  }

  of(stream: string): AlarmRecord[] {
    return this.between(-Infinity, Infinity, Infinity).filter((record) => record.stream === stream);
  }

  clear(): void {
    this.#standing.clear();
    this.#past = [];
  }
}
