import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reassembly } from './reassembly.ts';

const TEXT = new TextEncoder().encode('the quick brown fox jumps over the lazy dog, twice and again');

function reassemble(
  pieces: readonly { at: number; length: number }[],
  base: number,
): { text: string; holes: number } {
  let text = '';
  const stream = new Reassembly(
    (bytes, isAfterHole) => (text += (isAfterHole ? '…' : '') + new TextDecoder().decode(bytes)),
  );
  stream.take({ flow: 'f', seq: (base - 1) >>> 0, isSyn: true, payload: new Uint8Array(0) });
  for (const { at, length } of pieces) {
    stream.take({ flow: 'f', seq: (base + at) >>> 0, isSyn: false, payload: TEXT.subarray(at, at + length) });
  }
  stream.end();
  return { text, holes: stream.holes };
}

test.each([
  [
    'in order',
    [
      { at: 0, length: 10 },
      { at: 10, length: 50 },
    ],
  ],
  [
    'swapped',
    [
      { at: 10, length: 50 },
      { at: 0, length: 10 },
    ],
  ],
  [
    'sent twice, overlapping',
    [
      { at: 0, length: 20 },
      { at: 0, length: 20 },
      { at: 15, length: 45 },
    ],
  ],
])('%s', (_name, pieces) => {
  // The sequence number wraps around in the middle.
  for (const base of [1000, 0xffff_fff0])
    expect(reassemble(pieces, base)).toEqual({ text: new TextDecoder().decode(TEXT), holes: 0 });
});

test('a piece the capture missed is a hole, counted, and the rest comes after it', () => {
  const { text, holes } = reassemble(
    [
      { at: 0, length: 4 },
      { at: 10, length: 5 },
    ],
    7,
  );
  expect([text, holes]).toEqual(['the …brown', 1]);
});

test('any order of pieces gives the text', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10 }),
      fc.nat(0xffff_ffff),
      (order, base) => {
        const pieces = order.map((i) => ({ at: i * 6, length: 6 }));
        expect(reassemble(pieces, base).text).toBe(new TextDecoder().decode(TEXT.subarray(0, 60)));
      },
    ),
  );
});
