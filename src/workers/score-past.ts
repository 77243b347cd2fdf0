import { FEATURE_COUNT, FEATURE_NAMES } from '#core/feature/features.ts';
import { BgpError } from '#core/error.ts';
import type { FeatureHistory } from '#core/feature/history.ts';
import { decodeHistory } from '#core/feature/history.ts';
import type { FeatureFrame } from '#core/feature/window.ts';

/** Windows of a past that the network is asked about, the newest: a few seconds' work (a quarter of a millisecond each). */
const MAX_NETWORK_WINDOWS = 12_000;

/** A day of a thousand vantages. */
const MAX_BYTES = 96 * 1024 * 1024;

/** Read a history, gzipped. @throws {BgpError} FEATURE_HISTORY_BAD */
export async function readPast(gzipped: Uint8Array): Promise<FeatureHistory> {
  const stream = new Blob([gzipped as Uint8Array<ArrayBuffer>]).stream();
  const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      length += part.value.length;
      if (length > MAX_BYTES) throw new Error(`it is over ${MAX_BYTES} bytes`);
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : 'it is not gzip';
    throw new BgpError('FEATURE_HISTORY_BAD', reason, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return decodeHistory(bytes);
}

/** The minute from which on the network is asked about a past that is taken up to minute `until`; before it the others speak alone. */
export function askedFrom({ firstMinute, minutes, streams }: FeatureHistory, until: number): number {
  const end = Math.min(firstMinute + minutes, until);
  return end - Math.floor(MAX_NETWORK_WINDOWS / Math.max(1, streams.length));
}

/** A history as the frames it was, those that end by `untilMinute`. Columns it has not are unknown, and so is what is not known. */
export function* framesOf(history: FeatureHistory, untilMinute: number): Generator<FeatureFrame> {
  const { firstMinute, minutes, columns, streams } = history;
  const locations = columns.map((name) => FEATURE_NAMES.indexOf(name));
  for (let i = 0; i < minutes && firstMinute + i < untilMinute; i++) {
    const from = i * columns.length;
    const isKnown = (values: Float32Array): boolean =>
      locations.some((_, c) => !Number.isNaN(values[from + c]));
    const heard = streams.filter(({ values }) => isKnown(values));
    if (heard.length === 0) continue;
    const vectors = new Float64Array(heard.length * FEATURE_COUNT).fill(Number.NaN);
    for (const [row, { values }] of heard.entries()) {
      for (const [c, at] of locations.entries())
        if (at !== -1) vectors[row * FEATURE_COUNT + at] = values[from + c]!;
    }
    yield {
      startUs: (firstMinute + i) * 60e6,
      widthS: 60,
      streams: heard.map(({ name }) => name),
      masks: new Uint8Array(heard.length),
      values: vectors,
    };
  }
}
