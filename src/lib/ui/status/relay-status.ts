import type { ArchiveStatus } from './archive-status.ts';
import { parseArchiveStatus } from './archive-status.ts';

/** The part of the relay's `/api/status` that the page shows. */
export interface RelayStatus {
  readonly version: string;
  readonly startedMs: number;
  readonly nowMs: number;
  readonly queue: { readonly queued: number; readonly limit: number; readonly dropped: number };
  readonly hub: {
    readonly seq: number;
    readonly oldest: number;
    readonly ringBytes: number;
    readonly ringFrames: number;
    readonly elems: number;
    readonly encodes: number;
    readonly clients: number;
    readonly groups: number;
    readonly sentFrames: number;
    readonly sentBytes: number;
    readonly gaps: number;
    readonly lostFrames: number;
    readonly lostElems: number;
  };
  readonly process: {
    readonly node: string;
    readonly rssBytes: number;
    readonly cpuS: number;
    readonly loopDelayP99Ms: number;
  };
  /** Null when the relay tells nothing of it. */
  readonly archive: ArchiveStatus | null;
}

const NUMBERS = {
  '': ['startedMs', 'nowMs'],
  queue: ['queued', 'limit', 'dropped'],
  hub: [
    'seq',
    'oldest',
    'ringBytes',
    'ringFrames',
    'elems',
    'encodes',
    'clients',
    'groups',
    'sentFrames',
    'sentBytes',
    'gaps',
    'lostFrames',
    'lostElems',
  ],
  process: ['rssBytes', 'cpuS', 'loopDelayP99Ms'],
} as const;

type Json = Readonly<Record<string, unknown>>;

/** Check an answer of `/api/status`; figures that are missing or no numbers become NaN, which is shown as `–`. */
export function parseRelayStatus(answer: unknown): RelayStatus | null {
  if (!isObject(answer)) return null;
  const part = (name: keyof typeof NUMBERS): Record<string, number> => {
    const from = name === '' ? answer : answer[name];
    const values = isObject(from) ? from : {};
    return Object.fromEntries(
      NUMBERS[name].map((key) => [key, typeof values[key] === 'number' ? values[key] : NaN]),
    );
  };
  const node = isObject(answer['process']) ? answer['process']['node'] : '';
  const version = answer['version'];
  return {
    version: typeof version === 'string' ? version : '',
    ...part(''),
    queue: part('queue'),
    hub: part('hub'),
    process: { ...part('process'), node: typeof node === 'string' ? node : '' },
    archive: parseArchiveStatus(answer['archive']),
  } as unknown as RelayStatus;
}

/** Ask the relay. @returns why not, as text, when there is no usable answer. */
export async function fetchRelayStatus(signal: AbortSignal): Promise<RelayStatus | string> {
  try {
    const response = await fetch('/api/status', { signal, headers: { accept: 'application/json' } });
    if (!response.ok) return `The relay answers ${response.status}.`;
    return parseRelayStatus(await response.json()) ?? 'The relay’s answer is not understood.';
  } catch {
    return 'The relay does not answer.';
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
