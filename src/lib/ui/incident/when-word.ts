import type { Incident, SampleRoute } from '../../../workers/api.ts';

/**
 * What a sample route is to the incident: the suspect one, or one held `before` it began. In records kept by earlier
 * versions also what those had who did not have it: `elsewhere` while it went on, `since` it was over.
 */
export function whenWord(
  { side, timeUs }: Pick<SampleRoute, 'side' | 'timeUs'>,
  { firstSeenUs, endedAtUs }: Pick<Incident, 'firstSeenUs' | 'endedAtUs'>,
): 'suspect' | 'before' | 'elsewhere' | 'since' {
  if (side === 'after') return 'suspect';
  if (timeUs <= firstSeenUs) return 'before';
  return endedAtUs !== null && timeUs >= endedAtUs ? 'since' : 'elsewhere';
}
