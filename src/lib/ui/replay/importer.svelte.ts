import type { Refusal } from '../../../workers/api-reports.ts';

/** The relay's one import, as `GET /api/import` tells it. */
export interface ImportJob {
  readonly event: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** 0..1; null when it cannot be known. */
  readonly share: number | null;
  readonly elems: number;
  readonly bytes: number;
  /** Why it failed; empty otherwise. */
  readonly code: string;
  readonly reason: string;
}

const POLL_MS = 1000;
const STATES = ['running', 'done', 'failed', 'cancelled'] as const;

/** Asks the relay to fetch an event from the public archives, and follows how far it is. One at a time, as in the relay. */
export class Importer {
  job = $state.raw<ImportJob | null>(null);
  /** Why the last wish was not followed. */
  refusal = $state.raw<(Refusal & { readonly event: string }) | null>(null);
  isRunning = $derived(this.job?.state === 'running');

  #timer: ReturnType<typeof setTimeout> | undefined;

  async start(event: string): Promise<void> {
    this.refusal = null;
    const answer = await call('POST', { event });
    if (answer.ok) this.job = readJob(answer.value) ?? this.job;
    else this.refusal = { ...answer, event };
    this.#again();
  }

  async cancel(): Promise<void> {
    await call('DELETE');
    await this.#look();
  }

  /** Look now, and go on while something runs; returns the end of it. */
  follow(): () => void {
    void this.#look();
    return () => clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const answer = await call('GET');
    if (answer.ok) this.job = readJob(answer.value);
    this.#again();
  }

  #again(): void {
    clearTimeout(this.#timer);
    if (this.isRunning) this.#timer = setTimeout(() => void this.#look(), POLL_MS);
  }
}

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  body?: unknown,
): Promise<{ readonly ok: true; readonly value: unknown } | Refusal> {
  try {
    const response = await fetch('/api/import', {
      method,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const value: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) return { ok: true, value };
    const { code, detail, title } = Object(value) as Record<string, unknown>;
    return {
      ok: false,
      code: typeof code === 'string' ? code : `HTTP_${response.status}`,
      reason: typeof detail === 'string' ? detail : typeof title === 'string' ? title : response.statusText,
    };
  } catch {
    return { ok: false, code: 'RELAY_UNREACHABLE', reason: 'the relay does not answer' };
  }
}

/** What the relay says, checked; null when it has no import to tell of. */
export function readJob(value: unknown): ImportJob | null {
  const job = Object(value) as Record<string, unknown>;
  const state = STATES.find((known) => known === job['state']);
  if (!state || typeof job['event'] !== 'string') return null;
  const number = (name: string): number => (Number.isFinite(job[name]) ? (job[name] as number) : 0);
  const text = (name: string): string => (typeof job[name] === 'string' ? job[name] : '');
  return {
    event: job['event'],
    state,
    share: Number.isFinite(job['share']) ? Math.min(1, Math.max(0, number('share'))) : null,
    elems: number('elems'),
    bytes: number('bytes'),
    code: text('code'),
    reason: text('reason'),
  };
}
