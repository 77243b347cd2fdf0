import { MODEL_COLUMNS, MODEL_WIDTH } from '../../src/lib/ml/columns.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import type { Scorer } from '../evaluate/scorer.ts';

const SMOOTHING_MINUTES = 15;
const COLUMN = MODEL_COLUMNS.indexOf('announcements');

/** The bar every model has to clear: z of the announced prefixes, mean of 15 minutes. Learns nothing but its threshold. */
export const volumeZ: Scorer = {
  id: 'volume-z',
  title: 'VolumeZ (no ML)',
  fit: () => ({ score: volumeScores }),
};

function volumeScores({ z, isKnown }: PreparedStream): Float64Array {
  const scores = new Float64Array(isKnown.length).fill(NaN);
  const recent: number[] = [];
  for (let i = 0; i < isKnown.length; i++) {
    if (!isKnown[i]) continue;
    recent.push(z[i * MODEL_WIDTH + COLUMN]!);
    if (recent.length > SMOOTHING_MINUTES) recent.shift();
    scores[i] = recent.reduce((sum, value) => sum + value, 0) / recent.length;
  }
  return scores;
}
