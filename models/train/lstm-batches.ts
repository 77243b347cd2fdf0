import { LSTM_SEQUENCE, LSTM_STEPS, LSTM_WIDTH, LstmInput } from '../../src/lib/ml/lstm-input.ts';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { normal } from './lstm-normal.ts';
import type { RiseParams } from './lstm-rises.ts';
import { writeRise } from './lstm-rises.ts';
import type { Random } from './random.ts';

/** How batches are drawn and disturbed. */
export interface BatchParams {
  /** Sequences per batch: `groups` streams give `positives` + `negatives` each. */
  readonly groups: number;
  readonly positives: number;
  readonly negatives: number;
  /** Standard deviation of the logarithm of a sequence's common scale: events are larger and smaller than those seen. */
  readonly scale: number;
  /** Of an offset per sequence and channel: normalisation is never exact. */
  readonly shift: number;
  /** Of noise per value. */
  readonly noise: number;
  /** Chance of a channel to be blanked through a sequence: none must be indispensable. */
  readonly blankChannel: number;
  /** Chance of a step to be blanked: gaps happen. */
  readonly blankStep: number;
  /** Share of the positives that are made: a rise put on regular minutes. */
  readonly made: number;
  /** Share of the negatives that follow one, so many minutes after its end: over is over, whatever the longer means say. */
  readonly past: number;
  readonly pastMinutes: readonly [number, number];
  readonly rise: RiseParams;
}

/** A batch: `labels.length` sequences of `LSTM_SEQUENCE` values. */
export interface Batch {
  readonly sequences: Float32Array;
  readonly labels: Float32Array;
}

/** A stream's sequences without storing them 15 times over: rows of `LSTM_WIDTH` by minute, zeros where unknown. */
export interface SequenceStream {
  readonly event: string;
  readonly source: Pick<PreparedStream, 'z' | 'isKnown'>;
  readonly rows: Float32Array;
  /** Scored minutes inside and outside the label. */
  readonly positives: Uint32Array;
  readonly negatives: Uint32Array;
}

const made = new WeakMap<PreparedStream, SequenceStream>();

/** What the network sees of a stream, minute by minute; made once per stream. */
export function sequenceStream(stream: PreparedStream): SequenceStream {
  const known = made.get(stream);
  if (known) return known;
  const minutes = stream.isKnown.length;
  const rows = new Float32Array(minutes * LSTM_WIDTH);
  const sequence = new Float32Array(LSTM_SEQUENCE);
  const input = new LstmInput();
  for (let i = 0; i < minutes; i++) {
    if (!stream.isKnown[i]) continue;
    input.push(i, stream.z.subarray(i * MODEL_WIDTH, (i + 1) * MODEL_WIDTH));
    input.write(sequence);
    rows.set(sequence.subarray((LSTM_STEPS - 1) * LSTM_WIDTH), i * LSTM_WIDTH);
  }
  const scored = Uint32Array.from(stream.isScored.keys()).filter((i) => stream.isScored[i] === 1);
  const { label, event } = stream.source;
  const result: SequenceStream = {
    event,
    source: stream,
    rows,
    positives: scored.filter((i) => label[i] === 1),
    negatives: scored.filter((i) => label[i] === 0),
  };
  made.set(stream, result);
  return result;
}

/** Write the sequence that ends with minute `i`. */
export function writeSequence({ rows }: SequenceStream, i: number, target: Float32Array, at: number): void {
  const first = i - LSTM_STEPS + 1;
  const missing = Math.max(0, -first) * LSTM_WIDTH;
  target.fill(0, at, at + missing);
  target.set(rows.subarray(Math.max(0, first) * LSTM_WIDTH, (i + 1) * LSTM_WIDTH), at + missing);
}

/**
 * Draws batches: an event is as likely as another, then its streams alike, whatever they are long.
 */
export class BatchSource {
  readonly #events: readonly (readonly SequenceStream[])[];
  readonly #params: BatchParams;
  readonly #random: Random;

  constructor(streams: readonly SequenceStream[], params: BatchParams, random: Random) {
    const events = new Map<string, SequenceStream[]>();
    for (const stream of streams) {
      if (stream.negatives.length === 0) continue;
      events.set(stream.event, [...(events.get(stream.event) ?? []), stream]);
    }
    this.#events = [...events.values()];
    this.#params = params;
    this.#random = random;
  }

  next(): Batch {
    const { groups, positives, negatives } = this.#params;
    const perGroup = positives + negatives;
    const sequences = new Float32Array(groups * perGroup * LSTM_SEQUENCE);
    const labels = new Float32Array(groups * perGroup);
    for (let group = 0; group < groups; group++) {
      const stream = this.#pick(this.#pick(this.#events));
      for (let i = 0; i < perGroup; i++) {
        const at = group * perGroup + i;
        const sequence = sequences.subarray(at * LSTM_SEQUENCE, (at + 1) * LSTM_SEQUENCE);
        labels[at] = i < positives && this.#writePositive(stream, sequence) ? 1 : 0;
        if (labels[at] === 0) this.#writeNegative(stream, sequence);
        this.#disturb(sequence);
      }
    }
    return { sequences, labels };
  }

  /** @returns whether there was one to write: an unlabelled stream only has what is made. */
  #writePositive(stream: SequenceStream, target: Float32Array): boolean {
    const { made, rise } = this.#params;
    if (this.#random() < made) {
      writeRise(
        stream.source,
        this.#pick(stream.negatives),
        { ...rise, endedMinutes: 0 },
        this.#random,
        target,
      );
      return true;
    }
    if (stream.positives.length === 0) return false;
    writeSequence(stream, this.#pick(stream.positives), target, 0);
    return true;
  }

  #writeNegative(stream: SequenceStream, target: Float32Array): void {
    const { past, pastMinutes, rise } = this.#params;
    const minute = this.#pick(stream.negatives);
    if (this.#random() >= past) return writeSequence(stream, minute, target, 0);
    const [least, most] = pastMinutes;
    const endedMinutes = least + Math.floor(this.#random() * (most - least));
    writeRise(stream.source, minute, { ...rise, endedMinutes }, this.#random, target);
  }

  #pick<T>(from: { readonly length: number; readonly [i: number]: T }): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #disturb(sequence: Float32Array): void {
    const { scale, shift, noise, blankChannel, blankStep } = this.#params;
    const random = this.#random;
    const factor = Math.exp(scale * normal(random));
    const offsets = Array.from({ length: LSTM_WIDTH }, () =>
      random() < blankChannel ? NaN : shift * normal(random),
    );
    for (let step = 0; step < LSTM_STEPS; step++) {
      const isBlank = random() < blankStep;
      for (let channel = 0; channel < LSTM_WIDTH; channel++) {
        const at = step * LSTM_WIDTH + channel;
        const offset = offsets[channel]!;
        const isKept = !isBlank && !Number.isNaN(offset);
        sequence[at] = isKept ? sequence[at]! * factor + offset + noise * normal(random) : 0;
      }
    }
  }
}
