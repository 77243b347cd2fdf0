import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { ATTR_FLAG, KIND, NONE, SEGMENT } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { elemRows } from '../elem/row.ts';
import { BgpError } from '../error.ts';
import { parseAddress } from '../prefix/address.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { decodeBatch, encodeBatch } from './batch.ts';
import type { FrameHeader } from './frame.ts';
import {
  COMPRESSION,
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  MAX_RAW_BYTES,
} from './frame.ts';

const HEADER: FrameHeader = {
  kind: FRAME_KIND.batch,
  compression: COMPRESSION.none,
  stream: 7,
  seq: 42,
  prev: 41,
  firstUs: 1_203_878_877_000_000,
  lastUs: 1_203_878_880_250_000,
  elems: 7,
  messages: 5,
  rawBytes: 0,
};

/** The batch of docs/wire.md §7. */
function goldenBatch(): ElemBatch {
  const builder = new BatchBuilder();
  const vantage = (peer: string, asn: number) => {
    const { isV6, words } = parseAddress(peer);
    return builder.vantages.intern('rrc00', builder.addresses.intern(isV6, ...words), asn);
  };
  const prefix = (text: string) => {
    const { isV6, bits, words } = parsePrefix(text);
    return builder.prefixes.intern(isV6 ? 1 : 0, bits, ...words);
  };
  const attrs = (nextHop: string, community: number, segments: [number, number[]][]) => {
    const { isV6, words } = parseAddress(nextHop);
    const path = segments.flatMap(([type, asns]) => [(type << 8) | asns.length, ...asns]);
    const communities = Uint32Array.of(community, 0xffff_ff01);
    return builder.attrSets.intern({
      flags: ATTR_FLAG.med, origin: 0, med: 300, localPref: 0, aggregatorAsn: 0, aggregatorAddress: 0, otc: 0,
      path: builder.paths.intern(Uint32Array.from(path), 0, path.length),
      nextHop: builder.addresses.intern(isV6, ...words),
      communities: builder.communities.intern(communities, 0, 2), extCommunities: 0, largeCommunities: 0,
    }); // prettier-ignore
  };
  const first = 1_203_878_877_000_000;
  const a = vantage('192.0.2.1', 3333);
  const b = vantage('2001:db8::1', 196615);
  const hijack = attrs('192.0.2.1', (3491 << 16) | 100, [[SEGMENT.sequence, [3333, 3491, 17557]]]);
  const same = attrs('192.0.2.9', (3491 << 16) | 100, [[SEGMENT.sequence, [196615, 3491, 17557]]]);
  const v6 = attrs('2001:db8::1', (3491 << 16) | 200, [[SEGMENT.sequence, [196615]], [SEGMENT.set, [64496, 64497]]]); // prettier-ignore
  builder.push(KIND.announce, 1, first, a, prefix('208.65.153.0/24'), hijack, 0, 0);
  builder.push(KIND.announce, 0, first, a, prefix('208.65.152.0/22'), hijack, 0, 0);
  builder.push(KIND.announce, 1, first + 250_000, b, prefix('208.65.153.0/24'), same, 0, 0);
  builder.push(KIND.withdraw, 1, first + 1_000_000, b, prefix('208.65.153.0/24'), NONE, 0, 0);
  builder.push(KIND.announce, 0, first + 1_000_000, b, prefix('2001:db8:40::/42'), v6, 0, 0);
  builder.push(KIND.withdraw, 1, first + 3_000_000, a, prefix('0.0.0.0/0'), NONE, 0, 0);
  builder.pushState(1, first + 3_250_000, a, 6, 1);
  return builder.take();
}

describe('the golden frame of docs/wire.md', () => {
  const text = readFileSync(new URL('../../../../docs/wire.md', import.meta.url), 'utf8');
  const block = (language: string) =>
    new RegExp(`\`\`\`${language} golden\n([^]*?)\`\`\``).exec(text)?.[1] ?? '';
  const golden = Uint8Array.from(Buffer.from(block('hex').replace(/\s/g, ''), 'hex'));

  test('decodes to what the page says', () => {
    const { header, body } = decodeFrame(golden);
    expect(header).toEqual({ ...HEADER, rawBytes: body.length });
    const batch = decodeBatch(body);
    expect(elemRows(batch)).toEqual(JSON.parse(block('json')));
    expect(batch).toEqual(goldenBatch());
  });

  test('is what the same batch encodes to', () => {
    const body = encodeBatch(goldenBatch());
    const frame = encodeFrame({ ...HEADER, rawBytes: body.length }, body);
    expect(Buffer.from(frame).toString('hex')).toBe(Buffer.from(golden).toString('hex'));
  });
});

const uint53 = fc.maxSafeNat();
const u32 = fc.nat(0xffff_ffff);
const header = fc
  .record({
    stream: u32,
    seq: uint53,
    prev: uint53,
    firstUs: uint53,
    lastUs: uint53,
    elems: u32,
    messages: u32,
  })
  .map((given) => {
    const seq = Math.max(1, given.seq);
    return {
      ...HEADER,
      ...given,
      seq,
      prev: given.prev % seq,
      messages: Math.min(given.elems, given.messages),
    };
  });

test('any header and body survive, and the body is a view', () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 100 }), (given, body) => {
      const want = { ...given, rawBytes: body.length };
      const frame = encodeFrame(want, body);
      const decoded = decodeFrame(frame);
      expect(decoded.header).toEqual(want);
      expect(decoded.body).toEqual(body);
      expect(decoded.body.buffer).toBe(frame.buffer);
    }),
  );
});

test('a frame inside a larger buffer decodes', () => {
  const frame = encodeFrame({ ...HEADER, rawBytes: 3 }, Uint8Array.of(1, 2, 3));
  const larger = new Uint8Array(frame.length + 20).fill(0xaa);
  larger.set(frame, 10);
  expect([...decodeFrame(larger.subarray(10, 10 + frame.length)).body]).toEqual([1, 2, 3]);
});

test('a longer header of a later relay is skipped', () => {
  const frame = encodeFrame({ ...HEADER, rawBytes: 2 }, Uint8Array.of(8, 9));
  const longer = new Uint8Array(frame.length + 4);
  longer.set(frame.subarray(0, FRAME_HEADER_BYTES));
  longer.set(frame.subarray(FRAME_HEADER_BYTES), FRAME_HEADER_BYTES + 4);
  longer[7] = FRAME_HEADER_BYTES + 4;
  expect([...decodeFrame(longer).body]).toEqual([8, 9]);
});

/** A good frame with some bytes replaced. */
function damaged(at: number, ...bytes: number[]): Uint8Array {
  const frame = encodeFrame({ ...HEADER, rawBytes: 2 }, Uint8Array.of(8, 9));
  frame.set(bytes, at);
  return frame;
}

test.each([
  ['no bytes', new Uint8Array(0), 'WIRE_BAD_FRAME'],
  ['half a header', damaged(0).subarray(0, 30), 'WIRE_BAD_FRAME'],
  ['another magic', damaged(0, 0x1f, 0x8b), 'WIRE_BAD_FRAME'],
  ['another version', damaged(2, 2), 'WIRE_VERSION'],
  ['an unknown kind', damaged(3, 2), 'WIRE_BAD_FRAME'],
  ['an unknown compression', damaged(4, 2), 'WIRE_BAD_FRAME'],
  ['a header that is too short', damaged(6, 0, 55), 'WIRE_BAD_FRAME'],
  ['a header longer than the frame', damaged(6, 1, 0), 'WIRE_BAD_FRAME'],
  ['seq 0', damaged(12, 0, 0, 0, 0, 0, 0, 0, 0), 'WIRE_BAD_FRAME'],
  ['a seq over 53 bits', damaged(12, 0xff), 'WIRE_BAD_FRAME'],
  ['a prev that is no less than seq', damaged(27, 42), 'WIRE_BAD_FRAME'],
  ['more messages than elems', damaged(51, 8), 'WIRE_BAD_FRAME'],
  ['a reset with a body', damaged(3, 1), 'WIRE_BAD_FRAME'],
  ['a body of another length than stated', damaged(55, 3), 'WIRE_BAD_FRAME'],
  ['an inflated length over the limit', damaged(52, 0xff), 'WIRE_TOO_LARGE'],
])('%s: %#', (_name, bytes, code) => {
  expect(() => decodeFrame(bytes)).toThrow(BgpError);
  expect(() => decodeFrame(bytes)).toThrow(code);
});

test('a body over the limit is not framed', () => {
  expect(() => encodeFrame({ ...HEADER, rawBytes: MAX_RAW_BYTES + 1 }, new Uint8Array(1))).toThrow(
    'WIRE_TOO_LARGE',
  );
});
