import type { LiveView } from './api.ts';

/** The buffers of a view that can move to the page instead of being copied. */
export function viewBuffers(view: LiveView): ArrayBufferLike[] {
  const { timeS, announce, withdraw } = view.rate;
  const sparks = [...view.topPrefixes, ...view.topOrigins].map((row) => row.spark.buffer);
  return [timeS.buffer, announce.buffer, withdraw.buffer, ...sparks];
}
