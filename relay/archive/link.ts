import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { ArchiveBases } from '../archive-import/layout.ts';
import type { Log } from '../log.ts';
import { Thread } from '../thread/thread.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import type { ArchiveStatus } from './status.ts';
import { ARCHIVE_OFF } from './status.ts';

/** Bytes of frames on their way to the archive's thread, at most; more are let go and counted. */
const QUEUE_BYTES = 64 * 1024 * 1024;
/** An elastic source goes on when fewer wait. */
const CAUGHT_UP_BYTES = 8 * 1024 * 1024;
/** The thread has this long to acknowledge what it has when the relay stops. */
const CLOSE_MS = 5000;

export interface LinkOptions extends WorkerSettings {
  readonly log: Log;
  /** Archive every pass of a replay that loops, not only the first. */
  readonly takesRepeats: boolean;
}

/** The relay's end of the archive, which runs in a thread of its own. Never makes the relay wait. */
export class ArchiveLink {
  readonly #takesRepeats: boolean;
  readonly #thread: Thread<ToWorker, FromWorker, boolean>;
  #status: ArchiveStatus;
  #importing: ImportStatus = NO_IMPORT;
  #isRepeating = false;
  #repeatedElems = 0;

  constructor({ log, takesRepeats, dir, dataDir, spool, duck, retention, failpoints }: LinkOptions) {
    this.#takesRepeats = takesRepeats;
    this.#status = { ...ARCHIVE_OFF, state: 'starting', dir };
    const settings: WorkerSettings = { dir, dataDir, spool, duck, retention, failpoints };
    // What the thread had not acknowledged when it ended goes with it; the spool has the rest.
    this.#thread = new Thread({
      body: new URL('./worker.ts', import.meta.url),
      settings,
      closeMs: CLOSE_MS,
      log,
      none: false,
      onMessage: (message) => {
        if (message.op === 'import-answer') return this.#thread.answer(message.id, message.isStarted);
        this.#status = message.status;
        this.#importing = message.importing;
        this.#thread.taken(message.takenBytes);
      },
      onCrash: (detail) => {
        log.error('archive.crashed', { detail });
        this.#status = { ...this.#status, state: 'failing', error: { code: 'ARCHIVE_WRITE_FAILED', detail } };
      },
    });
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
    return this.#thread.queuedBytes;
  }

  /** The source starts over: what comes now was archived on its first pass. @param isReplay false: other elems come now. */
  startsOver(isReplay: boolean): void {
    this.#isRepeating = isReplay && !this.#takesRepeats;
  }

  /** Archive a frame's elems. */
  take(frame: Uint8Array, elems: number): void {
    if (this.#isRepeating) {
      this.#repeatedElems += elems;
      return;
    }
    if (this.queuedBytes + frame.length > QUEUE_BYTES) {
      this.#thread.send({ op: 'lose', elems, code: 'ARCHIVE_SLOW' });
      return;
    }
    this.#thread.sendFrame({ op: 'frame', frame, elems }, frame.length);
  }

  /** Resolves when little waits, or after `maxMs`. */
  async caughtUp(maxMs: number): Promise<void> {
    const untilMs = performance.now() + maxMs;
    while (this.queuedBytes > CAUGHT_UP_BYTES && performance.now() < untilMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Fetch an event from the public archives. @returns whether that began: not while another is imported. */
  startImport(event: RoutingEvent, bases: ArchiveBases): Promise<boolean> {
    return this.#thread.ask((id) => ({ op: 'import', id, event, bases }));
  }

  cancelImport(): void {
    this.#thread.send({ op: 'import-cancel' });
  }

  /** Acknowledge everything that was taken and end the thread. */
  close(): Promise<void> {
    return this.#thread.close({ op: 'close' });
  }
}
