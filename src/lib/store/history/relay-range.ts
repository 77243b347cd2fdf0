import { BgpError } from '#core/error.ts';

/** A range of the relay's archive. Unix microseconds: from `fromUs` on, before `toUs`. Empty texts ask for everything. */
export interface ArchiveRange {
  readonly fromUs: number;
  readonly toUs: number;
  readonly prefix: string;
  readonly asn: string;
}

/** The most a range may weigh, bytes of Arrow. */
export const MAX_RANGE_BYTES = 512 * 1024 * 1024;

const iso = (us: number): string => new Date(Math.floor(us / 1000)).toISOString();

/** Elems a range may have. */
const MAX_ELEMS = 5_000_000;

/** Whether only some elems of the window are asked for. */
export function isNarrowed({ prefix, asn }: ArchiveRange): boolean {
  return prefix !== '' || asn !== '';
}

/**
 * Where the relay answers with the range (docs/api.md): all of a window as a frame log, so that the detectors can be run over
 * it; some of it as an Arrow IPC stream, since they would misjudge a part.
 */
export function rangeUrl(range: ArchiveRange): string {
  const query = new URLSearchParams({
    from: iso(range.fromUs),
    to: iso(range.toUs),
    format: isNarrowed(range) ? 'arrow' : 'rsl',
    limit: String(MAX_ELEMS),
  });
  if (range.prefix !== '') query.set('prefix', range.prefix);
  if (range.asn !== '') query.set('asn', range.asn);
  return `/api/historical?${query.toString()}`;
}

/** A range as text, for links. */
export function rangeKey({ fromUs, toUs, prefix, asn }: ArchiveRange): string {
  return ['relay', iso(fromUs), iso(toUs), prefix, asn].join('|');
}

/** A short name for what a range is. */
export function rangeName({ fromUs, toUs, prefix, asn }: ArchiveRange): string {
  const what = [prefix, asn].filter(Boolean).join(', ');
  return `Archive ${iso(fromUs).slice(0, 16)}Z to ${iso(toUs).slice(0, 16)}Z${what && `, ${what}`}`;
}

/**
 * Fetch a range.
 *
 * @throws {BgpError} HISTORY_RELAY with what the relay said
 */
export async function fetchRange(
  range: ArchiveRange,
  onBytes: (bytes: number, total: number | null) => void,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const response = await fetch(rangeUrl(range), { signal }).catch((cause: unknown) => {
    throw signal.aborted
      ? new BgpError('SQL_CANCELLED', 'stopped')
      : new BgpError('HISTORY_RELAY', 'the relay does not answer', { cause });
  });
  if (!response.ok) throw new BgpError('HISTORY_RELAY', await problemOf(response));
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('html')) {
    throw new BgpError(
      'HISTORY_RELAY',
      `this relay has no archive to ask (it answered with ${type || 'nothing'})`,
    );
  }
  return readAll(response, onBytes, MAX_RANGE_BYTES, signal);
}

/** The relay's own words, from problem+json. */
async function problemOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => null);
  const { title, detail } = (problem ?? {}) as { title?: unknown; detail?: unknown };
  const words = [title, detail].filter((word) => typeof word === 'string').join(': ');
  return words === '' ? `the relay answered ${response.status}` : words;
}

/**
 * A body as bytes, with how far it is: of how many only where both count the same.
 *
 * @throws {BgpError} HISTORY_RELAY over `maxBytes`, or when it ends early
 */
export async function readAll(
  response: Response,
  onBytes: (bytes: number, total: number | null) => void,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // The length of a packed body is of what is sent, and what is read is unpacked.
  const isPacked = response.headers.has('content-encoding');
  const total = isPacked ? null : Number(response.headers.get('content-length')) || null;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read().catch((cause: unknown) => {
      if (signal.aborted) throw new BgpError('SQL_CANCELLED', 'stopped');
      throw new BgpError('HISTORY_RELAY', `the connection ended after ${bytes} bytes`, { cause });
    })) ?? { done: true, value: undefined };
    if (done) break;
    bytes += value.length;
    if (bytes > maxBytes) {
      void reader?.cancel();
      throw new BgpError('HISTORY_RELAY', `over ${maxBytes / 1048576} MiB: ask for a narrower range`);
    }
    chunks.push(value);
    onBytes(bytes, total);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
