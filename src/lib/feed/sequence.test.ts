import { expect, test } from 'vitest';
import { Sequence } from './sequence.ts';

const frames = (sequence: Sequence, ...places: [number, number][]): (string | object)[] =>
  places.map(([prev, seq]) => {
    const place = sequence.frame({ seq, prev });
    return place.verdict === 'gap' ? place.gap : place.verdict;
  });
const missing = (from: number, to: number, frameCount = to - from + 1) => ({
  reason: 'unexplained',
  from,
  to,
  frames: frameCount,
  elems: null,
});

function started(): Sequence {
  const sequence = new Sequence(null);
  sequence.hello(1);
  return sequence;
}

test('the first frame may have any number', () => {
  expect(frames(started(), [41, 42], [42, 43])).toEqual(['next', 'next']);
});

test('a missing frame is a gap, once', () => {
  expect(frames(started(), [0, 1], [3, 4], [4, 5])).toEqual(['next', missing(2, 3), 'next']);
});

test('frames a filter holds back are none', () => {
  expect(frames(started(), [0, 1], [1, 9], [9, 20])).toEqual(['next', 'next', 'next']);
});

test('what comes again is told', () => {
  expect(frames(started(), [0, 1], [0, 1], [1, 2], [0, 1])).toEqual(['next', 'repeat', 'next', 'repeat']);
});

test('a gap the relay tells is not found again', () => {
  const sequence = started();
  frames(sequence, [0, 1]);
  sequence.told({ reason: 'slow', from: 2, to: 6, frames: 5, elems: 10 });
  expect(frames(sequence, [6, 7], [9, 10])).toEqual(['next', missing(8, 9)]);
});

test('a frame that could not be read is no gap; those lost beside it are', () => {
  const sequence = started();
  frames(sequence, [0, 1]);
  sequence.unreadable();
  expect(frames(sequence, [2, 3])).toEqual(['next']);
  sequence.unreadable();
  expect(frames(sequence, [6, 7])).toEqual([missing(4, 6, 2)]);
});

test('another stream starts anew; the relay tells the gap', () => {
  const sequence = started();
  frames(sequence, [0, 1]);
  expect(sequence.hello(1)).toEqual({ isOther: false, gap: null });
  expect(sequence.last).toBe(1);
  expect(sequence.hello(2)).toEqual({ isOther: true, gap: null });
  sequence.told({ reason: 'restarted', from: null, to: null, frames: null, elems: null });
  expect(sequence.last).toBe(null);
  expect(frames(sequence, [0, 1])).toEqual(['next']);
});

test.each<[string, number, [number, number], string | object]>([
  ['nothing', 1, [10, 11], 'next'],
  ['nothing, and sees some again', 1, [3, 4], 'next'],
  ['some frames', 1, [14, 15], { ...missing(11, 14), reason: 'evicted' }],
])('a page that came back missed %s', (_what, stream, place, wanted) => {
  const sequence = new Sequence({ stream, seq: 10 });
  expect(sequence.hello(1).gap).toBe(null);
  expect(sequence.last).toBe(null);
  expect(frames(sequence, place)).toEqual([wanted]);
});

test('a page that came back to another run of the relay missed what nobody knows', () => {
  const sequence = new Sequence({ stream: 5, seq: 10 });
  expect(sequence.hello(1).gap).toMatchObject({ reason: 'restarted', frames: null });
  expect(frames(sequence, [90, 91])).toEqual(['next']);
});
