import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { LSTM_CHANNELS, writeChannels } from '../../src/lib/ml/lstm-input.ts';
import { CONTEXT_SPANS_MINUTES, TrailingContext } from '../../src/lib/ml/context.ts';
import type { PreparedStream } from './prepared.ts';

/** Entries of a context row. */
export const CONTEXT_WIDTH = LSTM_CHANNELS.length * CONTEXT_SPANS_MINUTES.length;

const made = new WeakMap<PreparedStream, Float32Array>();

/** Trailing contexts of a stream, `minutes` rows of `CONTEXT_WIDTH`, zeros where unknown; made once per stream. */
export function contextsOf(stream: PreparedStream): Float32Array {
  const known = made.get(stream);
  if (known) return known;
  const minutes = stream.isKnown.length;
  const rows = new Float32Array(minutes * CONTEXT_WIDTH);
  const context = new TrailingContext(LSTM_CHANNELS.length);
  const channels = new Float64Array(LSTM_CHANNELS.length);
  for (let i = 0; i < minutes; i++) {
    if (!stream.isKnown[i]) continue;
    writeChannels(stream.z.subarray(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH), channels);
    rows.set(context.push(i, channels), i * CONTEXT_WIDTH);
  }
  made.set(stream, rows);
  return rows;
}
