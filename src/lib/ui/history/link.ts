import type { QuestionParams } from './questions/question.ts';

/** What the history page shows, as its address says it: questions in the query, SQL in the fragment. */
export interface HistoryLink {
  /** Id of a question, or `sql`. */
  readonly question: string;
  /** Key of a data set. */
  readonly data: string;
  readonly params: QuestionParams;
  readonly sql: string;
}

export const NO_PARAMS: QuestionParams = { fromUs: null, toUs: null, top: 20, stepMin: 0, prefix: '' };
const TOPS = [10, 20, 50, 100, 500];
const MAX_TEXT = 500;
const MAX_SQL = 20_000;

/** Read the address. What is not understood is as if it were not there. */
export function parseLink(search: URLSearchParams, hash: string): HistoryLink {
  const top = Number(search.get('top'));
  const stepMin = Number(search.get('step'));
  return {
    question: search.get('q') ?? 'updates',
    data: (search.get('data') ?? 'recording').slice(0, MAX_TEXT),
    params: {
      fromUs: parseTime(search.get('from')),
      toUs: parseTime(search.get('to')),
      top: TOPS.includes(top) ? top : NO_PARAMS.top,
      stepMin: Number.isSafeInteger(stepMin) && stepMin > 0 && stepMin <= 10_080 ? stepMin : 0,
      prefix: (search.get('prefix') ?? '').slice(0, MAX_TEXT),
    },
    sql: readFragment(hash).slice(0, MAX_SQL),
  };
}

function readFragment(hash: string): string {
  try {
    return decodeURIComponent(hash.replace(/^#/, ''));
  } catch {
    return '';
  }
}

/** `2008-02-24T18:47`, with seconds, fractions and Z or without; UTC. */
export function parseTime(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?Z?$/.test(text)) return null;
  const [whole = '', fraction = ''] = text.replace(' ', 'T').replace('Z', '').split('.');
  const ms = Date.parse(`${whole.length === 10 ? `${whole}T00:00` : whole}Z`);
  return Number.isNaN(ms) ? null : ms * 1000 + Number(fraction.padEnd(6, '0'));
}

/** The shortest of the forms above that says it exactly. */
export function formatTime(us: number): string {
  const iso = new Date(Math.floor(us / 1000)).toISOString();
  const micros = ((us % 1_000_000) + 1_000_000) % 1_000_000;
  if (micros !== 0) return `${iso.slice(0, 19)}.${String(micros).padStart(6, '0').replace(/0+$/, '')}Z`;
  return iso.slice(17, 19) === '00' ? `${iso.slice(0, 16)}Z` : `${iso.slice(0, 19)}Z`;
}

/** The address of a link; members at their default are left out. */
export function formatLink({ question, data, params, sql }: HistoryLink): string {
  const search = new URLSearchParams({ q: question });
  if (data !== 'recording') search.set('data', data);
  if (question !== 'sql') {
    if (params.fromUs !== null) search.set('from', formatTime(params.fromUs));
    if (params.toUs !== null) search.set('to', formatTime(params.toUs));
    if (params.top !== NO_PARAMS.top) search.set('top', String(params.top));
    if (params.stepMin > 0) search.set('step', String(params.stepMin));
    if (params.prefix !== '') search.set('prefix', params.prefix);
  }
  return `/history?${search.toString()}${question === 'sql' && sql !== '' ? `#${encodeURIComponent(sql)}` : ''}`;
}
