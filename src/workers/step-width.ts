import type { SourceStatus } from '#core/wire/control.ts';

const STEPS = 900;
/** Widths that divide a minute, an hour or a day, in seconds. */
const NICE_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600] as const;
/** Real time in which a replay may run through the whole chart. */
const SHOWN_S = 90;

/**
 * Width of a step of the rate chart in seconds of data time. Live: 1, so 15 minutes are shown. A fast replay would run
 * through those in moments: its steps are so wide that the chart holds at least 90 s of watching, or the whole recording.
 */
export function stepWidth(source: SourceStatus | null): number {
  if (source === null || source.kind !== 'replay' || source.speed === null) return 1;
  const recordingS =
    source.startUs !== null && source.endUs !== null
      ? (source.endUs - source.startUs) / 1e6
      : Number.POSITIVE_INFINITY;
  const watchedS = source.speed === 0 ? Number.POSITIVE_INFINITY : source.speed * SHOWN_S;
  const leastS = Math.min(recordingS, watchedS) / STEPS;
  return NICE_S.find((stepS) => stepS >= leastS) ?? NICE_S.at(-1)!;
}
