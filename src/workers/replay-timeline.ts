import type { Recording } from '#core/replay/recording.ts';
import type { ReplayPhase, ReplayTimeline } from './api-replay.ts';
import type { ReplayIncidents } from './replay-incidents.ts';

/** Steps a timeline has at most; as wide as need be for that, from these seconds. */
const MAX_STEPS = 10_000;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400] as const;
const MAX_INCIDENTS = 1000;

/** @see ReplayApi.timeline */
export function timelineOf(
  recording: Recording,
  incidents: ReplayIncidents,
  phases: readonly ReplayPhase[],
  analysedUs: number,
): ReplayTimeline {
  const spanS = (recording.endUs - recording.startUs) / 1e6;
  const widest = STEPS_S.at(-1)! * Math.ceil(spanS / STEPS_S.at(-1)! / MAX_STEPS);
  const stepS = STEPS_S.find((step) => spanS / step < MAX_STEPS) ?? widest;
  const startS = Math.floor(recording.startUs / 1e6 / stepS) * stepS;
  const steps = Math.floor((recording.endUs / 1e6 - startS) / stepS) + 1;
  return {
    startUs: startS * 1e6,
    stepS,
    ...recording.seconds.sums(startS, stepS, steps),
    incidents: incidents.final(MAX_INCIDENTS),
    phases,
    analysedUs,
  };
}
