import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, PEER_STATE, SEGMENT, TABLE } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { ElemCopier } from '../elem/copier.ts';
import { Rib } from '../rib/rib.ts';
import { arbitraryBatch } from '../../../../tests/fixtures/arbitrary-batch.ts';
import { mrtBatches, recording } from '../../../../tests/fixtures/mrt-batches.ts';
import type { SlowWindow } from '../../../../tests/fixtures/slow-features.ts';
import { SlowFeatures } from '../../../../tests/fixtures/slow-features.ts';
import { FeatureExtractor } from './extractor.ts';
import { FEATURE_NAMES } from './features.ts';
import type { FeatureFrame } from './window.ts';
import { MASK_NAMES } from './window.ts';

/** Windows of a run over batches; a number among them is a gap. */
function framesOf(batches: readonly ElemBatch[], gaps: readonly number[] = []): FeatureFrame[] {
  const frames: FeatureFrame[] = [];
  const rib = new Rib({ trackPaths: true });
  const extractor = new FeatureExtractor(rib, { emit: (frame) => frames.push(frame) });
  for (const [i, batch] of batches.entries()) {
    if (gaps.includes(i)) extractor.gap();
    extractor.step(batch, rib.step(batch));
  }
  return frames;
}

function slowWindows(batches: readonly ElemBatch[], gaps: readonly number[] = []): SlowWindow[] {
  const slow = new SlowFeatures();
  for (const [i, batch] of batches.entries()) {
    if (gaps.includes(i)) slow.gap();
    slow.step(batch);
  }
  return slow.windows;
}

/** Frames in the slow one's words, so that a difference names its window and column. */
function asWindows(frames: readonly FeatureFrame[]): SlowWindow[] {
  return frames.flatMap(({ startUs, widthS, streams, masks, values }) =>
    streams.map((stream, at) => {
      const columns = FEATURE_NAMES.map((name, i) => [name, values[at * FEATURE_NAMES.length + i]!] as const);
      const mask = MASK_NAMES[masks[at]!]!;
      return {
        stream,
        startMinute: startUs / 60e6,
        widthS,
        mask,
        values: Object.fromEntries(columns.filter(([, value]) => mask === '' || !Number.isNaN(value))),
      };
    }),
  );
}

const byKey = (windows: readonly SlowWindow[]) =>
  new Map(windows.map((one) => [`${one.startMinute} ${one.widthS} ${one.stream}`, one]));

function expectSame(fast: readonly SlowWindow[], slow: readonly SlowWindow[]): void {
  expect([...byKey(fast).keys()].sort()).toEqual([...byKey(slow).keys()].sort());
  const wanted = byKey(slow);
  for (const [key, one] of byKey(fast)) expect(one, key).toEqual(wanted.get(key));
}

/** The same elems, cut into batches of `size`. */
function recut(batches: readonly ElemBatch[], size: number): ElemBatch[] {
  const out: ElemBatch[] = [];
  const builder = new BatchBuilder(size);
  const copier = new ElemCopier(builder);
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      copier.copy(batch, i);
      if (builder.length === size) out.push(builder.take());
    }
  }
  if (builder.length > 0) out.push(builder.take());
  return out;
}

const PATHS = [
  [3356, 64_496],
  [3356, 3356, 3356, 64_496],
  [174, 1299, 64_496],
  [174, 64_497],
  [3356, 174, 64_512],
];

const step = fc.record({
  /** Seconds since the step before; a hole now and then. */
  afterS: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 0, 1, 5, 20) },
    { weight: 1, arbitrary: fc.constantFrom(-30, 90, 150, 4000) },
  ),
  peer: fc.nat(5),
  prefix: fc.nat(7),
  what: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('announce', 'announce', 'withdraw', 'more') },
    { weight: 1, arbitrary: fc.constantFrom('down', 'up', 'rib') },
  ),
  path: fc.nat(PATHS.length - 1),
  origin: fc.nat(2),
  med: fc.nat(1),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A stream of two collectors with three peers each, of which one says little. */
function streamOf(steps: readonly Step[]): ElemBatch {
  const builder = new BatchBuilder(Math.max(1, steps.length));
  let timeUs = 1_203_878_877e6;
  for (const one of steps) {
    timeUs += one.afterS * 1e6;
    const peer = one.peer === 5 && one.prefix > 1 ? 0 : one.peer;
    const address = builder.addresses.internV4(0xc000_0201 + peer);
    const vantage = builder.vantages.intern(peer < 3 ? 'rrc00' : 'rrc01', address, 65_000 + (peer >> 1));
    const flags = one.what === 'more' ? 0 : ELEM_FLAG.first;
    if (one.what === 'up') builder.pushState(flags, timeUs, vantage, 1, PEER_STATE.established);
    else if (one.what === 'down') builder.pushState(flags, timeUs, vantage, PEER_STATE.established, 1);
    else pushRoute(builder, one, flags, timeUs, vantage);
  }
  return builder.take();
}

function pushRoute(builder: BatchBuilder, one: Step, flags: number, timeUs: number, vantage: number): void {
  const prefix = builder.prefixes.intern(TABLE.ipv4, 24, 0x0a00_0000 + one.prefix * 256, 0, 0, 0);
  if (one.what === 'withdraw') {
    builder.push(KIND.withdraw, flags, timeUs, vantage, prefix, NONE, 0, 0);
    return;
  }
  const asns = PATHS[one.path]!;
  const words = Uint32Array.of((SEGMENT.sequence << 8) | asns.length, ...asns);
  const attrs = builder.attrSets.intern({
    flags: ATTR_FLAG.med,
    origin: one.origin,
    path: builder.paths.intern(words, 0, words.length),
    nextHop: 0,
    med: one.med,
    localPref: 0,
    aggregatorAsn: 0,
    aggregatorAddress: 0,
    otc: 0,
    communities: 0,
    extCommunities: 0,
    largeCommunities: 0,
  });
  builder.push(one.what === 'rib' ? KIND.rib : KIND.announce, flags, timeUs, vantage, prefix, attrs, 0, 0);
}

const FOLDER = 'mrt/youtube-pakistan-20080224';
const real = ['1824', '1839'].map((name) => recording(`${FOLDER}/updates.20080224.${name}.bz2`));
const hasData = real.every((path) => path !== null);
const realBatches = () => real.flatMap((path) => mrtBatches(path!));

describe('the fast extractor and the slow reference', () => {
  test.skipIf(!hasData)(
    'agree on every number of half an hour of 45 peers (needs ROUTESCOPE_DATA)',
    { timeout: 120_000 },
    () => {
      const batches = realBatches();
      const fast = asWindows(framesOf(batches));
      expectSame(fast, slowWindows(batches));
      const open = fast.filter((one) => one.mask === '');
      expect(open.length).toBeGreaterThan(1000);
      expect(
        open.filter((one) => one.stream === 'all' && one.values['announcements']! > 1000).length,
      ).toBeGreaterThan(25);
    },
  );

  test('agree on anything', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryBatch, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { maxLength: 2 }),
        (batches, gaps) => {
          expectSame(asWindows(framesOf(batches, gaps)), slowWindows(batches, gaps));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('agree on streams with flaps, prepends, resets, quiet peers and holes', () => {
    let open = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
        const batches = [streamOf(steps)];
        const fast = asWindows(framesOf(batches));
        open += fast.filter(({ mask }) => mask === '').length;
        expectSame(fast, slowWindows(batches));
      }),
      { numRuns: 60 },
    );
    expect(open).toBeGreaterThan(1000);
  });
});

describe('how batches are cut', () => {
  test.skipIf(!hasData)('changes nothing on real data (needs ROUTESCOPE_DATA)', { timeout: 60_000 }, () => {
    const batches = realBatches().slice(0, 60);
    const whole = framesOf(batches);
    for (const size of [7, 4000]) expect(framesOf(recut(batches, size))).toEqual(whole);
  });
});
