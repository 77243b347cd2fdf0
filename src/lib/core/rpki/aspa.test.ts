import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WordListTable } from '../elem/tables.ts';
import { PathReader } from '../elem/path-reader.ts';
import type { AspaCode } from './aspa.ts';
import {
  ASPA,
  aspaText,
  checkHop,
  HOP,
  pathHops,
  verifyDownstream,
  verifyPath,
  verifyUpstream,
} from './aspa.ts';
import type { Aspa, AspaSet } from './aspa-set.ts';
import { applyAspaDelta, aspaSetOf, diffAspas, eachAspa, findAspa } from './aspa-set.ts';

interface Vectors {
  readonly aspas: readonly Aspa[];
  readonly hop_checks: readonly {
    customer: number;
    provider: number;
    expected: 'UNKNOWN' | 'PROVIDER' | 'NOT_PROVIDER';
  }[];
  readonly paths: readonly {
    as_path: number[];
    direction: 'upstream' | 'downstream';
    local_role: string;
    expected: string;
  }[];
}

const file = `${process.env.ROUTESCOPE_DATA ?? '../shared/data'}/vectors/aspa/openbgpd.json`;

describe.skipIf(!existsSync(file))("OpenBGPD's vectors (skipped without the data folder)", () => {
  const vectors = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Vectors) : null;
  const set = aspaSetOf(vectors?.aspas ?? []);
  const HOPS = { UNKNOWN: HOP.noAttestation, PROVIDER: HOP.providerPlus, NOT_PROVIDER: HOP.notProviderPlus };

  test('49 hop checks', () => {
    expect(vectors!.hop_checks).toHaveLength(49);
    for (const { customer, provider, expected } of vectors!.hop_checks) {
      expect(checkHop(set, customer, provider), `${customer} -> ${provider}`).toBe(HOPS[expected]);
    }
  });

  test('84 paths', () => {
    expect(vectors!.paths).toHaveLength(84);
    for (const { as_path, direction, expected } of vectors!.paths) {
      const verify = direction === 'upstream' ? verifyUpstream : verifyDownstream;
      expect(aspaText(verify(set, as_path)).state, `${direction} ${as_path.join(' ')}`).toBe(expected);
      const prepended = as_path.flatMap((asn, i) => Array<number>((i % 3) + 1).fill(asn));
      expect(aspaText(verify(set, prepended)).state, `prepended ${prepended.join(' ')}`).toBe(expected);
      if (as_path.length === 0) continue;
      expect(aspaText(verifyText(set, as_path.join(' '), direction)).state).toBe(expected);
    }
  });
});

/** 1 buys from 2, 2 from 3; 5 buys from 4, 4 from 3; 6 attests to no provider at all. */
const TREE = aspaSetOf([
  { customer: 1, providers: [2] },
  { customer: 2, providers: [3] },
  { customer: 5, providers: [4] },
  { customer: 4, providers: [3] },
  { customer: 6, providers: [0] },
]);

function verifyText(
  set: AspaSet,
  text: string,
  procedure: 'upstream' | 'downstream' = 'downstream',
): AspaCode {
  const paths = new WordListTable();
  const index = new PathReader().text(text, paths);
  return verifyPath(set, paths.take(), index, procedure);
}

describe('paths of a collector peer', () => {
  test.each([
    ['up and down', '5 4 3 2 1', ASPA.valid],
    ['up only', '3 2 1', ASPA.valid],
    ['down only', '5 4 3', ASPA.valid],
    ['prepended everywhere', '5 5 4 3 3 3 2 1 1', ASPA.valid],
    ['a leak: 1 hands a route of its provider 2 on to 6, which has none', '9 6 1 2 3 4 5', ASPA.invalid],
    ['one AS too many between the ramps, attested by nobody', '5 4 7 3 2 1', ASPA.unknown],
    ['an AS without ASPA at the origin', '3 2 1 8', ASPA.unknown],
    ['an AS_SET in the middle', '5 4 {3,7} 2 1', ASPA.invalid],
    ['an AS_SET of one at the origin', '5 4 3 {2}', ASPA.invalid],
    ['an AS_SET, although two ASes would be valid', '5 {4}', ASPA.invalid],
    ['an AS_SET alone', '{5}', ASPA.invalid],
    ['a confederation in front is skipped', '(65001 65002) 5 4 3 2 1', ASPA.valid],
    ['a confederation alone is nothing to judge', '(65001)', ASPA.none],
    ['one AS', '6', ASPA.valid],
    ['two ASes, whoever they are', '6 1', ASPA.valid],
    ['an empty path is skipped', '', ASPA.none],
  ])('%s', (_name, path, want) => {
    expect(verifyText(TREE, path)).toBe(want);
  });

  test('upstream wants every hop to go up, and no AS_SET', () => {
    expect(verifyText(TREE, '3 2 1', 'upstream')).toBe(ASPA.valid);
    expect(verifyText(TREE, '4 3 2 1', 'upstream')).toBe(ASPA.unknown);
    expect(verifyText(TREE, '9 6', 'upstream')).toBe(ASPA.invalid);
    expect(verifyText(TREE, '3 {2} 1', 'upstream')).toBe(ASPA.invalid);
  });

  test('hops are told both ways, from the origin on', () => {
    expect(pathHops(TREE, [4, 3, 3, 2])).toEqual([
      { from: 2, to: 3, up: HOP.providerPlus, down: HOP.noAttestation },
      { from: 3, to: 4, up: HOP.noAttestation, down: HOP.providerPlus },
    ]);
  });
});

describe('the set', () => {
  test('AS 0 is nobody: no provider, and no customer', () => {
    expect(checkHop(TREE, 6, 0)).toBe(HOP.notProviderPlus);
    expect(findAspa(aspaSetOf([{ customer: 0, providers: [1] }]), 0)).toBe(-1);
  });

  test('several ASPAs of a customer add up', () => {
    const set = aspaSetOf([
      { customer: 1, providers: [9, 2, 2] },
      { customer: 1, providers: [5, 0] },
    ]);
    expect([...eachAspa(set)]).toEqual([{ customer: 1, providers: [2, 5, 9] }]);
  });

  test('a delta replaces, adds and removes whole customers', () => {
    const after = aspaSetOf([
      { customer: 1, providers: [2, 7] },
      { customer: 2, providers: [3] },
      { customer: 10, providers: [] },
    ]);
    const delta = diffAspas(TREE, after);
    expect(delta).toEqual({
      announced: [
        { customer: 1, providers: [2, 7] },
        { customer: 10, providers: [] },
      ],
      withdrawn: [4, 5, 6],
    });
    expect(applyAspaDelta(TREE, delta)).toEqual(after);
  });
});
