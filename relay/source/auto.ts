import type { SourceStatus } from '#core/wire/control.ts';
import type { Log } from '../log.ts';
import type { RisLiveSource } from './ris-live.ts';
import type { Source, SourceEvent, SourceStats } from './source.ts';

export interface AutoOptions {
  /** How often RIS Live is tried while the replay plays, ms. */
  readonly retryMs: number;
  readonly log: Log;
}

/**
 * Plays a replay until RIS Live can be reached, then starts over with that, for good: once live, an interruption is shown as
 * one and never papered over with old data.
 */
export class AutoSource implements Source {
  readonly batches: AsyncIterable<SourceEvent>;
  readonly isElastic = false;
  readonly #openLive: () => RisLiveSource;
  readonly #options: AutoOptions;
  #current: Source;
  #live: RisLiveSource | null = null;
  #probe: RisLiveSource | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(replay: Source, openLive: () => RisLiveSource, options: AutoOptions) {
    this.#current = replay;
    this.#openLive = openLive;
    this.#options = options;
    this.batches = this.#play();
    this.#schedule();
  }

  status(): SourceStatus {
    return this.#current.status();
  }

  stats(): SourceStats {
    return this.#current.stats();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#probe?.close();
    await this.#current.close();
    await this.#live?.close();
  }

  async *#play(): AsyncGenerator<SourceEvent> {
    yield* this.#current.batches;
    if (!this.#live || this.#isClosed) return;
    this.#current = this.#live;
    yield { type: 'reset', reason: 'RIS Live can be reached' };
    yield* this.#live.batches;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => void this.#try(), this.#options.retryMs);
  }

  async #try(): Promise<void> {
    const probe = (this.#probe = this.#openLive());
    const isOpen = await probe.opened;
    this.#probe = null;
    if (this.#isClosed) return probe.close();
    if (!isOpen) {
      await probe.close();
      return this.#schedule();
    }
    this.#options.log.info('source.live');
    this.#live = probe;
    await this.#current.close();
  }
}
