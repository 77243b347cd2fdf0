import type { PreparedStream } from '../dataset/prepared.ts';
import type { Judgement, StreamJudgement } from './judge.ts';
import { judgeAll, judgeEvent, judgeStream } from './judge.ts';
import type { FittedScorer, ScoredStream, Scorer } from './scorer.ts';
import type { ThresholdRule } from './thresholds.ts';
import { ThresholdCurves } from './thresholds.ts';

/** What a scorer reached under one threshold rule. */
export interface Result {
  readonly scorer: string;
  readonly title: string;
  readonly macro: Judgement;
  readonly events: ReadonlyMap<string, Judgement>;
  readonly streams: readonly StreamJudgement[];
}

/** Streams by event; the order of events is the order of folds. */
export type EventStreams = ReadonlyMap<string, readonly PreparedStream[]>;

/** Told before each piece of work, for a progress line. */
export type OnStep = (what: string, done: number, total: number) => void;

/**
 * Leave-one-event-out scores: every stream scored by a scorer that saw none of its event. An event is never split. `regular`: streams
 * without events, always among the training ones.
 */
export async function scoreLeavingOut(
  scorer: Scorer,
  events: EventStreams,
  regular: readonly PreparedStream[],
  onStep?: OnStep,
): Promise<Map<string, ScoredStream[]>> {
  const result = new Map<string, ScoredStream[]>();
  for (const [event, streams] of events) {
    onStep?.(`${scorer.title}: without ${event}`, result.size, events.size);
    const training = [...events].filter(([other]) => other !== event).flatMap(([, others]) => [...others]);
    result.set(event, await scoreAll(await scorer.fit([...training, ...regular]), streams));
  }
  return result;
}

/** Scores of streams, one after the other. */
export async function scoreAll(
  fitted: FittedScorer,
  streams: readonly PreparedStream[],
): Promise<ScoredStream[]> {
  const scored: ScoredStream[] = [];
  for (const stream of streams) scored.push({ stream, scores: await fitted.score(stream) });
  return scored;
}

/**
 * Judge leave-one-event-out scores: the threshold of each event is chosen on the other events' scores, each of which comes from a
 * scorer that had not seen the event it scored.
 */
export function judgeLeavingOut(
  scorer: Scorer,
  scored: ReadonlyMap<string, readonly ScoredStream[]>,
  rule: ThresholdRule,
): Result {
  const curves = new ThresholdCurves([...scored.values()].flat());
  return judge(scorer, scored, (event) => curves.choose(rule, (other) => other !== event));
}

/** Judge scores of events at thresholds that were fixed elsewhere. */
export function judge(
  scorer: Pick<Scorer, 'id' | 'title'>,
  scored: ReadonlyMap<string, readonly ScoredStream[]>,
  thresholdOf: (event: string) => number,
): Result {
  const events = new Map<string, Judgement>();
  const all: StreamJudgement[] = [];
  for (const [event, streams] of scored) {
    const threshold = thresholdOf(event);
    const judged = streams.map((one) => judgeStream(one, threshold));
    events.set(event, judgeEvent(judged));
    all.push(...judged);
  }
  return {
    scorer: scorer.id,
    title: scorer.title,
    macro: judgeAll([...events.values()], all),
    events,
    streams: all,
  };
}
