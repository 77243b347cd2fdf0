import { AlarmRule } from '../../src/lib/ml/alarm.ts';

/** Episodes nearer than this to one another are one. */
const MERGE_MINUTES = 30;
/** An episode that begins this soon after the label's end belongs to the event: labels end before routing has settled. */
const GRACE_MINUTES = 60;
const DAY_MINUTES = 1440;

/** Minutes from `first` to `last`, both inclusive, as indices into the stream. */
export interface Episode {
  readonly first: number;
  readonly last: number;
}

/** What alarms a stream would have raised. */
export interface EpisodeMetrics {
  /** Per day of scored minutes outside the label. */
  readonly falsePerDay: number;
  readonly falseEpisodes: number;
  readonly quietDays: number;
  /** Whether there was an alarm inside the label; NaN without one. */
  readonly detected: number;
  /** Minutes from the label's first minute to the first alarm in it (0: the alarm was running); NaN when there was none. */
  readonly delayMinutes: number;
}

/** Minutes at which the alarm of `score >= threshold` stands; only where `isScored`. Masked minutes neither raise nor clear. */
export function alarmMinutes(scores: Float64Array, isScored: Uint8Array, threshold: number): Uint8Array {
  const rule = new AlarmRule();
  return Uint8Array.from(scores, (score, i) => (isScored[i] && rule.step(score >= threshold) ? 1 : 0));
}

/** Runs of alarm minutes, near ones merged. */
export function findEpisodes(alarms: Uint8Array): Episode[] {
  const episodes: Episode[] = [];
  for (let i = 0; i < alarms.length; i++) {
    if (!alarms[i]) continue;
    const previous = episodes.at(-1);
    if (previous && i - previous.last < MERGE_MINUTES)
      episodes[episodes.length - 1] = { ...previous, last: i };
    else episodes.push({ first: i, last: i });
  }
  return episodes;
}

/** False episodes, detection and delay of a stream (models/card.md, protocol). */
export function episodeMetrics(
  scores: Float64Array,
  labels: Uint8Array,
  isScored: Uint8Array,
  threshold: number,
): EpisodeMetrics {
  const alarms = alarmMinutes(scores, isScored, threshold);
  const isExcused = excusedMinutes(labels);
  let quietMinutes = 0;
  for (let i = 0; i < labels.length; i++) if (isScored[i] && !labels[i]) quietMinutes++;
  const falseEpisodes = findEpisodes(alarms).filter(({ first, last }) => {
    for (let i = first; i <= last; i++) if (isExcused[i]) return false;
    return true;
  }).length;
  const onset = labels.findIndex((label, i) => label === 1 && isScored[i] === 1);
  const firstAlarm = alarms.findIndex((alarm, i) => alarm === 1 && labels[i] === 1);
  const quietDays = quietMinutes / DAY_MINUTES;
  return {
    falsePerDay: quietDays > 0 ? falseEpisodes / quietDays : 0,
    falseEpisodes,
    quietDays,
    detected: onset < 0 ? NaN : firstAlarm < 0 ? 0 : 1,
    delayMinutes: onset < 0 || firstAlarm < 0 ? NaN : firstAlarm - onset,
  };
}

function excusedMinutes(labels: Uint8Array): Uint8Array {
  const isExcused = Uint8Array.from(labels);
  let left = 0;
  for (let i = 0; i < labels.length; i++) {
    left = labels[i] ? GRACE_MINUTES : left - 1;
    if (left >= 0) isExcused[i] = 1;
  }
  return isExcused;
}
