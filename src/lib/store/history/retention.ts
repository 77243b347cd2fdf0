/** What is stored of a recording, as retention sees it. */
export interface Stock {
  readonly nowMs: number;
  readonly keepDays: number;
  readonly quotaBytes: number;
  /** Bytes in use by everything in the database. */
  readonly usedBytes: number;
  /** Recorded elems. */
  readonly elems: number;
  /** When the oldest of them was recorded, Unix ms; null without any. */
  readonly oldestMs: number | null;
  /** Data sets that were loaded, oldest first, with their bytes. */
  readonly loaded: readonly { readonly id: string; readonly bytes: number }[];
  /** Share of it that is to go because the browser has no more room, whatever the quota is; 0 when it has. */
  readonly urgentShare: number;
}

/** What is to go: the oldest first. */
export interface Expiry {
  /** Elems recorded before this, Unix ms; null: none for their age. */
  readonly beforeMs: number | null;
  /** So many of the oldest elems, for want of room. */
  readonly elems: number;
  /** Loaded data sets, for want of room when there is nothing recorded (any more). */
  readonly dataSets: readonly string[];
}

const DAY_MS = 86_400_000;
/** When the quota is passed, so much is let go that this share of it is used: not a little at every write. */
const AIM = 0.9;

/** Which of the stock to let go. @returns null when all may stay. */
export function planExpiry(stock: Stock): Expiry | null {
  const { nowMs, keepDays, quotaBytes, usedBytes, elems, oldestMs, loaded } = stock;
  const cutoffMs = nowMs - keepDays * DAY_MS;
  const beforeMs = oldestMs !== null && oldestMs < cutoffMs ? cutoffMs : null;
  const urgent = usedBytes * stock.urgentShare;
  let excess = Math.max(urgent, usedBytes > quotaBytes ? usedBytes - quotaBytes * AIM : 0);
  if (excess <= 0) return beforeMs === null ? null : { beforeMs, elems: 0, dataSets: [] };

  const loadedBytes = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
  const recordedBytes = Math.max(0, usedBytes - loadedBytes);
  const share = recordedBytes === 0 ? 1 : Math.min(1, excess / recordedBytes);
  excess -= elems === 0 ? 0 : recordedBytes * share;
  const dataSets: string[] = [];
  for (const { id, bytes } of loaded) {
    if (excess <= 0) break;
    dataSets.push(id);
    excess -= bytes;
  }
  return { beforeMs, elems: Math.ceil(elems * share), dataSets };
}
