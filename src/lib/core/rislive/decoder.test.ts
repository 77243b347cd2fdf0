import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BatchBuilder } from '../elem/builder.ts';
import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { RisLiveDecoder } from './decoder.ts';
import type { RisLiveResult } from './result.ts';

const folder = join(process.env.ROUTESCOPE_DATA ?? '../shared/data', 'rislive');
const base = { timestamp: 1789019601.67, peer: '192.0.2.1', peer_asn: '64496', host: 'rrc01.ripe.net' };

function update(data: Record<string, unknown>): string {
  return JSON.stringify({ type: 'ris_message', data: { ...base, type: 'UPDATE', ...data } });
}

function decodeAll(texts: readonly string[]): { results: RisLiveResult[]; rows: ElemRow[] } {
  const builder = new BatchBuilder();
  const decoder = new RisLiveDecoder(builder);
  const results = texts.map((text) => decoder.decode(text));
  return { results, rows: elemRows(builder.take()) };
}

const one = (data: Record<string, unknown>): ElemRow[] => decodeAll([update(data)]).rows;
const announce = (prefixes: unknown[], nextHop: unknown = '192.0.2.1') => ({
  announcements: [{ next_hop: nextHop, prefixes }],
});

describe('an UPDATE', () => {
  test('gives time, vantage and attributes', () => {
    const rows = one({
      path: [64496, 3356, [64500, '64501'], 64502],
      community: [
        [0, 5713],
        [65535, 65281],
      ],
      origin: 'IGP',
      med: 0,
      aggregator: '4200000002:10.102.100.2',
      ...announce(['198.51.100.7/24']),
    });
    expect(rows).toEqual([
      {
        kind: 'announce',
        timeUs: 1789019601670000,
        collector: 'rrc01',
        peerAddress: '192.0.2.1',
        peerAsn: 64496,
        table: 'ipv4',
        prefix: '198.51.100.0/24',
        path: '64496 3356 {64500,64501} 64502',
        origin: 'igp',
        nextHop: '192.0.2.1',
        med: 0,
        aggregator: { asn: 4200000002, address: '10.102.100.2' },
        communities: ['0:5713', '65535:65281'],
      },
    ]);
  });

  test.each([
    ['the global one of a pair', '2001:7f8:4::3:2be1:1,fe80::1', '2001:7f8:4::3:2be1:1'],
    ['the global one of a pair the other way round', 'fe80::1,2001:7f8:4::3:2be1:1', '2001:7f8:4::3:2be1:1'],
    ['a link-local one when it is alone', 'fe80::1', 'fe80::1'],
    ['none when it is absent', undefined, undefined],
  ])('next hop: %s', (_name, nextHop, want) => {
    const data = { announcements: [{ next_hop: nextHop, prefixes: ['2001:db8::/32'] }] };
    expect(one(data)[0]?.nextHop).toBe(want);
  });

  test('writes expanded IPv6 withdrawals and announcements alike', () => {
    const rows = one({
      ...announce(['2a12:ca42::/32'], '2001:db8::1'),
      withdrawals: ['2A12:ca43:0:0:0:0:0:0/32'],
    });
    expect(rows.map(({ kind, prefix }) => [kind, prefix])).toEqual([
      ['withdraw', '2a12:ca43::/32'],
      ['announce', '2a12:ca42::/32'],
    ]);
  });

  test('a prefix in two entries is announced once, with the global next hop', () => {
    const rows = one({
      announcements: [
        { next_hop: 'fe80::768e:f8ff:fea6:b2c4', prefixes: ['2602:fd9e:f00::/40', '2602:fd9f::/32'] },
        { next_hop: '2001:7f8:24::82', prefixes: ['2602:fd9e:f00::/40'] },
      ],
    });
    expect(rows.map(({ prefix, nextHop }) => [prefix, nextHop])).toEqual([
      ['2602:fd9e:f00::/40', '2001:7f8:24::82'],
      ['2602:fd9f::/32', 'fe80::768e:f8ff:fea6:b2c4'],
    ]);
  });

  test('the same prefix in two messages is announced twice', () => {
    const text = update(announce(['198.51.100.0/24']));
    expect(decodeAll([text, text]).rows).toHaveLength(2);
  });

  test.each([
    ['empty lists', { path: [], community: [], announcements: [], withdrawals: [] }],
    ['no lists', {}],
    ['null lists', { path: null, community: null, announcements: null, withdrawals: null }],
  ])('%s: no elems, no error', (_name, data) => {
    const { results, rows } = decodeAll([update(data)]);
    expect(results).toEqual([
      { type: 'update', timeUs: 1789019601670000, elems: 0, badPrefixes: 0, raw: 'none' },
    ]);
    expect(rows).toEqual([]);
  });

  test('bad prefixes are left out and counted, the others stay', () => {
    const prefixes = ['198.51.100.0/33', '198.51.100.0/24', 7, '198.51.100.0', 'x'.repeat(500) + '/8'];
    const { results, rows } = decodeAll([
      update({ ...announce(prefixes), withdrawals: [null, '10.0.0.0/8'] }),
    ]);
    expect(results[0]).toMatchObject({ elems: 2, badPrefixes: 5 });
    expect(rows.map(({ prefix }) => prefix)).toEqual(['10.0.0.0/8', '198.51.100.0/24']);
  });

  test('a path of 600 hops keeps them all', () => {
    const path = Array.from({ length: 600 }, (_, i) => i + 1);
    expect(one({ path, ...announce(['10.0.0.0/8']) })[0]?.path).toBe(path.join(' '));
  });

  test('only the first elem of a message is marked as such', () => {
    const builder = new BatchBuilder();
    const decoder = new RisLiveDecoder(builder);
    decoder.decode(update({ ...announce(['10.0.0.0/8', '11.0.0.0/8']), withdrawals: ['12.0.0.0/8'] }));
    decoder.decode(update(announce(['10.0.0.0/8'])));
    expect([...builder.take().flags].map((flags) => flags & 1)).toEqual([1, 0, 0, 1]);
  });
});

describe('raw', () => {
  const body = (attributes: string): string => {
    const attributesLength = (attributes.length / 2).toString(16).padStart(4, '0');
    const length = (23 + attributes.length / 2).toString(16).padStart(4, '0');
    return `${'FF'.repeat(16)}${length}020000${attributesLength}${attributes}`;
  };

  test('gives local preference, atomic aggregate, OTC, extended and large communities', () => {
    const raw = body(
      '40050400000064' +
        '400600' +
        'C0230400001B1B' +
        'C010080002FDE800000064' +
        'C0200C00032BE10000000A00000001',
    );
    expect(one({ raw, ...announce(['10.0.0.0/8']) })[0]).toMatchObject({
      localPref: 100,
      atomicAggregate: true,
      otc: 6939,
      extCommunities: ['rt:65000:100'],
      largeCommunities: ['207841:10:1'],
    });
  });

  test.each([
    ['not hex', 'FFZZ'],
    ['an odd number of digits', body('') + 'F'],
    ['cut short', body('C0230400001B1B').slice(0, -2)],
    ['an attribute past the end', body('C0230500001B1B')],
    ['not an UPDATE', `${'FF'.repeat(16)}001304`],
    ['not text', 17],
    ['too long', 'FF'.repeat(65536)],
  ])('%s: reported, and the JSON stands', (_name, raw) => {
    const { results, rows } = decodeAll([update({ raw, ...announce(['10.0.0.0/8']) })]);
    expect(results[0]).toMatchObject({ elems: 1, raw: 'bad' });
    expect(rows[0]).not.toHaveProperty('otc');
  });
});

describe('other frames', () => {
  test.each([
    ['connected', 'STATE', 'connect'],
    ['up', 'STATE', 'established'],
    ['down', 'RIS_PEER_STATE', 'idle'],
  ])('state %s as %s is a change to %s', (state, type, want) => {
    const { results, rows } = decodeAll([
      JSON.stringify({ type: 'ris_message', data: { ...base, type, state } }),
    ]);
    expect(results[0]).toMatchObject({ type: 'state', elems: 1 });
    expect(rows[0]).toMatchObject({ kind: 'state', oldState: 'unknown', newState: want, peerAsn: 64496 });
  });

  test.each([
    [
      'an error',
      { type: 'ris_error', data: { message: 'client too slow' } },
      { type: 'error', detail: 'client too slow' },
    ],
    ['an error without words', { type: 'ris_error', data: null }, { type: 'error', detail: '' }],
    ['a pong', { type: 'pong', data: null }, { type: 'pong' }],
    [
      'the collectors',
      { type: 'ris_rrc_list', data: ['rrc00.ripe.net', 'RRC01', 5, 'a b'] },
      { type: 'collectors', collectors: ['rrc00', 'rrc01'] },
    ],
    ['an acknowledgement', { type: 'ris_subscribe_ok', data: { subscription: {} } }, { type: 'subscribed' }],
    [
      'an OPEN',
      { type: 'ris_message', data: { ...base, type: 'OPEN' } },
      { type: 'session', message: 'OPEN', timeUs: 1789019601670000 },
    ],
    ['a message without a type', { type: 'ris_message', data: base }, { type: 'unknown-message' }],
  ])('%s', (_name, frame, want) => {
    expect(decodeAll([JSON.stringify(frame)]).results[0]).toMatchObject({ ...want, elems: 0 });
  });
});

describe('refused with RIS_BAD_MESSAGE, pushing nothing', () => {
  test.each([
    ['not JSON', '{"type":"ris_message","data":{"timest'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['unknown type', '{"type":"hello"}'],
    ['no data', '{"type":"ris_message"}'],
    ['over a megabyte', `{"type":"pong","data":"${'x'.repeat(1 << 20)}"}`],
    ['no timestamp', update({ timestamp: undefined })],
    ['milliseconds', update({ timestamp: 1789019601670 })],
    ['a text timestamp', update({ timestamp: '1789019601' })],
    ['a peer that is no address', update({ peer: 'rrc01', ...announce(['10.0.0.0/8']) })],
    ['a peer that is an object', update({ peer: { toString: 1 } })],
    ['a peer ASN over 32 bits', update({ peer_asn: '4294967296' })],
    ['a negative peer ASN', update({ peer_asn: -1 })],
    ['a host with a space', update({ host: 'rrc 01' })],
    ['a path that is text', update({ path: '1 2', ...announce(['10.0.0.0/8']) })],
    ['a fractional ASN', update({ path: [1.5], ...announce(['10.0.0.0/8']) })],
    ['an AS_SET in an AS_SET', update({ path: [[[1]]], ...announce(['10.0.0.0/8']) })],
    ['a community of three', update({ community: [[1, 2, 3]], ...announce(['10.0.0.0/8']) })],
    ['a community over 16 bits', update({ community: [[65536, 0]], ...announce(['10.0.0.0/8']) })],
    ['an unknown origin', update({ origin: 'FOO', ...announce(['10.0.0.0/8']) })],
    ['a bad aggregator', update({ aggregator: '1', ...announce(['10.0.0.0/8']) })],
    ['a next hop that is none', update(announce(['10.0.0.0/8'], 'nope'))],
    ['an announcement that is text', update({ announcements: ['10.0.0.0/8'], withdrawals: ['10.0.0.0/8'] })],
    ['withdrawals that are text', update({ withdrawals: '10.0.0.0/8' })],
    [
      'an unknown state',
      JSON.stringify({ type: 'ris_message', data: { ...base, type: 'STATE', state: 'toString' } }),
    ],
  ])('%s', (_name, text) => {
    const builder = new BatchBuilder();
    const decoder = new RisLiveDecoder(builder);
    expect(() => decoder.decode(text)).toThrow(expect.objectContaining({ code: 'RIS_BAD_MESSAGE' }));
    expect(builder.length).toBe(0);
  });
});

test('vantages hold across batches', () => {
  const builder = new BatchBuilder();
  const decoder = new RisLiveDecoder(builder);
  decoder.decode(update(announce(['10.0.0.0/8'])));
  const [first] = elemRows(builder.take());
  decoder.decode(update(announce(['10.0.0.0/8'])));
  expect(elemRows(builder.take())).toEqual([first]);
});

describe.skipIf(!existsSync(folder))('real frames (needs ROUTESCOPE_DATA)', () => {
  const lines = (name: string): string[] =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');

  test('of September 2026, with raw', () => {
    const { results, rows } = decodeAll(lines('ris-live-frames.jsonl'));
    expect(results.map(({ type }) => type)).toEqual([
      'update',
      'update',
      'update',
      'session',
      'state',
      'session',
      'session',
    ]);
    expect(rows).toHaveLength(13);
    expect(rows[0]).toEqual({
      kind: 'announce',
      timeUs: 1789019601670000,
      collector: 'rrc01',
      peerAddress: '2001:7f8:4::3:2be1:1',
      peerAsn: 207841,
      table: 'ipv6',
      prefix: '2a12:3fc6::/48',
      path: '207841 6939 216211 206069 204211 57330 57330 57330',
      origin: 'igp',
      nextHop: '2001:7f8:4::3:2be1:1',
      otc: 6939,
      largeCommunities: ['207841:0:1000', '207841:0:1001', '207841:10:1', '207841:20:1', '207841:40:2'],
    });
    expect(rows.filter(({ kind }) => kind === 'withdraw').map(({ prefix }) => prefix)).toContain(
      '2a12:ca40::/29',
    );
  });

  test('of the manual and of 2019-2025', () => {
    const { rows } = decodeAll(lines('ris-live-docs-era-examples.jsonl'));
    expect(rows.map(({ kind, prefix }) => `${kind} ${prefix ?? ''}`)).toEqual([
      'announce 192.0.3.0/24',
      'state ',
      'announce 2602:fd9e:f00::/40',
      'announce 64.68.236.0/22',
      'announce 102.66.116.0/24',
      'withdraw 2605:de00:bb::/48',
    ]);
  });

  test('of 2019, the last one cut', () => {
    const texts = lines('libbgpstream_ris-live-stream.HEAD.json');
    expect(decodeAll(texts.slice(0, -1)).results.map(({ type }) => type)).toEqual([
      'update',
      'state',
      'error',
      'session',
      'session',
      'session',
    ]);
    expect(() => decodeAll(texts.slice(-1))).toThrow(expect.objectContaining({ code: 'RIS_BAD_MESSAGE' }));
  });

  test('of 2018, without an envelope', () => {
    const { rows } = decodeAll(lines('libbgpstream_ris-live-stream.2018-old-format.json'));
    expect(rows).toHaveLength(100);
    expect(rows.filter(({ kind }) => kind === 'withdraw')).toHaveLength(1);
    expect(rows.every(({ collector }) => collector === 'rrc13')).toBe(true);
  });
});
