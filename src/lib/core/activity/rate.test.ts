import { describe, expect, test } from 'vitest';
import { RateRing } from './rate.ts';

const T = 1_203_878_880;

function ring(stepS = 1, steps = 10): RateRing {
  return new RateRing(stepS, steps);
}

describe('rates per step of data time', () => {
  test('the step the clock is in is not shown yet', () => {
    const rate = ring();
    rate.advance(T * 1e6, false);
    rate.add(T * 1e6, false);
    expect(rate.snapshot().timeS).toHaveLength(0);
    rate.advance((T + 1.5) * 1e6, true);
    expect(rate.snapshot()).toEqual({
      stepS: 1,
      timeS: Float64Array.of(T),
      announce: Float64Array.of(1),
      withdraw: Float64Array.of(0),
    });
  });

  test('quiet steps are 0, gaps are NaN', () => {
    const rate = ring();
    rate.advance(T * 1e6, false);
    rate.add(T * 1e6, true);
    rate.advance((T + 2) * 1e6, true);
    rate.advance((T + 5) * 1e6, false);
    rate.advance((T + 6) * 1e6, true);
    const { timeS, withdraw } = rate.snapshot();
    expect([...timeS]).toEqual([T, T + 1, T + 2, T + 3, T + 4, T + 5]);
    expect([...withdraw]).toEqual([1, 0, 0, Number.NaN, Number.NaN, 0]);
  });

  test('what comes late falls into its own step, and fills a gap', () => {
    const rate = ring();
    rate.advance(T * 1e6, false);
    rate.advance((T + 4) * 1e6, false);
    expect(rate.add((T + 2) * 1e6, false)).toBe(true);
    expect(rate.add((T - 3) * 1e6, false)).toBe(true);
    const { timeS, announce } = rate.snapshot();
    expect([...timeS]).toEqual([T - 3, T - 2, T - 1, T, T + 1, T + 2, T + 3]);
    expect([...announce]).toEqual([1, Number.NaN, Number.NaN, 0, Number.NaN, 1, Number.NaN]);
  });

  test('what is older than the ring or newer than the clock is refused', () => {
    const rate = ring();
    rate.advance(T * 1e6, false);
    expect(rate.add((T - 10) * 1e6, false)).toBe(false);
    expect(rate.add((T - 9) * 1e6, false)).toBe(true);
    expect(rate.add((T + 1) * 1e6, false)).toBe(false);
  });

  test('keeps the last steps only, through any jump ahead', () => {
    const rate = ring();
    for (let s = 0; s < 25; s++) {
      rate.advance((T + s) * 1e6, true);
      for (let n = 0; n < s; n++) rate.add((T + s) * 1e6, false);
    }
    expect([...rate.snapshot().announce]).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23]);
    rate.advance((T + 1000) * 1e6, false);
    const { timeS, announce } = rate.snapshot();
    expect(timeS.at(-1)).toBe(T + 999);
    expect(announce.every((value) => Number.isNaN(value))).toBe(true);
  });

  test('wide steps give elems per second all the same', () => {
    const rate = ring(10);
    rate.advance(T * 1e6, false);
    for (let s = 0; s < 20; s++) {
      rate.advance((T + s) * 1e6, true);
      rate.add((T + s) * 1e6, false);
    }
    rate.advance((T + 20) * 1e6, true);
    expect([...rate.snapshot().announce]).toEqual([1, 1]);
    expect([...rate.snapshot().timeS]).toEqual([T, T + 10]);
  });
});
