import { expect, test } from 'vitest';
import { KIND, NONE, SEGMENT } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { decodeBatch, encodeBatch } from './batch.ts';

test('a small batch of every kind survives', () => {
  const builder = new BatchBuilder();
  const words = Uint32Array.of((SEGMENT.sequence << 8) | 3, 3333, 3356, 17557);
  const v = builder.vantages.intern('rrc00', builder.addresses.intern(false, 0xc000_0201, 0, 0, 0), 3333);
  const p = builder.prefixes.intern(0, 24, 0xd041_9900, 0, 0, 0);
  const p6 = builder.prefixes.intern(1, 33, 0x2001_0db8, 0x8000_0000, 0, 0);
  const attrs = builder.attrSets.intern({
    flags: 1, origin: 0, path: builder.paths.intern(words, 0, 4), nextHop: 1, med: 77, localPref: 0,
    aggregatorAsn: 0, aggregatorAddress: 0, otc: 0, communities: 0, extCommunities: 0, largeCommunities: 0,
  }); // prettier-ignore
  builder.push(KIND.announce, 1, 1_203_878_877_000_000, v, p, attrs, 0, 0);
  builder.push(KIND.announce, 0, 1_203_878_877_000_000, v, p6, attrs, 0, 0);
  builder.push(KIND.withdraw, 1, 1_203_878_878_500_000, v, p, NONE, 0, 0);
  builder.pushState(1, 1_203_878_879_000_000, v, 6, 1);
  const batch = builder.take();
  expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
});

test('an empty batch survives', () => {
  const batch = new BatchBuilder().take();
  expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
});
