import type { Backend, Changes, KeptIncident, SettingKey, Stored } from './backend.ts';
import type { IncidentRecord, UserMark } from './record.ts';
import { isKeptIncident, isUserMark } from './shape.ts';

/** What the device keeps. `unavailable`: nothing outlives the page, for the reason given. */
export interface StoreHealth {
  readonly state: 'opening' | 'ready' | 'unavailable';
  /** Why it is unavailable, or what went wrong last; empty when all is well. */
  readonly reason: string;
  /** Incidents kept, and those let go for want of room or for their age. */
  readonly incidents: number;
  readonly droppedIncidents: number;
  /** Writes given up, and records found damaged when the page opened. */
  readonly failedWrites: number;
  readonly damaged: number;
}

export interface StoreOptions {
  readonly backend: Backend;
  readonly nowMs: () => number;
  /** Called when something outside of the caller's own doing has changed: loaded, or failed. */
  readonly onChange?: () => void;
  readonly maxIncidents?: number;
}

const MAX_INCIDENTS = 1000;
const MAX_AGE_MS = 90 * 86_400_000;
const MAX_MARKS = 5000;
/** Changes are written together, at most so often. */
const WRITE_MS = 500;

/**
 * What outlives the page: closed incidents, the user's marks, the watch list. Everything is held in memory and written
 * behind; without a database it works the same until the page closes. Bounded by number and age; the oldest go first.
 */
export class Store {
  readonly #backend: Backend;
  readonly #nowMs: () => number;
  readonly #onChange: () => void;
  readonly #maxIncidents: number;
  /** In the order they were kept. */
  readonly #incidents = new Map<string, KeptIncident>();
  readonly #marks = new Map<string, UserMark>();
  readonly #settings = new Map<SettingKey, string>();
  #pending = emptyChanges();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #state: StoreHealth['state'] = 'opening';
  #reason = '';
  #dropped = 0;
  #failedWrites = 0;
  #damaged = 0;

  constructor({ backend, nowMs, onChange, maxIncidents }: StoreOptions) {
    this.#backend = backend;
    this.#nowMs = nowMs;
    this.#onChange = onChange ?? (() => undefined);
    this.#maxIncidents = maxIncidents ?? MAX_INCIDENTS;
  }

  /** Read what there is; what came meanwhile wins. Never rejects: `health` tells. */
  async open(): Promise<void> {
    try {
      this.#takeStored(await this.#backend.load());
      this.#state = 'ready';
    } catch (error) {
      this.#state = 'unavailable';
      this.#reason = `nothing is kept on this device: ${textOf(error)}`;
    }
    this.#prune();
    if (this.#state === 'ready') this.#schedule();
    this.#onChange();
  }

  #takeStored({ incidents, marks, settings }: Stored): void {
    const newer = [...this.#incidents.values()];
    this.#incidents.clear();
    const good = incidents.filter(isKeptIncident).sort((a, b) => a.keptAtMs - b.keptAtMs);
    for (const kept of [...good, ...newer]) this.#putIncident(kept);
    const goodMarks = marks.filter(({ mark }) => isUserMark(mark));
    for (const { id, mark } of goodMarks) if (!this.#pending.marks.has(id)) this.#marks.set(id, mark);
    for (const [key, text] of Object.entries(settings) as [SettingKey, unknown][]) {
      if (typeof text === 'string' && !this.#pending.settings.has(key)) this.#settings.set(key, text);
    }
    this.#damaged = incidents.length - good.length + (marks.length - goodMarks.length);
  }

  #putIncident(kept: KeptIncident): void {
    this.#incidents.delete(kept.id);
    this.#incidents.set(kept.id, kept);
  }

  /** Keep an incident that is over; one of the same id is replaced. */
  keep(record: IncidentRecord): void {
    const { id } = record.incident;
    const kept = { id, keptAtMs: this.#nowMs(), record };
    this.#putIncident(kept);
    this.#pending.incidents.set(id, kept);
    this.#prune();
    this.#schedule();
  }

  /** Newest kept last. */
  earlier(): readonly IncidentRecord[] {
    return [...this.#incidents.values()].map(({ record }) => record);
  }

  get(id: string): IncidentRecord | null {
    return this.#incidents.get(id)?.record ?? null;
  }

  /** The mark in force: none when a snooze is over. */
  mark(id: string): UserMark | null {
    const mark = this.#marks.get(id);
    if (!mark || (mark.kind === 'snooze' && mark.untilMs <= this.#nowMs())) return null;
    return mark;
  }

  /** @returns the mark before. */
  setMark(id: string, mark: UserMark | null): UserMark | null {
    const before = this.#marks.get(id) ?? null;
    this.#marks.delete(id);
    if (mark) this.#marks.set(id, mark);
    this.#pending.marks.set(id, mark);
    this.#prune();
    this.#writeNow();
    return before;
  }

  setting(key: SettingKey): string | null {
    return this.#settings.get(key) ?? null;
  }

  setSetting(key: SettingKey, text: string | null): void {
    if (text === null) this.#settings.delete(key);
    else this.#settings.set(key, text);
    this.#pending.settings.set(key, text);
    this.#writeNow();
  }

  #prune(): void {
    const oldestMs = this.#nowMs() - MAX_AGE_MS;
    for (const { id, keptAtMs } of this.#incidents.values()) {
      if (this.#incidents.size <= this.#maxIncidents && keptAtMs >= oldestMs) break;
      this.#drop(id);
    }
    for (const id of this.#marks.keys()) {
      if (this.#marks.size <= MAX_MARKS) break;
      this.#marks.delete(id);
      this.#pending.marks.set(id, null);
    }
  }

  #drop(id: string): void {
    this.#incidents.delete(id);
    this.#pending.incidents.set(id, null);
    this.#dropped++;
  }

  /** What the user said is not put off: a page may be left the moment after. */
  #writeNow(): void {
    if (this.#state === 'ready') void this.flush();
  }

  #schedule(): void {
    if (this.#timer !== null || this.#state !== 'ready') return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, WRITE_MS);
  }

  /** Write what is pending now. Resolves when it is written or given up. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const changes = this.#pending;
    const size = changes.incidents.size + changes.marks.size + changes.settings.size;
    if (this.#state !== 'ready' || size === 0) return;
    this.#pending = emptyChanges();
    try {
      await this.#backend.write(changes);
    } catch (error) {
      if (!isQuota(error)) return this.#fail(error);
      await this.#writeWithLess(changes, error);
    }
  }

  /** No room: half of the incidents go, then the user's own things and the rest are tried once more. */
  async #writeWithLess(changes: MutableChanges, cause: unknown): Promise<void> {
    for (const id of [...this.#incidents.keys()].slice(0, Math.ceil(this.#incidents.size / 2))) {
      this.#drop(id);
      changes.incidents.set(id, null);
    }
    try {
      await this.#backend.write(changes);
      this.#reason = `the browser had no more room: older incidents were let go (${textOf(cause)})`;
      this.#onChange();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failedWrites++;
    this.#reason = `not kept on this device: ${textOf(error)}`;
    this.#onChange();
  }

  health(): StoreHealth {
    return {
      state: this.#state,
      reason: this.#reason,
      incidents: this.#incidents.size,
      droppedIncidents: this.#dropped,
      failedWrites: this.#failedWrites,
      damaged: this.#damaged,
    };
  }

  /** Write what is pending and let go of the database. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.flush();
    this.#backend.close();
  }
}

interface MutableChanges extends Changes {
  readonly incidents: Map<string, KeptIncident | null>;
  readonly marks: Map<string, UserMark | null>;
  readonly settings: Map<SettingKey, string | null>;
}

function emptyChanges(): MutableChanges {
  return { incidents: new Map(), marks: new Map(), settings: new Map() };
}

function isQuota(error: unknown): boolean {
  const { name, inner } = (error ?? {}) as { name?: unknown; inner?: { name?: unknown } | null };
  return name === 'QuotaExceededError' || inner?.name === 'QuotaExceededError';
}

/** What the browser said: Dexie wraps it, says it twice and over several lines. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { inner } = error as { inner?: unknown };
  const { name, message } = inner instanceof Error ? inner : error;
  return `${name}: ${message.split('\n', 1)[0]!.trim().replace(/\.$/, '')}`.slice(0, 200);
}
