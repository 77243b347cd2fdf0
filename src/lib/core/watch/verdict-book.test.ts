import { describe, expect, test } from 'vitest';
import { parsePrefix } from '../prefix/prefix.ts';
import { readWatchList } from './read.ts';
import type { VerdictTransition } from './verdict-record.ts';
import type { WatchedElem } from './monitors.ts';
import type { WatchList } from './watch-list.ts';
import { Watcher } from './watcher.ts';

const RULES = [{ prefixes: ['192.0.2.0/24'], origin_asns: [10], neighbors: [20] }];
const artemis = (rules: readonly object[]): WatchList => readWatchList({ rules });

/** A watcher with short words for what peers do; times in seconds, peers by number (peer 7 has AS 107). */
function stage(rules: readonly object[] = RULES, book = {}) {
  const watcher = new Watcher(artemis(rules), { book });
  const elem = (peer: number, s: number, prefix: string, peerAsn = 100 + peer): WatchedElem => ({
    key: parsePrefix(prefix),
    timeUs: s * 1e6,
    peer: String(peer),
    peerAsn,
  });
  return {
    watcher,
    announce: (peer: number, s: number, path: readonly number[], prefix = '192.0.2.0/24', peerAsn?: number) =>
      watcher.announce(elem(peer, s, prefix, peerAsn), path),
    withdraw: (peer: number, s: number, prefix = '192.0.2.0/24') => watcher.withdraw(elem(peer, s, prefix)),
    changes: (): string[] => watcher.book.take().map(lineOf),
  };
}

const lineOf = ({ change, record }: VerdictTransition): string =>
  `${change} ${record.notation} ${record.hijacker} ${record.peersGone}/${record.peerAsns.length}`;

const BAD = [3, 66];
const GOOD = [3, 20, 10];

describe('a verdict', () => {
  test('opens with the first peer and gathers the others', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, [101, 66]);
    announce(2, 5, [102, 5, 66]);
    announce(2, 6, [102, 5, 66]);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1']);
    expect(watcher.book.open()).toMatchObject([
      {
        prefix: '192.0.2.0/24',
        configured: '192.0.2.0/24',
        owner: 10,
        peerAsns: [101, 102],
        infected: [5, 101, 102],
        firstUs: 0,
        lastUs: 6e6,
        path: [101, 66],
      },
    ]);
  });

  test('one per prefix, hijacker and notation', () => {
    const { announce, changes } = stage();
    announce(1, 0, BAD);
    announce(2, 0, [3, 67]);
    announce(3, 0, [3, 66, 10]);
    announce(4, 0, BAD, '192.0.2.0/25');
    expect(changes()).toEqual([
      'opened E|0|-|- 66 0/1',
      'opened E|0|-|- 67 0/1',
      'opened E|1|-|- 66 0/1',
      'opened S|0|-|- 66 0/1',
    ]);
  });

  test('an AS_SET is judged by each of its members', () => {
    const { watcher, changes } = stage();
    const elem = { key: parsePrefix('192.0.2.0/24'), timeUs: 0, peer: '1', peerAsn: 3 };
    watcher.announce(elem, [3, 20, [10, 66]]);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1']);
  });
});

describe('withdrawal', () => {
  const five = [1, 2, 3, 4, 5];

  test.each([
    [5, 3, []],
    [5, 4, ['withdrawn E|0|-|- 66 4/5']],
    [4, 3, []],
    [4, 4, ['withdrawn E|0|-|- 66 4/4']],
    [1, 1, ['withdrawn E|0|-|- 66 1/1']],
    [9, 7, []],
    [9, 8, ['withdrawn E|0|-|- 66 8/9']],
  ])('of %i peers that saw it %i withdraw', (seen, gone, want) => {
    const { announce, withdraw, changes } = stage();
    for (let peer = 1; peer <= seen; peer++) announce(peer, peer, BAD);
    changes();
    for (let peer = 1; peer <= gone; peer++) withdraw(peer, 100 + peer);
    expect(changes()).toEqual(want);
  });

  test('implicit: the peer announces the right path instead', () => {
    const { announce, changes } = stage();
    for (const peer of five) announce(peer, 0, BAD);
    changes();
    for (const peer of five) announce(peer, 10, GOOD);
    expect(changes()).toEqual(['withdrawn E|0|-|- 66 4/5']);
  });

  test('implicit: the peer announces another wrong path instead', () => {
    const { announce, changes } = stage();
    announce(1, 0, BAD);
    announce(1, 1, [3, 67]);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1', 'opened E|0|-|- 67 0/1', 'withdrawn E|0|-|- 66 1/1']);
  });

  test('implicit: the peer announces a right, directly more specific prefix', () => {
    const rules = [...RULES, { prefixes: ['192.0.2.0/24^25'], origin_asns: [10], neighbors: [20] }];
    const { announce, changes } = stage(rules);
    announce(1, 0, BAD);
    announce(1, 1, GOOD, '192.0.2.0/25');
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1', 'withdrawn E|0|-|- 66 1/1']);
  });

  test('of another prefix, or by a peer that never saw it, changes nothing', () => {
    const { announce, withdraw, changes } = stage();
    announce(1, 0, BAD);
    changes();
    withdraw(1, 1, '192.0.2.0/25');
    withdraw(2, 1);
    expect(changes()).toEqual([]);
  });

  test('out of order: older than the announcement, it says nothing about it', () => {
    const { watcher, announce, withdraw, changes } = stage();
    announce(1, 10, BAD);
    withdraw(1, 9);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1']);
    expect(watcher.book.open()).toHaveLength(1);
  });

  test('out of order: arriving before the announcement it takes back', () => {
    const { watcher, announce, withdraw, changes } = stage();
    withdraw(1, 10);
    announce(1, 9, BAD);
    expect(changes()).toEqual(['opened E|0|-|- 66 1/1', 'withdrawn E|0|-|- 66 1/1']);
    expect(watcher.book.closed()).toMatchObject([{ firstUs: 9e6, endedUs: 10e6, state: 'withdrawn' }]);
  });

  test('out of order: a late announcement does not undo the newer, right one', () => {
    const { watcher, announce, changes } = stage();
    announce(2, 5, BAD);
    announce(1, 10, GOOD);
    announce(1, 9, BAD);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1']);
    expect(watcher.book.open()).toMatchObject([{ peerAsns: [101, 102], peersGone: 1 }]);
  });

  test('a peer ASN is gone only when all its sessions are', () => {
    const { announce, withdraw, changes } = stage();
    announce(1, 0, BAD, undefined, 500);
    announce(2, 0, BAD, undefined, 500);
    changes();
    withdraw(1, 1);
    expect(changes()).toEqual([]);
    withdraw(2, 2);
    expect(changes()).toEqual(['withdrawn E|0|-|- 66 1/1']);
  });

  test('a lost session takes its routes with it', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, BAD);
    watcher.down('1', 5e6);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1', 'withdrawn E|0|-|- 66 1/1']);
  });

  test('seen again after the end, it is a new one', () => {
    const { watcher, announce, withdraw, changes } = stage();
    announce(1, 0, BAD);
    withdraw(1, 1);
    announce(1, 2, BAD);
    expect(changes().map((line) => line.split(' ')[0])).toEqual(['opened', 'withdrawn', 'opened']);
    expect(watcher.book.open()[0]!.id).not.toBe(watcher.book.closed()[0]!.id);
  });
});

describe('dormant', () => {
  const DAY_S = 86_400;
  test('after 24 hours without news, and awake again with the next', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, BAD);
    watcher.tick((DAY_S - 1) * 1e6);
    expect(changes()).toEqual(['opened E|0|-|- 66 0/1']);
    watcher.tick((DAY_S + 10) * 1e6);
    expect(changes()).toEqual(['dormant E|0|-|- 66 0/1']);
    announce(2, DAY_S + 20, BAD);
    expect(changes()).toEqual(['ongoing E|0|-|- 66 0/2']);
  });

  test('a dormant one can be withdrawn', () => {
    const { watcher, announce, withdraw, changes } = stage();
    announce(1, 0, BAD);
    watcher.tick((DAY_S + 10) * 1e6);
    withdraw(1, DAY_S + 20);
    expect(changes().at(-1)).toBe('withdrawn E|0|-|- 66 1/1');
  });
});

describe('outdated', () => {
  test('a new list finds nothing wrong with it', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, BAD);
    changes();
    watcher.reload(artemis([{ prefixes: ['192.0.2.0/24'], origin_asns: [10, 66] }]));
    expect(changes()).toEqual(['outdated E|0|-|- 66 0/1']);
    expect(watcher.book.open()).toEqual([]);
  });

  test('a new list does not speak about the prefix', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, BAD);
    changes();
    watcher.reload(artemis([{ prefixes: ['198.51.100.0/24'], origin_asns: [10] }]));
    expect(changes()).toEqual(['outdated E|0|-|- 66 0/1']);
  });

  test('a new list calls it otherwise: another takes over, with its peers', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, [101, 3, 66]);
    announce(2, 0, [102, 3, 66]);
    const [parent] = watcher.book.open();
    changes();
    watcher.reload(artemis([{ prefixes: ['192.0.2.0/24'], origin_asns: [66], neighbors: [4] }]));
    expect(changes()).toEqual(['outdated E|0|-|- 66 0/2', 'opened E|1|-|- 3 0/2']);
    expect(watcher.book.open()).toMatchObject([{ parent: parent!.id, peerAsns: [101, 102] }]);
  });

  test('the same list again changes nothing', () => {
    const { watcher, announce, changes } = stage();
    announce(1, 0, BAD);
    changes();
    watcher.reload(artemis(RULES));
    expect(changes()).toEqual([]);
    expect(watcher.book.open()).toHaveLength(1);
  });
});

test('bounds hold, and what they cost is counted', () => {
  const limits = { maxOpen: 3, maxClosed: 2, maxTimes: 4, maxPeers: 2, maxTransitions: 5 };
  const { watcher, announce, withdraw } = stage(RULES, limits);
  for (let n = 0; n < 10; n++) announce(n, n, [3, 1000 + n]);
  expect(watcher.book.open()).toHaveLength(3);
  expect(watcher.book.take()).toHaveLength(5);
  expect(watcher.stats().dropped).toBe(7 + 5);
  for (let n = 0; n < 5; n++) announce(20 + n, 20, [3, 1009]);
  expect(watcher.book.open().at(-1)!.peerAsns).toHaveLength(2);
  for (const n of [7, 8]) withdraw(n, 30);
  announce(9, 31, GOOD);
  expect(watcher.book.closed()).toHaveLength(2);
});
