import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND } from '../elem/batch.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { JsonlDecoder } from '../elem/jsonl.ts';
import { elemRows } from '../elem/row.ts';
import { RisLiveDecoder } from './decoder.ts';
import { RisMessageEncoder } from './message.ts';

const asn = fc.integer({ min: 1, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const octet = fc.integer({ min: 0, max: 255 });
const v4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const v6 = fc
  .tuple(u16, u16, u16)
  .map(([a, b, c]) => `2001:${a.toString(16)}:${b.toString(16)}::${c.toString(16)}`);
const prefix4 = fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([address, bits]) => `${address}/${bits}`);
const prefix6 = fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([address, bits]) => `${address}/${bits}`);
/** As RIS Live can say it: an AS_SET never stands next to another sequence of its own. */
const path = fc.array(
  fc.oneof({ weight: 6, arbitrary: asn }, fc.array(asn, { minLength: 1, maxLength: 4 })),
  { maxLength: 300 },
);

const message = fc.record({
  ms: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  peer: fc.oneof(v4, v6),
  peerAsn: asn,
  path,
  origin: fc.constantFrom('igp', 'egp', 'incomplete', undefined),
  med: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
  aggregator: fc.option(fc.tuple(asn, v4), { nil: undefined }),
  community: fc.array(fc.tuple(u16, u16), { maxLength: 5 }),
  nextHop4: v4,
  nextHop6: v6,
  announced4: fc.uniqueArray(prefix4, { maxLength: 4 }),
  announced6: fc.uniqueArray(prefix6, { maxLength: 4 }),
  withdrawn: fc.array(fc.oneof(prefix4, prefix6), { maxLength: 4 }),
});

/** The elems of one message, put into a batch by way of elem JSONL, withdrawals first. */
function batchOf(m: typeof message extends fc.Arbitrary<infer T> ? T : never): ElemBatch {
  const builder = new BatchBuilder();
  const decoder = new JsonlDecoder(builder);
  const base = { ts: m.ms / 1000, collector: 'rrc01', peer: m.peer, peer_asn: m.peerAsn };
  const { origin, med, path, community } = m;
  const aggregator = m.aggregator?.join(':');
  const attributes = { origin, med, path, community, aggregator };
  for (const prefix of m.withdrawn) decoder.decode(JSON.stringify({ ...base, type: 'W', prefix }));
  const announce = (prefix: string, next_hop: string): void => {
    decoder.decode(JSON.stringify({ ...base, ...attributes, type: 'A', prefix, next_hop }));
  };
  m.announced4.forEach((prefix) => announce(prefix, m.nextHop4));
  m.announced6.forEach((prefix) => announce(prefix, m.nextHop6));
  return builder.take();
}

function reread(texts: readonly string[]): ReturnType<typeof elemRows> {
  const builder = new BatchBuilder();
  const decoder = new RisLiveDecoder(builder);
  for (const text of texts) decoder.decode(text);
  return elemRows(builder.take());
}

describe('elems of a message as RIS Live JSON', () => {
  test('read back as the same elems', () => {
    const encoder = new RisMessageEncoder();
    fc.assert(
      fc.property(message, (m) => {
        const batch = batchOf(m);
        const rows = elemRows(batch);
        // Host bits may make two of the drawn prefixes one; a message announces a prefix once.
        const announced = rows.filter(({ kind }) => kind === 'announce').map(({ prefix }) => prefix);
        fc.pre(new Set(announced).size === announced.length);
        const messages = encoder.encode(batch, 0, batch.length);
        expect(messages).toHaveLength(batch.length === 0 ? 0 : 1);
        expect(reread(messages.map((one) => JSON.stringify(one)))).toEqual(rows);
      }),
      { seed: 20080224, numRuns: 300 },
    );
  });

  test('look as RIPE sends them', () => {
    const builder = new BatchBuilder();
    const decoder = new RisLiveDecoder(builder);
    const frame = {
      type: 'ris_message',
      data: {
        timestamp: 1789019606.21,
        peer: '2001:7f8:1::a501:3030:1',
        peer_asn: '13030',
        id: '2001:7f8:1::a501:3030:1-01a089e0ccc20001',
        host: 'rrc03.ripe.net',
        type: 'UPDATE',
        path: [13030, 2914, [32098, 28438]],
        community: [[2914, 410]],
        origin: 'IGP',
        med: 1,
        announcements: [{ next_hop: '2001:7f8:1::a501:3030:1', prefixes: ['2806:320:340::/42'] }],
        withdrawals: ['2a12:ca42::/32', '2a12:ca45::/32'],
        raw: 'FF',
      },
    };
    decoder.decode(JSON.stringify(frame));
    const batch = builder.take();
    const [message] = new RisMessageEncoder().encode(batch, 0, batch.length, 'FF');
    expect(JSON.stringify(message)).toBe(JSON.stringify(frame));
  });

  test('different attributes go into different messages, withdrawals with the first', () => {
    const builder = new BatchBuilder();
    const decoder = new JsonlDecoder(builder);
    const base = { ts: 1, collector: 'rrc01', peer: '192.0.2.1', peer_asn: 1 };
    decoder.decode(JSON.stringify({ ...base, type: 'A', prefix: '10.0.0.0/8', path: '1 2' }));
    decoder.decode(JSON.stringify({ ...base, type: 'A', prefix: '11.0.0.0/8', path: '1 3' }));
    decoder.decode(JSON.stringify({ ...base, type: 'W', prefix: '12.0.0.0/8' }));
    const messages = new RisMessageEncoder().encode(builder.take(), 0, 3);
    expect(messages.map(({ data }) => data.type === 'UPDATE' && [data.path, data.withdrawals])).toEqual([
      [[1, 2], ['12.0.0.0/8']],
      [[1, 3], []],
    ]);
  });

  test.each([
    [1, 'down'],
    [2, 'connected'],
    [3, 'down'],
    [4, 'connected'],
    [5, 'connected'],
    [6, 'up'],
  ])('a change to state %i is %s', (state, want) => {
    const builder = new BatchBuilder();
    builder.pushState(
      1,
      1e6,
      builder.vantages.intern('rrc01', builder.addresses.intern(false, 1, 0, 0, 0), 1),
      0,
      state,
    );
    const [message] = new RisMessageEncoder().encode(builder.take(), 0, 1);
    expect(message?.data).toMatchObject({ type: 'STATE', state: want, timestamp: 1 });
  });

  test('VPN prefixes and changes to an unknown state have no form', () => {
    const builder = new BatchBuilder();
    const vantage = builder.vantages.intern('lab', builder.addresses.intern(false, 1, 0, 0, 0), 1);
    builder.pushState(1, 1e6, vantage, 6, 0);
    builder.push(
      KIND.withdraw,
      1,
      1e6,
      vantage,
      builder.prefixes.internVpn(2, 8, 0x0a00_0000, 0, 0, 0, 1, 2),
      0xffff_ffff,
      0,
      0,
    );
    expect(new RisMessageEncoder().encode(builder.take(), 0, 2)).toEqual([]);
  });
});
