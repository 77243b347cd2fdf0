import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { parseAsn } from '#core/elem/asn.ts';
import { BgpError } from '#core/error.ts';
import type { ArchiveQuery } from '../archive/conditions.ts';
import { parseTimeUs } from '../command/time.ts';

/** How a slice is answered. */
export const SLICE_FORMATS = ['ndjson', 'arrow', 'rsl'] as const;
export type SliceFormat = (typeof SLICE_FORMATS)[number];

/** A part of the archive somebody asks for. */
export interface SliceQuery extends ArchiveQuery {
  readonly filter: ElemFilter;
  readonly format: SliceFormat;
  /** Elems at most. */
  readonly limit: number;
}

export const SLICE_LIMITS = { defaultElems: 1_000_000, maxElems: 20_000_000, maxWindowDays: 400 } as const;
const MAX_TEXT = 20_000;

/** Every key a query may have, and what it means in a word (docs/api.md). */
const KEYS = new Set([
  ...[
    'from',
    'to',
    'prefix',
    'match',
    'asn',
    'origin',
    'collector',
    'peer',
    'kind',
    'family',
    'format',
    'limit',
  ],
]);
const MATCHES: Readonly<Record<string, Pick<ElemFilter, 'moreSpecific' | 'lessSpecific'>>> = {
  exact: { moreSpecific: false },
  more: { moreSpecific: true },
  less: { moreSpecific: false, lessSpecific: true },
  any: { moreSpecific: true, lessSpecific: true },
};

/**
 * Read the query string of `/api/historical`. Lists are repeated keys or commas. All mistakes are told at once.
 * @param query as Fastify parses it: a text, or several
 */
export function readSliceQuery(
  query: Readonly<Record<string, unknown>>,
):
  | { readonly ok: true; readonly query: SliceQuery }
  | { readonly ok: false; readonly mistakes: readonly string[] } {
  const mistakes: string[] = [];
  for (const key of Object.keys(query))
    if (!KEYS.has(key)) mistakes.push(`unknown key "${key.slice(0, 40)}"`);
  const list = (key: string): string[] => listOf(query[key], key, mistakes);
  const one = (key: string): string | null => {
    const values = list(key);
    if (values.length > 1) mistakes.push(`${key} is given ${values.length} times`);
    return values[0] ?? null;
  };
  const window = readWindow(one('from'), one('to'), mistakes);
  const filter = readFilter(list, one('match'), mistakes);
  const origins = list('origin').map((text) => asnOf(text, 'origin', mistakes));
  const format = one('format') ?? 'ndjson';
  if (!isFormat(format)) mistakes.push(`format must be one of ${SLICE_FORMATS.join(', ')}`);
  const limit = readLimit(one('limit'), mistakes);
  if (mistakes.length > 0 || !isFormat(format)) return { ok: false, mistakes };
  return { ok: true, query: { ...window, filter, format, limit, ...(origins.length > 0 && { origins }) } };
}

function isFormat(text: string): text is SliceFormat {
  return (SLICE_FORMATS as readonly string[]).includes(text);
}

function listOf(value: unknown, key: string, mistakes: string[]): string[] {
  if (value === undefined) return [];
  const texts = (Array.isArray(value) ? value : [value]) as unknown[];
  const joined = texts.map(String).join(',');
  if (joined.length > MAX_TEXT) {
    mistakes.push(`${key} is longer than ${MAX_TEXT} characters`);
    return [];
  }
  return joined
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

function readWindow(
  from: string | null,
  to: string | null,
  mistakes: string[],
): { readonly fromUs: number; readonly toUs: number } {
  const time = (text: string | null, key: string): number => {
    const timeUs = text === null ? null : parseTimeUs(text);
    if (timeUs === null) mistakes.push(`${key} must be a time: 2008-02-24T18:47:00Z or Unix seconds`);
    return timeUs ?? NaN;
  };
  const window = { fromUs: time(from, 'from'), toUs: time(to, 'to') };
  if (window.toUs <= window.fromUs) mistakes.push('to must be after from');
  if (window.toUs - window.fromUs > SLICE_LIMITS.maxWindowDays * 86_400e6)
    mistakes.push(`the window is longer than ${SLICE_LIMITS.maxWindowDays} days`);
  return window;
}

function readFilter(list: (key: string) => string[], match: string | null, mistakes: string[]): ElemFilter {
  const matching = MATCHES[match ?? 'more'];
  if (!matching) mistakes.push(`match must be one of ${Object.keys(MATCHES).join(', ')}`);
  try {
    return parseFilter({
      collectors: list('collector'),
      peers: list('peer'),
      prefixes: list('prefix').map(asPrefix),
      asns: list('asn').map((text) => asnOf(text, 'asn', mistakes)),
      tables: list('family'),
      kinds: list('kind'),
      ...matching,
    });
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    mistakes.push(error.message);
    return {};
  }
}

/** A bare address stands for itself as a prefix. */
function asPrefix(text: string): string {
  if (text.includes('/')) return text;
  return `${text}/${text.includes(':') ? 128 : 32}`;
}

function asnOf(text: string, key: string, mistakes: string[]): number {
  try {
    return parseAsn(text);
  } catch {
    mistakes.push(`${key}: "${text.slice(0, 40)}" is no AS number`);
    return 0;
  }
}

function readLimit(text: string | null, mistakes: string[]): number {
  if (text === null) return SLICE_LIMITS.defaultElems;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > SLICE_LIMITS.maxElems) {
    mistakes.push(`limit must be a whole number from 1 to ${SLICE_LIMITS.maxElems}`);
  }
  return limit;
}
