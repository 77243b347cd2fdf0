import type { Incident, IncidentState } from '#core/incident/incident.ts';
import type { IncidentQuery, IncidentRow, UserMark } from './api.ts';

const PREFIXES_SHOWN = 5;
const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 1000;
const MAX_WORDS = 8;

const STATE_ORDER: Readonly<Record<IncidentState, number>> = {
  ongoing: 0,
  dormant: 1,
  withdrawn: 2,
  resolved: 3,
};

/** An incident as it stands in a list. */
export function incidentRow(
  incident: Incident,
  { isLowVisibility = false, isEarlier = false, mark = null as UserMark | null } = {},
): IncidentRow {
  // Named one by one: this is done for every row of every snapshot, and copying the rest takes ten times as long.
  return {
    id: incident.id,
    type: incident.type,
    artemis: incident.artemis,
    state: incident.state,
    severity: incident.severity,
    confidence: incident.confidence,
    level: incident.level,
    prefixes: incident.prefixes.slice(0, PREFIXES_SHOWN),
    prefixCount: incident.prefixCount,
    victims: incident.victims,
    culprits: incident.culprits,
    vantages: incident.vantages,
    peerAsns: incident.peerAsns.length,
    firstSeenUs: incident.firstSeenUs,
    alertedAtUs: incident.alertedAtUs,
    lastSeenUs: incident.lastSeenUs,
    endedAtUs: incident.endedAtUs,
    summary: incident.evidence.summary,
    isLowVisibility,
    isEarlier,
    mark,
  };
}

type Ranked = Pick<Incident, 'id' | 'state' | 'confidence' | 'firstSeenUs'>;

/** Ongoing first, then by confidence, then the newest; the id last, so that the order is the same everywhere. */
export function byActivity(a: Ranked, b: Ranked): number {
  return STATE_ORDER[a.state] - STATE_ORDER[b.state] || byConfidence(a, b);
}

function byConfidence(a: Ranked, b: Ranked): number {
  return b.confidence - a.confidence || byNewest(a, b);
}

function byNewest(a: Ranked, b: Ranked): number {
  return b.firstSeenUs - a.firstSeenUs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

const ORDERS = { newest: byNewest, confidence: byConfidence, active: byActivity } as const;

/** Sort and cut. @returns a list of its own. */
export function pickRows(
  rows: readonly IncidentRow[],
  { order = 'newest', limit = DEFAULT_LIMIT }: Pick<IncidentQuery, 'order' | 'limit'>,
): IncidentRow[] {
  const most = Math.min(MAX_LIMIT, Math.max(0, Math.floor(limit) || 0));
  return [...rows].sort(ORDERS[order] ?? byNewest).slice(0, most);
}

/** Whether an incident is asked for; by all it has, not only by what its row shows. */
export function compileQuery(query: IncidentQuery): (incident: Incident) => boolean {
  const { states, levels, types } = query;
  const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, MAX_WORDS);
  const accepts = <T>(list: readonly T[] | undefined, value: T): boolean =>
    list === undefined || list.length === 0 || list.includes(value);
  return (incident) => {
    const { state, level, type } = incident;
    if (!accepts(states, state) || !accepts(levels, level) || !accepts(types, type)) return false;
    return words.length === 0 || matchesWords(incident, words);
  };
}

function matchesWords(incident: Incident, words: readonly string[]): boolean {
  const { id, type, artemis, evidence, prefixes, victims, culprits } = incident;
  const asns = [...victims, ...culprits].map((asn) => `as${asn}`);
  const text = [id, type, artemis, evidence.summary, ...prefixes].join(' ').toLowerCase();
  return words.every((word) => (/^as\d+$/.test(word) ? asns.includes(word) : text.includes(word)));
}
