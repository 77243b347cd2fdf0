import { join } from 'node:path';
import type { ErrorCode } from '#core/error.ts';
import type { AppendFile, ArchiveFs } from './fs.ts';
import type { ArchiveGap } from './index-file.ts';
import type { SpoolRecord } from './spool-record.ts';
import { encodeRecord, RECORD, segmentName } from './spool-record.ts';

export interface SpoolLimits {
  /** A segment closes when it holds this many elems, */
  readonly segmentElems: number;
  /** or this many bytes, */
  readonly segmentBytes: number;
  /** or is this old. */
  readonly segmentMs: number;
  /** Bytes that may wait for a disk that does not take them; older ones go then, as a gap. */
  readonly heldBytes: number;
}

export const SPOOL_LIMITS: SpoolLimits = {
  segmentElems: 200_000,
  segmentBytes: 32 * 1024 * 1024,
  segmentMs: 300_000,
  heldBytes: 32 * 1024 * 1024,
};

/** Where a spool begins. */
export interface SpoolStart {
  /** The first seq never given out. */
  readonly nextSeq: number;
  /** Greater than that of any segment there is: of two with the same first seq, the later must sort behind. */
  readonly run: number;
}

/** A segment that is not written any more. Records from `endSeq` on are leftovers of a failed write. */
export interface ClosedSegment {
  readonly path: string;
  readonly firstSeq: number;
  readonly endSeq: number;
  readonly bytes: number;
}

interface OpenSegment {
  readonly path: string;
  readonly file: AppendFile;
  readonly firstSeq: number;
  readonly openedMs: number;
  bytes: number;
  elems: number;
}

interface Entry extends Omit<SpoolRecord, 'firstSeq'> {
  /** Hears the entry's first seq when it is on the disk. */
  readonly onAcked?: (firstSeq: number) => void;
}

/**
 * The write-ahead log: what is appended waits for the next `flush`, which writes and syncs it; from then on it is
 * acknowledged. Seqs are given out as records are written, so that what had to be let go leaves no hole.
 */
export class Spool {
  readonly #fs: ArchiveFs;
  readonly #dir: string;
  readonly #limits: SpoolLimits;
  readonly #nowMs: () => number;
  readonly #closed: ClosedSegment[] = [];
  #open: OpenSegment | null = null;
  #waiting: Entry[] = [];
  #waitingBytes = 0;
  #waitingElems = 0;
  #nextSeq: number;
  #run: number;
  #gap: ArchiveGap | null = null;
  #spooledGaps: ArchiveGap[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(fs: ArchiveFs, dir: string, start: SpoolStart, limits: SpoolLimits, nowMs: () => number) {
    this.#fs = fs;
    this.#dir = dir;
    this.#nextSeq = start.nextSeq;
    this.#run = start.run;
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Every elem up to here would survive a power cut. */
  get ackedSeq(): number {
    return this.#nextSeq - 1;
  }

  get waiting(): { readonly bytes: number; readonly elems: number } {
    return { bytes: this.#waitingBytes, elems: this.#waitingElems };
  }

  /** Gaps the index does not tell of yet: those in the spool, and the one that is not even there. */
  get gaps(): readonly ArchiveGap[] {
    return this.#gap ? [...this.#spooledGaps, this.#gap] : this.#spooledGaps;
  }

  /** The index tells of these now. */
  forgetGaps(gaps: readonly ArchiveGap[]): void {
    const isTold = (one: ArchiveGap): boolean =>
      gaps.some(
        ({ fromMs, toMs, elems }) => fromMs === one.fromMs && toMs === one.toMs && elems === one.elems,
      );
    this.#spooledGaps = this.#spooledGaps.filter((one) => !isTold(one));
  }

  /** Bytes of the segment being written. */
  get openBytes(): number {
    return this.#open?.bytes ?? 0;
  }

  /** Segments to be archived, oldest first; `takeClosed` removes them from here. */
  takeClosed(): ClosedSegment[] {
    return this.#closed.splice(0);
  }

  /** Put elems at the end. `code` says why, should they have to be let go. */
  append(entry: Entry, code: ErrorCode): void {
    this.#waiting.push(entry);
    this.#waitingBytes += entry.payload.length;
    this.#waitingElems += entry.type === RECORD.frame ? entry.elems : 0;
    while (this.#waitingBytes > this.#limits.heldBytes && this.#waiting.length > 1) this.#letGo(code);
  }

  #letGo(code: ErrorCode): void {
    const { type, elems, payload } = this.#waiting.shift()!;
    this.#waitingBytes -= payload.length;
    if (type !== RECORD.frame) return;
    this.#waitingElems -= elems;
    this.lose(elems, code);
  }

  /** Elems that never came this far. */
  lose(elems: number, code: ErrorCode): void {
    const nowMs = this.#nowMs();
    const { fromMs = nowMs, elems: before = 0 } = this.#gap ?? {};
    this.#gap = { fromMs, toMs: nowMs, elems: before + elems, code };
  }

  /** Write and sync what waits. When that fails all of it keeps waiting, and the segment is closed where it was good. */
  flush(): Promise<void> {
    return this.#inTurn(() => this.#flush());
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#last.then(job);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0 && this.#gap === null) return;
    const entries = this.#waiting;
    const gap = this.#gap;
    this.#waiting = [];
    const { bytes, nextSeq, elems } = this.#encode(entries, gap);
    try {
      const segment = (this.#open ??= await this.#begin());
      await segment.file.write(bytes, segment.bytes);
      await segment.file.sync();
      segment.bytes += bytes.length;
      segment.elems += elems;
    } catch (cause) {
      this.#waiting = [...entries, ...this.#waiting];
      await this.#close().catch(() => undefined);
      throw cause;
    }
    let firstSeq = this.#nextSeq;
    this.#nextSeq = nextSeq;
    this.#waitingElems -= elems;
    for (const entry of entries) {
      this.#waitingBytes -= entry.payload.length;
      entry.onAcked?.(firstSeq);
      firstSeq += entry.elems;
    }
    if (gap) this.#tellGap(gap);
  }

  #encode(entries: readonly Entry[], gap: ArchiveGap | null) {
    const pieces: Uint8Array[] = [];
    let nextSeq = this.#nextSeq;
    let elems = 0;
    for (const entry of entries) {
      pieces.push(encodeRecord({ ...entry, firstSeq: nextSeq }));
      nextSeq += entry.elems;
      if (entry.type === RECORD.frame) elems += entry.elems;
    }
    if (gap) {
      const payload = Buffer.from(JSON.stringify(gap));
      pieces.push(encodeRecord({ type: RECORD.gap, elems: 0, firstSeq: nextSeq, payload }));
    }
    return { bytes: Buffer.concat(pieces), nextSeq, elems };
  }

  /** What was lost while its record was being written stays for the next. */
  #tellGap(written: ArchiveGap): void {
    this.#spooledGaps.push(written);
    const elems = (this.#gap?.elems ?? 0) - written.elems;
    this.#gap = this.#gap && elems > 0 ? { ...this.#gap, fromMs: written.toMs, elems } : null;
  }

  async #begin(): Promise<OpenSegment> {
    await this.#fs.mkdir(this.#dir);
    const path = join(this.#dir, segmentName(this.#nextSeq, this.#run));
    const file = await this.#fs.create(path);
    this.#run++;
    await this.#fs.sync(this.#dir);
    return { path, file, firstSeq: this.#nextSeq, openedMs: this.#nowMs(), bytes: 0, elems: 0 };
  }

  /** Whether the open segment has reached a limit. A clock that jumped back does not keep it open. */
  get isDue(): boolean {
    if (!this.#open) return false;
    const { elems, bytes, openedMs } = this.#open;
    const ageMs = this.#nowMs() - openedMs;
    const { segmentElems, segmentBytes, segmentMs } = this.#limits;
    return elems >= segmentElems || bytes >= segmentBytes || ageMs >= segmentMs || ageMs < 0;
  }

  /** Close the open segment; the next elems begin another. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  async #close(): Promise<void> {
    const segment = this.#open;
    if (!segment) return;
    this.#open = null;
    const { path, firstSeq, bytes } = segment;
    // Also one without a good byte: whoever archives it removes it.
    this.#closed.push({ path, firstSeq, endSeq: this.#nextSeq, bytes });
    await segment.file.close();
  }

  /** Keep a stretch of seqs for an import; it is on disk when this resolves. @returns the first of them. */
  async reserve(elems: number): Promise<number> {
    let firstSeq = -1;
    const onAcked = (seq: number): void => {
      firstSeq = seq;
    };
    this.#waiting.push({ type: RECORD.reserve, elems, payload: new Uint8Array(0), onAcked });
    await this.flush();
    return firstSeq;
  }
}
