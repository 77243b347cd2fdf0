import type { HistorySettings } from '../../../workers/api-history.ts';

/** What the user set for the history, remembered by this browser. */
export const DEFAULT_SETTINGS: HistorySettings = { isRecording: true, quotaBytes: 500e6, keepDays: 30 };

/** What may be chosen. */
export const QUOTAS_BYTES = [100e6, 250e6, 500e6, 1e9, 2e9, 5e9] as const;
export const KEEP_DAYS = [1, 7, 30, 90, 365] as const;

const KEY = 'routescope.history';

type Readable = Pick<Storage, 'getItem'>;
type Writable = Pick<Storage, 'setItem'>;

/** The remembered settings; null before the history page was ever opened here, or where the browser remembers nothing. */
export function loadSettings(storage: Readable | null = localOrNull()): HistorySettings | null {
  try {
    const value: unknown = JSON.parse(storage?.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const { isRecording, quotaBytes, keepDays } = value as Partial<Record<keyof HistorySettings, unknown>>;
    return {
      isRecording: isRecording === true,
      quotaBytes: oneOf(QUOTAS_BYTES, quotaBytes) ?? DEFAULT_SETTINGS.quotaBytes,
      keepDays: oneOf(KEEP_DAYS, keepDays) ?? DEFAULT_SETTINGS.keepDays,
    };
  } catch {
    return null;
  }
}

function oneOf(list: readonly number[], value: unknown): number | undefined {
  return list.find((one) => one === value);
}

export function saveSettings(settings: HistorySettings, storage: Writable | null = localOrNull()): void {
  try {
    storage?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage only costs the next page the choice.
  }
}

function localOrNull(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
