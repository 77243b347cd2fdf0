import { MODEL_COLUMNS } from '../lib/ml/columns.ts';
import type { ChannelContribution } from '../lib/ml/stream-scorer.ts';
import type { Explanation } from './api-scores.ts';

/**
 * Put together what the scorers say about a window. Columns stand by what the network makes of them, or, without one, by how
 * far they are over their usual.
 *
 * @param values of the models' columns, `z` the same normalised, `lstm` log-odds by column or null
 */
export function explanationOf(
  channels: readonly ChannelContribution[],
  values: ArrayLike<number>,
  z: ArrayLike<number>,
  lstm: ArrayLike<number> | null,
): Explanation {
  const strength = (i: number): number => (lstm ? lstm[i]! : z[i]!);
  const order = Array.from(MODEL_COLUMNS, (_, i) => i).sort((a, b) => strength(b) - strength(a));
  const columns = order.map((i) => ({
    column: MODEL_COLUMNS[i]!,
    value: values[i]!,
    z: z[i]!,
    lstm: lstm ? lstm[i]! : null,
  }));
  return { channels: [...channels], columns };
}
