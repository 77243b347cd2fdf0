import type { IncidentDetail } from '../../../workers/api.ts';
import { formatCount } from '../number.ts';
import { formatDuration } from '../time.ts';

/** What the data at hand cannot tell about an incident: said, so that silence is not taken for certainty. */
export function unknownsOf(detail: IncidentDetail, isWarm: boolean): string[] {
  const { incident, samples, rpki } = detail;
  const { evidence } = incident;
  const unknown: string[] = ['Whether it was a mistake or on purpose: routes do not say.'];
  unknown.push('Whether traffic followed: only announcements are seen, not packets.');
  if (rpki.state !== 'ready') unknown.push(rpkiUnknown(detail));
  else if (rpki.aspas === 0)
    unknown.push('Whether the paths are plausible to their networks: there are no ASPAs to ask.');
  if (incident.victims.length > 0 && !evidence.baselineIsDump) {
    const age = evidence.baselineAgeS === null ? '' : ` for ${formatDuration(evidence.baselineAgeS * 1000)}`;
    unknown.push(`What was there before the stream: the old origin is known from the stream alone${age}.`);
  }
  if (!isWarm && !detail.isEarlier) unknown.push('How usual this is: the detectors were still warming up.');
  if (detail.isLowVisibility)
    unknown.push('Whether anybody else saw it: one peer AS alone has shown it so far.');
  if (samples.length === 0) unknown.push('What the routes looked like: none were kept.');
  if (detail.timelineDropped > 0) {
    unknown.push(
      `${formatCount(detail.timelineDropped)} steps of the timeline were let go for want of room.`,
    );
  }
  if (detail.isEarlier) unknown.push('What became of it after this page stopped watching.');
  else if (incident.state === 'ongoing') unknown.push('When it will end.');
  return unknown;
}

function rpkiUnknown({ rpki }: IncidentDetail): string {
  switch (rpki.state) {
    case 'other-time':
      return 'What the RPKI said at the time: only data of another time is at hand, and it must not judge this.';
    case 'stale':
      return 'What the RPKI says: its data is stale.';
    case 'loading':
      return 'What the RPKI says: its data is still loading.';
    default:
      return 'What the RPKI says: no validator is connected.';
  }
}
