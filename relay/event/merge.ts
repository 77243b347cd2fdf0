import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { messageEnd } from '../batcher.ts';

interface Lane {
  readonly batches: AsyncIterator<ElemBatch>;
  readonly copier: ElemCopier;
  batch: ElemBatch | null;
  at: number;
}

/**
 * Several streams in order of time as one in order of time; messages stay whole, and a stream's own order is kept even where
 * its time goes back. Of messages of the same time, those of the earlier stream come first.
 */
export async function* mergeByTime(
  streams: readonly AsyncIterable<ElemBatch>[],
  batchElems: number,
): AsyncGenerator<ElemBatch> {
  if (streams.length === 1) {
    yield* streams[0]!;
    return;
  }
  const builder = new BatchBuilder(batchElems);
  const lanes: Lane[] = streams.map((stream) => {
    return {
      batches: stream[Symbol.asyncIterator](),
      copier: new ElemCopier(builder),
      batch: null,
      at: 0,
    };
  });
  try {
    for (const lane of lanes) await advance(lane);
    for (let lane = earliest(lanes); lane; lane = earliest(lanes)) {
      const batch = lane.batch!;
      if (lane.at === 0 && isBeforeAll(batch, lane, lanes)) {
        // Nothing to mix in: copying it would gain nothing.
        if (builder.length > 0) yield builder.take();
        yield batch;
        await advance(lane);
        continue;
      }
      const to = messageEnd(batch, lane.at);
      for (; lane.at < to; lane.at++) lane.copier.copy(batch, lane.at);
      if (builder.isFull) yield builder.take();
      if (lane.at === batch.length) await advance(lane);
    }
    if (builder.length > 0) yield builder.take();
  } finally {
    for (const { batches } of lanes) await batches.return?.();
  }
}

/** Whether all of `batch` is earlier than what every other lane has next. */
function isBeforeAll(batch: ElemBatch, own: Lane, lanes: readonly Lane[]): boolean {
  let nextUs = Infinity;
  for (const lane of lanes)
    if (lane !== own && lane.batch) nextUs = Math.min(nextUs, lane.batch.timeUs[lane.at]!);
  return batch.timeUs.every((timeUs) => timeUs < nextUs);
}

async function advance(lane: Lane): Promise<void> {
  lane.at = 0;
  do {
    const next = await lane.batches.next();
    lane.batch = next.done === true ? null : next.value;
  } while (lane.batch?.length === 0);
}

function earliest(lanes: readonly Lane[]): Lane | null {
  let found: Lane | null = null;
  for (const lane of lanes) {
    if (!lane.batch) continue;
    if (!found || lane.batch.timeUs[lane.at]! < found.batch!.timeUs[found.at]!) found = lane;
  }
  return found;
}
