import type { ElemFilter } from '#core/elem/filter.ts';
import { formatPrefix, maskWord, tryParsePrefix } from '#core/prefix/prefix.ts';
import { quote } from './duck.ts';

/** What is asked of the archive. Times are Unix microseconds of data time, `fromUs` included, `toUs` not. */
export interface ArchiveQuery {
  readonly fromUs: number;
  readonly toUs: number;
  readonly filter?: ElemFilter;
  /** Only announcements these ASes originated. */
  readonly origins?: readonly number[];
}

/** More values than this are left to the exact filter after reading: no row group would be ruled out by so many. */
const MAX_IN_LIST = 64;

/**
 * A SQL condition every row satisfies that the query asks for, made of comparisons DuckDB can answer from statistics and
 * Bloom filters. It may let more rows through than asked: `compileFilter` decides.
 */
export function pruningCondition({ fromUs, toUs, filter = {}, origins }: ArchiveQuery): string {
  const parts = [
    `time >= make_timestamp(${Math.ceil(fromUs)})`,
    `time < make_timestamp(${Math.ceil(toUs)})`,
    inList('collector', filter.collectors?.map(quote)),
    inList('peer', filter.peers?.map(quote)),
    inList('family', filter.tables?.map(quote)),
    inList('kind', filter.kinds?.map(quote)),
    inList('origin_asn', origins?.map(String)),
    prefixCondition(filter),
    asnCondition(filter.asns),
  ];
  return parts.filter((part) => part !== '').join(' AND ');
}

function inList(column: string, values: readonly string[] | undefined): string {
  if (values === undefined || values.length === 0 || values.length > MAX_IN_LIST) return '';
  return values.length === 1 ? `${column} = ${values[0]}` : `${column} IN (${values.join(', ')})`;
}

function asnCondition(asns: readonly number[] | undefined): string {
  if (asns === undefined || asns.length === 0 || asns.length > MAX_IN_LIST) return '';
  const any = asns.join('|');
  return `(peer_asn IN (${asns.join(', ')}) OR regexp_matches(path, '(^|[^0-9])(${any})([^0-9]|$)'))`;
}

function prefixCondition({ prefixes, moreSpecific = true, lessSpecific = false }: ElemFilter): string {
  if (prefixes === undefined || prefixes.length === 0 || prefixes.length > MAX_IN_LIST) return '';
  const exact = new Set<string>();
  const ranges: string[] = [];
  for (const text of prefixes) {
    const prefix = tryParsePrefix(text);
    if (!prefix) return '';
    const { isV6, bits, words } = prefix;
    exact.add(formatPrefix(isV6, bits, words));
    if (lessSpecific) for (let less = 0; less < bits; less++) exact.add(covering(isV6, less, words));
    if (moreSpecific && bits < (isV6 ? 128 : 32)) ranges.push(insideRange(isV6, bits, words));
  }
  const list = [...exact].map(quote);
  const equal = list.length === 1 ? `prefix = ${list[0]}` : `prefix IN (${list.join(', ')})`;
  return ranges.length === 0 ? equal : `(${[equal, ...ranges].join(' OR ')})`;
}

function covering(isV6: boolean, bits: number, words: readonly number[]): string {
  const masked = words.map((word, w) => (word & maskWord(bits - w * 32)) >>> 0);
  return formatPrefix(isV6, bits, masked);
}

/**
 * The texts of every prefix inside one all begin with the groups it fixes: a range of texts, wider than the prefix. Groups of
 * zeros may be written `::`, so an IPv6 range ends before the first of them.
 */
function insideRange(isV6: boolean, bits: number, words: readonly number[]): string {
  const begin = isV6 ? v6Begin(bits, words) : v4Begin(bits, words[0]!);
  if (begin === '')
    return `family IN (${(isV6 ? ['ipv6', 'vpnv6'] : ['ipv4', 'vpnv4']).map(quote).join(', ')})`;
  // The character after the separator: '.' < '/' and ':' < ';'.
  const end = begin.slice(0, -1) + String.fromCharCode(begin.charCodeAt(begin.length - 1) + 1);
  return `(prefix >= ${quote(begin)} AND prefix < ${quote(end)})`;
}

function v4Begin(bits: number, word: number): string {
  let text = '';
  for (let octet = 0; octet < bits >> 3; octet++) text += `${(word >>> (24 - octet * 8)) & 0xff}.`;
  // A whole address is followed by "/32": there is nothing inside a /32, and 24 bits are three octets at most.
  return text;
}

function v6Begin(bits: number, words: readonly number[]): string {
  let text = '';
  for (let group = 0; group < Math.min(bits >> 4, 7); group++) {
    const value = (words[group >> 1]! >>> (group & 1 ? 0 : 16)) & 0xffff;
    if (value === 0) break;
    text += `${value.toString(16)}:`;
  }
  return text;
}
