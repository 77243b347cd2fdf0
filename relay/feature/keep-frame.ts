import { FEATURE_COUNT } from '#core/feature/features.ts';
import type { HistoryKeeper } from '#core/feature/history.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { MASK } from '#core/feature/window.ts';

/** Put the windows of a minute into a history. */
export function keepFrame(keeper: HistoryKeeper, { startUs, streams, masks, values }: FeatureFrame): void {
  for (const [i, stream] of streams.entries()) {
    const vector = values.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT);
    keeper.note(stream, startUs / 60e6, masks[i] === MASK.none ? vector : null);
  }
}
