import { ALL_STREAM } from '../feature/window.ts';
import type { Detector, SignalGroup, Tag } from './detector.ts';
import { EVENT } from './detector.ts';
import type { VolumeAlarm } from './volume-alarms.ts';

interface State {
  /** What was told last; empty when nothing stands. */
  told: string;
}

/** Incidents of these groups move many routes: what models of volume see, too. */
export const VOLUME_GROUPS: ReadonlySet<SignalGroup> = new Set([
  'mass',
  'leak',
  'visibility',
  'outage',
  'storm',
  'churn',
]);
/** Incidents that began so long before the alarm are of its time: alarms take some minutes. */
const BEFORE_US = 15 * 60e6;

/**
 * The models' alarms, all that stand at a time as one. They say that something is going on and how it shows, never who did it.
 * Detectors that say the same add to it, and are named as silent where they do not.
 */
export const volumeAnomaly: Detector<State> = {
  id: 'volume-anomaly',
  needs: ['volume'],
  events: [EVENT.tick],
  init: () => ({ told: '' }),
  step(state, _event, { knowledge, volumeIncidents, emit }) {
    const volume = knowledge.volume!;
    const standing = volume.standing();
    const base = { type: 'volume-anomaly', group: 'volume', prefix: -1, culprit: 0, victim: 0 } as const;
    if (standing.length === 0) {
      if (state.told !== '') emit({ ...base, tags: [], phase: 'close' });
      state.told = '';
      return;
    }
    const vantages = standing.filter(({ stream }) => stream !== ALL_STREAM);
    const scored = Math.max(vantages.length, volume.scored - 1);
    const incidents = volumeIncidents(Math.min(...standing.map(({ sinceUs }) => sinceUs)) - BEFORE_US);
    const detail = {
      vantagesOver: vantages.length,
      vantagesScored: scored,
      isOverAll: vantages.length < standing.length ? 1 : 0,
      peakScore: Math.round(Math.max(...standing.map(({ score }) => score)) * 100) / 100,
      features: topColumns(standing).join(' '),
      detectorIncidents: incidents,
    };
    const told = JSON.stringify(detail);
    if (told === state.told) return;
    state.told = told;
    emit({ ...base, tags: tagsOf(vantages.length, scored, incidents), phase: 'open', detail });
  },
};

function tagsOf(over: number, scored: number, incidents: number): Tag[] {
  const tags: Tag[] = [{ name: 'models-over-threshold', score: 2 }];
  if (over >= 2) tags.push({ name: 'several-vantages-over', score: 1 });
  if (over >= 2 && over * 2 >= scored) tags.push({ name: 'most-vantages-over', score: 1 });
  if (incidents > 0) tags.push({ name: 'detectors-agree', score: 2 });
  return tags;
}

/** The features most often among those that moved an alarm, at most three. */
function topColumns(alarms: readonly VolumeAlarm[]): string[] {
  const counts = new Map<string, number>();
  for (const { columns } of alarms) for (const name of columns) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([name]) => name);
}
