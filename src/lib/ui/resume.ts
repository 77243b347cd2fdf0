import type { FeedHealth } from '../../workers/api.ts';

/** Where this tab stopped: a reload hands it to the relay and learns whether anything was missed in between. */
export interface ResumeToken {
  readonly stream: number;
  readonly seq: number;
}

const KEY = 'routescope.resume';

/** The remembered place of this tab, or null: a new tab, no storage, or text that is not ours. */
export function loadResume(storage: Pick<Storage, 'getItem'> | null = tabStorage()): ResumeToken | null {
  try {
    const token: unknown = JSON.parse(storage?.getItem(KEY) ?? 'null');
    if (typeof token !== 'object' || token === null) return null;
    const { stream, seq } = token as Partial<Record<keyof ResumeToken, unknown>>;
    if (!Number.isSafeInteger(stream) || !Number.isSafeInteger(seq)) return null;
    return { stream: stream as number, seq: seq as number };
  } catch {
    return null;
  }
}

/** Remember how far the stream was read; does nothing before the first frame or without storage. */
export function saveResume(
  feed: Pick<FeedHealth, 'stream' | 'seq'>,
  storage: Pick<Storage, 'setItem'> | null = tabStorage(),
): void {
  if (feed.stream === null || feed.seq === 0) return;
  try {
    storage?.setItem(KEY, JSON.stringify({ stream: feed.stream, seq: feed.seq }));
  } catch {
    // A full or forbidden storage only costs the reload its knowledge of what it missed.
  }
}

function tabStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
