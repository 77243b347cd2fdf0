import type { EventIndex, EventSummary, RoutingEvent } from '#core/event/event.ts';
import { readEvent, readEventIndex } from '#core/event/read.ts';
import { BgpError } from '#core/error.ts';
import type { Refusal } from '../../../workers/api-reports.ts';

/** The event catalogue as the page reads it: small static files, there offline too. */

type Read<T> = { readonly ok: true; readonly value: T } | Refusal;

/** `events/index.json`. */
export function fetchIndex(fetcher: typeof fetch = fetch): Promise<Read<EventIndex>> {
  return fetchJson('/events/index.json', readEventIndex, fetcher);
}

/** `events/<id>.json`; a refusal with `EVENT_UNKNOWN` when there is none of that name. */
export function fetchEvent(id: string, fetcher: typeof fetch = fetch): Promise<Read<RoutingEvent>> {
  return fetchJson(`/events/${encodeURIComponent(id)}.json`, readEvent, fetcher);
}

async function fetchJson<T>(
  path: string,
  read: (value: unknown) => T,
  fetcher: typeof fetch,
): Promise<Read<T>> {
  let response: Response;
  try {
    response = await fetcher(path);
  } catch {
    return refusal('REPLAY_UNREACHABLE', `${path} cannot be fetched: the relay does not answer`);
  }
  // The relay answers an unknown path with the page itself.
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (response.status === 404 || (response.ok && !isJson)) {
    return refusal('EVENT_UNKNOWN', `there is no ${path}`);
  }
  if (!response.ok) return refusal('REPLAY_UNREACHABLE', `${path} answered ${response.status}`);
  try {
    return { ok: true, value: read(await response.json()) };
  } catch (error) {
    if (error instanceof BgpError) return refusal(error.code, error.message);
    return refusal('EVENT_BAD', `${path} is not JSON`);
  }
}

function refusal(code: string, reason: string): Refusal {
  return { ok: false, code, reason };
}

export type CatalogueOrder = 'newest' | 'oldest' | 'type' | 'confidence';

/** What of the catalogue is listed, and how; lives in the address bar. */
export interface CatalogueQuery {
  readonly text: string;
  readonly order: CatalogueOrder;
}

const ORDERS: readonly CatalogueOrder[] = ['newest', 'oldest', 'type', 'confidence'];

/** Read `?q=youtube&sort=type`. Never throws. */
export function parseCatalogueQuery(params: URLSearchParams): CatalogueQuery {
  return {
    text: (params.get('q') ?? '').slice(0, 200),
    order: ORDERS.find((order) => order === params.get('sort')) ?? 'newest',
  };
}

/** The reverse: `?…` or the empty string. */
export function formatCatalogueQuery({ text, order }: CatalogueQuery): string {
  const parts: string[] = [];
  if (text) parts.push(`q=${encodeURIComponent(text)}`);
  if (order !== 'newest') parts.push(`sort=${order}`);
  return parts.length ? `?${parts.join('&')}` : '';
}

/** The events whose title, type, date or id has all the words; those with a recording first, then in the order wished. */
export function listEvents(events: readonly EventSummary[], query: CatalogueQuery): EventSummary[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const isMeant = ({ id, title, type, from }: EventSummary): boolean => {
    const text = `${id} ${title} ${type} ${type.replaceAll('-', ' ')} ${from.slice(0, 10)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const order = COMPARE[query.order];
  return events
    .filter(isMeant)
    .sort((a, b) => Number(b.replay !== null) - Number(a.replay !== null) || order(a, b) || newest(a, b));
}

function newest(a: EventSummary, b: EventSummary): number {
  return Date.parse(b.from) - Date.parse(a.from) || (a.id < b.id ? -1 : 1);
}

const COMPARE: Readonly<Record<CatalogueOrder, (a: EventSummary, b: EventSummary) => number>> = {
  newest,
  oldest: (a, b) => Date.parse(a.from) - Date.parse(b.from),
  type: (a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0),
  confidence: (a, b) => (a.confidence < b.confidence ? -1 : a.confidence > b.confidence ? 1 : 0),
};
