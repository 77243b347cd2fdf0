import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { Refusal } from '../../../workers/api-reports.ts';
import { formatCount, formatCountOf } from '../number.ts';

const POLL_MS = 1000;
const STATES: readonly ImportStatus['state'][] = [
  'idle',
  'listing',
  'importing',
  'done',
  'failed',
  'cancelled',
];

type Call = (
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
) => Promise<{ readonly ok: true; readonly value: unknown } | Refusal>;

/** Asks the relay to fetch an event from the public archives, and follows how far it is. One at a time, as in the relay. */
export class Importer {
  status = $state.raw<ImportStatus>(NO_IMPORT);
  /** Why the last wish was not followed. */
  refusal = $state.raw<(Refusal & { readonly event: string }) | null>(null);
  #call: Call;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(call: Call = callRelay) {
    this.#call = call;
  }

  /** Not a derived value: an answer may come after the list that shows this is gone. */
  get isRunning(): boolean {
    return this.status.state === 'listing' || this.status.state === 'importing';
  }

  async start(event: string): Promise<void> {
    this.refusal = null;
    const answer = await this.#call('POST', { event });
    if (answer.ok) this.status = readImport(answer.value) ?? this.status;
    else this.refusal = { ...answer, event };
    this.#again();
  }

  async cancel(): Promise<void> {
    await this.#call('DELETE');
    await this.look();
  }

  /** Look how far it is, and go on looking while something runs. */
  async look(): Promise<void> {
    const answer = await this.#call('GET');
    if (answer.ok) this.status = readImport(answer.value) ?? this.status;
    this.#again();
  }

  /** Stop looking; what is under way in the relay goes on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #again(): void {
    clearTimeout(this.#timer);
    if (this.isRunning && !this.#isClosed) this.#timer = setTimeout(() => void this.look(), POLL_MS);
  }
}

/** What the relay says, checked; null when it is not that. */
export function readImport(value: unknown): ImportStatus | null {
  if (typeof value !== 'object' || value === null) return null;
  const given = value as Partial<Record<keyof ImportStatus, unknown>>;
  const state = STATES.find((known) => known === given.state);
  if (!state) return null;
  const count = (name: keyof ImportStatus): number => {
    const number = given[name];
    return typeof number === 'number' && number >= 0 ? number : 0;
  };
  const text = (name: keyof ImportStatus): string | null => {
    const words = given[name];
    return typeof words === 'string' ? words.slice(0, 500) : null;
  };
  return {
    ...NO_IMPORT,
    state,
    event: text('event'),
    files: count('files'),
    done: count('done'),
    imported: count('imported'),
    known: count('known'),
    failed: count('failed'),
    elems: count('elems'),
    bytes: count('bytes'),
    current: text('current') ?? '',
    share: typeof given.share === 'number' ? Math.min(1, Math.max(0, given.share)) : null,
    code: text('code'),
    reason: text('reason') ?? '',
  };
}

/** How much of an import is done, 0..1; null while the files are still being looked up. */
export function importShare({ files, done, share }: ImportStatus): number | null {
  return files > 0 ? Math.min(1, (done + (share ?? 0)) / files) : null;
}

/** How far an import is, in words. */
export function importWords({ state, files, done, failed, elems, current }: ImportStatus): string {
  if (state === 'listing') return 'looking for the files';
  const parts = [`${formatCount(done)} of ${formatCountOf(files, 'file')}`, formatCountOf(elems, 'update')];
  if (failed > 0) parts.push(`${formatCountOf(failed, 'file')} failed`);
  if (current) parts.push(current);
  return parts.join(' · ');
}

async function callRelay(
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<{ readonly ok: true; readonly value: unknown } | Refusal> {
  const headers = { 'content-type': 'application/json' };
  try {
    const response = await fetch('/api/import', {
      method,
      ...(body !== undefined && { headers, body: JSON.stringify(body) }),
    });
    const value: unknown = await response.json();
    if (response.ok) return { ok: true, value };
    const { detail } = Object(value) as { readonly detail?: unknown };
    const reason = typeof detail === 'string' ? detail : response.statusText;
    return { ok: false, code: `HTTP_${response.status}`, reason };
  } catch {
    return { ok: false, code: 'REPLAY_UNREACHABLE', reason: 'the relay does not answer' };
  }
}
