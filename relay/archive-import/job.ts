import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { Archive } from '../archive/archive.ts';
import type { Log } from '../log.ts';
import { Importer } from './importer.ts';
import type { ArchiveBases } from './layout.ts';
import type { FetchLimits } from './limits.ts';
import { FETCH_LIMITS } from './limits.ts';
import { planWindow } from './plan.ts';
import type { FetchFailure } from './request.ts';

export interface ImportJobOptions {
  readonly archive: Archive;
  /** The relay's data folder. */
  readonly dataDir: string;
  readonly bases: ArchiveBases;
  readonly log: Log;
  readonly limits?: FetchLimits;
}

const MAX_FAILURES = 20;

/** The relay's imports of events, one at a time. */
export class ImportJob {
  readonly #options: ImportJobOptions;
  #status: ImportStatus = NO_IMPORT;
  #abort: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ImportJobOptions) {
    this.#options = options;
  }

  get status(): ImportStatus {
    return this.#status;
  }

  /** Begin with `event`. @returns whether it began: not while another is under way */
  start(event: RoutingEvent): boolean {
    if (this.#abort) return false;
    const abort = new AbortController();
    this.#abort = abort;
    const { id, from, to } = event;
    this.#status = { ...NO_IMPORT, state: 'listing', event: id, from, to, startedMs: Date.now() };
    this.#options.log.info('import.started', { id });
    this.#running = this.#run(event, abort.signal).finally(() => (this.#abort = null));
    return true;
  }

  /** End what is under way; what was imported whole stays. Resolves when it has ended. */
  async cancel(): Promise<void> {
    this.#abort?.abort(new Error('cancelled'));
    await this.#running;
  }

  async #run(event: RoutingEvent, signal: AbortSignal): Promise<void> {
    try {
      await this.#import(event, signal);
      this.#end('done', null, '');
    } catch (cause) {
      if (signal.aborted) return this.#end('cancelled', null, '');
      const isExpected = cause instanceof BgpError;
      this.#end(
        'failed',
        isExpected ? cause.code : 'INTERNAL',
        cause instanceof Error ? cause.message : String(cause),
      );
    }
  }

  async #import(event: RoutingEvent, signal: AbortSignal): Promise<void> {
    const { archive, dataDir, bases, log, limits = FETCH_LIMITS } = this.#options;
    const onRetry = (failure: FetchFailure, waitMs: number): void =>
      log.warn('import.retry', { detail: failure.message, waitMs: Math.round(waitMs) });
    const wish = {
      fromMs: Date.parse(event.from),
      toMs: Date.parse(event.to),
      collectors: event.collectors,
      hasTables: false,
    };
    const plan = await planWindow(wish, bases, { limits, signal, onRetry });
    this.#note({ state: 'importing', missing: plan.missing, files: plan.items.length });
    if (plan.items.length === 0)
      throw new BgpError('IMPORT_NOT_FOUND', 'the archives have nothing of that time');
    const importer = new Importer({
      ...{ archive, limits, signal, onRetry, isKept: false, takesPartial: false },
      downloadDir: join(dataDir, 'import'),
      onProgress: (progress) => this.#note(progress),
      onOutcome: ({ name, result, code, detail }) => {
        if (result !== 'failed') return;
        const failure = { name, code: code ?? 'INTERNAL', detail };
        this.#note({ failures: [...this.#status.failures, failure].slice(-MAX_FAILURES) });
        log.warn('import.file-failed', failure);
      },
    });
    const { failed, files } = await importer.run(plan.items);
    if (failed === files)
      throw new BgpError('IMPORT_UNREACHABLE', this.#status.failures.at(-1)?.detail ?? '');
  }

  #note(change: Partial<ImportStatus>): void {
    this.#status = { ...this.#status, ...change };
  }

  #end(state: ImportStatus['state'], code: string | null, reason: string): void {
    this.#note({ state, code, reason, endedMs: Date.now(), current: '', share: null });
    const { event, imported, known, failed, elems } = this.#status;
    this.#options.log.info('import.ended', {
      id: event,
      state,
      imported,
      known,
      failed,
      elems,
      code,
      reason,
    });
  }
}
