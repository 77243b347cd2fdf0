import { formatAsn, parseAsn } from '#core/elem/asn.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { formatAddress, tryParseAddress } from '#core/prefix/address.ts';
import { formatPrefix, tryParsePrefix } from '#core/prefix/prefix.ts';
import type { IncidentRow } from '../../workers/api.ts';
import { mergeFilters } from './filter-chips.ts';
import { TYPE_NAMES } from './incident/words.ts';

/** What the view knows, so that names can be offered. */
export interface Known {
  readonly collectors: readonly { readonly collector: string; readonly vantages: number }[];
  readonly vantages: readonly Vantage[];
  /** Those that are not over, the most telling first. */
  readonly incidents?: readonly KnownIncident[];
}

type KnownIncident = Pick<IncidentRow, 'id' | 'type' | 'state' | 'prefixes' | 'victims' | 'culprits'>;

interface Vantage {
  readonly collector: string;
  readonly peerAddress: string;
  readonly peerAsn: number;
}

/** One reading of what was typed: a narrower view, or a page. */
export type Option = Reads & (Narrows | Leads);

interface Reads {
  /** What it was understood as: `AS3333`, `193.0.0.0/21`. */
  readonly subject: string;
  /** What choosing it shows: `anywhere on the path, or as the peer`. */
  readonly meaning: string;
}

interface Narrows {
  readonly filter: ElemFilter;
  readonly path?: undefined;
}

interface Leads {
  readonly path: string;
  readonly filter?: undefined;
}

export interface Reading {
  readonly options: readonly Option[];
  /** Why there is nothing to choose, or what is still missing; empty otherwise. */
  readonly hint: string;
}

const MAX_NAMES = 6;
const MAX_INCIDENTS = 3;
const KIND_WORDS: readonly [RegExp, Option][] = [
  [/^announce/i, { subject: 'announcements', meaning: 'only', filter: { kinds: ['announce'] } }],
  [/^withdraw/i, { subject: 'withdrawals', meaning: 'only', filter: { kinds: ['withdraw'] } }],
  [
    /^(state|peer|session)/i,
    { subject: 'state changes', meaning: 'of peer sessions', filter: { kinds: ['state'] } },
  ],
  [/^(ip)?v4$/i, { subject: 'IPv4', meaning: 'table only', filter: { tables: ['ipv4'] } }],
  [/^(ip)?v6$/i, { subject: 'IPv6', meaning: 'table only', filter: { tables: ['ipv6'] } }],
  [/^vpn/i, { subject: 'VPN', meaning: 'tables, IPv4 and IPv6', filter: { tables: ['vpnv4', 'vpnv6'] } }],
];

/**
 * Read what was typed: an AS number (`AS3333`, `3333`, asdot `3.3333`), a prefix, a bare address, a collector's name, a
 * kind of update or a table; several words narrow together. The likeliest reading comes first.
 */
export function readOmnibox(text: string, known: Known): Reading {
  const words = text
    .trim()
    .replace(/\b(asn?)\s+(?=\d)/gi, 'AS')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  if (words.length === 0) return { options: [], hint: '' };
  if (words.length === 1) return readWord(words[0]!, known);
  return readWords(words, known);
}

function readWords(words: readonly string[], known: Known): Reading {
  let filter: ElemFilter | null = null;
  const subjects: string[] = [];
  for (const word of words) {
    const option = readWord(word, known).options.find(({ filter }) => filter !== undefined);
    if (!option?.filter) return { options: [], hint: `“${word.slice(0, 40)}” is not understood. ${FORMS}` };
    filter = mergeFilters(filter, option.filter);
    subjects.push(option.subject);
  }
  return {
    options: filter ? [{ subject: subjects.join(' · '), meaning: 'together', filter }] : [],
    hint: '',
  };
}

const FORMS = 'Try AS3333, 193.0.0.0/21, an address, a collector, or an incident.';

function readWord(word: string, known: Known): Reading {
  const options = [
    ...addressOptions(word, known),
    ...prefixOptions(word),
    ...asnOptions(word, known),
    ...nameOptions(word, known),
    ...incidentOptions(word, known),
  ];
  return { options, hint: options.length ? '' : unfinished(word) };
}

function unfinished(word: string): string {
  if (/^[0-9a-f:]*:[0-9a-f:.]*(\/\d*)?$/i.test(word)) return 'An IPv6 address or prefix is not complete yet.';
  if (/^\d{1,3}(\.\d{0,3}){0,3}(\/\d*)?$/.test(word)) return 'An IPv4 address or prefix is not complete yet.';
  return `“${word.slice(0, 40)}” is not understood. ${FORMS}`;
}

function asnOptions(word: string, known: Known): Option[] {
  const asn = tryAsn(word);
  if (asn === null) return [];
  const subject = formatAsn(asn);
  const dotted = word.includes('.') ? ` (asdot ${word.replace(/^asn?/i, '')})` : '';
  const options: Option[] = [
    { subject, meaning: `anywhere on the path, or as the peer${dotted}`, filter: { asns: [asn] } },
  ];
  const peers = [...new Set(known.vantages.filter((v) => v.peerAsn === asn).map((v) => v.peerAddress))];
  if (peers.length) {
    const count = peers.length === 1 ? 'its peer' : `its ${peers.length} peers`;
    options.push({ subject, meaning: `only what ${count} here sent`, filter: { peers } });
  }
  options.push({ subject, meaning: 'its page: prefixes, neighbours, RPKI', path: `/as/${subject}` });
  return options;
}

function tryAsn(word: string): number | null {
  try {
    return parseAsn(word.replace(/^asn(?=\d)/i, 'AS'));
  } catch {
    return null;
  }
}

function addressOptions(word: string, known: Known): Option[] {
  const address = tryParseAddress(word);
  if (!address) return [];
  const text = formatAddress(address.isV6, address.words);
  const host = `${text}/${address.isV6 ? 128 : 32}`;
  const covering: Option = {
    subject: text,
    meaning: 'prefixes that cover it',
    filter: { prefixes: [host], moreSpecific: false, lessSpecific: true },
  };
  const page: Option = { subject: text, meaning: 'the page of its prefix', path: `/prefix/${text}` };
  const vantage = known.vantages.find((v) => v.peerAddress === text);
  if (!vantage) return [covering, page];
  const meaning = `as the peer: ${formatAsn(vantage.peerAsn)} at ${vantage.collector}`;
  return [covering, { subject: text, meaning, filter: { peers: [text] } }, page];
}

function prefixOptions(word: string): Option[] {
  const prefix = word.includes('/') ? tryParsePrefix(word) : null;
  if (!prefix) return [];
  const subject = formatPrefix(prefix.isV6, prefix.bits, prefix.words);
  const written = tryParseAddress(word.slice(0, word.indexOf('/')));
  const masked = written && `${formatAddress(written.isV6, written.words)}/${prefix.bits}` !== subject;
  const note = masked ? ' (host bits cut off)' : '';
  const prefixes = [subject];
  return [
    { subject, meaning: `and more specifics${note}`, filter: { prefixes } },
    { subject, meaning: 'exactly', filter: { prefixes, moreSpecific: false } },
    {
      subject,
      meaning: 'and what covers it',
      filter: { prefixes, moreSpecific: false, lessSpecific: true },
    },
    { subject, meaning: 'its page: origins, paths, RPKI', path: `/prefix/${subject}` },
  ];
}

function nameOptions(word: string, known: Known): Option[] {
  const options = KIND_WORDS.filter(([pattern]) => pattern.test(word)).map(([, option]) => option);
  const name = word.toLowerCase();
  const found = known.collectors
    .filter(({ collector }) => /[a-z]/.test(name) && collector.toLowerCase().includes(name))
    .slice(0, MAX_NAMES);
  for (const { collector, vantages } of found) {
    const peers = vantages === 1 ? '1 vantage' : `${vantages} vantages`;
    options.push({ subject: collector, meaning: `collector, ${peers}`, filter: { collectors: [collector] } });
  }
  return options;
}

/** Incidents by id (or its first digits), and those that are about the prefix or the AS. */
function incidentOptions(word: string, known: Known): Option[] {
  const id = word.toLowerCase();
  const asn = tryAsn(word);
  const prefix = word.includes('/') ? tryParsePrefix(word) : null;
  const cidr = prefix && formatPrefix(prefix.isV6, prefix.bits, prefix.words);
  const isAbout = (incident: KnownIncident): boolean =>
    (/^[0-9a-f]{4,16}$/.test(id) && incident.id.startsWith(id)) ||
    (asn !== null && (incident.victims.includes(asn) || incident.culprits.includes(asn))) ||
    (cidr !== null && incident.prefixes.includes(cidr));
  const found = (known.incidents ?? []).filter(isAbout).slice(0, MAX_INCIDENTS);
  const options = found.map((incident): Option => ({
    subject: incident.id,
    meaning: `${incident.state} incident: ${TYPE_NAMES[incident.type]} ${incident.prefixes[0] ?? ''}`.trim(),
    path: `/incidents/${incident.id}`,
  }));
  if (options.length === 0 && /^[0-9a-f]{16}$/.test(id)) {
    options.push({ subject: id, meaning: 'incident', path: `/incidents/${id}` });
  }
  return options;
}
