import type { Detector } from './detector.ts';
import { forgedPath } from './forged-path.ts';
import { originChange } from './origin-change.ts';
import { routeLeak } from './route-leak.ts';

/** Every detector, in the order they are stepped. */
export const DETECTORS = [originChange, forgedPath, routeLeak] as unknown as readonly Detector<unknown>[];
