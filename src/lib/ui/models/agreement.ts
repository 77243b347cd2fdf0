import type { IncidentRow } from '../../../workers/api.ts';
import type { AlarmRecord } from '../../../workers/api-scores.ts';

/** An alarm of the models beside what the detectors said at that time. */
export interface Agreement {
  readonly alarm: AlarmRecord;
  /** Incidents that were going on while the alarm stood, or began or ended within a quarter of an hour of it. */
  readonly incidents: readonly IncidentRow[];
}

/** What detectors and models are compared within, microseconds: alarms need some minutes, incidents some peers. */
const NEAR_US = 15 * 60e6;
/** Kinds of incidents that move many routes. Models see volume: of a hijack of a few prefixes they see nothing. */
const VOLUME_TYPES: ReadonlySet<string> = new Set([
  ...[
    'as-outage',
    'withdrawal-storm',
    'visibility-loss',
    'mass-origination',
    'route-leak',
    'churn',
    'session-reset',
  ],
]);

/** Each alarm with the incidents of its time, the volume kinds first. */
export function agreements(
  alarms: readonly AlarmRecord[],
  incidents: readonly IncidentRow[],
  nowUs: number,
): Agreement[] {
  return alarms.map((alarm) => {
    const fromUs = alarm.startUs - NEAR_US;
    const toUs = (alarm.endUs ?? nowUs) + NEAR_US;
    const near = incidents.filter(
      ({ firstSeenUs, endedAtUs }) => firstSeenUs <= toUs && (endedAtUs ?? nowUs) >= fromUs,
    );
    return {
      alarm,
      incidents: near.sort(
        (a, b) => Number(isVolume(b)) - Number(isVolume(a)) || b.confidence - a.confidence,
      ),
    };
  });
}

/** Incidents of kinds models should see, of medium confidence and more, that no alarm was near to. */
export function unseen(
  alarms: readonly AlarmRecord[],
  incidents: readonly IncidentRow[],
  nowUs: number,
): IncidentRow[] {
  return incidents.filter(
    (incident) =>
      isVolume(incident) &&
      incident.level !== 'low' &&
      !alarms.some(
        ({ startUs, endUs }) =>
          incident.firstSeenUs <= (endUs ?? nowUs) + NEAR_US &&
          (incident.endedAtUs ?? nowUs) >= startUs - NEAR_US,
      ),
  );
}

function isVolume({ type }: IncidentRow): boolean {
  return VOLUME_TYPES.has(type);
}
