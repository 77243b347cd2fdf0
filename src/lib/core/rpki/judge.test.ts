import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, ORIGIN, TABLE } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { PathReader } from '../elem/path-reader.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { ASPA } from './aspa.ts';
import { aspaSetOf } from './aspa-set.ts';
import type { RpkiData } from './data.ts';
import { RpkiJudge } from './judge.ts';
import { ROV } from './rov.ts';
import { VrpBuilder } from './vrp-set.ts';

const TIME_US = 1_753_003_893e6;
const BLANK = {
  ...{ flags: 0, origin: ORIGIN.igp, path: 0, nextHop: 0, med: 0, localPref: 0, aggregatorAsn: 0 },
  ...{ aggregatorAddress: 0, otc: 0, communities: 0, extCommunities: 0, largeCommunities: 0 },
};

type Said = readonly [prefix: string, path: string | null, kind?: number, timeUs?: number];

function batchOf(elems: readonly Said[]): ElemBatch {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern('rrc00', builder.addresses.intern(false, 1, 0, 0, 0), 64496);
  for (const [text, path, kind = KIND.announce, timeUs = TIME_US] of elems) {
    const { isV6, bits, words } = parsePrefix(text);
    const prefix = builder.prefixes.intern(isV6 ? TABLE.ipv6 : TABLE.ipv4, bits, ...words);
    const attrs =
      path === null
        ? NONE
        : builder.attrSets.intern({ ...BLANK, path: new PathReader().text(path, builder.paths) });
    builder.push(kind, 0, timeUs, vantage, prefix, attrs, 0, 0);
  }
  return builder.take();
}

function dataOf(generatedS = TIME_US / 1e6): RpkiData {
  const builder = new VrpBuilder();
  builder.add(parsePrefix('10.0.0.0/8'), 16, 64500);
  builder.add(parsePrefix('2001:db8::/32'), 32, 64500);
  const aspas = aspaSetOf([{ customer: 64500, providers: [64497] }]);
  return { version: { session: '1', serial: 1, generatedS }, vrps: builder.build(), aspas };
}

function judge(elems: readonly Said[], data: RpkiData | null = dataOf()): (readonly [number, number])[] {
  const judge = new RpkiJudge();
  judge.setData(data);
  const { rov, aspa } = judge.judge(batchOf(elems));
  return [...rov].map((code, i) => [code, aspa[i]!] as const);
}

describe('one elem', () => {
  test.each<[string, Said, readonly [number, number]]>([
    ['valid origin', ['10.1.0.0/16', '64496 64497 64500'], [ROV.valid, ASPA.valid]],
    ['prepended', ['10.1.0.0/16', '64497 64500 64500'], [ROV.valid, ASPA.valid]],
    ['too long', ['10.1.2.0/24', '64497 64500'], [ROV.invalidLength, ASPA.valid]],
    ['other origin', ['10.0.0.0/8', '64497'], [ROV.invalidAs, ASPA.valid]],
    ['AS_SET origin', ['10.0.0.0/8', '64497 {64500}'], [ROV.invalidAs, ASPA.invalid]],
    ['AS_SET origin, not covered', ['11.0.0.0/8', '64497 {64500}'], [ROV.notFound, ASPA.invalid]],
    ['confederation at the end has no origin', ['10.0.0.0/8', '64497 (64500)'], [ROV.invalidAs, ASPA.valid]],
    ["an empty path: the vantage's own route", ['10.0.0.0/8', ''], [ROV.invalidAs, ASPA.none]],
    ['IPv6', ['2001:db8::/32', '64500'], [ROV.valid, ASPA.valid]],
    ['a table-dump entry', ['10.0.0.0/8', '64500', KIND.rib], [ROV.valid, ASPA.valid]],
    ['a withdrawal', ['10.0.0.0/8', null, KIND.withdraw], [ROV.none, ASPA.none]],
    [
      'two hours after the data',
      ['10.0.0.0/8', '64500', KIND.announce, TIME_US + 7200e6],
      [ROV.valid, ASPA.valid],
    ],
    ['and a second', ['10.0.0.0/8', '64500', KIND.announce, TIME_US + 7201e6], [ROV.stale, ASPA.stale]],
    ['before the data', ['10.0.0.0/8', '64500', KIND.announce, TIME_US - 1e15], [ROV.valid, ASPA.valid]],
  ])('%s', (_name, elem, want) => {
    expect(judge([elem])).toEqual([want]);
  });
});

test('without data, verdicts are unknown; without ASPAs, those of paths are', () => {
  expect(judge([['10.0.0.0/8', '64500']], null)).toEqual([[ROV.noData, ASPA.noData]]);
  expect(judge([['10.0.0.0/8', '64500']], { ...dataOf(), aspas: aspaSetOf([]) })).toEqual([
    [ROV.valid, ASPA.noData],
  ]);
});

test("VPN prefixes are nobody's public address space", () => {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern('r1', 0, 64496);
  const prefix = builder.prefixes.internVpn(TABLE.vpnv4, 16, 0x0a01_0000, 0, 0, 0, 0x0000_fde9, 100);
  const path = new PathReader().text('64500', builder.paths);
  builder.push(KIND.announce, 0, TIME_US, vantage, prefix, builder.attrSets.intern({ ...BLANK, path }), 0, 0);
  const judge = new RpkiJudge();
  judge.setData(dataOf());
  expect([...judge.judge(builder.take()).rov]).toEqual([ROV.none]);
});

test('remembering within a batch changes nothing', () => {
  const paths = ['64497 64500', '64497', '64500 64497', '', '64496 {1}'];
  const prefixes = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '11.0.0.0/8', '2001:db8::/32'];
  const elems = Array.from({ length: 3000 }, (_, i): Said => [
    prefixes[(i * 7) % 5]!,
    paths[(i * i + (i >> 3)) % 5]!,
  ]);
  expect(judge(elems)).toEqual(elems.flatMap((elem) => judge([elem])));
});
