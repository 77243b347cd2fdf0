import type { RoutingEvent } from '#core/event/event.ts';
import type { IncidentRow } from '../../../workers/api.ts';

const MOST = 4;

/**
 * What the path graph draws while nobody chose: the prefixes of the incident that is open, else of the surest incident that
 * the event is about, else the event's own.
 */
export function defaultPrefixes(
  event: RoutingEvent | null,
  incidents: readonly IncidentRow[],
  chosenId: string | null,
): readonly string[] {
  const chosen = incidents.find(({ id }) => id === chosenId);
  if (chosen?.prefixes.length) return chosen.prefixes.slice(0, MOST);
  if (!event) return [];
  const named = new Set(event.prefixes);
  const culprits = new Set(event.truth.culprits);
  const [surest] = incidents
    .filter(
      (row) =>
        row.prefixes.some((prefix) => named.has(prefix)) ||
        (row.prefixes.length > 0 && row.culprits.some((asn) => culprits.has(asn))),
    )
    .sort((a, b) => b.confidence - a.confidence || a.firstSeenUs - b.firstSeenUs || (a.id < b.id ? -1 : 1));
  return (surest?.prefixes ?? event.prefixes).slice(0, MOST);
}
