import { CONTEXT_WIDTH, contextsOf } from '../dataset/contexts.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { RowTable } from './isolation.ts';

/** Share of an event's weight that its labelled minutes have, whatever its length. */
const POSITIVE_SHARE = 0.3;

/** Labelled rows for supervised learning. */
export interface LabelledRows extends RowTable {
  readonly labels: Uint8Array;
  /** Every event weighs 1 in all, each of its streams alike, its label `POSITIVE_SHARE`. */
  readonly weights: Float64Array;
}

/**
 * Scored minutes of streams as context rows; of the regular ones every `stride`th, neighbours being nearly the same.
 */
export function labelledRows(streams: readonly PreparedStream[], stride = 1): LabelledRows {
  const count = streams.reduce((sum, stream) => sum + countOf(stream, isTaken(stream, stride)), 0);
  const values = new Float32Array(count * CONTEXT_WIDTH);
  const labels = new Uint8Array(count);
  const weights = new Float64Array(count);
  const streamsOf = new Map<string, number>();
  for (const { source } of streams) streamsOf.set(source.event, (streamsOf.get(source.event) ?? 0) + 1);
  let row = 0;
  for (const stream of streams) {
    const { label, event } = stream.source;
    const share = 1 / streamsOf.get(event)!;
    const takes = isTaken(stream, stride);
    const positives = countOf(stream, (i) => label[i] === 1);
    const negatives = countOf(stream, (i) => label[i] === 0 && takes(i));
    const contexts = contextsOf(stream);
    for (let i = 0; i < stream.isScored.length; i++) {
      if (!stream.isScored[i] || !takes(i)) continue;
      values.set(contexts.subarray(i * CONTEXT_WIDTH, (i + 1) * CONTEXT_WIDTH), row * CONTEXT_WIDTH);
      labels[row] = label[i]!;
      weights[row] = label[i]
        ? (share * POSITIVE_SHARE) / positives
        : (share * (1 - POSITIVE_SHARE)) / negatives;
      row++;
    }
  }
  return { width: CONTEXT_WIDTH, count, values, labels, weights };
}

/** Scored minutes outside every label as context rows: what the isolation forest grows on. */
export function regularRows(streams: readonly PreparedStream[]): RowTable {
  const isRegular = (stream: PreparedStream) => (i: number) => stream.source.label[i] === 0;
  const count = streams.reduce((sum, stream) => sum + countOf(stream, isRegular(stream)), 0);
  const values = new Float32Array(count * CONTEXT_WIDTH);
  let row = 0;
  for (const stream of streams) {
    const contexts = contextsOf(stream);
    for (let i = 0; i < stream.isScored.length; i++) {
      if (!stream.isScored[i] || stream.source.label[i]) continue;
      values.set(contexts.subarray(i * CONTEXT_WIDTH, (i + 1) * CONTEXT_WIDTH), row * CONTEXT_WIDTH);
      row++;
    }
  }
  return { width: CONTEXT_WIDTH, count, values };
}

function isTaken(stream: PreparedStream, stride: number): (i: number) => boolean {
  return (i) => stream.source.label[i] === 1 || i % stride === 0;
}

function countOf(stream: PreparedStream, isCounted: (i: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < stream.isScored.length; i++) if (stream.isScored[i] && isCounted(i)) count++;
  return count;
}
