import { BgpError } from '#core/error.ts';
import type { ByteSource } from '../lib/feed/replay-reader.ts';
import type { ReplaySource } from './api-replay.ts';

/** What fetching needs of the world. */
export interface Fetching {
  readonly fetch: typeof fetch;
  /** What addresses without a host are relative to. */
  readonly baseUrl: string;
}

/** Elems asked of the archive at most: what it gives at a time. */
const MAX_ELEMS = 20_000_000;
/** Longest reason taken from an answer that is a refusal. */
const MAX_REASON = 300;

/** Begin to read a source. @throws {BgpError} REPLAY_UNREACHABLE */
export async function openSource(
  source: ReplaySource,
  fetching: Fetching,
  signal: AbortSignal,
): Promise<ByteSource> {
  if (source.kind === 'file') {
    const { file } = source;
    return { name: file.name, bytesTotal: file.size, chunks: chunksOf(file.stream()) };
  }
  const url = new URL(source.kind === 'url' ? source.url : archiveUrl(source), fetching.baseUrl);
  const response = await ask(url, fetching, signal);
  // The length of an encoded body is not that of what comes out of it.
  const length = response.headers.get('content-encoding') ? null : response.headers.get('content-length');
  return {
    name: url.pathname.split('/').at(-1) ?? '',
    bytesTotal: length === null ? null : Number(length),
    chunks: chunksOf(response.body!),
  };
}

async function ask(url: URL, { fetch }: Fetching, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new BgpError('REPLAY_UNREACHABLE', `${url.pathname}: ${detail}`, { cause });
  }
  if (response.ok && response.body) return response;
  throw new BgpError('REPLAY_UNREACHABLE', `${url.pathname}: ${await refusalOf(response)}`);
}

/** Why the relay refused: the detail of its problem document (RFC 9457), else the status. */
async function refusalOf(response: Response): Promise<string> {
  const status = `status ${response.status}`;
  if (!response.headers.get('content-type')?.includes('json')) return status;
  try {
    const problem: unknown = await response.json();
    const { detail, title } = problem as { detail?: unknown; title?: unknown };
    const text = typeof detail === 'string' ? detail : typeof title === 'string' ? title : '';
    return `${status} ${text}`.trim().slice(0, MAX_REASON);
  } catch {
    return status;
  }
}

/** The relay's archive as a frame log (docs/api.md). */
function archiveUrl({ fromUs, toUs, filter }: Extract<ReplaySource, { kind: 'archive' }>): string {
  const query = new URLSearchParams({
    from: new Date(fromUs / 1000).toISOString(),
    to: new Date(toUs / 1000).toISOString(),
    format: 'rsl',
    limit: String(MAX_ELEMS),
  });
  const add = (name: string, values: readonly (string | number)[] | undefined): void => {
    for (const value of values ?? []) query.append(name, String(value));
  };
  const { prefixes, asns, collectors, peers, tables, kinds, moreSpecific, lessSpecific } = filter ?? {};
  add('prefix', prefixes);
  if (prefixes) query.set('match', matchOf(moreSpecific !== false, lessSpecific === true));
  add('family', tables);
  add('asn', asns);
  add('collector', collectors);
  add('peer', peers);
  add('kind', kinds);
  return `/api/historical?${query.toString()}`;
}

function matchOf(isMore: boolean, isLess: boolean): string {
  if (isLess) return isMore ? 'any' : 'less';
  return isMore ? 'more' : 'exact';
}

/** @throws {BgpError} REPLAY_UNREACHABLE from the iterator when the stream breaks off */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new BgpError('REPLAY_UNREACHABLE', `broke off: ${detail}`, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
