import { expect, test } from 'vitest';
import { AlarmRule } from './alarm.ts';

const run = (minutes: string): string => {
  const rule = new AlarmRule();
  return [...minutes].map((minute) => (rule.step(minute === '#') ? '!' : '.')).join('');
};

test.each([
  ['one bad minute raises nothing', '..#....', '.......'],
  ['a sustained rise is told in its third minute', '..###', '....!'],
  ['three of five are enough', '#.#.#', '....!'],
  ['three of six are not', '#..#.#', '......'],
  ['it stands while three of five are over, through a pause of two', '###..###', '..!!!!!!'],
])('%s', (_name, minutes, want) => {
  if (want.length !== minutes.length) throw new Error('case');
  expect(run(minutes)).toBe(want);
});
