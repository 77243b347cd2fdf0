import { BgpError } from '#core/error.ts';
import { byEvent } from '../dataset/folder.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { prepareStream } from '../dataset/prepared.ts';
import type { LabelledStream } from '../dataset/stream.ts';
import { judgeHeldOut } from './hold-out.ts';
import type { Sorted } from './leave-out.ts';
import {
  BUDGET_PER_DAY,
  MAX_F1_RULE,
  SHIPPED_RULE,
  judgeAllLeavingOut,
  scoreAllLeavingOut,
  sortStreams,
} from './leave-out.ts';
import type { EventStreams, OnStep, Result } from './protocol.ts';
import type { Scorer } from './scorer.ts';
import type { Shipped } from './shipped.ts';
import { judgeShipped } from './shipped.ts';

/** How data and models are kept apart. */
export type Split = 'shipped' | 'loeo' | 'chrono';

/** What an evaluation found. */
export interface Evaluation {
  readonly split: Split;
  /** How it was done, in words: what was trained on what. */
  readonly notes: readonly string[];
  /** False alarms per day and stream that the thresholds of `budget` were chosen for. */
  readonly budgetPerDay: number;
  /** Thresholds within the budget of false alarms: what is shipped. */
  readonly budget: readonly Result[];
  /** Thresholds of best F1: what the literature does. */
  readonly maxF1: readonly Result[];
  /** False alarms where there should be none, under the budget's thresholds; empty without such streams. */
  readonly control: readonly Result[];
}

/** What an evaluation is told, and tells while it runs. */
export interface EvaluateOptions {
  /** Null: the one that fits the data. */
  readonly split: Split | null;
  /** The models folder; null when there is none that can be read. */
  readonly shipped: Shipped | null;
  /** What is trained where something is: the LSTM first. */
  readonly scorers: readonly Scorer[];
  readonly onStep?: OnStep;
}

/**
 * Evaluate on streams.
 * @throws {BgpError} MODEL_DATA_BAD when the split cannot be made of them.
 */
export async function evaluate(
  sources: readonly LabelledStream[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const prepared = new Map(
    [...byEvent(sources)].map(([event, of]) => [event, of.map((one) => prepareStream(one))]),
  );
  const sorted = sortStreams(prepared);
  if (sorted.events.size === 0 && sorted.control.length + sorted.regular.length === 0) {
    throw new BgpError('MODEL_DATA_BAD', 'no streams');
  }
  const evaluation = await evaluateSorted(sorted, options);
  const short = [...prepared.values()].flat().filter(({ isScored }) => !isScored.includes(1));
  if (short.length === 0) return evaluation;
  const note = `not judged, nothing known after the first day: ${short.map(({ source }) => source.id).join(', ')}`;
  return { ...evaluation, notes: [...evaluation.notes, note] };
}

async function evaluateSorted(sorted: Sorted, options: EvaluateOptions): Promise<Evaluation> {
  const split = options.split ?? chooseSplit(sorted, options.shipped);
  if (split === 'loeo') return leaveOut(sorted, options);
  if (split === 'chrono' && !isAllLater(sorted, options.shipped)) return chrono(sorted, options);
  return withShipped(sorted, split, options);
}

/** The shipped models for events they were not trained on, as long as the data has what they read. */
function chooseSplit(sorted: Sorted, shipped: Shipped | null): Split {
  if (!shipped) return 'loeo';
  const isTrained = trainedEvents(sorted, shipped).length > 0;
  const canLeaveOut = sorted.events.size >= 2;
  return canLeaveOut && (isTrained || !hasMostColumns(sorted)) ? 'loeo' : 'shipped';
}

async function withShipped(
  { events, regular, control }: Sorted,
  split: Split,
  { shipped, onStep }: EvaluateOptions,
): Promise<Evaluation> {
  if (!shipped) throw new BgpError('MODEL_BAD', 'no models to evaluate; use --split loeo');
  const { manifest, lstmFailure } = shipped.models;
  const notes = [`models ${manifest.version}, trained on ${manifest.trained.events.join(', ')}`];
  const trained = trainedEvents({ events, regular, control }, shipped);
  if (trained.length > 0) notes.push(`trained on, so better than they should be: ${trained.join(', ')}`);
  if (lstmFailure) notes.push(`without the LSTM: ${lstmFailure.message}`);
  const judged = await judgeShipped(shipped, events, onStep);
  const quiet = quietStreams([...regular, ...control]);
  const quietRows = quiet.size > 0 ? (await judgeShipped(shipped, quiet, onStep)).budget : [];
  return { split, notes, budgetPerDay: manifest.budgetPerDay, ...judged, control: quietRows };
}

async function leaveOut(sorted: Sorted, { scorers, onStep }: EvaluateOptions): Promise<Evaluation> {
  const { events, regular, control } = sorted;
  if (events.size < 2)
    throw new BgpError('MODEL_DATA_BAD', 'leaving an event out needs two events with labels');
  const folds = await scoreAllLeavingOut(scorers, events, regular, onStep);
  const quiet = quietStreams(control);
  const training = [...[...events.values()].flat(), ...regular];
  return {
    split: 'loeo',
    budgetPerDay: BUDGET_PER_DAY,
    notes: [`each event by models and thresholds of the other ${events.size - 1}`],
    budget: judgeAllLeavingOut(scorers, folds, SHIPPED_RULE),
    maxF1: judgeAllLeavingOut(scorers, folds, MAX_F1_RULE),
    control: quiet.size > 0 ? (await judgeHeldOut(scorers, folds, training, quiet, onStep)).budget : [],
  };
}

async function chrono(sorted: Sorted, { scorers, onStep }: EvaluateOptions): Promise<Evaluation> {
  const { earlier, later } = splitByTime(sorted.events);
  if (earlier.size < 2 || later.size === 0) {
    throw new BgpError('MODEL_DATA_BAD', 'a split by time needs two earlier events and a later one');
  }
  const folds = await scoreAllLeavingOut(scorers, earlier, sorted.regular, onStep);
  const training = [...[...earlier.values()].flat(), ...sorted.regular];
  const judged = await judgeHeldOut(scorers, folds, training, later, onStep);
  const quiet = quietStreams(sorted.control);
  return {
    split: 'chrono',
    budgetPerDay: BUDGET_PER_DAY,
    notes: [`trained on ${[...earlier.keys()].join(', ')}`, `tested on ${[...later.keys()].join(', ')}`],
    ...judged,
    control: quiet.size > 0 ? (await judgeHeldOut(scorers, folds, training, quiet, onStep)).budget : [],
  };
}

/** Events in order of time, cut at the longest pause between two of them that leaves at least two before it. */
export function splitByTime(events: EventStreams): { earlier: EventStreams; later: EventStreams } {
  const ordered = [...events].sort(([, a], [, b]) => firstMinute(a) - firstMinute(b));
  let cut = ordered.length;
  let longest = -1;
  for (let i = 2; i < ordered.length; i++) {
    const pause = firstMinute(ordered[i]![1]) - firstMinute(ordered[i - 1]![1]);
    if (pause > longest) [longest, cut] = [pause, i];
  }
  return { earlier: new Map(ordered.slice(0, cut)), later: new Map(ordered.slice(cut)) };
}

function firstMinute(streams: readonly PreparedStream[]): number {
  return Math.min(...streams.map(({ source }) => source.firstMinute));
}

function isAllLater({ events }: Sorted, shipped: Shipped | null): boolean {
  const last = shipped?.models.manifest.trained.lastMinute ?? Infinity;
  return events.size > 0 && [...events.values()].every((streams) => firstMinute(streams) > last);
}

/** Events the models were trained on, going by their names. */
function trainedEvents({ events }: Sorted, shipped: Shipped): string[] {
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const known = new Set(shipped.models.manifest.trained.events.map(plain));
  return [...events.keys()].filter((event) => known.has(plain(event)));
}

/** Whether the streams have at least half of the columns that the models read. */
function hasMostColumns({ events }: Sorted): boolean {
  const first = [...events.values()][0]?.[0]?.source;
  if (!first) return true;
  const row = first.values.subarray(0, first.values.length / first.minutes);
  return row.filter((value) => !Number.isNaN(value)).length * 2 >= row.length;
}

/** Streams without labels by their names, those with minutes that count. */
function quietStreams(streams: readonly PreparedStream[]): EventStreams {
  const counted = streams.filter(({ isScored }) => isScored.includes(1));
  return new Map(counted.map((stream) => [stream.source.id, [stream]]));
}
