import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BgpError } from '../error.ts';
import { encodeUtf8 } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { COMPRESSION, encodeFrame, FRAME_KIND } from './frame.ts';
import type { JsonObject } from './log.ts';
import { FrameLogDecoder, FrameLogEncoder } from './log.ts';

const manifest = { title: 'Zürich ⇄ 東京', frames: 3 };

function frame(seq: number): Uint8Array<ArrayBuffer> {
  const body = Uint8Array.from({ length: seq * 5 }, (_, i) => (i * 37) & 0xff);
  return encodeFrame(
    {
      kind: FRAME_KIND.batch,
      compression: COMPRESSION.none,
      stream: 7,
      seq,
      prev: seq - 1,
      firstUs: seq * 1e6,
      lastUs: seq * 1e6,
      elems: seq * 10,
      messages: seq,
      rawBytes: body.length,
    },
    body,
  );
}

function log(): { bytes: Uint8Array; pieces: Uint8Array[]; frames: Uint8Array[] } {
  const encoder = new FrameLogEncoder();
  const frames = [frame(1), frame(2), frame(3)];
  const pieces = [encoder.start(manifest), ...frames.map((one) => encoder.frame(one)), encoder.end()];
  return { bytes: new Uint8Array(Buffer.concat(pieces)), pieces, frames };
}

/** What came out, and the error code it ended with. */
function read(bytes: Uint8Array, chunkBytes = bytes.length) {
  const out: { manifest: JsonObject | null; frames: Uint8Array[]; code: string } = {
    manifest: null,
    frames: [],
    code: '',
  };
  const decoder = new FrameLogDecoder({
    onManifest: (given) => (out.manifest = given),
    onFrame: (one) => out.frames.push(one),
  });
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes) decoder.push(bytes.subarray(at, at + chunkBytes));
    decoder.end();
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    out.code = error.code;
  }
  return { ...out, totals: decoder.totals };
}

test.each([1, 3, 7, 64, 10_000])('reads what was written in chunks of %i bytes', (chunkBytes) => {
  const { bytes, frames } = log();
  expect(read(bytes, chunkBytes)).toEqual({ manifest, frames, code: '', totals: { frames: 3, elems: 60 } });
});

test('an empty log is fine', () => {
  const encoder = new FrameLogEncoder();
  const bytes = new Uint8Array(Buffer.concat([encoder.start({}), encoder.end()]));
  expect(read(bytes)).toEqual({ manifest: {}, frames: [], code: '', totals: { frames: 0, elems: 0 } });
});

test('cut anywhere, it yields the frames before the cut and says so', () => {
  const { bytes, pieces, frames } = log();
  for (let length = 0; length < bytes.length; length++) {
    let end = pieces[0]!.length;
    const whole = frames.filter((_, i) => (end += pieces[i + 1]!.length) <= length);
    const { code, frames: got } = read(bytes.subarray(0, length), 16);
    expect([code, got]).toEqual(['WIRE_LOG_TRUNCATED', whole]);
  }
});

test('any byte changed is noticed', () => {
  const { bytes } = log();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 0x11;
    expect(read(damaged).code).toMatch(/^WIRE_/);
  }
});

test('a frame cut out is noticed', () => {
  const { pieces } = log();
  const { code, frames } = read(
    new Uint8Array(Buffer.concat([pieces[0]!, pieces[1]!, pieces[3]!, pieces[4]!])),
  );
  expect([code, frames.length]).toEqual(['WIRE_LOG_CHECKSUM', 2]);
});

test('bytes after the end are refused', () => {
  const { bytes } = log();
  expect(read(new Uint8Array([...bytes, 0])).code).toBe('WIRE_LOG_BAD');
});

describe('the start is checked', () => {
  test.each([
    ['another file', [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'WIRE_LOG_BAD'],
    ['another version', [0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a, 0, 9, 0, 0, 0, 2], 'WIRE_VERSION'],
    [
      'an endless manifest',
      [0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a, 0, 1, 0xff, 0xff, 0xff, 0xff],
      'WIRE_LOG_BAD',
    ],
    [
      'a list for a manifest',
      [0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a, 0, 1, 0, 0, 0, 2, 0x5b, 0x5d],
      'WIRE_LOG_BAD',
    ],
    ['bad UTF-8', [0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a, 0, 1, 0, 0, 0, 2, 0xc0, 0x80], 'WIRE_LOG_BAD'],
  ])('%s', (_name, bytes, code) => {
    expect(read(Uint8Array.from(bytes)).code).toBe(code);
  });
});

test('a manifest over the limit is not written', () => {
  expect(() => new FrameLogEncoder().start({ text: 'x'.repeat(1_100_000) })).toThrow(/WIRE_TOO_LARGE/);
});

test('the checksum is the one of gzip', () => {
  expect(crc32(encodeUtf8('123456789'))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) & 0xff);
  expect(crc32(bytes.subarray(100), crc32(bytes.subarray(0, 100)))).toBe(crc32(bytes));
  if (typeof zlibCrc32 === 'function') expect(crc32(bytes)).toBe(zlibCrc32(bytes));
});
