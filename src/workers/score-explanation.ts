import { MODEL_COLUMNS } from '../lib/ml/columns.ts';
import type { ChannelContribution } from '../lib/ml/stream-scorer.ts';
import type { Explanation } from './api-scores.ts';

/**
 * Put together what the scorers say about a window. Columns stand by how much they speak for something unusual: their share of
 * the spreads over the usual, and of what the network makes of them.
 *
 * @param values of the models' columns, `z` the same normalised, `lstm` log-odds by column or null
 */
export function explanationOf(
  channels: readonly ChannelContribution[],
  values: ArrayLike<number>,
  z: ArrayLike<number>,
  lstm: ArrayLike<number> | null,
): Explanation {
  const zShare = shares(z);
  const lstmShare = lstm && shares(lstm);
  const strength = (i: number): number => zShare(i) + (lstmShare ? lstmShare(i) : 0);
  const order = Array.from(MODEL_COLUMNS, (_, i) => i).sort((a, b) => strength(b) - strength(a));
  const columns = order.map((i) => ({
    column: MODEL_COLUMNS[i]!,
    value: values[i]!,
    z: z[i]!,
    lstm: lstm ? lstm[i]! : null,
  }));
  return { channels: [...channels], columns };
}

/** What share an entry is of all that are above zero. */
function shares(values: ArrayLike<number>): (i: number) => number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.max(0, values[i]!);
  return (i) => (sum === 0 ? 0 : Math.max(0, values[i]!) / sum);
}
