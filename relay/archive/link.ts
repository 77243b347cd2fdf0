import { Worker } from 'node:worker_threads';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { ArchiveBases } from '../archive-import/layout.ts';
import type { Log } from '../log.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import type { ArchiveStatus } from './status.ts';
import { ARCHIVE_OFF } from './status.ts';

/** Bytes of frames on their way to the archive's thread, at most; more are let go and counted. */
const QUEUE_BYTES = 64 * 1024 * 1024;
/** An elastic source goes on when fewer wait. */
const CAUGHT_UP_BYTES = 8 * 1024 * 1024;
/** The thread has this long to acknowledge what it has when the relay stops. */
const CLOSE_MS = 5000;
/** A thread that ended is started again after this long. */
const RESTART_MS = 5000;

export interface LinkOptions extends WorkerSettings {
  readonly log: Log;
  /** Archive every pass of a replay that loops, not only the first. */
  readonly takesRepeats: boolean;
}

/** The relay's end of the archive, which runs in a thread of its own. Never makes the relay wait. */
export class ArchiveLink {
  readonly #options: LinkOptions;
  #worker: Worker;
  #status: ArchiveStatus;
  #importing: ImportStatus = NO_IMPORT;
  #queuedBytes = 0;
  #isRepeating = false;
  #repeatedElems = 0;
  #isClosing = false;
  #restart: NodeJS.Timeout | undefined;
  #onClosed: () => void = () => undefined;
  #asked = 0;
  readonly #answers = new Map<number, (isStarted: boolean) => void>();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#status = { ...ARCHIVE_OFF, state: 'starting', dir: options.dir };
    this.#worker = this.#start();
  }

  status(): ArchiveStatus {
    return { ...this.#status, repeatedElems: this.#repeatedElems };
  }

  /** How the import of an event goes, that was begun last. */
  get importing(): ImportStatus {
    return this.#importing;
  }

  /** Bytes of frames on their way to the thread. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The source starts over: what comes now was archived on its first pass. @param isReplay false: other elems come now. */
  startsOver(isReplay: boolean): void {
    this.#isRepeating = isReplay && !this.#options.takesRepeats;
  }

  /** Archive a frame's elems. */
  take(frame: Uint8Array, elems: number): void {
    if (this.#isRepeating) {
      this.#repeatedElems += elems;
      return;
    }
    if (this.#queuedBytes + frame.length > QUEUE_BYTES) {
      this.#send({ op: 'lose', elems, code: 'ARCHIVE_SLOW' });
      return;
    }
    this.#queuedBytes += frame.length;
    this.#send({ op: 'frame', frame, elems });
  }

  /** Resolves when little waits, or after `maxMs`. */
  async caughtUp(maxMs: number): Promise<void> {
    const untilMs = performance.now() + maxMs;
    while (this.#queuedBytes > CAUGHT_UP_BYTES && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Fetch an event from the public archives. @returns whether that began: not while another is imported. */
  startImport(event: RoutingEvent, bases: ArchiveBases): Promise<boolean> {
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#send({ op: 'import', id, event, bases });
    });
  }

  cancelImport(): void {
    this.#send({ op: 'import-cancel' });
  }

  /** Acknowledge everything that was taken and end the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.#send({ op: 'close' });
    const deadline = setTimeout(this.#onClosed, CLOSE_MS);
    await closed;
    clearTimeout(deadline);
    await this.#worker.terminate();
  }

  #start(): Worker {
    const { dir, dataDir, spool, duck, retention, failpoints } = this.#options;
    const settings: WorkerSettings = { dir, dataDir, spool, duck, retention, failpoints };
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: settings });
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error) => {
      const detail = error instanceof Error ? error.message : String(error);
      this.#options.log.error('archive.crashed', { detail });
      this.#status = { ...this.#status, state: 'failing', error: { code: 'ARCHIVE_WRITE_FAILED', detail } };
    });
    worker.on('exit', () => this.#ended());
    return worker;
  }

  /** What the thread had not acknowledged went with it; the spool has the rest. */
  #ended(): void {
    this.#onClosed();
    this.#queuedBytes = 0;
    for (const answer of this.#answers.values()) answer(false);
    this.#answers.clear();
    if (this.#isClosing) return;
    this.#restart = setTimeout(() => (this.#worker = this.#start()), RESTART_MS);
  }

  #hear(message: FromWorker): void {
    switch (message.op) {
      case 'tick':
        this.#status = message.status;
        this.#importing = message.importing;
        this.#queuedBytes = Math.max(0, this.#queuedBytes - message.takenBytes);
        break;
      case 'log':
        this.#options.log[message.level](message.event, message.fields);
        break;
      case 'import-answer':
        this.#answers.get(message.id)?.(message.isStarted);
        this.#answers.delete(message.id);
        break;
      case 'closed':
        this.#onClosed();
    }
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
