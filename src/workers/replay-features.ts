import { RIB_OPTIONS } from '#core/detect/engine.ts';
import { Rib } from '#core/rib/rib.ts';
import { ReplayFeed } from '../lib/feed/replay.ts';
import type { FeaturePort } from './features.ts';
import { FeatureStream } from './features.ts';
import type { OpenedRecording } from './replay-opening.ts';
import { Turn } from './turn.ts';

/** Budget of the state, as the analysis has it. */
const RIB_BUDGET_BYTES = 512 * 1024 * 1024;
/** Frames that may wait for the scorer; the recording waits then, so that none is lost and scores are the same every time. */
const MAX_WAITING = 64;
const WAIT_MS = 5;

/**
 * Send the features of a whole recording to a port, in its own time order, as the live pipeline would. A pass of its own beside
 * the analysis, because not every replay is scored. Ends with the recording or when `isStale` says so; closes the port then.
 */
export async function sendFeatures(
  { recording, opened }: OpenedRecording,
  port: FeaturePort,
  isStale: () => boolean,
): Promise<void> {
  const rib = new Rib({ ...RIB_OPTIONS, budgetBytes: RIB_BUDGET_BYTES, trackPaths: true });
  const stream = new FeatureStream(rib);
  stream.connect(port);
  const turn = new Turn();
  const feed = new ReplayFeed({ recording, label: opened.title, speed: 0 });
  try {
    for await (const { batch, isAfterGap } of feed) {
      stream.step(batch, rib.step(batch), isAfterGap);
      if (turn.isOver) await turn.next();
      await settled(stream, MAX_WAITING, isStale);
      if (isStale()) return;
    }
    stream.end();
    await settled(stream, 0, isStale);
  } finally {
    turn.close();
    port.close();
  }
}

/** Resolves when no more than `most` frames wait or are to be answered. */
async function settled(stream: FeatureStream, most: number, isStale: () => boolean): Promise<void> {
  while (!isStale() && stream.unanswered > most) await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}
