import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE, SEGMENT } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { BgpError } from '../error.ts';
import type { MrtOptions } from './decoder.ts';
import { MrtDecoder } from './decoder.ts';
import { encodeBgp4mp, encodeRibDump } from './encode.ts';
import { MAX_BODY_BYTES } from './header.ts';
import { MAX_DAMAGED_KEPT } from './stats.ts';

/** Hex, white space ignored. */
function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (octet) => parseInt(octet, 16));
}

const number = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');
/** An MRT record from its body in hex. */
function record(type: number, subtype: number, bodyHex: string): Uint8Array {
  const body = hex(bodyHex);
  return hex(
    `${number(1_203_880_500, 4)}${number(type, 2)}${number(subtype, 2)}${number(body.length, 4)}${bodyHex}`,
  );
}

const MARKER = 'ff'.repeat(16);
/** Announces 198.51.100.0/24, path 65001 65002, two- or four-octet ASNs. */
const announce = (as4: boolean, addPath = false): string => {
  const path = as4 ? '40020a02020000fde90000fdea' : '4002060202fde9fdea';
  const attributes = `40010100${path}400304c0000201`;
  const nlri = `${addPath ? '0000002a' : ''}18c63364`;
  const bytes = (text: string): number => text.length / 2;
  const body = `0000${number(bytes(attributes), 2)}${attributes}${nlri}`;
  return `${MARKER}${number(19 + bytes(body), 2)}02${body}`;
};
const PEERS2 = 'fde9 fc00 0000 0001 c0000209 c00002fe';
const PEERS4 = '0000fde9 0000fc00 0000 0001 c0000209 c00002fe';

interface Decoded {
  rows: ElemRow[];
  batches: ElemBatch[];
  decoder: MrtDecoder;
  error: BgpError | null;
}

function decode(bytes: Uint8Array, chunkBytes = bytes.length, options: Partial<MrtOptions> = {}): Decoded {
  const batches: ElemBatch[] = [];
  const decoder = new MrtDecoder({ collector: 'rrc00', ...options }, (batch) => batches.push(batch));
  let error: BgpError | null = null;
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes) decoder.push(bytes.subarray(at, at + chunkBytes));
    decoder.end();
  } catch (thrown) {
    if (!(thrown instanceof BgpError)) throw thrown;
    error = thrown;
  }
  return { rows: batches.flatMap(elemRows), batches, decoder, error };
}

const concat = (...parts: Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

describe('BGP4MP (RFC 6396 §4.4, RFC 8050)', () => {
  const PEER = { peerAsn: 65001, peerAddress: '192.0.2.9' };
  const LOCAL = { peerAsn: 64512, peerAddress: '192.0.2.254' };
  test.each([
    ['MESSAGE', 1, PEERS2 + announce(false), PEER],
    ['MESSAGE_AS4', 4, PEERS4 + announce(true), PEER],
    ['MESSAGE_LOCAL: the collector speaks', 6, PEERS2 + announce(false), LOCAL],
    ['MESSAGE_AS4_LOCAL', 7, PEERS4 + announce(true), LOCAL],
    ['MESSAGE_ADDPATH', 8, PEERS2 + announce(false, true), { ...PEER, pathId: 42 }],
    ['MESSAGE_AS4_ADDPATH', 9, PEERS4 + announce(true, true), { ...PEER, pathId: 42 }],
    ['MESSAGE_LOCAL_ADDPATH', 10, PEERS2 + announce(false, true), { ...LOCAL, pathId: 42 }],
    ['MESSAGE_AS4_LOCAL_ADDPATH', 11, PEERS4 + announce(true, true), { ...LOCAL, pathId: 42 }],
  ])('%s', (_name, subtype, body, want) => {
    const { rows, error } = decode(record(16, subtype, body));
    expect(error).toBeNull();
    expect(rows).toEqual([expect.objectContaining({ kind: 'announce', path: '65001 65002', ...want })]);
    expect(rows[0]?.timeUs).toBe(1_203_880_500e6);
  });

  test.each([
    ['STATE_CHANGE', 0, `${PEERS2} 0003 0006`],
    ['STATE_CHANGE_AS4', 5, `${PEERS4} 0003 0006`],
  ])('%s', (_name, subtype, body) => {
    const { rows, decoder } = decode(record(16, subtype, body));
    expect(rows).toEqual([
      expect.objectContaining({ kind: 'state', oldState: 'active', newState: 'established', ...PEER }),
    ]);
    expect(decoder.stats.stateChanges).toBe(1);
  });

  test('_ET adds microseconds (RFC 6396 §3)', () => {
    const { rows, batches } = decode(record(17, 4, `0007a120${PEERS4}${announce(true)}`));
    expect(rows[0]?.timeUs).toBe(1_203_880_500_500_000);
    expect(batches[0]!.flags[0]).toBe(ELEM_FLAG.first | ELEM_FLAG.extendedTime);
  });

  test('messages that carry no routes are counted by kind', () => {
    const message = (type: number): Uint8Array => record(16, 4, `${PEERS4}${MARKER}0013${number(type, 1)}`);
    const { decoder, rows } = decode(concat(...[1, 3, 4, 4, 5, 9].map(message)));
    expect(rows).toEqual([]);
    expect(decoder.stats).toMatchObject({
      opens: 1,
      notifications: 1,
      keepalives: 2,
      routeRefreshes: 1,
      otherMessages: 1,
    });
  });
});

describe('the deprecated BGP type (RFC 6396 appendix B.2)', () => {
  test('UPDATE without message header, and STATE_CHANGE', () => {
    const update = record(5, 1, `fde9 c0000209 fc00 c00002fe ${announce(false).slice(38)}`);
    const state = record(5, 3, 'fde9 c0000209 0006 0001');
    const { rows, decoder } = decode(
      concat(update, state, record(5, 7, ''), record(5, 5, ''), record(5, 6, '')),
    );
    expect(rows.map((row) => [row.kind, row.peerAsn, row.peerAddress])).toEqual([
      ['announce', 65001, '192.0.2.9'],
      ['state', 65001, '192.0.2.9'],
    ]);
    expect(decoder.stats).toMatchObject({ keepalives: 1, opens: 1, notifications: 1, damaged: 0 });
  });
});

describe('table dumps', () => {
  const ATTRIBUTES4 = '40010100 40020a02020000fde90000fdea 400304c0000201';
  const attributes = (text: string): string => number(text.replace(/\s/g, '').length / 2, 2) + text;
  const PEER_INDEX = record(
    13,
    1,
    'c0000263 0000 0002 00 00000000 c0000209 fde9 03 00000000 20010db8000000000000000000000009 00030000',
  );
  const V6 = '20010db8000000000000000000000001';
  const V6_PATH = '40010100 40020602010000fde9';

  test('TABLE_DUMP, IPv4 and IPv6 with a whole MP_REACH_NLRI', () => {
    const v4 = `0000 0001 c6336400 18 01 47c1a000 c0000209 fde9 ${attributes('40010100 4002060202fde9fdea 400304c0000201')}`;
    const reach = `800e 1f 000201 10 ${V6} 00 48 20010db80001000200`;
    const v6 = `0000 0002 20010db8000100020000000000000000 40 01 47c1a000 20010db8000000000000000000000009 fde9 ${attributes(`40010100 4002040201fde9 ${reach}`)}`;
    const { rows, batches } = decode(concat(record(12, 1, v4), record(12, 2, v6)));
    expect(rows).toMatchObject([
      {
        kind: 'rib',
        prefix: '198.51.100.0/24',
        path: '65001 65002',
        nextHop: '192.0.2.1',
        peerAddress: '192.0.2.9',
      },
      { kind: 'rib', prefix: '2001:db8:1:2::/64', nextHop: '2001:db8::1', peerAddress: '2001:db8::9' },
    ]);
    expect([...batches[0]!.flags]).toEqual([17, 17]);
  });

  test.each([
    ['abbreviated (RFC 6396 §4.3.4)', `800e 11 10 ${V6}`],
    ['whole', `800e 1b 000201 10 ${V6} 00 28 20010db800`],
  ])('RIB_IPV6_UNICAST with MP_REACH_NLRI %s', (_name, reach) => {
    const rib = `00000000 20 20010db8 0001 0001 47c1a000 ${attributes(`${V6_PATH} ${reach}`)}`;
    const { rows } = decode(concat(PEER_INDEX, record(13, 4, rib)));
    expect(rows).toEqual([
      expect.objectContaining({
        prefix: '2001:db8::/32',
        nextHop: '2001:db8::1',
        peerAsn: 196608,
        peerAddress: '2001:db8::9',
      }),
    ]);
  });

  test('RIB_IPV4_UNICAST: an elem for each peer, each the first of its own', () => {
    const entry = (peer: number): string => `${number(peer, 2)} 47c1a000 ${attributes(ATTRIBUTES4)}`;
    const { rows, batches } = decode(
      concat(PEER_INDEX, record(13, 2, `00000000 18 c63364 0002 ${entry(0)} ${entry(1)}`)),
    );
    expect(rows.map((row) => [row.prefix, row.peerAsn])).toEqual([
      ['198.51.100.0/24', 65001],
      ['198.51.100.0/24', 196608],
    ]);
    expect([...batches[0]!.flags]).toEqual([ELEM_FLAG.first, ELEM_FLAG.first]);
    expect(batches[0]!.attrSets.length).toBe(1);
  });

  test.each([
    ['RIB_IPV4_UNICAST_ADDPATH', 8, '00000000 18 c63364'],
    ['RIB_GENERIC_ADDPATH', 12, '00000000 0001 01 18 c63364'],
  ])('%s (RFC 8050 §4)', (_name, subtype, head) => {
    const { rows } = decode(
      concat(
        PEER_INDEX,
        record(13, subtype, `${head} 0001 0000 47c1a000 00000007 ${attributes(ATTRIBUTES4)}`),
      ),
    );
    expect(rows).toEqual([
      expect.objectContaining({ prefix: '198.51.100.0/24', pathId: 7, path: '65001 65002' }),
    ]);
  });

  test.each([
    ['multicast', 3],
    ['GEO_PEER_TABLE (RFC 6397)', 7],
    ['unknown', 99],
  ])('unsupported subtype, %s: counted', (_name, subtype) => {
    const { decoder } = decode(concat(PEER_INDEX, record(13, subtype, '00000000 18 c63364 0000')));
    expect(decoder.stats).toMatchObject({
      unsupported: 1,
      damaged: 0,
      unsupportedKinds: { [`13/${subtype}`]: 1 },
    });
  });

  test('a RIB record before any PEER_INDEX_TABLE, and after a damaged one', () => {
    const rib = record(13, 2, `00000000 18 c63364 0001 0000 47c1a000 ${attributes(ATTRIBUTES4)}`);
    const cutIndex = record(13, 1, 'c0000263 0000 0002 00 00000000 c0000209 fde9');
    const { decoder, rows } = decode(concat(rib, PEER_INDEX, rib, cutIndex, rib));
    expect(rows).toHaveLength(1);
    expect(decoder.stats.damagedByCode).toEqual({ MRT_NO_PEER_INDEX: 2, MRT_BAD_RECORD: 1 });
  });

  test('an entry whose attributes are malformed is left out and counted, the others stay', () => {
    const entry = (text: string): string => `0000 47c1a000 ${attributes(text)}`;
    const rib = `00000000 18 c63364 0002 ${entry('40010109')} ${entry(ATTRIBUTES4)}`;
    const { decoder, rows } = decode(concat(PEER_INDEX, record(13, 2, rib)));
    expect(rows).toHaveLength(1);
    expect(decoder.stats).toMatchObject({ ribEntries: 2, ribEntriesMalformed: 1 });
  });
});

describe('damage', () => {
  const good = record(16, 4, PEERS4 + announce(true));

  test('a damaged record is skipped, counted and remembered by its offset', () => {
    const bad = record(16, 4, `${PEERS4}${'00'.repeat(19)}`);
    const { rows, decoder, error } = decode(concat(good, bad, good));
    expect(error).toBeNull();
    expect(rows).toHaveLength(2);
    expect(decoder.stats).toMatchObject({ records: 3, damaged: 1, damagedByCode: { BGP_BAD_MARKER: 1 } });
    expect(decoder.stats.firstDamaged).toEqual([
      expect.objectContaining({ offset: good.length, code: 'BGP_BAD_MARKER' }),
    ]);
  });

  test('remembered records and unsupported kinds are bounded, counts are not', () => {
    const bad = record(16, 1, '');
    const strange = Array.from({ length: 100 }, (_, i) => record(11, i, ''));
    const { decoder } = decode(concat(...Array.from({ length: 100 }, () => bad), ...strange));
    expect(decoder.stats.firstDamaged).toHaveLength(MAX_DAMAGED_KEPT);
    expect(decoder.stats).toMatchObject({ damaged: 100, unsupported: 100 });
    expect(Object.keys(decoder.stats.unsupportedKinds)).toHaveLength(65);
    expect(decoder.stats.unsupportedKinds.other).toBe(36);
  });

  test('a length that cannot be ends the stream, after what came before it', () => {
    const lost = concat(hex(`47c1a000 0010 0004 ${number(MAX_BODY_BYTES + 1, 4)}`), good);
    for (const chunk of [1, 7, 4096]) {
      const { rows, error, decoder } = decode(concat(good, lost), chunk);
      expect(rows).toHaveLength(1);
      expect(error?.code).toBe('MRT_LOST_FRAMING');
      expect(error?.message).toContain(`at offset ${good.length}`);
      expect(() => decoder.push(good)).not.toThrow();
      expect(decoder.stats.records).toBe(1);
    }
  });

  test('the stream ends inside a record: everything whole is delivered', () => {
    for (let cut = 1; cut < good.length; cut++) {
      const { rows, error } = decode(concat(good, good.subarray(0, cut)), 16);
      expect(rows).toHaveLength(1);
      expect(error?.code).toBe('MRT_TRUNCATED');
    }
  });

  test('a record body cut at any byte, its length corrected, is damaged at worst', () => {
    const body = good.subarray(12);
    for (let cut = 0; cut < body.length; cut++) {
      const shorter = concat(good.subarray(0, 8), hex(number(cut, 4)), body.subarray(0, cut));
      const { decoder, error, rows } = decode(concat(shorter, good));
      expect(error).toBeNull();
      expect(decoder.stats.damaged).toBe(1);
      expect(rows).toHaveLength(1);
    }
  });
});

describe('a stream in chunks', () => {
  const file = concat(...Array.from({ length: 300 }, () => record(16, 4, PEERS4 + announce(true))));

  test.each([1, 2, 11, 12, 13, 100, 5000])('of %i bytes gives the same elems', (chunkBytes) => {
    const whole = decode(file);
    const { rows, decoder } = decode(file, chunkBytes);
    expect(rows).toEqual(whole.rows);
    expect(decoder.stats).toMatchObject({ records: 300, elems: 300, bytes: file.length });
  });

  test('batches close at a message boundary once full', () => {
    const { batches } = decode(file, file.length, { batchElems: 7 });
    expect(batches.map((batch) => batch.length)).toEqual([...new Array<number>(42).fill(7), 6]);
    expect(batches.every((batch) => (batch.flags[0]! & ELEM_FLAG.first) !== 0)).toBe(true);
  });

  test('an empty stream is no error and no batch', () => {
    expect(decode(new Uint8Array(0))).toMatchObject({ batches: [], error: null });
  });
});

describe('encode and decode', () => {
  const word = fc.nat({ max: 0xffff_ffff });
  const elem = fc.record({
    kind: fc.constantFrom(KIND.announce, KIND.withdraw, KIND.state, KIND.rib),
    table: fc.nat({ max: 3 }),
    bits: fc.nat({ max: 32 }),
    address: word,
    peer: fc.tuple(fc.boolean(), word, word),
    asns: fc.array(word, { minLength: 1, maxLength: 5 }),
    extra: fc.integer({ min: 16, max: 0x7_ffff }),
    micros: fc.nat({ max: 999_999 }),
    addPath: fc.boolean(),
  });
  type Elem = typeof elem extends fc.Arbitrary<infer E> ? E : never;

  function push(builder: BatchBuilder, e: Elem): void {
    const [isV6, w0, asn] = e.peer;
    const address = isV6
      ? builder.addresses.intern(true, w0, 1, 2, 3)
      : builder.addresses.intern(false, w0, 0, 0, 0);
    const vantage = builder.vantages.intern('rrc00', address, asn);
    const isRib = e.kind === KIND.rib;
    const timeUs = 1_203_880_500e6 + (isRib ? 0 : e.micros);
    const flags = ELEM_FLAG.first | (isRib ? 0 : ELEM_FLAG.extendedTime);
    if (e.kind === KIND.state) return builder.pushState(flags, timeUs, vantage, 1, 6);
    const masked = e.bits === 0 ? 0 : (e.address & (-1 << (32 - e.bits))) >>> 0;
    const rd = e.table > 1 ? 65001 : 0;
    const prefix = builder.prefixes.internVpn(
      e.table,
      e.bits,
      masked,
      0,
      0,
      0,
      rd,
      e.table > 1 ? e.extra : 0,
    );
    const pathWords = Uint32Array.of((SEGMENT.sequence << 8) | e.asns.length, ...e.asns);
    const nextHop =
      e.table & 1
        ? builder.addresses.intern(true, w0, 0, 0, 1)
        : builder.addresses.intern(false, w0, 0, 0, 0);
    const row = { flags: 0, origin: 0, path: builder.paths.intern(pathWords, 0, pathWords.length), nextHop };
    const rest = { med: 0, localPref: 0, aggregatorAsn: 0, aggregatorAddress: 0, otc: 0 };
    const lists = { communities: 0, extCommunities: 0, largeCommunities: 0 };
    const attrs = e.kind === KIND.withdraw ? NONE : builder.attrSets.intern({ ...row, ...rest, ...lists });
    const hasLabels = e.table > 1 && e.kind !== KIND.withdraw;
    const labels = hasLabels ? builder.labelStacks.intern(Uint32Array.of(e.extra), 0, 1) : 0;
    builder.push(
      e.kind,
      flags | (e.addPath ? ELEM_FLAG.addPath : 0),
      timeUs,
      vantage,
      prefix,
      attrs,
      e.addPath ? e.extra : 0,
      labels,
    );
  }

  test('decode(encode(batch)) = batch: messages, states and table dumps', () => {
    fc.assert(
      fc.property(
        fc.array(elem, { maxLength: 30 }),
        fc.integer({ min: 1, max: 400 }),
        (elems, chunkBytes) => {
          const builder = new BatchBuilder();
          for (const item of elems) push(builder, item);
          const batch = builder.take();
          const rows = elemRows(batch);
          const messages = decode(encodeBgp4mp(batch), chunkBytes);
          const ribs = decode(encodeRibDump(batch), chunkBytes);
          expect(messages.rows).toEqual(rows.filter((row) => row.kind !== 'rib'));
          expect(ribs.rows).toEqual(rows.filter((row) => row.kind === 'rib'));
          expect(messages.decoder.stats.damaged + ribs.decoder.stats.damaged).toBe(0);
        },
      ),
      { numRuns: 300, seed: 6396 },
    );
  });
});
