import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { prepareStream } from '../dataset/prepared.ts';
import { BURN_IN_MINUTES } from '../dataset/stream.ts';
import { seededRandom } from './random.ts';

/** One surge per so many minutes, of this length. */
const EVERY_MINUTES = 720;
const SURGE_MINUTES = 60;
/** Counts times 3 to 10, and as many more as a quiet stream would hardly show. */
const FACTORS = [3, 10] as const;
const ADDED = 5;

/**
 * Regular streams with artificial surges written into their counts and labelled: not what events look like, but enough to see
 * whether models fitted to a network still tell a rise from its ordinary minutes where there are no labels.
 */
export function withSurges(streams: readonly PreparedStream[], seed: number): PreparedStream[] {
  const random = seededRandom(seed);
  return streams.map(({ source }) => {
    const values = source.values.slice();
    const label = source.label.slice();
    const first = BURN_IN_MINUTES + Math.floor(random() * (EVERY_MINUTES - SURGE_MINUTES));
    for (let start = first; start + SURGE_MINUTES < source.minutes; start += EVERY_MINUTES) {
      const factor = FACTORS[0] + random() * (FACTORS[1] - FACTORS[0]);
      label.fill(1, start, start + SURGE_MINUTES);
      for (let at = start * MODEL_WIDTH; at < (start + SURGE_MINUTES) * MODEL_WIDTH; at++) {
        // Unknown stays unknown: NaN times anything.
        values[at] = Math.round(values[at]! * factor + ADDED * random());
      }
    }
    return prepareStream({ ...source, values, label, event: source.id, role: 'labelled' });
  });
}
