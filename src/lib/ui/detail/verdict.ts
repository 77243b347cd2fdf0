import { formatAsn } from '#core/elem/asn.ts';
import type { AsReport, PrefixReport } from '../../../workers/api.ts';
import { formatCount, formatCountOf } from '../number.ts';
import type { Sign } from '../incident/signs.ts';
import { TYPE_NAMES } from '../incident/words.ts';

/** What a looking-glass page says on top: one sentence, and whether it is cause for concern. */
export interface Verdict {
  readonly sign: Sign;
  readonly sentence: string;
}

const GOOD: Sign = { glyph: '✓', word: 'nothing wrong is known', tone: 'good' };
const BAD: Sign = { glyph: '▲', word: 'something is wrong', tone: 'critical' };
const WARN: Sign = { glyph: '◆', word: 'worth a look', tone: 'high' };
const UNSEEN: Sign = { glyph: '○', word: 'not seen', tone: 'ink-2' };

/** Who originates the prefix, how many of the vantages have it, what the RPKI says, what is wrong. */
export function prefixVerdict(report: PrefixReport): Verdict {
  const open = openIncidents(report);
  if (!report.isSeen) {
    const inside = report.covering[0];
    const covered = inside
      ? ` It is covered by ${inside.prefix} of ${inside.origins.map(formatAsn).join(', ') || 'nobody'}.`
      : '';
    return { sign: open ? BAD : UNSEEN, sentence: `No vantage has a route for it now.${covered}${open}` };
  }
  const origins = report.origins.map(({ asn }) => formatAsn(asn));
  const who =
    origins.length === 0
      ? 'Its origin is not clear'
      : origins.length === 1
        ? `Originated by ${origins[0]}`
        : `Originated by ${origins.length} ASes (${origins.slice(0, 4).join(', ')})`;
  const seen = `seen by ${formatCount(report.vantages)} of ${formatCountOf(report.ofVantages, 'vantage')}`;
  const invalid = report.origins.filter(({ rov }) => rov.state === 'invalid');
  const sign = open ? BAD : invalid.length > 0 || origins.length > 1 ? WARN : GOOD;
  return { sign, sentence: `${who}, ${seen}, ${rpkiWords(report)}.${open}` };
}

function rpkiWords({ origins, rpki }: PrefixReport): string {
  if (rpki.state === 'none') return 'not judged by RPKI (no validator)';
  if (rpki.state === 'other-time') return 'not judged by RPKI (the data is of another time)';
  if (rpki.state !== 'ready') return `not judged by RPKI (${rpki.state})`;
  const states = [...new Set(origins.map(({ rov }) => rov.state))];
  return `RPKI ${states.map((state) => state.replace('-', ' ')).join(' and ') || 'unknown'}`;
}

function openIncidents({ incidents }: Pick<PrefixReport, 'incidents'>): string {
  const open = incidents.filter((row) => row.state !== 'resolved' && row.level !== 'low' && !row.isEarlier);
  const [first] = open;
  if (!first) return '';
  const more = open.length > 1 ? `, and ${formatCountOf(open.length - 1, 'other')}` : '';
  return ` ${first.state === 'ongoing' ? 'Ongoing' : 'Not yet closed'}: ${TYPE_NAMES[first.type]}${more}.`;
}

/** What the AS originates, through whom, and what is wrong. */
export function asVerdict(report: AsReport): Verdict {
  const open = openIncidents(report);
  if (!report.isSeen) return { sign: open ? BAD : UNSEEN, sentence: `Not on any path now.${open}` };
  const what =
    report.prefixCount === 0
      ? 'Originates nothing now'
      : `Originates ${formatCountOf(report.prefixCount, 'prefix', 'prefixes')}, seen by up to ${formatCount(report.vantages)} of ${formatCountOf(report.ofVantages, 'vantage')}`;
  const up = formatCountOf(report.upstreamCount, 'network');
  const down = formatCountOf(report.downstreamCount, 'network');
  const invalid = report.prefixes.filter(({ rov }) => rov.state === 'invalid').length;
  const rpki = invalid === 0 ? '' : ` ${formatCountOf(invalid, 'prefix is', 'prefixes are')} RPKI-invalid.`;
  return {
    sign: open ? BAD : invalid > 0 ? WARN : GOOD,
    sentence: `${what}, heard through ${up}, carries routes of ${down}.${rpki}${open}`,
  };
}
