import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { BgpError } from '../error.ts';
import { BmpDecoder } from './decoder.ts';

const hex = (text: string): number[] =>
  text
    .split(/\s+/)
    .filter(Boolean)
    .map((byte) => parseInt(byte, 16));
const be = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) & 0xff);

function message(type: number, body: readonly number[]): number[] {
  return [3, ...be(body.length + 6, 4), type, ...body];
}

/** Per-peer header of 192.0.2.1 AS64500 at 1,000.5 s. */
function peer(flags = 0, type = 0): number[] {
  return [
    type,
    flags,
    ...be(0, 8),
    ...be(0, 12),
    192,
    0,
    2,
    1,
    ...be(64500, 4),
    10,
    0,
    0,
    1,
    ...be(1000, 4),
    ...be(500_000, 4),
  ];
}

const MARKER = Array<number>(16).fill(255);
const bgp = (type: number, body: readonly number[]): number[] => [
  ...MARKER,
  ...be(body.length + 19, 2),
  type,
  ...body,
];
/** OPEN with four-octet ASN and, when asked for, ADD-PATH both ways for IPv4 unicast. */
function open(asn: number, hasAddPath = false): number[] {
  const capabilities = [65, 4, ...be(asn, 4), ...(hasAddPath ? [69, 4, 0, 1, 1, 3] : [])];
  return bgp(1, [
    4,
    ...be(Math.min(asn, 23456), 2),
    0,
    180,
    10,
    0,
    0,
    1,
    capabilities.length + 2,
    2,
    capabilities.length,
    ...capabilities,
  ]);
}
const peerUp = (hasAddPath = false): number[] =>
  message(3, [...peer(), ...be(0, 16), 0, 179, 4, 0, ...open(65000, hasAddPath), ...open(64500, hasAddPath)]);
/** 198.51.100.0/24 by AS64500. */
const ATTRIBUTES = hex('40 01 01 00  40 02 06 02 01 00 00 fb f4  40 03 04 c0 00 02 01');
const update = (nlri: readonly number[]): number[] =>
  bgp(2, [0, 0, ...be(ATTRIBUTES.length, 2), ...ATTRIBUTES, ...nlri]);
const NLRI = [24, 198, 51, 100];
const routes = (nlri: readonly number[], flags = 0): number[] =>
  message(0, [...peer(flags), ...update(nlri)]);
const initiation = message(4, [0, 2, 0, 2, 0x72, 0x31]);

function decode(
  bytes: readonly number[],
  chunk = bytes.length,
): { rows: ElemRow[]; damage: string[]; error: string | null } {
  const rows: ElemRow[] = [];
  const damage: string[] = [];
  const decoder = new BmpDecoder({ onDamage: (code) => damage.push(code) }, (batch) =>
    rows.push(...elemRows(batch)),
  );
  let error: string | null = null;
  try {
    for (let at = 0; at < bytes.length; at += chunk)
      decoder.push(Uint8Array.from(bytes.slice(at, at + chunk)));
    decoder.end();
  } catch (thrown) {
    if (!(thrown instanceof BgpError)) throw thrown;
    error = thrown.code;
  }
  return { rows, damage, error };
}

const SESSION = [
  ...initiation,
  ...peerUp(),
  ...routes(NLRI),
  ...routes(NLRI, 0x40),
  ...message(2, [...peer(), 4]),
];

describe('BmpDecoder', () => {
  test('a session: up, a route in two views, down in both', () => {
    const { rows, damage, error } = decode(SESSION);
    expect([damage, error]).toEqual([[], null]);
    expect(
      rows.map(({ kind, collector, prefix, timeUs }) => [kind, collector, prefix ?? null, timeUs]),
    ).toEqual([
      ['state', 'r1', null, 1_000_500_000],
      ['announce', 'r1', '198.51.100.0/24', 1_000_500_000],
      ['announce', 'r1:post-policy', '198.51.100.0/24', 1_000_500_000],
      ['state', 'r1', null, 1_000_500_000],
    ]);
    expect(rows[1]).toMatchObject({ peerAsn: 64500, peerAddress: '192.0.2.1' });
  });

  test('chunks of any size give the same', () => {
    const whole = decode(SESSION).rows;
    for (const chunk of [1, 2, 7, 48, 100]) expect(decode(SESSION, chunk).rows).toEqual(whole);
  });

  test('path identifiers as the OPENs agreed, and in a view that does not follow them', () => {
    const withId = [0, 0, 0, 7, ...NLRI];
    const { rows } = decode([...peerUp(true), ...routes(withId), ...routes(NLRI, 0x40), ...routes(withId)]);
    expect(rows.slice(1).map(({ prefix, pathId }) => [prefix, pathId ?? null])).toEqual([
      ['198.51.100.0/24', 7],
      ['198.51.100.0/24', null],
      ['198.51.100.0/24', 7],
    ]);
  });

  test('a peer that goes down without having been up, and up twice, is said once', () => {
    const down = message(2, [...peer(), 2, 0, 0]);
    const { rows } = decode([...down, ...down, ...peerUp(), ...peerUp(), ...down, ...down]);
    expect(rows.map(({ kind }) => kind)).toEqual(['state', 'state']);
  });

  test('cut anywhere: all whole messages are delivered, nothing else is thrown than that it was cut', () => {
    const whole = decode(SESSION).rows;
    for (let length = 0; length < SESSION.length; length++) {
      const { rows, error } = decode(SESSION.slice(0, length));
      expect(rows).toEqual(whole.slice(0, rows.length));
      expect([null, 'BMP_TRUNCATED']).toContain(error);
    }
  });

  test('a damaged message costs itself only', () => {
    const bad = message(0, [...peer(), ...update(NLRI).slice(0, -2)]);
    const { rows, damage } = decode([...bad, ...message(3, peer()), ...message(0, [1, 2]), ...routes(NLRI)]);
    expect(rows.map(({ prefix }) => prefix)).toEqual(['198.51.100.0/24']);
    expect(damage).toEqual(['BGP_BAD_LENGTH', 'BMP_BAD_MESSAGE', 'BMP_BAD_MESSAGE']);
  });

  test('lost framing is said after what came before', () => {
    expect(decode([...routes(NLRI), 3, 255, 255, 255, 255, 0])).toMatchObject({
      error: 'BMP_LOST_FRAMING',
      rows: [{}],
    });
    expect(decode([9, 0, 0, 0, 6, 4]).error).toBe('BMP_LOST_FRAMING');
  });

  test('garbage inside messages throws nothing that is not a code', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(7), fc.uint8Array({ maxLength: 120 })), { maxLength: 8 }),
        (messages) => {
          const { error } = decode(messages.flatMap(([type, body]) => message(type, [...body])));
          expect(error).toBe(null);
        },
      ),
    );
  });
});
