import { BgpError } from '#core/error.ts';
import type { DataSetRow, RecordingStock } from '../lib/store/history/data-sets.ts';
import { usedBytes } from '../lib/store/history/data-sets.ts';
import type { Engine, Writer } from '../lib/store/history/engine.ts';
import type { Removal } from '../lib/store/history/expire.ts';
import { expire, listRemovals } from '../lib/store/history/expire.ts';
import { databaseFileBytes } from '../lib/store/history/opfs.ts';
import type { Reserve } from '../lib/store/history/reserve.ts';
import { planExpiry } from '../lib/store/history/retention.ts';
import type { HistorySettings, HistoryState } from './api-history.ts';

/** The most a write may need before it frees anything: its log, and blocks of the file. */
const WRITE_BYTES = { record: 4 * 1024 * 1024, load: 16 * 1024 * 1024 } as const;
/** What the browser should still be ready to give before more is written: a write needs room before it frees any. */
const MIN_FREE_BYTES = 16e6;
/** Of a browser that gives little, this share of it. */
const MIN_FREE_SHARE = 0.05;
/** How long after a refusal the file is not made to grow. */
const CEILING_MS = 600_000;
/** Of what is there, so much goes when the browser has refused a write: a second refusal in a row takes more, and so on. */
const URGENT_SHARES = [0.1, 0.25, 0.5, 1] as const;

type BrowserRoom = NonNullable<HistoryState['browser']>;

export interface RoomStock {
  readonly recording: RecordingStock;
  /** Newest first. */
  readonly dataSets: readonly DataSetRow[];
}

export interface RoomOptions {
  readonly engine: () => Pick<Engine, 'rows' | 'write'>;
  readonly isOnDevice: () => boolean;
  readonly nowMs: () => number;
  readonly reserve: Reserve;
  /** Let the oldest go. */
  readonly makeRoom: () => Promise<void>;
  /** Bytes of the history's files, and what the browser counts for this site and would give. Replaced by tests. */
  readonly measure?: () => Promise<{ readonly fileBytes: number; readonly browser: BrowserRoom | null }>;
}

/** The room the history takes, and may take; and what had to go. */
export class Room {
  readonly #options: RoomOptions;
  usedBytes = 0;
  fileBytes = 0;
  browser: BrowserRoom | null = null;
  /** Newest first. */
  removals: readonly Removal[] = [];
  /** Elems let go since this worker began. */
  expiredElems = 0;
  /** Writes in a row that the browser refused though it was thought to have room. */
  #refusals = 0;
  /** Whether the browser gives no more than the files have. */
  #isFull = false;
  /** Size of the file at which the browser refused to let it grow, and until when that is believed. */
  #ceilingBytes: number | null = null;
  #ceilingUntilMs = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Whether the browser has little left, or has refused the newest write. */
  get isTight(): boolean {
    return this.#isFull || this.#refusals > 0 || this.#ceilingBytes !== null || this.#isScarce();
  }

  async measure(): Promise<void> {
    const { engine, isOnDevice, measure } = this.#options;
    this.usedBytes = await usedBytes(engine());
    const { fileBytes, browser } = await (measure ?? measureBrowser)();
    this.fileBytes = isOnDevice() ? fileBytes : 0;
    this.browser = browser;
  }

  async readRemovals(): Promise<void> {
    this.removals = await listRemovals(this.#options.engine());
  }

  /** Blocks of the file that hold nothing are free too: it does not shrink, and is written into again. */
  #isScarce(): boolean {
    if (!this.#options.isOnDevice() || this.browser === null) return false;
    const { quotaBytes, usedBytes } = this.browser;
    const free = quotaBytes - usedBytes + Math.max(0, this.fileBytes - this.usedBytes);
    return free < Math.min(MIN_FREE_BYTES, quotaBytes * MIN_FREE_SHARE);
  }

  /**
   * A write for which there is room. A recording makes room for itself: the oldest goes, and then what holds nothing in the
   * file is written into again. What is loaded finds room, or is refused.
   *
   * @throws {BgpError} HISTORY_FULL, and as the engine does
   */
  async write<T>(kind: 'record' | 'load' | 'remove', work: (writer: Writer) => Promise<T>): Promise<T> {
    const { engine, reserve, isOnDevice, makeRoom } = this.#options;
    if (kind === 'remove') return reserve.lend(() => engine().write(work));
    const hasRoom = !isOnDevice() || (await reserve.hasRoom(WRITE_BYTES[kind]));
    if (kind === 'load') {
      if (!hasRoom) throw new BgpError('HISTORY_FULL', 'the browser has no more room for it');
      return engine().write(work);
    }
    this.#isFull = !hasRoom;
    if (hasRoom && this.#ceilingBytes === null) return engine().write(work);
    await this.measure();
    if (this.#freeBytes < this.#neededBytes) await makeRoom();
    return reserve.lend(() => engine().write(work));
  }

  /** Blocks that hold nothing, and may be written without more room: of the file, or of as much of it as the browser once allowed. */
  get #freeBytes(): number {
    return Math.max(0, Math.min(this.fileBytes, this.#ceilingBytes ?? Infinity) - this.usedBytes);
  }

  /** What a write should find free in the file. Of a small one not all is given up for it. */
  get #neededBytes(): number {
    return Math.min(WRITE_BYTES.record, this.fileBytes / 4);
  }

  /**
   * The engine was lost: whether for want of room. Growing is then not tried again for a while.
   *
   * @param isRefused the browser said so; it may also have come out as something else
   */
  async noteLoss(isRefused: boolean): Promise<boolean> {
    const { reserve, isOnDevice, nowMs } = this.#options;
    if (!isOnDevice() || (!isRefused && (await reserve.hasRoom(WRITE_BYTES.record)))) return false;
    this.#refusals++;
    this.#ceilingBytes = Math.max(this.fileBytes, this.usedBytes);
    this.#ceilingUntilMs = nowMs() + CEILING_MS;
    return true;
  }

  /** A write has got through. */
  noteSuccess(): void {
    this.#refusals = 0;
    if (this.#options.nowMs() >= this.#ceilingUntilMs) this.#ceilingBytes = null;
  }

  /** Everything was deleted. */
  forget(): void {
    this.#isFull = false;
    this.#refusals = 0;
    this.#ceilingBytes = null;
    this.expiredElems = 0;
  }

  /** Let go of what is too old or too much. @returns whether something went */
  async expire(stock: RoomStock, settings: HistorySettings): Promise<boolean> {
    await this.measure();
    const { engine, nowMs, reserve } = this.#options;
    const plan = planExpiry({
      nowMs: nowMs(),
      keepDays: settings.keepDays,
      quotaBytes: settings.quotaBytes,
      usedBytes: this.usedBytes,
      elems: stock.recording.elems,
      oldestMs: stock.recording.oldestMs,
      loaded: [...stock.dataSets].reverse(),
      urgentShare: this.#urgentShare(),
    });
    if (plan === null) return false;
    const isOver = this.usedBytes > settings.quotaBytes;
    const why = plan.elems === 0 && plan.dataSets.length === 0 ? 'age' : isOver ? 'quota' : 'browser';
    const removal = await reserve.lend(() => expire(engine(), plan, nowMs(), why));
    if (removal === null) return false;
    this.expiredElems += removal.elems;
    await this.readRemovals();
    return true;
  }

  #urgentShare(): number {
    if (this.#refusals > 0) return URGENT_SHARES[Math.min(this.#refusals, URGENT_SHARES.length) - 1]!;
    const isFull = this.isTight && this.#freeBytes < this.#neededBytes;
    return isFull || this.#isScarce() ? URGENT_SHARES[0] : 0;
  }
}

async function measureBrowser(): Promise<{ fileBytes: number; browser: BrowserRoom | null }> {
  const fileBytes = await databaseFileBytes().catch(() => 0);
  // Typed as always there, which in an insecure context it is not.
  const storage = navigator.storage as StorageManager | undefined;
  const estimate = await storage?.estimate().catch(() => null);
  const isKnown = estimate?.usage !== undefined && estimate.quota !== undefined;
  return {
    fileBytes,
    browser: isKnown ? { usedBytes: estimate.usage!, quotaBytes: estimate.quota! } : null,
  };
}
