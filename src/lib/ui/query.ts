import type { TableName } from '#core/elem/batch.ts';
import { TABLE_NAMES } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { formatAddress, tryParseAddress } from '#core/prefix/address.ts';
import { formatPrefix, tryParsePrefix } from '#core/prefix/prefix.ts';

/** The view's state that lives in the address bar: copying the URL is sharing, Back undoes. */
export interface Query {
  readonly filter: ElemFilter | null;
  /** Chart window chosen by brushing, Unix seconds; null follows the newest data. */
  readonly window: { readonly fromS: number; readonly toS: number } | null;
  /** Members of the link that were not understood and are not applied, as written. */
  readonly ignored: readonly string[];
}

type Kind = NonNullable<ElemFilter['kinds']>[number];
const KINDS: readonly Kind[] = ['announce', 'withdraw', 'state', 'rib'];
/** `match=`: which neighbours of the given prefixes are wanted too. Absent means `within`. */
const MATCHES: Readonly<Record<string, Pick<ElemFilter, 'moreSpecific' | 'lessSpecific'>>> = {
  within: {},
  exact: { moreSpecific: false },
  covering: { moreSpecific: false, lessSpecific: true },
  both: { lessSpecific: true },
};
const MAX_VALUES = 32;

/** Read `?as=17557&prefix=208.65.152.0/22&match=both&kind=announce&from=…&to=…`. Never throws. */
export function parseQuery(params: URLSearchParams): Query {
  const ignored: string[] = [];
  const filter = readFilter(params, ignored, MAX_VALUES);
  return { filter, window: readWindow(params, ignored), ignored };
}

/**
 * The filter of a link, at most `maxValues` in each list; null when it has none. What is not understood, or too much, is
 * added to `ignored` as written.
 */
export function readFilter(params: URLSearchParams, ignored: string[], maxValues: number): ElemFilter | null {
  const list = <T extends string | number>(name: string, read: (text: string) => T | null): T[] => {
    const values = new Set<T>();
    for (const text of (params.get(name) ?? '').split(',')) {
      if (text === '') continue;
      const value = values.size < maxValues ? read(text) : null;
      if (value === null) ignored.push(`${name}=${text.slice(0, 64)}`);
      else values.add(value);
    }
    return [...values];
  };
  const match = params.get('match');
  const flags = match === null ? {} : Object.hasOwn(MATCHES, match) ? MATCHES[match] : undefined;
  if (!flags) ignored.push(`match=${match?.slice(0, 64)}`);
  return tidyFilter({
    asns: list('as', readAsn),
    prefixes: list('prefix', canonicalPrefix),
    ...flags,
    collectors: list('collector', (text) => (/^[\w.-]{1,64}$/.test(text) ? text : null)),
    peers: list('peer', canonicalAddress),
    tables: list('table', (text) => TABLE_NAMES.find((name): name is TableName => name === text) ?? null),
    kinds: list('kind', (text) => KINDS.find((kind) => kind === text) ?? null),
  });
}

/** The reverse of `parseQuery`: `?…`, or the empty string. Commas, colons and slashes stay readable. */
export function formatQuery(filter: ElemFilter | null, window: Query['window'] = null): string {
  const parts: string[] = [];
  const add = (name: string, values: readonly (string | number)[] | undefined): void => {
    if (values?.length) parts.push(`${name}=${values.map((value) => encode(String(value))).join(',')}`);
  };
  add('as', filter?.asns);
  add('prefix', filter?.prefixes);
  if (filter?.prefixes?.length) {
    const more = filter.moreSpecific !== false;
    if (filter.lessSpecific) parts.push(more ? 'match=both' : 'match=covering');
    else if (!more) parts.push('match=exact');
  }
  add('collector', filter?.collectors);
  add('peer', filter?.peers);
  add('table', filter?.tables);
  add('kind', filter?.kinds);
  if (window) parts.push(`from=${formatSecond(window.fromS)}`, `to=${formatSecond(window.toS)}`);
  return parts.length ? `?${parts.join('&')}` : '';
}

/** Drop empty members; null when nothing is left, so that "no filter" has one form. */
export function tidyFilter(filter: ElemFilter): ElemFilter | null {
  const { collectors, peers, prefixes, asns, tables, kinds } = filter;
  const tidy: ElemFilter = {
    ...(asns?.length && { asns }),
    ...(prefixes?.length && { prefixes }),
    ...(prefixes?.length && filter.moreSpecific === false && { moreSpecific: false }),
    ...(prefixes?.length && filter.lessSpecific && { lessSpecific: true }),
    ...(collectors?.length && { collectors }),
    ...(peers?.length && { peers }),
    ...(tables?.length && { tables }),
    ...(kinds?.length && { kinds }),
  };
  return Object.keys(tidy).length ? tidy : null;
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/%2F/g, '/').replace(/%3A/g, ':');
}

function readAsn(text: string): number | null {
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : null;
}

/** CIDR text in its one form, host bits cleared; null when it is none. */
export function canonicalPrefix(text: string): string | null {
  const prefix = tryParsePrefix(text);
  return prefix && formatPrefix(prefix.isV6, prefix.bits, prefix.words);
}

function canonicalAddress(text: string): string | null {
  const address = tryParseAddress(text);
  return address && formatAddress(address.isV6, address.words);
}

function readWindow(params: URLSearchParams, ignored: string[]): Query['window'] {
  const from = params.get('from');
  const to = params.get('to');
  if (from === null && to === null) return null;
  const fromS = readSecond(from);
  const toS = readSecond(to);
  if (fromS !== null && toS !== null && fromS < toS) return { fromS, toS };
  ignored.push(`from=${(from ?? '').slice(0, 64)}`, `to=${(to ?? '').slice(0, 64)}`);
  return null;
}

function readSecond(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms / 1000;
}

function formatSecond(timeS: number): string {
  return `${new Date(Math.round(timeS) * 1000).toISOString().slice(0, 19)}Z`;
}
