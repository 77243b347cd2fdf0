import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MODEL_COLUMNS, MODEL_WIDTH } from './columns.ts';
import {
  LSTM_CHANNELS,
  LSTM_SEQUENCE,
  LSTM_SPANS_MINUTES,
  LSTM_STEPS,
  LSTM_WIDTH,
  LstmInput,
  writeChannels,
} from './lstm-input.ts';

const channelsOf = (z: ArrayLike<number>): number[] => {
  const channels = new Float64Array(LSTM_CHANNELS.length);
  writeChannels(z, channels);
  return [...channels];
};
const zWith = (values: Partial<Record<(typeof MODEL_COLUMNS)[number], number>>): Float32Array =>
  Float32Array.from(MODEL_COLUMNS, (name) => values[name] ?? 0);
const sequenceOf = (input: LstmInput): Float32Array => {
  const sequence = new Float32Array(LSTM_SEQUENCE).fill(NaN);
  input.write(sequence);
  return sequence;
};
const channel = (name: string): number => LSTM_CHANNELS.indexOf(name);

describe('channels of a minute', () => {
  test('a usual minute is zero in all of them', () => {
    expect(channelsOf(new Float32Array(MODEL_WIDTH))).toEqual(LSTM_CHANNELS.map(() => 0));
  });

  test('a group is the mean of its squashed columns', () => {
    const channels = channelsOf(zWith({ nadas: 3, flaps: 6 }));
    expect(channels[channel('returned')]).toBeCloseTo((1.5 * (Math.tanh(1) + Math.tanh(2))) / 2, 12);
    expect(channels[channel('announced')]).toBe(0);
  });

  test('path lengths are in none', () => {
    const z = zWith({ as_path_avg: 20, as_path_max: 20, edit_distance_avg: 20, edit_distance_max: 20 });
    expect(channelsOf(z)).toEqual(LSTM_CHANNELS.map(() => 0));
  });

  test('breadth counts columns that are far out, however far', () => {
    const one = channelsOf(zWith({ withdrawals: 5 }));
    expect(channelsOf(zWith({ withdrawals: 20 }))[channel('breadth')]).toBe(one[channel('breadth')]);
    expect(channelsOf(zWith({ withdrawals: 5, flaps: 5 }))[channel('breadth')]).toBe(
      2 * one[channel('breadth')]!,
    );
    expect(channelsOf(zWith({ withdrawals: 2 }))[channel('breadth')]).toBe(0);
  });

  test('the peak is the mean of the four highest', () => {
    const all = channelsOf(zWith({ withdrawals: 9, flaps: 9, news: 9, dups: 9, wd_dups: -9 }));
    expect(all[channel('peak')]).toBeCloseTo(1.5 * Math.tanh(3), 12);
  });

  test.each([NaN, Infinity, -Infinity])('a column of %s counts as usual', (broken) => {
    expect(channelsOf(zWith({ withdrawals: broken, flaps: 4 }))).toEqual(channelsOf(zWith({ flaps: 4 })));
  });
});

describe('the sequence of a stream', () => {
  test('a new stream has zeros before its first minute', () => {
    const input = new LstmInput();
    input.push(29_000_000, zWith({ withdrawals: 3 }));
    const sequence = sequenceOf(input);
    expect(sequence.subarray(0, -LSTM_WIDTH).every((value) => value === 0)).toBe(true);
    // One minute is its own mean over every span.
    const now = [...sequence.subarray(-LSTM_WIDTH)];
    const expected = channelsOf(zWith({ withdrawals: 3 }));
    expect(now).toEqual(LSTM_SPANS_MINUTES.flatMap(() => expected.map(Math.fround)));
  });

  test('nothing pushed: zeros', () => {
    expect(sequenceOf(new LstmInput()).every((value) => value === 0)).toBe(true);
  });

  test('a stream that stops for two hours comes back as a new one', () => {
    const before = new LstmInput();
    for (let minute = 0; minute < 90; minute++) before.push(1000 + minute, zWith({ withdrawals: 9 }));
    const fresh = new LstmInput();
    for (const input of [before, fresh]) {
      input.push(1210, zWith({ flaps: 1 }));
      input.push(1211, zWith({ flaps: 2 }));
    }
    expect(sequenceOf(before)).toEqual(sequenceOf(fresh));
  });

  test('minutes that do not ascend, and what is not a minute, change nothing', () => {
    const input = new LstmInput();
    input.push(100, zWith({ withdrawals: 3 }));
    const before = sequenceOf(input);
    for (const minute of [100, 99, NaN, Infinity, 100.5, -1]) input.push(minute, zWith({ flaps: 9 }));
    expect(sequenceOf(input)).toEqual(before);
  });

  const minutesArbitrary = fc.array(
    fc.record({
      gap: fc.oneof({ arbitrary: fc.constant(1), weight: 8 }, fc.integer({ min: 2, max: 90 })),
      z: fc.array(fc.float({ min: -20, max: 20, noNaN: true }), {
        minLength: MODEL_WIDTH,
        maxLength: MODEL_WIDTH,
      }),
    }),
    { minLength: 1, maxLength: 150 },
  );

  test('equals means taken the long way, gaps and all', () => {
    fc.assert(
      fc.property(minutesArbitrary, (minutes) => {
        const input = new LstmInput();
        const known = new Map<number, number[]>();
        let now = 0;
        for (const { gap, z } of minutes) {
          now += gap;
          known.set(now, channelsOf(z));
          input.push(now, z);
        }
        const sequence = sequenceOf(input);
        for (let step = 0; step < LSTM_STEPS; step++) {
          const row = sequence.subarray(step * LSTM_WIDTH, (step + 1) * LSTM_WIDTH);
          const expected = slowRow(known, now - (LSTM_STEPS - 1 - step));
          for (const [i, value] of expected.entries()) expect(row[i]).toBeCloseTo(value, 5);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('what comes later does not change what was read before', () => {
    fc.assert(
      fc.property(minutesArbitrary, (minutes) => {
        const long = new LstmInput();
        let now = 0;
        const seen: Float32Array[] = [];
        for (const { gap, z } of minutes) {
          now += gap;
          long.push(now, z);
          seen.push(sequenceOf(long));
        }
        const short = new LstmInput();
        now = 0;
        const half = minutes.length >> 1;
        for (const { gap, z } of minutes.slice(0, half + 1)) short.push((now += gap), z);
        expect(sequenceOf(short)).toEqual(seen[half]);
      }),
      { numRuns: 20 },
    );
  });

  test('without no column it is the same sequence; without all of them nothing is left', () => {
    const input = new LstmInput();
    for (let minute = 0; minute < 200; minute++) {
      if (minute % 7) input.push(minute, zWith({ withdrawals: minute % 5, flaps: minute % 3 }));
    }
    const other = new Float32Array(LSTM_SEQUENCE);
    input.writeWithout([], other);
    expect(other).toEqual(sequenceOf(input));
    input.writeWithout([...MODEL_COLUMNS.keys()], other);
    expect(other.every((value) => value === 0)).toBe(true);
  });
});

function slowRow(known: ReadonlyMap<number, number[]>, minute: number): number[] {
  if (!known.has(minute)) return Array.from({ length: LSTM_WIDTH }, () => 0);
  return LSTM_SPANS_MINUTES.flatMap((span) => {
    const inside = [...known]
      .filter(([at]) => at > minute - span && at <= minute)
      .map(([, values]) => values);
    return LSTM_CHANNELS.map((_, i) => inside.reduce((sum, values) => sum + values[i]!, 0) / inside.length);
  });
}
