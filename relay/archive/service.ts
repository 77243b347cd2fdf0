import { join } from 'node:path';
import type { BgpError, ErrorCode } from '#core/error.ts';
import type { ArchiveOptions } from './archive.ts';
import { Archive } from './archive.ts';
import { writeFailure } from './fs.ts';
import { updateDaily } from './daily.ts';
import type { ArchiveStatus } from './status.ts';
import { ARCHIVE_OFF } from './status.ts';

/** The spool is synced at most this often. */
const FLUSH_MS = 1000;
/** A folder that could not be opened is tried again this often. */
const REOPEN_MS = 5000;
/** Merging, expiring and daily sums are looked after this often, or as often as files close. */
const CARE_MS = 60_000;

/** Elems that wait for a folder that cannot be opened: bytes at most. */
const HELD_BYTES = 32 * 1024 * 1024;

export interface ServiceOptions extends ArchiveOptions {
  /** Called after each flush with the bytes taken since the last time. */
  readonly onTick?: (status: ArchiveStatus, takenBytes: number) => void;
}

/**
 * Keeps an archive going: opens its folder, also later when it cannot be had at first; acknowledges once a second; archives
 * what is due; merges and expires. Whatever fails is told in the status and tried again.
 */
export class ArchiveService {
  readonly #options: ServiceOptions;
  #archive: Archive | null = null;
  #failure: BgpError | null = null;
  #held: { frame: Uint8Array; elems: number }[] = [];
  #heldBytes = 0;
  #lost = new Map<ErrorCode, number>();
  #takenBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #isConverting = false;
  #isClosed = false;
  #openedMs = -Infinity;
  #caredMs = 0;
  #isCaring = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#caredMs = performance.now();
    this.#turn = this.#tick();
  }

  /** Elems to archive, as a frame. */
  take(frame: Uint8Array, elems: number): void {
    this.#takenBytes += frame.length;
    if (this.#archive) {
      this.#archive.append(frame, elems);
      return;
    }
    this.#held.push({ frame, elems });
    this.#heldBytes += frame.length;
    while (this.#heldBytes > HELD_BYTES) {
      const oldest = this.#held.shift()!;
      this.#heldBytes -= oldest.frame.length;
      this.lose(oldest.elems, this.#failure?.code ?? 'ARCHIVE_SLOW');
    }
  }

  /** Count elems that never came this far. */
  lose(elems: number, code: ErrorCode): void {
    if (this.#archive) this.#archive.lose(elems, code);
    else this.#lost.set(code, (this.#lost.get(code) ?? 0) + elems);
  }

  status(): ArchiveStatus {
    if (this.#archive) return this.#archive.status();
    const failure = this.#failure;
    return {
      ...ARCHIVE_OFF,
      state: failure ? 'failing' : 'starting',
      dir: this.#options.dir,
      waitingElems: this.#held.reduce((sum, { elems }) => sum + elems, 0),
      waitingBytes: this.#heldBytes,
      lostElems: [...this.#lost.values()].reduce((sum, elems) => sum + elems, 0),
      error: failure && { code: failure.code, detail: failure.message },
    };
  }

  /** The open archive, for work besides: imports and rows of other kinds. Null while the folder cannot be opened. */
  get archive(): Archive | null {
    return this.#archive;
  }

  async #tick(): Promise<void> {
    if (!this.#archive && performance.now() - this.#openedMs >= REOPEN_MS) await this.#open();
    if (this.#archive) await this.#care(this.#archive);
    const taken = this.#takenBytes;
    this.#takenBytes = 0;
    this.#options.onTick?.(this.status(), taken);
    const again = (): void => {
      this.#turn = this.#tick();
    };
    if (!this.#isClosed) this.#timer = setTimeout(again, FLUSH_MS);
  }

  async #open(): Promise<void> {
    this.#openedMs = performance.now();
    const { log } = this.#options;
    try {
      const archive = await Archive.open(this.#options);
      for (const { frame, elems } of this.#held) archive.append(frame, elems);
      for (const [code, elems] of this.#lost) archive.lose(elems, code);
      this.#archive = archive;
      this.#failure = null;
      this.#held = [];
      this.#heldBytes = 0;
      this.#lost = new Map();
      log.info('archive.opened', { dir: archive.dir, ackedSeq: archive.spool.ackedSeq });
      this.#convert(archive);
    } catch (cause) {
      const failure = writeFailure(cause);
      if (failure.code !== this.#failure?.code)
        log.error('archive.unavailable', { code: failure.code, detail: failure.message });
      this.#failure = failure;
    }
  }

  async #care(archive: Archive): Promise<void> {
    await archive.flush();
    if (archive.spool.isDue) {
      await archive.spool.close();
      this.#convert(archive);
    } else if (archive.failure) this.#convert(archive);
    const careMs = Math.min(CARE_MS, this.#options.spool?.segmentMs ?? CARE_MS);
    if (!this.#isCaring && performance.now() - this.#caredMs >= careMs) {
      this.#caredMs = performance.now();
      this.#background(archive, async () => {
        await archive.compact(false);
        await updateDaily(archive, false);
        await archive.tidy();
      });
    }
  }

  /** Archive what is closed while the spool goes on. */
  #convert(archive: Archive): void {
    if (this.#isConverting) return;
    this.#isConverting = true;
    void archive.convert().finally(() => (this.#isConverting = false));
  }

  #background(archive: Archive, job: () => Promise<void>): void {
    this.#isCaring = true;
    job()
      .catch((cause: unknown) => {
        const { code, message } = writeFailure(cause);
        archive.log.error('archive.care', { code, detail: message });
      })
      .finally(() => {
        this.#isCaring = false;
      });
  }

  /** Acknowledge what was taken, and let go of the folder. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    await this.#archive?.close();
    this.#options.onTick?.(this.status(), this.#takenBytes);
  }
}

/** The archive's folder inside the data folder. */
export function archiveDir(dataDir: string): string {
  return join(dataDir, 'archive');
}
