import type { ElemBatch } from '#core/elem/batch.ts';
import type { Range } from './ranges.ts';
import { Ranges } from './ranges.ts';

/** What of a batch is new, and what of the stored is to make room for it. */
export interface Fresh {
  /** Rows to store, ascending; null: all. */
  readonly rows: Uint32Array | null;
  /** Moments (Unix microseconds) whose stored elems are to be deleted first: an earlier pass may have them in part. */
  readonly redoUs: readonly number[];
}

/**
 * Which part of a recording has been stored already. The relay plays a recording again and again, and each pass is the same
 * elems cut into other frames: by their time they are recognised, so that what a browser saw twice is stored once. At the
 * ends of what is stored an instant may be there in part; it is taken again whole.
 */
export class PassCover {
  readonly #done: Ranges;
  /** What earlier passes had stored when this one began, and the ends of that not yet met. */
  #before: readonly Range[] = [];
  #edges = new Set<number>();
  #isPassOpen = false;
  #lastUs = 0;

  constructor(done: readonly Range[] = []) {
    this.#done = new Ranges(done);
    this.beginPass();
  }

  /** Times stored, Unix microseconds. */
  get list(): readonly Range[] {
    return this.#done.list;
  }

  /** The recording starts over, or frames are missing: what follows does not join what was before. */
  beginPass(): void {
    this.#isPassOpen = false;
    this.#edges = new Set(this.#done.list.flat());
    this.#before = this.#done.list.map(([from, to]) => [from, to] as const);
  }

  take(batch: ElemBatch): Fresh {
    const rows: number[] = [];
    const redo = new Set<number>();
    const earlier = new Ranges(this.#before);
    let fromUs = Infinity;
    let toUs = -Infinity;
    for (let i = 0; i < batch.length; i++) {
      const timeUs = batch.timeUs[i]!;
      fromUs = Math.min(fromUs, timeUs);
      toUs = Math.max(toUs, timeUs);
      const range = earlier.find(timeUs);
      const isInside = range !== null && range[0] < timeUs && timeUs < range[1];
      if (isInside) continue;
      if (this.#edges.delete(timeUs)) redo.add(timeUs);
      rows.push(i);
    }
    this.#cover(fromUs, toUs);
    return { rows: rows.length === batch.length ? null : Uint32Array.from(rows), redoUs: [...redo] };
  }

  #cover(fromUs: number, toUs: number): void {
    // Between two batches of one pass nothing is missing.
    this.#done.add(this.#isPassOpen ? Math.min(this.#lastUs, fromUs) : fromUs, toUs);
    this.#lastUs = this.#isPassOpen ? Math.max(toUs, this.#lastUs) : toUs;
    this.#isPassOpen = true;
  }
}
