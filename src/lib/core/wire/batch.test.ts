import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryBatch } from '../../../../tests/fixtures/arbitrary-batch.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, SEGMENT } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { MrtDecoder } from '../mrt/decoder.ts';
import { decodeBatch, encodeBatch } from './batch.ts';

/** The error code `decodeBatch` ends with; empty if it does not. Anything but a BgpError fails the test. */
function codeOf(bytes: Uint8Array): string {
  try {
    decodeBatch(bytes);
    return '';
  } catch (error) {
    if (error instanceof BgpError) return error.code;
    throw error;
  }
}

function small(): ElemBatch {
  const builder = new BatchBuilder();
  const path = (...asns: number[]) =>
    builder.paths.intern(Uint32Array.of((SEGMENT.sequence << 8) | asns.length, ...asns), 0, asns.length + 1);
  const attrs = (index: number) =>
    builder.attrSets.intern({
      flags: 1, origin: 0, path: index, nextHop: 1, med: 77, localPref: 0, aggregatorAsn: 0, aggregatorAddress: 0,
      otc: 0, communities: 0, extCommunities: 0, largeCommunities: 0,
    }); // prettier-ignore
  const v = builder.vantages.intern('rrc00', builder.addresses.intern(false, 0xc000_0201, 0, 0, 0), 3333);
  const p = builder.prefixes.intern(0, 24, 0xd041_9900, 0, 0, 0);
  const p6 = builder.prefixes.intern(1, 33, 0x2001_0db8, 0x8000_0000, 0, 0);
  const long = attrs(path(3333, 3356, 17557));
  const short = attrs(path(1299, 3356, 17557));
  builder.push(KIND.announce, 1, 1_203_878_877_000_000, v, p, long, 0, 0);
  builder.push(KIND.announce, 0, 1_203_878_877_000_000, v, p6, long, 0, 0);
  builder.push(KIND.rib, 1, 1_203_878_877_000_000, v, p6, short, 9, 0);
  builder.push(KIND.withdraw, 1, 1_203_878_878_500_000, v, p, NONE, 0, 0);
  builder.pushState(1, 1_203_878_879_000_000, v, 6, 1);
  return builder.take();
}

test.each([
  ['a batch of every kind', small()],
  ['an empty batch', new BatchBuilder().take()],
])('%s survives', (_name, batch) => {
  expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
});

test('any batch survives', () => {
  fc.assert(
    fc.property(arbitraryBatch, (batch) => {
      expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
    }),
    { numRuns: 1000 },
  );
});

test('a name that does not fit is not encoded', () => {
  const builder = new BatchBuilder();
  builder.vantages.intern('x'.repeat(256), 0, 1);
  expect(() => encodeBatch(builder.take())).toThrow('WIRE_TOO_LARGE');
});

test('cut at any byte it is refused', () => {
  const bytes = encodeBatch(small());
  for (let length = 0; length < bytes.length; length++) {
    expect(codeOf(bytes.subarray(0, length))).toBe('WIRE_BAD_FRAME');
  }
});

test('with a byte too many it is refused', () => {
  expect(codeOf(Uint8Array.of(...encodeBatch(small()), 0))).toBe('WIRE_BAD_FRAME');
});

test('changed in any bit it gives a batch or WIRE_BAD_FRAME, and every index in it points somewhere', () => {
  const bytes = encodeBatch(small());
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    if (codeOf(changed) === '') checkIndexes(decodeBatch(changed));
  }
});

test('arbitrary bytes give a batch or WIRE_BAD_FRAME', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(['', 'WIRE_BAD_FRAME']).toContain(codeOf(bytes));
    }),
    { numRuns: 2000 },
  );
});

function checkIndexes(batch: ElemBatch): void {
  for (let i = 0; i < batch.length; i++) {
    expect(batch.vantage[i]).toBeLessThan(batch.vantages.length);
    if (batch.kind[i] === KIND.state) expect(batch.prefix[i]).toBe(NONE);
    else expect(batch.prefix[i]).toBeLessThan(batch.prefixes.length);
    if (batch.attrs[i] !== NONE) expect(batch.attrs[i]).toBeLessThan(batch.attrSets.length);
    expect(batch.labels[i]).toBeLessThan(batch.labelStacks.length);
  }
}

const DATA = process.env.ROUTESCOPE_DATA ?? '../shared/data';

describe.skipIf(!existsSync(DATA))('real updates, batch by batch (skipped without ROUTESCOPE_DATA)', () => {
  const folder = `${DATA}/mrt/parsers`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.endsWith('.bz2')) : [];

  test.each(names)('%s survives', (name) => {
    const file = readFileSync(`${folder}/${name}`);
    const batches: ElemBatch[] = [];
    const decoder = new MrtDecoder({ collector: 'rrc00' }, (batch) => batches.push(batch));
    decoder.push(name.endsWith('.gz') ? gunzipSync(file) : file);
    decoder.end();
    expect(batches.length).toBeGreaterThan(0);
    for (const batch of batches) expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });
});
