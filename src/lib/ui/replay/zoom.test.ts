import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitted, MIN_ZOOM_US, zoomed } from './zoom.ts';

const S = 1e6;
const extent = { startUs: 1000 * S, endUs: 2000 * S };

test.each([
  ['in, around the moment', null, 1500, 'in', { fromUs: 1250 * S, toUs: 1750 * S }],
  ['in, at the start', null, 1000, 'in', { fromUs: 1000 * S, toUs: 1500 * S }],
  ['out of half', { fromUs: 1250 * S, toUs: 1750 * S }, 1500, 'out', null],
  ['from here', null, 1200, 'from', { fromUs: 1200 * S, toUs: 2000 * S }],
  ['to here', { fromUs: 1100 * S, toUs: 1900 * S }, 1200, 'to', { fromUs: 1100 * S, toUs: 1200 * S }],
  ['left', { fromUs: 1400 * S, toUs: 1600 * S }, 1500, 'left', { fromUs: 1300 * S, toUs: 1500 * S }],
  [
    'right, up to the end',
    { fromUs: 1850 * S, toUs: 1950 * S },
    1900,
    'right',
    { fromUs: 1900 * S, toUs: 2000 * S },
  ],
  ['all', { fromUs: 1250 * S, toUs: 1750 * S }, 1500, 'all', null],
] as const)('%s', (_name, zoom, atS, by, want) => expect(zoomed(extent, zoom, atS * S, by)).toEqual(want));

test('brushed either way, out of bounds or too narrow: always a span inside, wide enough', () => {
  const any = fc.integer({ min: 0, max: 3000 * S });
  fc.assert(
    fc.property(any, any, (a, b) => {
      const span = fitted(extent, a, b);
      if (!span) return;
      expect(span.fromUs).toBeGreaterThanOrEqual(extent.startUs);
      expect(span.toUs).toBeLessThanOrEqual(extent.endUs);
      expect(span.toUs - span.fromUs).toBeGreaterThanOrEqual(MIN_ZOOM_US);
    }),
  );
});

test('a recording shorter than the narrowest zoom is always drawn whole', () => {
  expect(fitted({ startUs: 0, endUs: 3 * S }, S, 2 * S)).toBeNull();
});
