import { PREFIX_FLAG } from '../origin/known-prefixes.ts';
import type { KnownPrefixes } from '../origin/known-prefixes.ts';
import type { Case } from './case.ts';
import type { Sighting } from './sighting.ts';

/** A prefix that some case is about. */
export interface Watch {
  readonly found: Case;
  readonly sighting: Sighting;
}

const NOTHING: readonly Watch[] = [];

/** Cases by prefix id; keeps the prefixes' `watched` flag. Bounded by whoever adds. */
export class WatchIndex {
  readonly #prefixes: KnownPrefixes;
  readonly #byPrefix = new Map<number, Watch[]>();
  #length = 0;

  constructor(prefixes: KnownPrefixes) {
    this.#prefixes = prefixes;
  }

  get length(): number {
    return this.#length;
  }

  /** The watches of a prefix; good until one is added. */
  of(prefix: number): readonly Watch[] {
    return this.#byPrefix.get(prefix) ?? NOTHING;
  }

  add(watch: Watch): void {
    const { prefix } = watch.sighting;
    const there = this.#byPrefix.get(prefix);
    if (there) there.push(watch);
    else this.#byPrefix.set(prefix, [watch]);
    this.#length++;
    this.#prefixes.setFlag(prefix, PREFIX_FLAG.watched, true);
  }

  /** Stop watching every prefix of a case. */
  removeAll(found: Case): void {
    for (const prefix of found.sightings.keys()) {
      const left = (this.#byPrefix.get(prefix) ?? []).filter((watch) => watch.found !== found);
      this.#length--;
      if (left.length > 0) {
        this.#byPrefix.set(prefix, left);
      } else {
        this.#byPrefix.delete(prefix);
        this.#prefixes.setFlag(prefix, PREFIX_FLAG.watched, false);
      }
    }
  }
}
