import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { messageEnd } from '../batcher.ts';

/** A recording that is opened when it is its turn. */
export interface Recording {
  /** No elem in it is earlier, Unix microseconds. -Infinity: it comes before all others. */
  readonly startUs: number;
  open(): AsyncIterable<ElemBatch>;
}

interface Lane {
  readonly batches: AsyncIterator<ElemBatch>;
  readonly copier: ElemCopier;
  batch: ElemBatch | null;
  at: number;
}

/**
 * Recordings as one stream by time, in whatever order they are named: those that overlap are merged message by message, the
 * earlier named first at the same time, and each stays in its own order. Holds one batch of each that is open; one that
 * follows another is opened when that is over.
 */
export async function* byTime(
  recordings: readonly Recording[],
  batchElems: number,
): AsyncGenerator<ElemBatch> {
  const waiting = [...recordings].sort((a, b) => a.startUs - b.startUs || 0);
  const builder = new BatchBuilder(batchElems);
  const lanes: Lane[] = [];
  try {
    for (;;) {
      while (waiting.length > 0 && waiting[0]!.startUs <= (earliest(lanes)?.timeUs ?? Infinity))
        await open(waiting.shift()!, lanes, builder);
      const next = earliest(lanes);
      if (!next) break;
      const { lane } = next;
      const batch = lane.batch!;
      if (isAlone(lane, lanes, waiting)) {
        if (builder.length > 0) yield builder.take();
        yield batch;
        await advance(lane, lanes);
        continue;
      }
      const to = messageEnd(batch, lane.at);
      for (; lane.at < to; lane.at++) lane.copier.copy(batch, lane.at);
      if (builder.isFull) yield builder.take();
      if (lane.at === batch.length) await advance(lane, lanes);
    }
    if (builder.length > 0) yield builder.take();
  } finally {
    for (const { batches } of lanes) await batches.return?.();
  }
}

async function open(recording: Recording, lanes: Lane[], builder: BatchBuilder): Promise<void> {
  const batches = recording.open()[Symbol.asyncIterator]();
  const lane: Lane = { batches, copier: new ElemCopier(builder), batch: null, at: 0 };
  lanes.push(lane);
  await advance(lane, lanes);
}

/** The lane's next batch; without one it is taken out. */
async function advance(lane: Lane, lanes: Lane[]): Promise<void> {
  lane.at = 0;
  do {
    const next = await lane.batches.next();
    lane.batch = next.done === true ? null : next.value;
  } while (lane.batch?.length === 0);
  if (!lane.batch) lanes.splice(lanes.indexOf(lane), 1);
}

function earliest(lanes: readonly Lane[]): { lane: Lane; timeUs: number } | null {
  let found: { lane: Lane; timeUs: number } | null = null;
  for (const lane of lanes) {
    const timeUs = lane.batch!.timeUs[lane.at]!;
    if (!found || timeUs < found.timeUs) found = { lane, timeUs };
  }
  return found;
}

/** Whether nothing else falls into what is left of the lane's batch, so that it can go on as it is. */
function isAlone(lane: Lane, lanes: readonly Lane[], waiting: readonly Recording[]): boolean {
  if (lane.at !== 0 || lanes.length > 1) return false;
  const times = lane.batch!.timeUs;
  return waiting.length === 0 || waiting[0]!.startUs > times[times.length - 1]!;
}
