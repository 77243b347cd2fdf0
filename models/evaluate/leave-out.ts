import type { PreparedStream } from '../dataset/prepared.ts';
import { MEMBERS } from '../train/members.ts';
import { ENSEMBLE, gatherMembers, judgeEnsembleLeavingOut } from './ensemble.ts';
import type { EventStreams, OnStep, Result } from './protocol.ts';
import { judgeLeavingOut, scoreLeavingOut } from './protocol.ts';
import type { ScoredStream, Scorer } from './scorer.ts';
import type { ThresholdRule } from './thresholds.ts';

/** False alarms per day and stream the shipped thresholds are chosen for. */
export const BUDGET_PER_DAY = 0.2;
/** The shipped rule, and the literature's. */
export const SHIPPED_RULE: ThresholdRule = { kind: 'f1-within', perDay: BUDGET_PER_DAY };
export const MAX_F1_RULE: ThresholdRule = { kind: 'max-f1' };

/** Out-of-fold scores by scorer and event. */
export type FoldScores = ReadonlyMap<string, ReadonlyMap<string, readonly ScoredStream[]>>;

/** Leave-one-event-out scores of several scorers. */
export async function scoreAllLeavingOut(
  scorers: readonly Scorer[],
  events: EventStreams,
  regular: readonly PreparedStream[],
  onStep?: OnStep,
): Promise<Map<string, Map<string, ScoredStream[]>>> {
  const scored = new Map<string, Map<string, ScoredStream[]>>();
  for (const scorer of scorers) scored.set(scorer.id, await scoreLeavingOut(scorer, events, regular, onStep));
  return scored;
}

/** Members of the ensemble that there are scores of. */
export function memberIds(scored: ReadonlyMap<string, unknown>): string[] {
  return MEMBERS.filter((id) => scored.has(id));
}

/** Judge scorers and the ensemble of `MEMBERS` under a rule; the ensemble's row first. */
export function judgeAllLeavingOut(
  scorers: readonly Scorer[],
  scored: FoldScores,
  rule: ThresholdRule,
): Result[] {
  const ids = memberIds(scored);
  const members = gatherMembers(new Map(ids.map((id) => [id, scored.get(id)!])));
  const rows = scorers.map((scorer) => judgeLeavingOut(scorer, scored.get(scorer.id)!, rule));
  return [{ ...judgeEnsembleLeavingOut(members, ids, rule), title: ensembleTitle(ids) }, ...rows];
}

/** The ensemble's name, with what it is without. */
export function ensembleTitle(ids: readonly string[]): string {
  const missing = MEMBERS.filter((id) => !ids.includes(id));
  return missing.length === 0 ? ENSEMBLE.title : `${ENSEMBLE.title} without ${missing.join(', ')}`;
}

/** Streams by what they are for. */
export interface Sorted {
  /** Those with labelled minutes that count, by event in order of time. */
  readonly events: EventStreams;
  readonly regular: readonly PreparedStream[];
  readonly control: readonly PreparedStream[];
}

/** Sort streams; an event whose label is all in the burn-in has nothing to be judged by and counts as regular. */
export function sortStreams(byEvent: EventStreams): Sorted {
  const hasLabel = ({ source, isScored }: PreparedStream): boolean =>
    source.label.some((label, i) => label === 1 && isScored[i] === 1);
  const isEvent = (streams: readonly PreparedStream[]): boolean => streams.some(hasLabel);
  const others = [...byEvent.values()].filter((streams) => !isEvent(streams)).flat();
  return {
    events: new Map([...byEvent].filter(([, streams]) => isEvent(streams))),
    regular: others.filter(({ source }) => source.role !== 'control'),
    control: others.filter(({ source }) => source.role === 'control'),
  };
}
