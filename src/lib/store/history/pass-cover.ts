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
 * elems cut into other frames: by their time they are recognised, so that what a browser saw twice is stored once. Where a
 * pass ended, an instant may be stored in part; a later one that comes by takes it again whole. The instant in which one
 * begins to listen is left to a later pass, since nobody can tell what of it was missed.
 */
export class PassCover {
  readonly #done: Ranges;
  /** What earlier passes had stored when this one began, and the ends of that not yet met. */
  #before = timeRanges([]);
  #edges = new Set<number>();
  /** Newest time of the pass; null before its first batch. */
  #lastUs: number | null = null;
  #isFromStart = false;
  /** The instant in which listening began, when that was within the recording. */
  #skippedUs: number | null = null;

  constructor(done: readonly Range[] = []) {
    this.#done = timeRanges(done);
    this.begin(false);
  }

  /** Times stored, Unix microseconds. */
  get list(): readonly Range[] {
    return this.#done.list;
  }

  /** What follows is another pass, from the recording's first elem or from somewhere in it. */
  begin(isFromStart: boolean): void {
    this.#before = timeRanges(this.#done.list);
    this.#edges = new Set(this.#done.list.flat());
    this.#lastUs = null;
    this.#isFromStart = isFromStart;
    this.#skippedUs = null;
  }

  /** What follows goes on where the pass was, at `lastUs`: another page of this browser had followed it so far. */
  resume(lastUs: number): void {
    this.begin(false);
    const range = this.#done.find(lastUs);
    if (range === null) return;
    this.#lastUs = lastUs;
    // At the end of what is stored the pass is the one that got so far: its own elems are nothing earlier.
    if (range[1] !== lastUs) return;
    this.#before = timeRanges(this.#done.list.filter((one) => one !== range));
    this.#edges.delete(lastUs);
  }

  take(batch: ElemBatch): Fresh {
    const rows: number[] = [];
    const redo = new Set<number>();
    let [fromUs, toUs] = [Infinity, -Infinity];
    if (this.#lastUs === null && !this.#isFromStart) this.#skippedUs ??= batch.timeUs[0] ?? null;
    for (let i = 0; i < batch.length; i++) {
      const timeUs = batch.timeUs[i]!;
      fromUs = Math.min(fromUs, timeUs);
      toUs = Math.max(toUs, timeUs);
      const range = this.#before.find(timeUs);
      if (timeUs === this.#skippedUs) continue;
      if (range !== null && range[0] < timeUs && timeUs < range[1]) continue;
      if (this.#edges.delete(timeUs)) {
        redo.add(timeUs);
        // Until this pass has gone beyond it, what follows is not joined to it: the pass may end within this instant.
        this.#done.cutStart(timeUs);
      }
      rows.push(i);
    }
    if (batch.length > 0) this.#cover(fromUs, toUs);
    return { rows: rows.length === batch.length ? null : Uint32Array.from(rows), redoUs: [...redo] };
  }

  #cover(fromUs: number, toUs: number): void {
    // The first instant of a recording is there whole; between two batches of one pass nothing is missing.
    const start = this.#lastUs ?? (this.#isFromStart ? fromUs - 1 : fromUs);
    const from = Math.max(Math.min(start, fromUs), (this.#skippedUs ?? -Infinity) + 1);
    this.#lastUs = Math.max(toUs, this.#lastUs ?? toUs);
    if (from <= toUs) this.#done.add(from, toUs);
  }
}

const timeRanges = (list: readonly Range[]): Ranges => new Ranges(list, 1000, 0);
