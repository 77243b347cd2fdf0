import { describe, expect, test } from 'vitest';
import { RIB_OPTIONS } from '../detect/engine.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, PEER_STATE } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { ElemCopier } from '../elem/copier.ts';
import { elemRow } from '../elem/row.ts';
import { Rib } from '../rib/rib.ts';
import { batchOf } from '../../../../tests/fixtures/batches.ts';
import { mrtBatches, recording } from '../../../../tests/fixtures/mrt-batches.ts';
import type { PrefixOriginOptions, PrefixOriginWindow } from './prefix-origin.ts';
import { PREFIX_ORIGIN_FEATURES, PrefixOriginExtractor } from './prefix-origin.ts';

function run(batches: readonly ElemBatch[], options: Partial<PrefixOriginOptions> = {}) {
  const windows: PrefixOriginWindow[] = [];
  const rib = new Rib(RIB_OPTIONS);
  const extractor = new PrefixOriginExtractor(rib, {
    widthS: 60,
    emit: (one) => windows.push(one),
    ...options,
  });
  for (const batch of batches) extractor.step(batch, rib.step(batch));
  extractor.end();
  return { windows, extractor };
}

const named = (values: readonly number[]) =>
  Object.fromEntries(PREFIX_ORIGIN_FEATURES.map(([name], i) => [name, values[i]]));

const T0_US = 1_203_878_880e6;
const at = (s: number): number => T0_US + s * 1e6;

describe('the numbers of a prefix and its origin', () => {
  test('are nine, and a flap is a return within the window', () => {
    const { windows } = run([
      batchOf([
        { timeUs: at(0), prefix: 1 },
        { timeUs: at(60), prefix: 1, isWithdrawal: true },
        { timeUs: at(61), prefix: 1 },
        { timeUs: at(62), prefix: 1, peerAsn: 65_002 },
        { timeUs: at(63), prefix: 1, isWithdrawal: true },
        { timeUs: at(64), prefix: 2, isWithdrawal: true },
        { timeUs: at(120), prefix: 1 },
      ]),
    ]);
    expect(windows.map(({ isPartial }) => isPartial)).toEqual([true, false, true]);
    expect(windows[1]!.rows.map(({ prefix, origin }) => [prefix, origin])).toEqual([['10.0.1.0/24', 64_496]]);
    expect(named(windows[1]!.rows[0]!.values)).toEqual({
      announcements: 2,
      withdrawals: 2,
      total_updates: 4,
      withdrawal_ratio: 0.5,
      flap_count: 1,
      path_length: 3,
      unique_peers: 2,
      message_rate: 4 / 60,
      session_resets: 0,
    });
    // A return in the next window is not a flap of it.
    expect(named(windows[2]!.rows[0]!.values)['flap_count']).toBe(0);
  });

  test('count the resets of sessions that held the route', () => {
    const builder = new BatchBuilder(10);
    const copier = new ElemCopier(builder);
    const before = batchOf([
      { timeUs: at(0), prefix: 1 },
      { timeUs: at(61), prefix: 1 },
    ]);
    copier.copy(before, 0);
    copier.copy(before, 1);
    builder.pushState(1, at(62), 0, PEER_STATE.established, PEER_STATE.idle);
    const { windows } = run([builder.take()]);
    expect(named(windows[1]!.rows[0]!.values)['session_resets']).toBe(1);
  });

  test('stop at the bound, and say so', () => {
    const { windows, extractor } = run(
      [batchOf(Array.from({ length: 50 }, (_, i) => ({ timeUs: at(i / 10), prefix: i })))],
      { maxPairs: 20 },
    );
    expect(windows[0]!.rows).toHaveLength(20);
    expect(extractor.refused).toBe(30);
  });

  const file = recording('mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
  test.skipIf(file === null)('are those of the elems one by one (needs ROUTESCOPE_DATA)', () => {
    const batches = mrtBatches(file!);
    const { windows, extractor } = run(batches);
    const counts = new Map<string, number>();
    for (const batch of batches) {
      for (let i = 0; i < batch.length; i++) {
        const row = elemRow(batch, i);
        if (batch.kind[i] !== KIND.announce || batch.attrs[i] === NONE) continue;
        const key = `${Math.floor(row.timeUs / 60e6)} ${row.prefix}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const got = new Map<string, number>();
    for (const { startUs, rows } of windows) {
      for (const { prefix, values } of rows) {
        const key = `${startUs / 60e6} ${prefix}`;
        got.set(key, (got.get(key) ?? 0) + values[0]!);
      }
    }
    // Announcements without an origin, and those of a table being sent, belong to no pair.
    const differing = [...counts].filter(([key, count]) => got.get(key) !== count);
    expect(counts.size).toBeGreaterThan(3000);
    expect(differing.length / counts.size).toBeLessThan(0.05);
    expect(extractor.refused).toBe(0);
    const hijacked = windows.flatMap(({ rows }) => rows).filter(({ prefix }) => prefix === '208.65.153.0/24');
    expect(new Set(hijacked.map(({ origin }) => origin))).toContain(17_557);
  });
});
