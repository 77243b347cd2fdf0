import type { Incident, SampleRoute } from '../../../workers/api.ts';

/**
 * What a sample route is to the incident: the suspect one, or what those have who do not have it: `before` it began,
 * `elsewhere` while it went on, `since` it was over. A sample is renewed while the page watches.
 */
export function whenWord(
  { side, timeUs }: Pick<SampleRoute, 'side' | 'timeUs'>,
  { firstSeenUs, endedAtUs }: Pick<Incident, 'firstSeenUs' | 'endedAtUs'>,
): 'suspect' | 'before' | 'elsewhere' | 'since' {
  if (side === 'after') return 'suspect';
  if (timeUs < firstSeenUs) return 'before';
  return endedAtUs !== null && timeUs >= endedAtUs ? 'since' : 'elsewhere';
}
