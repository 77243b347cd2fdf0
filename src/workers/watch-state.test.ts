import { elemBatch, START_S } from '../../tests/fixtures/elem-batch.ts';
import { expect, test } from 'vitest';
import { RIB_OPTIONS } from '#core/detect/engine.ts';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { Rib } from '#core/rib/rib.ts';
import { NO_ASPAS } from '#core/rpki/aspa-set.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import { readWatchList } from '#core/watch/read.ts';
import { Detection } from './detection.ts';
import { RpkiStatus } from './rpki-state.ts';

const MINE = '31.7.8.0/24 10';
const LIST = readWatchList({ watch: 1, prefixes: [{ prefixes: ['31.7.8.0/22'], origins: [10] }] });
let serial = 0;

/** Twenty VRPs nobody watches, and `rows`. */
function dataOf(rows: readonly string[], atS: number, others = 20): RpkiData {
  const builder = new VrpBuilder();
  const anchor = builder.trustAnchor('ripe');
  for (let i = 0; i < others; i++) builder.add(parsePrefix(`10.0.${i}.0/24`), 24, 7, anchor);
  for (const row of rows) {
    const [prefix, asn] = row.split(' ');
    const key = parsePrefix(prefix!);
    builder.add(key, key.bits, Number(asn), anchor);
  }
  const version = { session: '1', serial: ++serial, generatedS: START_S + atS };
  return { version, vrps: builder.build(), aspas: NO_ASPAS };
}

/** The page's detection with a watch list, elems and RPKI data given by hand. */
function open() {
  const rib = new Rib(RIB_OPTIONS);
  const rpki = new RpkiStatus(() => START_S * 1000);
  const memory = { mark: () => null, earlier: () => [], get: () => null, keep: () => undefined };
  const detection = new Detection(rib, rpki, memory);
  detection.setWatchList(LIST);
  const vrps = (data: RpkiData | null): void => {
    rpki.set(data);
    detection.rpkiChanged();
  };
  /** Data time comes to `atS`. @returns the ROA changes told so far, oldest first. */
  const elem = (atS: number): (string | undefined)[] => {
    const batch = elemBatch([{ kind: 'A', atS, prefix: '37.9.0.0/16', path: [65_001, 20, 10] }]);
    detection.step(batch, rib.step(batch), (START_S + atS) * 1e6);
    const { rows } = detection.incidents({ types: ['roa-change'] });
    return rows.map(({ summary }) => summary).reverse();
  };
  return { detection, rpki, vrps, elem };
}

const REMOVED = 'ROAs change detected: removed <31.7.8.0/24, AS10, 24, ripe>';
const ADDED = 'ROAs change detected: added <31.0.0.0/8, AS0, 8, ripe>';

test('every new version of the VRPs is compared, and what concerns the list is an incident', () => {
  const { vrps, elem, detection } = open();
  vrps(dataOf([MINE], 0));
  expect(elem(0)).toEqual([]);
  vrps(dataOf([MINE, '8.8.8.0/24 15169'], 300));
  expect(elem(330)).toEqual([]);
  vrps(dataOf(['31.0.0.0/8 0'], 600));
  expect(elem(630).sort()).toEqual([ADDED, REMOVED]);
  const { rows } = detection.incidents({ types: ['roa-change'] });
  expect(rows.map(({ level, state }) => [level, state])).toEqual([
    ['medium', 'ongoing'],
    ['medium', 'ongoing'],
  ]);
});

test('a trust anchor that loses most of its VRPs is one incident', () => {
  const { vrps, elem } = open();
  vrps(dataOf([MINE], 0));
  vrps(dataOf([], 600, 10));
  elem(610);
  expect(elem(630)).toEqual([
    'Possible trust anchor malfunction or incomplete VRPs: 52.38% of the ROAs disappeared from ripe',
  ]);
});

test('a list, a stream or a source that is new begins with what there is', () => {
  const { vrps, elem, detection, rpki } = open();
  vrps(dataOf([MINE], 0));
  const other = readWatchList({ watch: 1, prefixes: [{ prefixes: ['10.0.0.0/16'], origins: [7] }] });
  detection.setWatchList(other);
  detection.setWatchList(LIST);
  elem(0);
  expect(elem(30)).toEqual([]);
  detection.clear();
  elem(60);
  rpki.setSource(() => ({ state: 'loading', reason: '' }));
  detection.rpkiChanged();
  vrps(dataOf([], 60));
  expect(elem(90)).toEqual([]);
  // It did learn: from here on it compares again.
  vrps(dataOf([MINE], 120));
  expect(elem(150)).toEqual([REMOVED.replace('removed', 'added')]);
});

test('VRPs of another time than the stream say nothing', () => {
  const { vrps, elem } = open();
  const DAY_S = 86_400;
  elem(0);
  vrps(dataOf([MINE], DAY_S));
  vrps(dataOf([], DAY_S + 600));
  elem(30);
  expect(elem(60)).toEqual([]);
});
