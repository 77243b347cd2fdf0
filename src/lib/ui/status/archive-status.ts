/** The part of the relay's `/api/status` about its archive that the page shows. */
export interface ArchiveStatus {
  readonly state: 'off' | 'starting' | 'running' | 'failing' | 'unknown';
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  /** Data time, Unix µs; NaN when there is nothing. */
  readonly oldestUs: number;
  readonly newestUs: number;
  readonly spoolBytes: number;
  readonly spoolSegments: number;
  readonly waitingElems: number;
  readonly waitingBytes: number;
  readonly ackedSeq: number;
  readonly archivedSeq: number;
  readonly lostElems: number;
  readonly repeatedElems: number;
  /** When spooled elems last came to files, Unix ms; NaN: not since the relay's start. */
  readonly writtenMs: number;
  readonly error: { readonly code: string; readonly detail: string } | null;
  /** Newest last. */
  readonly gaps: readonly ArchiveGap[];
}

export interface ArchiveGap {
  /** Unix ms, the relay's clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly elems: number;
  readonly code: string;
}

const NUMBERS = [
  'files',
  'bytes',
  'rows',
  'oldestUs',
  'newestUs',
  'spoolBytes',
  'spoolSegments',
  'waitingElems',
  'waitingBytes',
  'ackedSeq',
  'archivedSeq',
  'lostElems',
  'repeatedElems',
  'writtenMs',
] as const;
const STATES = ['off', 'starting', 'running', 'failing'] as const;

type Json = Readonly<Record<string, unknown>>;

/** Check the `archive` member of an answer; null when a relay of before has none. Figures that are missing become NaN. */
export function parseArchiveStatus(value: unknown): ArchiveStatus | null {
  if (!isObject(value)) return null;
  const { error, gaps } = value;
  const numbers = Object.fromEntries(NUMBERS.map((key) => [key, numberOf(value[key])]));
  return {
    ...(numbers as Record<(typeof NUMBERS)[number], number>),
    state: STATES.find((state) => state === value['state']) ?? 'unknown',
    error: isObject(error) ? { code: textOf(error['code']), detail: textOf(error['detail']) } : null,
    gaps: Array.isArray(gaps) ? gaps.filter(isObject).map(gapOf) : [],
  };
}

function gapOf(gap: Json): ArchiveGap {
  return {
    fromMs: numberOf(gap['fromMs']),
    toMs: numberOf(gap['toMs']),
    elems: numberOf(gap['elems']),
    code: textOf(gap['code']),
  };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
