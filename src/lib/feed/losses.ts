import type { Gap } from '#core/wire/control.ts';
import type { NotedGap } from './feed.ts';

const NOTED = 20;

/** What went missing between the relay and us: counters, and the newest gaps. */
export class Losses {
  gapCount = 0;
  lostFrames = 0;
  lostElems = 0;
  #gaps: NotedGap[] = [];

  /** The newest gaps, newest first. */
  get gaps(): readonly NotedGap[] {
    return this.#gaps;
  }

  /** @param atUs data time of the last elem before the gap. */
  note(gap: Gap, atUs: number | null): void {
    this.gapCount++;
    this.#count(gap);
    this.#gaps = [{ ...gap, atUs }, ...this.#gaps].slice(0, NOTED);
  }

  /** The newest gap, which we made ourselves, has grown by a frame. */
  extend(seq: number, elems: number): void {
    const [newest, ...rest] = this.#gaps;
    this.#count({ frames: 1, elems });
    if (!newest) return;
    const grown = {
      ...newest,
      to: seq,
      frames: (newest.frames ?? 0) + 1,
      elems: (newest.elems ?? 0) + elems,
    };
    this.#gaps = [grown, ...rest];
  }

  #count(gap: Pick<Gap, 'frames' | 'elems'>): void {
    this.lostFrames += gap.frames ?? 0;
    this.lostElems += gap.elems ?? 0;
  }
}
