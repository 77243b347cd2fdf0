import { describe, expect, test } from 'vitest';
import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import { maskSilence } from './silence.ts';
import type { LabelledStream } from './stream.ts';

/** A stream that announces as often as a list says, minute by minute; null: there is no row. */
function stream(peer: string, announced: readonly (number | null)[], firstMinute = 100): LabelledStream {
  const values = new Float64Array(announced.length * MODEL_WIDTH);
  announced.forEach((count, i) => (values[i * MODEL_WIDTH] = count ?? NaN));
  return {
    id: peer,
    event: 'event',
    peer,
    collector: 'rrc00',
    firstMinute,
    minutes: announced.length,
    values,
    isMasked: Uint8Array.from(announced, (count) => (count === null ? 1 : 0)),
    label: new Uint8Array(announced.length),
    role: 'labelled',
    droppedRows: 0,
  };
}

const masks = (streams: readonly LabelledStream[]): string[] =>
  maskSilence(streams).map(({ isMasked }) => isMasked.join(''));

describe('minutes in which nobody of a collector is heard', () => {
  test('more than two of them are a gap', () => {
    const one = stream('1', [5, 0, 0, 0, 5, 0, 0, 5]);
    const two = stream('2', [5, 0, 0, 0, 0, 0, 0, 5]);
    expect(masks([one, two])).toEqual(['01110000', '01110000']);
  });

  test('not when one of its peers is heard', () => {
    expect(masks([stream('1', [5, 0, 0, 0, 5]), stream('2', [5, 0, 1, 0, 5])])).toEqual(['00000', '00000']);
  });

  test('one stream alone may be quiet', () => {
    expect(masks([stream('1', [5, 0, 0, 0, 0, 5])])).toEqual(['000000']);
  });

  test('streams of other events and collectors say nothing of it', () => {
    const silent = stream('1', [5, 0, 0, 0, 5]);
    const elsewhere = { ...stream('2', [5, 0, 0, 0, 5]), collector: 'rrc01' };
    const later = { ...stream('3', [5, 0, 0, 0, 5]), event: 'other' };
    expect(masks([silent, elsewhere, later])).toEqual(['00000', '00000', '00000']);
  });

  test('a stream that ends or has no rows is as silent; nothing outside a stream is touched', () => {
    const short = stream('1', [5, 0]);
    const late = stream('2', [0, null, 0, 5], 101);
    expect(masks([short, late])).toEqual(['01', '1110']);
  });

  test('unknown columns are not counts, and the sources are left as they were', () => {
    const unknown = stream('1', [5, NaN, NaN, NaN, 5]);
    const other = stream('2', [5, 0, 0, 0, 5]);
    expect(masks([unknown, other])).toEqual(['01110', '01110']);
    expect(unknown.isMasked.includes(1)).toBe(false);
  });
});
