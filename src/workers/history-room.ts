import type { DataSetRow, RecordingStock } from '../lib/store/history/data-sets.ts';
import { usedBytes } from '../lib/store/history/data-sets.ts';
import type { Engine } from '../lib/store/history/engine.ts';
import type { Removal } from '../lib/store/history/expire.ts';
import { expire, listRemovals } from '../lib/store/history/expire.ts';
import { databaseFileBytes } from '../lib/store/history/opfs.ts';
import { planExpiry } from '../lib/store/history/retention.ts';
import type { HistorySettings, HistoryState } from './api-history.ts';

/** What the browser should still be ready to give before more is written: a write needs room before it frees any. */
const MIN_FREE_BYTES = 16e6;
/** Of a browser that gives little, this share of it. */
const MIN_FREE_SHARE = 0.05;
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
  /** Writes in a row that the browser had no room for. */
  #refusals = 0;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Whether the browser has little left, or has refused the newest write. */
  get isTight(): boolean {
    return this.#refusals > 0 || this.#isScarce();
  }

  async measure(): Promise<void> {
    const { engine, isOnDevice, measure } = this.#options;
    this.usedBytes = await usedBytes(engine() as Engine);
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

  /** The browser refused a write for want of room; `isOver`: one has got through since. */
  note(isOver: boolean): void {
    this.#refusals = isOver ? 0 : this.#refusals + 1;
  }

  /** Let go of what is too old or too much. @returns whether something went */
  async expire(stock: RoomStock, settings: HistorySettings): Promise<boolean> {
    await this.measure();
    const { engine, nowMs } = this.#options;
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
    const removal = await expire(engine(), plan, nowMs(), why);
    if (removal === null) return false;
    this.expiredElems += removal.elems;
    await this.readRemovals();
    return true;
  }

  #urgentShare(): number {
    if (this.#refusals > 0) return URGENT_SHARES[Math.min(this.#refusals, URGENT_SHARES.length) - 1]!;
    return this.#isScarce() ? URGENT_SHARES[0] : 0;
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
