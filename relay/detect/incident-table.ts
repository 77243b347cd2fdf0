import { formatAsn } from '#core/elem/asn.ts';
import type { Transition } from '#core/incident/journal.ts';
import type { Incident } from '#core/incident/incident.ts';
import { isoUs } from './incident-json.ts';

const HEAD = [
  'start (UTC)',
  'end',
  'level',
  'conf',
  'type',
  'culprit',
  'victim',
  'prefix',
  'more',
  'peers',
  'state',
];

/** Incidents as a table for people, surest first. */
export function incidentTable(incidents: readonly Incident[]): string[] {
  const sorted = [...incidents].sort((a, b) => b.confidence - a.confidence || a.firstSeenUs - b.firstSeenUs);
  const rows = [HEAD, ...sorted.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(incident: Incident): string[] {
  return [
    isoUs(incident.firstSeenUs).slice(0, 19),
    incident.endedAtUs === null ? '--' : isoUs(incident.endedAtUs).slice(11, 19),
    incident.level,
    String(incident.confidence),
    incident.type,
    incident.culprits.map(formatAsn).join(' ') || '-',
    incident.victims.map(formatAsn).join(' ') || '-',
    incident.prefixes[0] ?? '-',
    incident.prefixCount > 1 ? `+${incident.prefixCount - 1}` : '',
    String(incident.peerAsns.length),
    incident.state,
  ];
}

/** One step of an incident's life as a line. */
export function transitionLine({ change, incident }: Transition): string {
  const timeUs = change === 'opened' ? incident.alertedAtUs : (incident.endedAtUs ?? incident.lastSeenUs);
  const tags = incident.tags.map(({ name, score }) => `${name} ${score > 0 ? '+' : ''}${score}`).join(', ');
  return `${isoUs(timeUs).slice(0, 19)}Z ${change} ${incident.id} ${incident.level} (${incident.confidence}): ${incident.evidence.summary} [${tags}]`;
}
