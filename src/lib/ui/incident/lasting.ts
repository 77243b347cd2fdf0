import type { IncidentRow } from '../../../workers/api.ts';
import { formatDuration } from '../time.ts';

type Lasting = Pick<IncidentRow, 'firstSeenUs' | 'lastSeenUs' | 'endedAtUs' | 'state'>;

/**
 * How long it lasts: to its end, or to the newest data while it goes on (`nowUs`), or to when it was last heard of for one
 * that is only remembered (`nowUs` null).
 */
export function lastingText(incident: Lasting, nowUs: number | null): string {
  const untilUs = incident.endedAtUs ?? Math.max(incident.lastSeenUs, nowUs ?? incident.lastSeenUs);
  return formatDuration((untilUs - incident.firstSeenUs) / 1000);
}
