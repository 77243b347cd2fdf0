import { expect, test } from 'vitest';
import type { VantageHealth } from '../../workers/api.ts';
import { isUp, vantagesOf } from './vantage-order.ts';

const vantage = (collector: string, peerAsn: number, peerAddress: string, state: string): VantageHealth => ({
  collector,
  peerAsn,
  peerAddress,
  state,
  elems: 0,
  rate: 0,
  lastUs: 0,
  routes: 0,
  stateChanges: 0,
});

test.each([
  ['established', true],
  ['unknown', true],
  ['idle', false],
  ['active', false],
])('a session in state %s is up: %s', (state, want) => expect(isUp({ state })).toBe(want));

test('those that are down come first, the rest in an order that does not move', () => {
  const all = [
    vantage('rrc00', 3333, '192.0.2.9', 'established'),
    vantage('rrc00', 1103, '192.0.2.7', 'unknown'),
    vantage('rrc01', 1, '192.0.2.1', 'unknown'),
    vantage('rrc00', 3333, '192.0.2.2', 'established'),
    vantage('rrc00', 9002, '192.0.2.3', 'idle'),
  ];
  expect(vantagesOf(all, 'rrc00').map((v) => `${v.peerAsn} ${v.peerAddress}`)).toEqual([
    '9002 192.0.2.3',
    '1103 192.0.2.7',
    '3333 192.0.2.2',
    '3333 192.0.2.9',
  ]);
});
