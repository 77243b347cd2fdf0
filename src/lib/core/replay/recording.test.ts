import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TestElem } from '../../../../tests/fixtures/elem-batch.ts';
import { elemBatch, START_S } from '../../../../tests/fixtures/elem-batch.ts';
import { StreamClock } from '../detect/stream-clock.ts';
import { elemRows } from '../elem/row.ts';
import type { ElemRow } from '../elem/row.ts';
import { CompareScan } from './compare.ts';
import { arbitraryElems } from '../../../../tests/fixtures/arbitrary-elems.ts';
import { FilterCounts } from './filter-counts.ts';
import { PathScan } from './paths.ts';
import { nextUpdate, pictureAt, previousUpdate } from './picture.ts';
import { Recording } from './recording.ts';
import { SliceScan } from './slice.ts';

function recordingOf(elems: readonly TestElem[], frameElems: number): Recording {
  const recording = new Recording({ cacheBytes: 4096 });
  for (let at = 0; at < elems.length; at += frameElems)
    recording.append(elemBatch(elems.slice(at, at + frameElems)));
  return recording;
}

function finish(scan: Generator<unknown, void, void>): void {
  for (const _step of scan) continue;
}

/** What a plain reading of the elems says the time is at each of them. */
function plainClock(elems: readonly TestElem[]): number[] {
  const clock = new StreamClock();
  return elems.map(({ kind, atS = 0, peer = 1 }) =>
    kind === 'R' ? clock.nowUs : clock.step(Math.round((START_S + atS) * 1e6), peer),
  );
}

const PREFIX = '10.0.0.0/16';

describe('a recording', () => {
  test('shows at every moment what a plain reading of its elems says, however it is cut into frames', () => {
    fc.assert(
      fc.property(arbitraryElems, fc.integer({ min: 1, max: 17 }), (elems, frameElems) => {
        const recording = recordingOf(elems, frameElems);
        const other = recordingOf(elems, elems.length);
        const clock = plainClock(elems);
        const rows = elemRows(elemBatch(elems));
        const moments = new Set(
          clock.flatMap((timeUs) => (timeUs === -Infinity ? [] : [timeUs - 1, timeUs, timeUs + 1])),
        );
        for (const timeUs of moments) {
          const count = clock.filter((at) => at <= timeUs).length;
          expect(recording.positionAt(timeUs)).toBe(count);
          const picture = pictureAt(recording, timeUs, null);
          expect(picture).toEqual(pictureAt(other, timeUs, null));
          expect(picture.totals).toEqual(totalsOf(rows.slice(0, count)));
          expect(picture.recent.map(({ id: _id, ...row }) => row)).toEqual(rows.slice(0, count).reverse());
          expect(nextUpdate(recording, timeUs, null)).toBe(clock.find((at) => at > timeUs) ?? null);
          const earlier = clock.filter((at) => at < timeUs && at !== -Infinity);
          expect(previousUpdate(recording, timeUs, null)).toBe(
            earlier.length > 0 ? Math.max(...earlier) : null,
          );
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test('narrowed by a filter shows what a plain reading of the elems that match says', () => {
    fc.assert(
      fc.property(arbitraryElems, fc.integer({ min: 1, max: 9 }), (elems, frameElems) => {
        const recording = recordingOf(elems, frameElems);
        const filter = new FilterCounts({ prefixes: [PREFIX] });
        finish(filter.count(recording));
        const clock = plainClock(elems);
        const rows = elemRows(elemBatch(elems));
        for (const timeUs of new Set(clock)) {
          if (timeUs === -Infinity) continue;
          const matching = rows.filter((row, i) => clock[i]! <= timeUs && row.prefix?.startsWith('10.0.'));
          const picture = pictureAt(recording, timeUs, filter);
          expect(picture.totals).toEqual(totalsOf(matching));
          expect(picture.recent.map(({ id: _id, ...row }) => row)).toEqual(matching.reverse());
          expect(picture.topPrefixes.every(({ prefix }) => prefix.startsWith('10.0.'))).toBe(true);
        }
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test('that is full says so and keeps what it has', () => {
    const recording = new Recording({ budgetBytes: 30_000 });
    const elems = [{ kind: 'A', prefix: '192.0.2.0/24', path: [1, 2] }] as const;
    recording.append(elemBatch(elems));
    expect(() => {
      for (let n = 0; n < 100; n++) recording.append(elemBatch(elems));
    }).toThrow(expect.objectContaining({ code: 'REPLAY_TOO_LARGE' }) as Error);
    const { elems: kept } = recording;
    expect(kept).toBeGreaterThan(0);
    expect(pictureAt(recording, recording.endUs, null).totals.announcements).toBe(kept);
  });

  test('of table entries alone is one moment', () => {
    const recording = recordingOf([{ kind: 'R', atS: 5, prefix: '192.0.2.0/24', path: [1, 2] }], 1);
    expect(recording.startUs).toBe((START_S + 5) * 1e6);
    expect(recording.endUs).toBe(recording.startUs);
    expect(recording.positionAt(recording.startUs)).toBe(1);
  });
});

function totalsOf(rows: readonly ElemRow[]) {
  const count = (kind: ElemRow['kind']): number => rows.filter((row) => row.kind === kind).length;
  return { announcements: count('announce'), withdrawals: count('withdraw'), stateChanges: count('state') };
}

/** Who holds what after the elems: `vantage prefix` -> path. A session that goes down takes its routes along. */
function plainState(rows: readonly ElemRow[]): Map<string, string> {
  const held = new Map<string, string>();
  for (const row of rows) {
    if (row.kind === 'state' && row.newState !== 'established')
      for (const key of [...held.keys()]) if (key.startsWith(`${row.peerAddress} `)) held.delete(key);
    const key = `${row.peerAddress} ${row.prefix ?? ''}`;
    if (row.kind === 'withdraw') held.delete(key);
    else if (row.path !== undefined) held.set(key, row.path);
  }
  return held;
}

test('paths and comparisons agree with a plain reading of the elems', () => {
  fc.assert(
    fc.property(
      arbitraryElems,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(39),
      fc.nat(39),
      (elems, frameElems, a, b) => {
        const recording = recordingOf(elems, frameElems);
        const clock = plainClock(elems);
        const rows = elemRows(elemBatch(elems));
        const scan = new PathScan(recording, [PREFIX], true);
        finish(scan.scan());
        const last = new Map<string, string | null>();
        for (const { vantage, prefix, path } of [...scan.initial, ...scan.events])
          last.set(`${scan.vantages[vantage]!.peerAddress} ${prefix}`, path?.join(' ') ?? null);
        const wanted = [...plainState(rows)].filter(([key]) => key.includes(' 10.0.'));
        expect(new Map([...last].filter(([, path]) => path !== null))).toEqual(new Map(wanted));

        const times = [a, b]
          .map((i) => clock[Math.min(i, clock.length - 1)]!)
          .filter((at) => at !== -Infinity);
        if (times.length < 2) return;
        const [beforeUs, afterUs] = times.sort((x, y) => x - y) as [number, number];
        const compare = new CompareScan(recording, beforeUs, afterUs, null);
        finish(compare.scan());
        const [before, after] = [beforeUs, afterUs].map((at) =>
          plainState(rows.filter((_row, i) => clock[i]! <= at)),
        );
        for (const { prefix, before: was, after: is } of compare.changes().changes) {
          const holders = (state: Map<string, string>): number =>
            [...state.keys()].filter((key) => key.endsWith(` ${prefix}`)).length;
          expect([was.vantages, is.vantages]).toEqual([holders(before!), holders(after!)]);
        }
      },
    ),
    { numRuns: 80, seed: 4 },
  );
});

test('a slice begins with the routes there were and ends with the state there was', () => {
  fc.assert(
    fc.property(arbitraryElems, fc.integer({ min: 1, max: 9 }), fc.nat(39), (elems, frameElems, at) => {
      const recording = recordingOf(elems, frameElems);
      const clock = plainClock(elems);
      const rows = elemRows(elemBatch(elems));
      const fromUs = clock[Math.min(at, clock.length - 1)]!;
      if (fromUs === -Infinity) return;
      const sliced: ElemRow[] = [];
      for (const taken of new SliceScan(recording, fromUs, recording.endUs).batches())
        if (taken) sliced.push(...elemRows(taken.batch));
      expect(plainState(sliced)).toEqual(plainState(rows));
      const events = sliced.filter(({ kind }) => kind !== 'rib');
      expect(events).toEqual(rows.filter(({ kind }, i) => kind !== 'rib' && clock[i]! >= fromUs));
    }),
    { numRuns: 80, seed: 4 },
  );
});
