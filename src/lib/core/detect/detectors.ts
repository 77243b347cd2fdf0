import { blackhole } from './blackhole.ts';
import { bogonAsnDetector, bogonPrefix } from './bogon.ts';
import type { Detector } from './detector.ts';
import { forgedPath } from './forged-path.ts';
import { instability } from './instability.ts';
import { massLeak } from './mass-leak.ts';
import { massOrigination } from './mass-origination.ts';
import { originChange } from './origin-change.ts';
import { pathLength } from './path-length.ts';
import { routeLeak } from './route-leak.ts';
import { rpkiInvalid } from './rpki-invalid.ts';
import { sessionReset } from './session-reset.ts';
import { visibility } from './visibility.ts';
import { volumeAnomaly } from './volume-anomaly.ts';
import { watchList } from './watch-list.ts';
import { withdrawalStorm } from './withdrawal-storm.ts';

/** Every detector, in the order they are stepped: `watchList` says what is right, `rpkiInvalid` leaves to `originChange` what that looks at. */
export const DETECTORS = [
  watchList,
  originChange,
  massOrigination,
  massLeak,
  forgedPath,
  routeLeak,
  rpkiInvalid,
  bogonPrefix,
  bogonAsnDetector,
  blackhole,
  pathLength,
  visibility,
  withdrawalStorm,
  instability,
  sessionReset,
  volumeAnomaly,
] as unknown as readonly Detector<unknown>[];
