import type { IncidentQuery, IncidentState, Level, SignalType } from '../../../workers/api.ts';
import { LEVELS, STATES } from './signs.ts';
import { TYPES } from './words.ts';

/** What the list of incidents shows; lives in the address bar. */
export interface ListQuery {
  /** Empty: all. */
  readonly states: readonly IncidentState[];
  readonly levels: readonly Level[];
  readonly types: readonly SignalType[];
  readonly text: string;
  readonly order: 'active' | 'newest' | 'confidence';
  /** Also what one peer ASN alone has shown; also what is kept from before. */
  readonly lowVisibility: boolean;
  readonly earlier: boolean;
}

const ORDERS = ['active', 'newest', 'confidence'] as const;
const MAX_TEXT = 200;

/** Read `?state=ongoing,dormant&level=high&type=moas&q=AS17557&order=newest&low=1&earlier=1`. Never throws. */
export function parseListQuery(params: URLSearchParams): ListQuery {
  const pick = <T extends string>(name: string, known: readonly T[]): T[] => {
    const words = (params.get(name) ?? '').split(',');
    return known.filter((value) => words.includes(value));
  };
  return {
    states: pick('state', STATES),
    levels: pick('level', LEVELS),
    types: pick('type', TYPES),
    text: (params.get('q') ?? '').slice(0, MAX_TEXT),
    order: pick('order', ORDERS)[0] ?? 'active',
    lowVisibility: params.get('low') === '1',
    earlier: params.get('earlier') === '1',
  };
}

/** The reverse of `parseListQuery`, appended to `base`, another query (`?as=1`) or the empty string. */
export function formatListQuery(query: ListQuery, base = ''): string {
  const parts = base === '' ? [] : [base.slice(1)];
  if (query.states.length) parts.push(`state=${query.states.join(',')}`);
  if (query.levels.length) parts.push(`level=${query.levels.join(',')}`);
  if (query.types.length) parts.push(`type=${query.types.join(',')}`);
  if (query.text !== '')
    parts.push(`q=${encodeURIComponent(query.text).replace(/%2F/g, '/').replace(/%3A/g, ':')}`);
  if (query.order !== 'active') parts.push(`order=${query.order}`);
  if (query.lowVisibility) parts.push('low=1');
  if (query.earlier) parts.push('earlier=1');
  return parts.length ? `?${parts.join('&')}` : '';
}

/** Whether anything is left out by choice. */
export function isNarrowed(query: ListQuery): boolean {
  return query.states.length + query.levels.length + query.types.length > 0 || query.text !== '';
}

/** As the worker takes it. */
export function workerQuery(query: ListQuery, limit: number): IncidentQuery {
  return { ...query, text: query.text.trim(), limit };
}
