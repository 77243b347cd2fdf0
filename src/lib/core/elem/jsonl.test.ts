import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BatchBuilder } from './builder.ts';
import { formatJsonl, JsonlDecoder } from './jsonl.ts';
import type { ElemRow } from './row.ts';
import { elemRows } from './row.ts';

const data = process.env.ROUTESCOPE_DATA ?? '../shared/data';
const base = {
  ts: 1203878877,
  type: 'A',
  collector: 'route-views2',
  peer: '203.181.248.168',
  prefix: '208.65.153.0/24',
};

function decodeAll(texts: readonly string[]): { rows: ElemRow[]; labels: number } {
  const builder = new BatchBuilder();
  const decoder = new JsonlDecoder(builder);
  const labels = texts.map((text) => decoder.decode(text)).filter(({ type }) => type === 'label').length;
  return { rows: elemRows(builder.take()), labels };
}

const one = (line: Record<string, unknown>): ElemRow | undefined =>
  decodeAll([JSON.stringify({ ...base, ...line })]).rows[0];

describe('a line', () => {
  test('of the plain shape; the first hop names the peer', () => {
    expect(one({ path: '7660 2516 3491 17557' })).toEqual({
      kind: 'announce',
      timeUs: 1203878877000000,
      collector: 'route-views2',
      peerAddress: '203.181.248.168',
      peerAsn: 7660,
      table: 'ipv4',
      prefix: '208.65.153.0/24',
      path: '7660 2516 3491 17557',
    });
  });

  test.each([
    ['R', 'rib'],
    ['A', 'announce'],
    ['W', 'withdraw'],
    ['S', 'state'],
  ])('type %s is %s', (type, kind) => {
    expect(one({ type })?.kind).toBe(kind);
  });

  test('of every member comes back from its text', () => {
    const line = {
      ts: 1789019601.670123,
      path: '3333 (64512 64513) [64514] {64500,64501} 3356',
      peer_asn: 3333,
      path_id: 7,
      next_hop: '2001:db8::1',
      origin: 'incomplete',
      med: 0,
      local_pref: 100,
      atomic: true,
      aggregator: '64501:10.0.0.1',
      otc: 6939,
      community: ['3333:100', '65535:65281'],
      large_community: ['4200000000:1:2'],
    };
    const row = one(line)!;
    expect(JSON.parse(formatJsonl(row))).toEqual({ ...base, ...line });
    expect(decodeAll([formatJsonl(row)]).rows).toEqual([row]);
  });

  test('of a state change', () => {
    const row = one({
      type: 'S',
      prefix: undefined,
      peer_asn: 1,
      old_state: 'established',
      new_state: 'idle',
    })!;
    expect(row).toMatchObject({ kind: 'state', oldState: 'established', newState: 'idle' });
    expect(decodeAll([formatJsonl(row)]).rows).toEqual([row]);
  });

  test('takes paths and communities as arrays', () => {
    expect(one({ path: [59890, '6939', [62014, 62015]], community: [[59890, 401]] })).toMatchObject({
      path: '59890 6939 {62014,62015}',
      communities: ['59890:401'],
    });
  });

  test('takes null for absent', () => {
    expect(
      one({
        path: '1',
        med: null,
        community: null,
        origin: null,
        aggregator: null,
        peer_asn: null,
        otc: null,
      }),
    ).toEqual(one({ path: '1' }));
  });
});

test('a peer keeps the ASN its first path gave it, also on withdrawals', () => {
  const lines = [
    { ...base, path: '7660 1' },
    { ...base, type: 'W' },
    { ...base, path: '9 1' },
    { ...base, peer: '192.0.2.1', type: 'W' },
  ];
  const { rows } = decodeAll(lines.map((line) => JSON.stringify(line)));
  expect(rows.map(({ peerAsn }) => peerAsn)).toEqual([7660, 7660, 7660, 0]);
});

describe('refused with JSONL_BAD_LINE, pushing nothing', () => {
  test.each<readonly [string, string]>([
    ['not JSON', '{"ts":1'],
    ['no object', '"ts"'],
    ['over a megabyte', `{"ts":1,"x":"${'x'.repeat(1 << 20)}"}`],
    ...Object.entries({
      'a text time': { ts: '1203878877' },
      'a time in ms': { ts: 1203878877000 },
      'an unknown type': { type: 'X' },
      'a type every object has': { type: 'constructor' },
      'no prefix': { prefix: undefined },
      'a VPN prefix': { prefix: '65000:1:10.0.0.0/8' },
      'no peer': { peer: undefined },
      'an empty collector': { collector: '' },
      'a collector over 64 characters': { collector: 'x'.repeat(65) },
      'an open AS_SET': { path: '1 {2,3' },
      'an empty bracket': { path: '1 }' },
      'a comma outside a set': { path: '1,2' },
      'letters in a path': { path: '1 AS2' },
      'an ASN over 32 bits': { path: '4294967296' },
      'a path object': { path: {} },
      'a community over 16 bits': { community: ['65536:1'] },
      'a community of one': { community: ['65535'] },
      'a large community of two': { large_community: ['1:2'] },
      'an unknown origin': { origin: 'x' },
      'a negative med': { med: -1 },
      'an IPv6 aggregator': { aggregator: '1:::1' },
      'a bad next hop': { next_hop: '1.2.3' },
      'an unknown state': { type: 'S', new_state: 'up' },
    }).map(([name, line]) => [name, JSON.stringify({ ...base, ...line })] as const),
  ])('%s', (_name, text) => {
    const builder = new BatchBuilder();
    const decoder = new JsonlDecoder(builder);
    expect(() => decoder.decode(text)).toThrow(expect.objectContaining({ code: 'JSONL_BAD_LINE' }));
    expect(builder.length).toBe(0);
  });
});

describe.skipIf(!existsSync(data))('real files (needs ROUTESCOPE_DATA)', () => {
  const read = (path: string): string[] =>
    gunzipSync(readFileSync(join(data, path)))
      .toString()
      .split('\n')
      .filter((line) => line !== '');

  test('32 labelled incidents: a label each, every elem read, and back again', () => {
    let labels = 0;
    let elems = 0;
    for (const name of readdirSync(join(data, 'hijacks/events'))) {
      const decoded = decodeAll(read(`hijacks/events/${name}`));
      labels += decoded.labels;
      elems += decoded.rows.length;
      expect(decodeAll(decoded.rows.map(formatJsonl)).rows).toEqual(decoded.rows);
    }
    expect([labels, elems]).toEqual([32, 33476]);
  });

  test('the Telegram event of 2026, paths and communities as arrays', () => {
    const { rows } = decodeAll(read('telegram-rcom-20260616/telegram-rcom-20260616.merged.jsonl.gz'));
    expect(rows).toHaveLength(23288);
    expect(rows.filter(({ kind }) => kind === 'withdraw')).toHaveLength(827);
    expect(rows.filter(({ path }) => path?.endsWith(' 18101'))).toHaveLength(989);
  });
});
