import type { Detector } from './detector.ts';
import { EVENT } from './detector.ts';

/**
 * Paths that are too long, prepends counted: absolutely (old routers fail on them, and nobody means to), or far over what
 * the prefix's paths usually are.
 */
export const pathLength: Detector<null> = {
  id: 'path-length',
  needs: [],
  events: [EVENT.announce],
  init: () => null,
  step(_state, event, { facts, params, emit }) {
    const { length, origin, maxPrepend } = event.path!;
    const usual = event.originEntry === -1 ? 0 : facts.origins.usualLength(event.originEntry);
    const isLong = length >= params.longPathHops;
    const isInflated = usual > 0 && length >= usual + params.inflationHops;
    if (!isLong && !isInflated) return;
    emit({
      type: isLong ? 'long-path' : 'path-inflation',
      group: 'length',
      prefix: event.prefix,
      culprit: origin,
      victim: 0,
      subject: isLong ? 'long' : 'inflated',
      tags: [{ name: isLong ? 'long-path' : 'longer-than-its-usual', score: 2 }],
      detail: { hops: length, usualHops: Math.round(usual), mostPrepends: maxPrepend },
    });
  },
};
