import type { DetectParams } from '#core/detect/params.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { FILTER_LIMITS } from '#core/elem/filter.ts';
import { canonicalPrefix, formatQuery, readFilter } from '../query.ts';
import { formatInstant, parseInstant } from './instant.ts';
import { thresholdField } from './threshold-fields.ts';

/** What is replayed. A file stays with its owner: a link can only say which one it was. */
export type LinkSource =
  | { readonly kind: 'event'; readonly id: string }
  | { readonly kind: 'archive'; readonly fromUs: number; readonly toUs: number }
  /** `digest`: the first 16 hex digits of its SHA-256. */
  | { readonly kind: 'file'; readonly name: string; readonly digest: string };

export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Parts of the replay page that open and close, in the order they stand. */
export const PANELS = [
  'story',
  'incidents',
  'graph',
  'scores',
  'tops',
  'updates',
  'compare',
  'rerun',
  'state',
] as const;
export type PanelName = (typeof PANELS)[number];
export const DEFAULT_PANELS: readonly PanelName[] = ['story', 'incidents', 'graph', 'tops', 'updates'];

/** Speeds the keys step through; 0 is as fast as it goes. A link may name any whole number from 1 to 1000. */
export const SPEEDS: readonly number[] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1000, 0];
export const DEFAULT_SPEED = 60;

/** The whole view of a replay. Opening the same one gives the same picture on every machine. */
export interface ReplayLink {
  readonly source: LinkSource | null;
  /** Null: where the recording starts. */
  readonly timeUs: number | null;
  readonly speed: number;
  readonly filter: ElemFilter | null;
  /** Part of the timeline drawn; null all of it. */
  readonly zoom: Span | null;
  readonly incident: string | null;
  /** Prefixes of the path graph, at most 16; null lets the page choose. */
  readonly graph: readonly string[] | null;
  /** Also what is inside them. */
  readonly inside: boolean;
  /** The AS picked in the path graph. */
  readonly asn: number | null;
  readonly panels: readonly PanelName[];
  /** Two moments compared. */
  readonly compare: { readonly beforeUs: number; readonly afterUs: number } | null;
  /** Thresholds tried instead of the defaults. */
  readonly tried: Partial<DetectParams>;
  /** What the sender's page judged with; null when the link does not say. */
  readonly rules: number | null;
  readonly model: string | null;
}

export const EMPTY_LINK: ReplayLink = {
  source: null,
  timeUs: null,
  speed: DEFAULT_SPEED,
  filter: null,
  zoom: null,
  incident: null,
  graph: null,
  inside: true,
  asn: null,
  panels: DEFAULT_PANELS,
  compare: null,
  tried: {},
  rules: null,
  model: null,
};

export const MAX_GRAPH_PREFIXES = 16;
/** A filter longer than this goes to the fragment, which never reaches a server. */
const MAX_QUERY_FILTER = 1000;
/** Beyond this a link is not read at all: more than the longest filter takes. */
export const MAX_LINK_CHARS = 1_000_000;
const MAX_IGNORED = 20;
const FILTER_MEMBERS = ['as', 'prefix', 'match', 'collector', 'peer', 'table', 'kind'] as const;

export interface ParsedLink {
  readonly link: ReplayLink;
  /** Members that were not understood and are not applied, as written; at most 20. */
  readonly ignored: readonly string[];
}

/**
 * Read `?event=ID&t=2008-02-24T18:47:00Z&speed=60&as=17557&zoom=…,…&incident=…&panels=incidents,graph#prefix=…`. Never
 * throws: what is not understood is left at its default and named.
 */
export function parseLink(search: string, fragment: string): ParsedLink {
  if (search.length + fragment.length > MAX_LINK_CHARS) {
    return { link: EMPTY_LINK, ignored: [`a link of ${search.length + fragment.length} characters`] };
  }
  const params = new URLSearchParams(search);
  const hidden = new URLSearchParams(fragment.replace(/^#/, ''));
  for (const name of FILTER_MEMBERS) {
    const value = hidden.get(name);
    if (value !== null) params.set(name, value);
  }
  const ignored: string[] = [];
  const read = <T>(name: string, otherwise: T, parse: (text: string) => T | null): T => {
    const text = params.get(name);
    if (text === null) return otherwise;
    const value = parse(text);
    if (value === null) ignored.push(`${name}=${text.slice(0, 64)}`);
    return value ?? otherwise;
  };
  const link: ReplayLink = {
    source: readSource(params, read),
    timeUs: read<number | null>('t', null, parseInstant),
    speed: read('speed', DEFAULT_SPEED, parseSpeed),
    filter: readFilter(params, ignored, FILTER_LIMITS.prefixes),
    zoom: read<Span | null>('zoom', null, parseSpan),
    incident: read<string | null>('incident', null, (text) => (/^[\w.-]{1,64}$/.test(text) ? text : null)),
    graph: read<readonly string[] | null>('graph', null, parsePrefixes),
    inside: read('inside', true, (text) => (text === '0' ? false : text === '1' ? true : null)),
    asn: read<number | null>('asn', null, (text) => parseWhole(text, 0, 0xffff_ffff)),
    panels: read('panels', DEFAULT_PANELS, parsePanels),
    compare: read<ReplayLink['compare']>('compare', null, (text) => {
      const span = parseSpan(text);
      return span && { beforeUs: span.fromUs, afterUs: span.toUs };
    }),
    tried: read<Partial<DetectParams>>('try', {}, parseThresholds),
    rules: read<number | null>('rules', null, (text) => parseWhole(text, 1, 1e6)),
    model: read<string | null>('model', null, (text) => (/^[\w.+-]{1,64}$/.test(text) ? text : null)),
  };
  return { link, ignored: ignored.slice(0, MAX_IGNORED) };
}

/** The reverse of `parseLink`: `?…`, with `#…` when the filter is long, or the empty string. What is as usual is left out. */
export function formatLink(link: ReplayLink): string {
  const parts: string[] = [];
  const { source, zoom, compare } = link;
  if (source?.kind === 'event') parts.push(`event=${source.id}`);
  if (source?.kind === 'archive')
    parts.push(`from=${formatInstant(source.fromUs)}`, `to=${formatInstant(source.toUs)}`);
  if (source?.kind === 'file') parts.push(`file=${source.digest},${encodeURIComponent(source.name)}`);
  if (link.timeUs !== null) parts.push(`t=${formatInstant(link.timeUs)}`);
  if (link.speed !== DEFAULT_SPEED) parts.push(`speed=${formatSpeed(link.speed)}`);
  const filter = formatQuery(link.filter).slice(1);
  const isLong = filter.length > MAX_QUERY_FILTER;
  if (filter && !isLong) parts.push(filter);
  if (zoom) parts.push(`zoom=${formatInstant(zoom.fromUs)},${formatInstant(zoom.toUs)}`);
  if (link.incident !== null) parts.push(`incident=${link.incident}`);
  if (link.graph) parts.push(`graph=${link.graph.join(',')}`);
  if (!link.inside) parts.push('inside=0');
  if (link.asn !== null) parts.push(`asn=${link.asn}`);
  if (link.panels.join() !== DEFAULT_PANELS.join()) parts.push(`panels=${link.panels.join(',') || 'none'}`);
  if (compare) parts.push(`compare=${formatInstant(compare.beforeUs)},${formatInstant(compare.afterUs)}`);
  const tried = Object.entries(link.tried);
  if (tried.length) parts.push(`try=${tried.map(([name, value]) => `${name}:${value}`).join(',')}`);
  if (link.rules !== null) parts.push(`rules=${link.rules}`);
  if (link.model !== null) parts.push(`model=${encodeURIComponent(link.model)}`);
  const query = parts.length ? `?${parts.join('&')}` : '';
  return isLong ? `${query}#${filter}` : query;
}

/** `60` or `max`. */
export function formatSpeed(speed: number): string {
  return speed === 0 ? 'max' : String(speed);
}

type Read = <T>(name: string, otherwise: T, parse: (text: string) => T | null) => T;

function readSource(params: URLSearchParams, read: Read): LinkSource | null {
  if (params.has('event')) {
    return read<LinkSource | null>('event', null, (id) =>
      /^[a-z0-9][a-z0-9_-]{0,79}$/i.test(id) ? { kind: 'event', id } : null,
    );
  }
  if (params.has('from') || params.has('to')) {
    const toUs = read<number | null>('to', null, parseInstant);
    return read<LinkSource | null>('from', null, (text) => {
      const fromUs = parseInstant(text);
      return fromUs !== null && toUs !== null && fromUs < toUs ? { kind: 'archive', fromUs, toUs } : null;
    });
  }
  return read<LinkSource | null>('file', null, (text) => {
    const parts = /^([0-9a-f]{16}),(.{1,200})$/s.exec(text);
    return parts && { kind: 'file', digest: parts[1]!, name: parts[2]! };
  });
}

function parseSpeed(text: string): number | null {
  return text === 'max' ? 0 : parseWhole(text, 1, 1000);
}

function parseWhole(text: string, min: number, max: number): number | null {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : null;
}

function parseSpan(text: string): Span | null {
  const [from = '', to = '', ...more] = text.split(',');
  const [fromUs, toUs] = [parseInstant(from), parseInstant(to)];
  return more.length === 0 && fromUs !== null && toUs !== null && fromUs < toUs ? { fromUs, toUs } : null;
}

function parsePrefixes(text: string): string[] | null {
  const given = text.split(',');
  if (given.length > MAX_GRAPH_PREFIXES) return null;
  const prefixes = given.map(canonicalPrefix);
  return prefixes.every((prefix) => prefix !== null) ? [...new Set(prefixes)] : null;
}

function parsePanels(text: string): PanelName[] | null {
  if (text === 'none') return [];
  const given = text.split(',');
  return given.every((name) => (PANELS as readonly string[]).includes(name))
    ? PANELS.filter((name) => given.includes(name))
    : null;
}

function parseThresholds(text: string): Partial<DetectParams> | null {
  const tried: Partial<Record<keyof DetectParams, number>> = {};
  for (const part of text.split(',')) {
    const [name = '', value = '', ...more] = part.split(':');
    const field = thresholdField(name);
    const number = value === '' || more.length ? NaN : Number(value);
    if (!field || !(number >= field.min && number <= field.max)) return null;
    tried[field.name] = number;
  }
  return tried;
}
