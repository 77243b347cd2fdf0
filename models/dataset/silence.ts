import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { LabelledStream } from './stream.ts';

/** Minutes without a word from anybody that are still taken for quiet ones, as in `core/feature` (docs/features.md, `silence`). */
const MAX_QUIET_MINUTES = 2;

/**
 * Mask the minutes in which no stream of a collector counts anything for longer than that: sources that write a row of zeros for
 * what was not recorded (UFAM's AS path error lacks eight minutes of every hour) would have the models take a gap for the calm before
 * an event. One stream alone may just be quiet and is left as it is.
 */
export function maskSilence(streams: readonly LabelledStream[]): LabelledStream[] {
  const recordings = new Map<string, LabelledStream[]>();
  for (const stream of streams) {
    const key = `${stream.event}\n${stream.collector}`;
    recordings.set(key, [...(recordings.get(key) ?? []), stream]);
  }
  const masks = new Map<LabelledStream, Uint8Array>();
  for (const of of recordings.values()) {
    if (of.length < 2) continue;
    for (const stream of of) masks.set(stream, Uint8Array.from(stream.isMasked));
    for (const [first, end] of silences(of)) {
      for (const stream of of) maskBetween(stream, masks.get(stream)!, first, end);
    }
  }
  return streams.map((stream) => {
    const isMasked = masks.get(stream);
    return isMasked ? { ...stream, isMasked } : stream;
  });
}

function maskBetween(
  { firstMinute, minutes }: LabelledStream,
  isMasked: Uint8Array,
  first: number,
  end: number,
): void {
  const from = Math.max(0, first - firstMinute);
  isMasked.fill(1, from, Math.max(from, Math.min(minutes, end - firstMinute)));
}

/** Where everybody is silent for too long: first minute and the one after the last. */
function silences(streams: readonly LabelledStream[]): [number, number][] {
  const begin = Math.min(...streams.map(({ firstMinute }) => firstMinute));
  const end = Math.max(...streams.map(({ firstMinute, minutes }) => firstMinute + minutes));
  const found: [number, number][] = [];
  let since = begin;
  for (let minute = begin; minute <= end; minute++) {
    if (minute < end && streams.every((stream) => isSilent(stream, minute))) continue;
    if (minute - since > MAX_QUIET_MINUTES) found.push([since, minute]);
    since = minute + 1;
  }
  return found;
}

/** Whether a stream has no row for a minute, or one that counts nothing. */
function isSilent({ firstMinute, minutes, isMasked, values }: LabelledStream, minute: number): boolean {
  const i = minute - firstMinute;
  if (i < 0 || i >= minutes || isMasked[i]) return true;
  for (let at = i * MODEL_WIDTH; at < (i + 1) * MODEL_WIDTH; at++) if (values[at]! > 0) return false;
  return true;
}
