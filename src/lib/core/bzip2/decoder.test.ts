import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BgpError } from '../error.ts';
import { Bzip2Decoder } from './decoder.ts';

const data = process.env.ROUTESCOPE_DATA ?? '../shared/data';

function decompress(bytes: Uint8Array, chunkBytes = 65536): { text: string; error: string | null } {
  const pieces: Uint8Array[] = [];
  const decoder = new Bzip2Decoder((piece) => pieces.push(piece));
  let error: string | null = null;
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes) decoder.push(bytes.subarray(at, at + chunkBytes));
    decoder.end();
  } catch (cause) {
    if (!(cause instanceof BgpError)) throw cause;
    error = cause.code;
  }
  return { text: Buffer.concat(pieces).toString('latin1'), error };
}

const hex = (text: string): Uint8Array => Buffer.from(text.replace(/\s/g, ''), 'hex');
/** `printf 'hello hello hello\n' | bzip2 -1` */
const hello = hex(
  '425a6831314159265359e5b5f3090000045100001040000244a00021b5180c029069c2a30bb9229c284872daf98480',
);
/** `printf '' | bzip2` */
const empty = hex('425a6839 17724538509000000000');
/** `head -c 300000 /dev/zero | bzip2 -1`: 300 kB of runs in one block of 100 kB. */
const zeros = hex(
  '425a6831314159265359df474d6f00024c4080c00004000008200030cc0529a61446c4511e2ee48a70a121be8e9ade',
);

describe('small streams', () => {
  test('text', () => {
    expect(decompress(hello)).toEqual({ text: 'hello hello hello\n', error: null });
  });

  test('nothing', () => {
    expect(decompress(empty)).toEqual({ text: '', error: null });
    expect(decompress(new Uint8Array(0))).toEqual({ text: '', error: null });
  });

  test('long runs', () => {
    expect(decompress(zeros)).toEqual({ text: '\0'.repeat(300_000), error: null });
  });

  test('two on end, and bytes that are none after them', () => {
    const two = Buffer.concat([hello, empty, hello]);
    const text = 'hello hello hello\n'.repeat(2);
    expect(decompress(two)).toEqual({ text, error: null });
    expect(decompress(Buffer.concat([two, Buffer.from('trailing garbage')]))).toEqual({ text, error: null });
  });

  test('in chunks of any size', () => {
    for (let size = 1; size <= hello.length; size++) {
      expect(decompress(hello, size)).toEqual({ text: 'hello hello hello\n', error: null });
    }
  });

  test('cut at every byte: what was whole, then FILE_DAMAGED', () => {
    for (let length = 1; length < hello.length; length++) {
      const { text, error } = decompress(hello.subarray(0, length));
      expect(error).toBe('FILE_DAMAGED');
      expect(['', 'hello hello hello\n']).toContain(text);
    }
  });

  test('with any bit flipped: the right text, or FILE_DAMAGED, and nothing else', () => {
    for (let bit = 0; bit < hello.length * 8; bit++) {
      const bad = Uint8Array.from(hello);
      bad[bit >> 3]! ^= 0x80 >> (bit & 7);
      const { text, error } = decompress(bad);
      expect(['', 'hello hello hello\n']).toContain(text);
      if (text === '') expect(error).toBe('FILE_DAMAGED');
    }
  });

  test('of random bytes after a good start never fail otherwise', () => {
    const start = hello.subarray(0, 14);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        expect(decompress(Buffer.concat([start, noise])).error).toBe('FILE_DAMAGED');
      }),
      { seed: 900, numRuns: 500 },
    );
  });
});

describe.skipIf(!existsSync(data))('real files (needs ROUTESCOPE_DATA)', () => {
  // Lengths and SHA-256 of what bzip2 -dc gives.
  test.each([
    [
      'parsers/routeviews.route-views.jinx.updates.1401493500.bz2',
      64832,
      '54efab8bcb6c773987fc72aa11e86bc56e9beae96711c40ebb931d0d7df2700e',
    ],
    [
      'parsers/updates.example.bz2',
      5228191,
      'cf9f19b48f54f93682a495692470a584d11a938103eea265bbd53343898ac954',
    ],
    [
      'youtube-pakistan-20080224/updates.20080224.1839.bz2',
      2261055,
      '73c7b5e2da8f7ef3292831c477f61346cfa286578b4d4640c8378ad5776ae573',
    ],
  ] as const)('%s', (name, bytes, sha256) => {
    const stored = readFileSync(join(data, 'mrt', name));
    const pieces: Uint8Array[] = [];
    const decoder = new Bzip2Decoder((piece) => pieces.push(piece));
    for (let at = 0; at < stored.length; at += 10_000) decoder.push(stored.subarray(at, at + 10_000));
    decoder.end();
    const all = Buffer.concat(pieces);
    expect(all.length).toBe(bytes);
    expect(createHash('sha256').update(all).digest('hex')).toBe(sha256);
  });
});
