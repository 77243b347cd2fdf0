import { expect, test } from 'vitest';
import { peers, Scenario } from './scenario.fixture.ts';
import { StreamClock } from './stream-clock.ts';

/** A clock after four minutes of four elems a second; it is 240 s. */
function busy(): StreamClock {
  const clock = new StreamClock();
  for (let i = 0; i <= 960; i++) clock.step(i * 250_000, i % 5);
  return clock;
}

test('follows the newest elem; late ones do not move it', () => {
  const clock = new StreamClock();
  expect(clock.nowUs).toBe(-Infinity);
  expect([5e6, 3e6, 9e6].map((timeUs) => clock.step(timeUs, 1))).toEqual([5e6, 5e6, 9e6]);
});

test('a sparse stream is believed, however far apart its elems are', () => {
  const clock = new StreamClock();
  for (let hour = 0; hour < 1000; hour++) expect(clock.step(hour * 3600e6, 1)).toBe(hour * 3600e6);
  expect(clock.doubted).toBe(0);
});

test.each<[string, [atS: number, vantage: number][], nowS: number, doubted: number]>([
  ['a little ahead is believed', [[360, 1]], 360, 0],
  [
    'one elem far ahead is not',
    [
      [86_400, 1],
      [241, 2],
    ],
    241,
    1,
  ],
  ['nor is it years later', [[1e9, 1]], 240, 1],
  ['nor a message of fifty prefixes', Array.from({ length: 50 }, () => [7200, 1]), 240, 50],
  [
    'nor a peer that goes on so between the others',
    Array.from({ length: 40 }, (_, i) => (i % 2 ? [240, 2] : [7200 + i, 1])),
    240,
    20,
  ],
  ['nor several that do not agree', Array.from({ length: 20 }, (_, i) => [7200 * (i + 1), i]), 240, 20],
  ['eight that agree are: a hole in the data', Array.from({ length: 8 }, (_, i) => [7200 + i, i]), 7207, 7],
  [
    'and the stream goes on from there',
    [...Array.from({ length: 8 }, (_, i) => [7200, i] as [number, number]), [7230, 1]],
    7230,
    7,
  ],
])('in a busy stream: %s', (_name, elems, nowS, doubted) => {
  const clock = busy();
  for (const [atS, vantage] of elems) clock.step(atS * 1e6, vantage);
  expect(clock.nowUs).toBe(nowS * 1e6);
  expect(clock.doubted).toBe(doubted);
});

test('one elem from the far future neither ages nor closes incidents, nor does it change what comes after', () => {
  const all = peers(20);
  const stream = (isBad: boolean): Scenario => {
    const scenario = new Scenario()
      .table('8.20.0.0/22', '3356 4200', all)
      .table('8.77.0.0/22', '174 5301', all);
    for (let atS = 0; atS < 300; atS++) {
      if (atS === 100) scenario.announce(atS, '8.20.1.0/24', '174 5301', all);
      if (atS === 200 && isBad) scenario.announce(2 * 86_400, '8.77.0.0/22', '3356 174 5301', [1]);
      if (atS === 200 && !isBad) scenario.announce(atS, '8.77.0.0/22', '3356 174 5301', [1]);
      if (atS === 290) scenario.withdraw(atS, '8.20.1.0/24', all);
      scenario.announce(atS, '8.77.0.0/22', `${atS % 2 ? 1299 : 174} 5301`, [3, 4]);
    }
    return scenario;
  };
  const good = stream(false).run();
  const bad = stream(true).run();
  const hijack = bad.incidents.find(({ type }) => type === 'subprefix-hijack')!;
  expect(hijack).toMatchObject({ state: 'withdrawn', culprits: [5301] });
  expect((hijack.endedAtUs! - hijack.firstSeenUs) / 1e6).toBe(190);
  expect(bad.incidents).toEqual(good.incidents);
  expect([good.engine.stats().doubtedElems, bad.engine.stats().doubtedElems]).toEqual([0, 1]);
});
