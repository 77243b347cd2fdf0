import type { Span } from './link.ts';

/** The narrowest the timeline can be drawn. */
export const MIN_ZOOM_US = 10_000_000;

export interface Extent {
  readonly startUs: number;
  readonly endUs: number;
}

/**
 * The part of the timeline to draw next: half or twice as much around the moment shown, from or to that moment, moved by
 * half of itself, or all of it (null).
 */
export function zoomed(
  extent: Extent,
  zoom: Span | null,
  atUs: number,
  by: 'in' | 'out' | 'from' | 'to' | 'left' | 'right' | 'all',
): Span | null {
  const { fromUs, toUs } = zoom ?? { fromUs: extent.startUs, toUs: extent.endUs };
  const wide = toUs - fromUs;
  switch (by) {
    case 'all':
      return null;
    case 'from':
      return fitted(extent, atUs, toUs);
    case 'to':
      return fitted(extent, fromUs, atUs);
    case 'left':
    case 'right': {
      const move =
        by === 'left'
          ? -Math.min(wide / 2, fromUs - extent.startUs)
          : Math.min(wide / 2, extent.endUs - toUs);
      return fitted(extent, fromUs + move, toUs + move);
    }
    case 'in':
    case 'out': {
      const next = by === 'in' ? wide / 2 : wide * 2;
      // The moment shown keeps its place on the screen.
      const place = Math.min(1, Math.max(0, wide > 0 ? (atUs - fromUs) / wide : 0));
      const centreUs = Math.min(toUs, Math.max(fromUs, atUs));
      return fitted(extent, centreUs - next * place, centreUs + next * (1 - place));
    }
  }
}

/** A brushed span, in whole seconds inside the extent and never too narrow; null when it is all there is. */
export function fitted({ startUs, endUs }: Extent, fromUs: number, toUs: number): Span | null {
  let from = Math.max(startUs, Math.floor(Math.min(fromUs, toUs) / 1e6) * 1e6);
  let to = Math.min(endUs, Math.ceil(Math.max(fromUs, toUs) / 1e6) * 1e6);
  if (to - from < MIN_ZOOM_US) {
    to = Math.min(endUs, from + MIN_ZOOM_US);
    from = Math.max(startUs, to - MIN_ZOOM_US);
  }
  return from <= startUs && to >= endUs ? null : { fromUs: from, toUs: to };
}
