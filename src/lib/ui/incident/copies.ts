import { formatBgpdump } from '#core/elem/bgpdump.ts';
import type { IncidentDetail, SampleRoute } from '../../../workers/api.ts';

/** The incident with its timeline and sample routes as JSON, indented. Times are Unix microseconds. */
export function incidentJson({ incident, timeline, samples }: IncidentDetail): string {
  return JSON.stringify({ ...incident, timeline, samples }, null, 2);
}

/** The sample routes as `bgpdump -m` prints announcements, one a line, oldest first; prepends are collapsed. */
export function bgpdumpLines(samples: readonly SampleRoute[]): string {
  return [...samples]
    .sort((a, b) => a.timeUs - b.timeUs)
    .map(({ timeUs, collector, peerAddress, peerAsn, prefix, path }) =>
      formatBgpdump({
        kind: 'announce',
        timeUs,
        collector,
        peerAddress,
        peerAsn,
        table: prefix.includes(':') ? 'ipv6' : 'ipv4',
        prefix,
        path: path.join(' '),
      }),
    )
    .join('\n');
}
