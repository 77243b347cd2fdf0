import { AlarmRule } from '../../src/lib/ml/alarm.ts';

/** Episodes nearer than this to one another are one. */
const MERGE_MINUTES = 30;
/** An episode that begins this soon after the label's end belongs to the event: labels end before routing has settled. */
const GRACE_MINUTES = 60;
const DAY_MINUTES = 1440;

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

/** A stream's minutes prepared for judging alarms at many thresholds. */
export interface AlarmGround {
  /** 1: counts. Minutes that do not are skipped: they neither raise nor clear an alarm. */
  readonly isScored: Uint8Array;
  readonly label: Uint8Array;
  /** 1: inside the label or its grace. */
  readonly isExcused: Uint8Array;
  readonly quietDays: number;
  /** First scored minute of the label; -1 without one. */
  readonly onset: number;
}

/** Prepare a stream for `episodeMetrics`. */
export function alarmGround(label: Uint8Array, isScored: Uint8Array): AlarmGround {
  let quietMinutes = 0;
  for (let i = 0; i < label.length; i++) if (isScored[i] && !label[i]) quietMinutes++;
  return {
    isScored,
    label,
    isExcused: excusedMinutes(label),
    quietDays: quietMinutes / DAY_MINUTES,
    onset: label.findIndex((inside, i) => inside === 1 && isScored[i] === 1),
  };
}

/** False episodes, detection and delay of a stream at a threshold (models/card.md, protocol). */
export function episodeMetrics(scores: Float64Array, ground: AlarmGround, threshold: number): EpisodeMetrics {
  const { isScored, label, isExcused, quietDays, onset } = ground;
  const rule = new AlarmRule();
  let falseEpisodes = 0;
  let lastAlarm = -Infinity;
  let isFalse = false;
  let firstInside = -1;
  for (let i = 0; i < scores.length; i++) {
    if (!isScored[i] || !rule.step(scores[i]! >= threshold)) continue;
    if (i - lastAlarm >= MERGE_MINUTES) {
      if (isFalse) falseEpisodes++;
      isFalse = true;
    }
    lastAlarm = i;
    if (isExcused[i]) isFalse = false;
    if (label[i] && firstInside < 0) firstInside = i;
  }
  if (isFalse) falseEpisodes++;
  return {
    falsePerDay: quietDays > 0 ? falseEpisodes / quietDays : 0,
    falseEpisodes,
    quietDays,
    detected: onset < 0 ? NaN : firstInside < 0 ? 0 : 1,
    delayMinutes: onset < 0 || firstInside < 0 ? NaN : firstInside - onset,
  };
}

function excusedMinutes(labels: Uint8Array): Uint8Array {
  const isExcused = Uint8Array.from(labels);
  let left = -1;
  for (let i = 0; i < labels.length; i++) {
    left = labels[i] ? GRACE_MINUTES : left - 1;
    if (left >= 0) isExcused[i] = 1;
  }
  return isExcused;
}
