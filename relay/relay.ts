import type { SourceStatus } from '#core/wire/control.ts';
import type { ArchiveLink } from './archive/link.ts';
import type { FeatureLink } from './feature/link.ts';
import { Batcher } from './batcher.ts';
import type { Hub } from './hub.ts';
import type { Log } from './log.ts';
import type { Source } from './source/source.ts';

/** Clients hear the source's status this often. */
const STATUS_MS = 1000;
/** An elastic source waits for slow clients this long per batch, then goes on without them. */
const MAX_WAIT_MS = 5000;

/** The line from source to clients and archive: source -> batcher -> hub -> archive, and a status every second. */
export class Relay {
  readonly hub: Hub;
  readonly source: Source;
  /** Null when nothing is archived. */
  readonly archive: ArchiveLink | null;
  /** Null when no features are kept. */
  readonly features: FeatureLink | null;
  readonly #log: Log;
  readonly #batcher: Batcher;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #failure: string | null = null;

  constructor(
    source: Source,
    hub: Hub,
    log: Log,
    archive: ArchiveLink | null = null,
    features: FeatureLink | null = null,
  ) {
    this.source = source;
    this.hub = hub;
    this.archive = archive;
    this.features = features;
    this.#log = log;
    this.#batcher = new Batcher((batch) => hub.publish(batch));
    if (archive) hub.listen((batch, frame) => archive.take(frame, batch.length));
    // What came before a recording is known otherwise.
    if (features)
      hub.listen((_batch, frame) => void (source.status().kind === 'replay' || features.take(frame)));
  }

  /** Elems waiting for their batch to close. */
  get waitingElems(): number {
    return this.#batcher.waiting;
  }

  status(): SourceStatus {
    const status = this.source.status();
    return this.#failure === null ? status : { ...status, state: 'failed', reason: this.#failure };
  }

  start(): void {
    this.#running = this.#run().catch((cause: unknown) => {
      this.#failure = cause instanceof Error ? cause.message : String(cause);
      this.#log.error('source.crashed', { detail: this.#failure });
    });
    this.#timer = setInterval(() => {
      this.heard();
      this.hub.tick(this.status());
    }, STATUS_MS);
  }

  /** Somebody began or ceased to listen. */
  heard(): void {
    this.#batcher.setHeard(this.hub.isHeard);
  }

  async #run(): Promise<void> {
    for await (const event of this.source.batches) {
      if (event.type === 'batch') {
        this.#batcher.add(event.batch);
      } else {
        this.#batcher.flush();
        this.hub.reset();
        this.archive?.startsOver(this.source.status().kind === 'replay');
        this.features?.startsOver();
        this.#log.info('source.reset', { reason: event.reason });
      }
      if (!this.source.isElastic) continue;
      await this.hub.caughtUp(MAX_WAIT_MS);
      await this.archive?.caughtUp(MAX_WAIT_MS);
    }
    this.#batcher.flush();
  }

  /** End the source, send what it has given so far, let clients take it for at most `drainMs`, and close them (1001). */
  async stop(drainMs: number): Promise<void> {
    await this.source.close();
    await this.#running;
    this.#batcher.flush();
    if (this.#timer) clearInterval(this.#timer);
    // Both at once: clients that take their time do not cost the archive its own.
    await Promise.all([
      this.archive?.close(),
      this.features?.close(),
      this.hub.close(1001, 'the relay is stopping', drainMs),
    ]);
  }
}
