import { ScorerMirror } from '../models/scorer-mirror.svelte.ts';
import type { Replay } from './session.svelte.ts';

/** Scores of the recording that is open, by a scorer of its own: nothing of the live stream's past enters them. */
export class RecordingScores extends ScorerMirror {
  /** Score whatever is open, from now on. Made while a component is set up. */
  follow(replay: Replay): void {
    $effect(() => {
      void this.start();
      return () => this.close();
    });
    $effect(() => {
      const { opened } = replay;
      if (opened && this.state !== null)
        void this.connect((port) => replay.ask((worker) => worker.features(port)), null);
    });
  }
}
