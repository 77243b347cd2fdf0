import type { EpisodeMetrics } from './episodes.ts';
import { alarmGround, episodeMetrics } from './episodes.ts';
import type { PointMetrics, RankMetrics } from './metrics.ts';
import { mean, median, pointMetrics, rankMetrics } from './metrics.ts';
import type { ScoredStream } from './scorer.ts';

/** All that is told of a stream, an event or all of them at one threshold. */
export interface Judgement extends RankMetrics, PointMetrics {
  readonly falsePerDay: number;
  /** Share of streams with an alarm inside the label. */
  readonly detected: number;
  /** Median over the streams that were detected, from the label's first minute. */
  readonly delayMinutes: number;
}

/** Judgement of one stream with what the means are made of. */
export interface StreamJudgement extends Judgement, EpisodeMetrics {
  readonly id: string;
  readonly event: string;
  readonly threshold: number;
}

const UNLABELLED: PointMetrics = { f1: NaN, precision: NaN, recall: NaN };

/** Scores and labels of the minutes that count. */
export function scoredMinutes({ stream, scores }: ScoredStream): {
  scores: Float64Array;
  labels: Uint8Array;
} {
  const { isScored, source } = stream;
  const isCounted = (_: number, i: number): boolean => isScored[i] === 1;
  return { scores: scores.filter(isCounted), labels: source.label.filter(isCounted) };
}

/** Judge one stream at a threshold; without a label in its scored minutes only false alarms mean something. */
export function judgeStream(scored: ScoredStream, threshold: number): StreamJudgement {
  const { source, isScored } = scored.stream;
  const minutes = scoredMinutes(scored);
  return {
    id: source.id,
    event: source.event,
    threshold,
    ...rankMetrics(minutes.scores, minutes.labels),
    ...(minutes.labels.includes(1) ? pointMetrics(minutes.scores, minutes.labels, threshold) : UNLABELLED),
    ...episodeMetrics(scored.scores, alarmGround(source.label, isScored), threshold),
  };
}

/** An event from its streams: means, and the median delay. */
export function judgeEvent(streams: readonly StreamJudgement[]): Judgement {
  return combine(streams, streams);
}

/** All events: means over events, so that an event of one stream weighs as much as one of four; delay over all streams. */
export function judgeAll(events: readonly Judgement[], streams: readonly StreamJudgement[]): Judgement {
  return combine(events, streams);
}

function combine(parts: readonly Judgement[], streams: readonly StreamJudgement[]): Judgement {
  const meanOf = (key: keyof Judgement): number => mean(parts.map((part) => part[key]));
  const delays = streams.map((stream) => stream.delayMinutes).filter((delay) => !Number.isNaN(delay));
  return {
    f1: meanOf('f1'),
    precision: meanOf('precision'),
    recall: meanOf('recall'),
    prAuc: meanOf('prAuc'),
    rocAuc: meanOf('rocAuc'),
    oracleF1: meanOf('oracleF1'),
    falsePerDay: meanOf('falsePerDay'),
    detected: meanOf('detected'),
    delayMinutes: median(delays),
  };
}
