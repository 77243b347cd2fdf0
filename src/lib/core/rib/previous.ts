import { grownU32 } from '../elem/columns.ts';
import type { PathPool } from './paths.ts';

/**
 * What the elems of a batch changed: columns of (at least) one entry per elem. Entries mean something where the elem's
 * outcome says that there was such a route, and all of it is good until the next step.
 */
export interface PreviousRoutes {
  /** Where paths are: words as in `ElemBatch.paths`. */
  readonly words: Uint32Array;
  /** `changed`, `withdrawn`: where in `words` the path of the route began that was replaced or withdrawn. */
  readonly starts: Uint32Array;
  /** And how many words it had. */
  readonly counts: Uint32Array;
  /** And its attribute hash (`attrs.ts`). */
  readonly attrs: Uint32Array;
  /** `fresh`, `changed`, `duplicate`: the attribute hash of what was announced. */
  readonly announced: Uint32Array;
}

/** Keeps `PreviousRoutes` for one batch at a time. */
export class PreviousLog {
  #starts = new Uint32Array(1024);
  #counts = new Uint32Array(1024);
  #attrs = new Uint32Array(1024);
  #announced = new Uint32Array(1024);

  start(elems: number): void {
    this.#starts = grownU32(this.#starts, elems);
    this.#counts = grownU32(this.#counts, elems);
    this.#attrs = grownU32(this.#attrs, elems);
    this.#announced = grownU32(this.#announced, elems);
  }

  announced(i: number, attrs: number): void {
    this.#announced[i] = attrs;
  }

  /** Elem `i` changed or withdrew a route with path `path`; call before that is let go. */
  replaced(i: number, paths: PathPool, path: number, attrs: number): void {
    this.#starts[i] = paths.start(path);
    this.#counts[i] = paths.count(path);
    this.#attrs[i] = attrs;
  }

  of(paths: PathPool): PreviousRoutes {
    return {
      words: paths.allWords,
      starts: this.#starts,
      counts: this.#counts,
      attrs: this.#attrs,
      announced: this.#announced,
    };
  }
}
