import { expect, test } from 'vitest';
import { PlaybackClock } from './playback-clock.ts';

const nothing = (): null => null;

function playing(speed: number): PlaybackClock {
  const clock = new PlaybackClock();
  clock.seek(1000e6, 0);
  clock.play(speed, 0);
  return clock;
}

test.each([
  [1, 2000, 1002e6],
  [60, 500, 1030e6],
  [1000, 100, 1100e6],
])('at %i times real time, after %i ms', (speed, nowMs, wantUs) => {
  const clock = playing(speed);
  expect(clock.advance(nowMs, Infinity, nothing)).toBe(false);
  expect(clock.timeUs).toBe(wantUs);
});

test('waits where the analysis is, and does not make up for it', () => {
  const clock = playing(10);
  expect(clock.advance(1000, 1005e6, nothing)).toBe(true);
  expect(clock.timeUs).toBe(1005e6);
  clock.advance(2000, 2000e6, nothing);
  expect(clock.timeUs).toBe(1015e6);
});

test('as fast as it goes is where the analysis is', () => {
  const clock = playing(0);
  clock.advance(1, 1500e6, nothing);
  expect(clock.timeUs).toBe(1500e6);
});

test('skips silence that would take more than a minute, but not less', () => {
  const clock = playing(1);
  clock.advance(10, Infinity, () => 1050e6);
  expect(clock.timeUs).toBe(1000.01e6);
  clock.advance(20, Infinity, () => 5000e6);
  expect(clock.timeUs).toBe(5000e6);
  clock.advance(1020, Infinity, nothing);
  expect(clock.timeUs).toBe(5001e6);
});

test('never goes back by itself, and stands still when paused', () => {
  const clock = playing(1);
  clock.advance(5000, Infinity, nothing);
  clock.advance(6000, 1000e6, nothing);
  expect(clock.timeUs).toBe(1005e6);
  clock.pause();
  clock.advance(9000, Infinity, nothing);
  expect(clock.timeUs).toBe(1005e6);
});
