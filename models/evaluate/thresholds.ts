import { alarmGround, episodeMetrics } from './episodes.ts';
import { scoredMinutes } from './judge.ts';
import { f1Curve, mean } from './metrics.ts';
import type { ScoredStream } from './scorer.ts';

/** Candidate i leaves a share of `SMALLEST_SHARE ** (i / CANDIDATES)` of a stream's minutes above it. */
const CANDIDATES = 200;
const SMALLEST_SHARE = 1e-4;

/** How a threshold is chosen on the training events' out-of-fold scores. */
export type ThresholdRule =
  /** Best mean F1 over events. */
  | { readonly kind: 'max-f1' }
  /** Lowest threshold from which upwards there are at most this many false episodes per day and stream, mean over events. */
  | { readonly kind: 'budget'; readonly perDay: number }
  /** Best mean F1 over events among the thresholds from there upwards. */
  | { readonly kind: 'f1-within'; readonly perDay: number };

/** F1 and false episodes of streams over a common grid of thresholds: computed once, then averaged over any choice of events. */
export class ThresholdCurves {
  readonly #grid: Float64Array;
  readonly #events = new Map<string, { f1: Float64Array; perDay: Float64Array }[]>();

  constructor(scored: readonly ScoredStream[]) {
    this.#grid = thresholdGrid(scored.map((one) => scoredMinutes(one).scores));
    for (const one of scored) {
      const { event } = one.stream.source;
      const curves = this.#events.get(event) ?? [];
      curves.push(this.#curve(one));
      this.#events.set(event, curves);
    }
  }

  /** The threshold a rule chooses on the events that `isIncluded` lets in; Infinity (never an alarm) when none will do. */
  choose(rule: ThresholdRule, isIncluded: (event: string) => boolean = () => true): number {
    const events = [...this.#events].filter(([event]) => isIncluded(event)).map(([, curves]) => curves);
    let best = Infinity;
    let bestF1 = -1;
    for (let i = this.#grid.length - 1; i >= 0; i--) {
      const perDay = mean(events.map((curves) => mean(curves.map((curve) => curve.perDay[i]!))));
      if (rule.kind !== 'max-f1' && !(perDay <= rule.perDay)) break;
      const f1 = mean(events.map((curves) => mean(curves.map((curve) => curve.f1[i]!))));
      if (rule.kind !== 'budget' && f1 <= bestF1) continue;
      best = this.#grid[i]!;
      bestF1 = f1;
    }
    return best;
  }

  #curve(one: ScoredStream): { f1: Float64Array; perDay: Float64Array } {
    const { stream, scores } = one;
    const counted = scoredMinutes(one);
    const ground = alarmGround(stream.source.label, stream.isScored);
    return {
      f1: f1Curve(counted.scores, counted.labels, this.#grid),
      perDay: this.#grid.map((threshold) => episodeMetrics(scores, ground, threshold).falsePerDay),
    };
  }
}

/** Ascending scores that split each stream's minutes at shares even on a logarithmic scale, thinned to twice `CANDIDATES`. */
function thresholdGrid(parts: readonly Float64Array[]): Float64Array {
  const found = new Set<number>();
  for (const part of parts) {
    const sorted = Float64Array.from(part).sort();
    for (let i = 0; i <= CANDIDATES && sorted.length > 0; i++) {
      const share = SMALLEST_SHARE ** (i / CANDIDATES);
      found.add(sorted[Math.min(sorted.length - 1, Math.floor((1 - share) * sorted.length))]!);
    }
  }
  const values = Float64Array.from([...found].filter(Number.isFinite)).sort();
  const step = Math.max(1, values.length / (2 * CANDIDATES));
  const kept: number[] = [];
  for (let at = 0; at < values.length; at += step) kept.push(values[Math.floor(at)]!);
  return Float64Array.from(kept);
}
