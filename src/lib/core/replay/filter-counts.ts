import type { ElemFilter, ElemMatcher } from '../elem/filter.ts';
import { compileFilter } from '../elem/filter.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import type { KindCounts, Recording } from './recording.ts';
import { NO_COUNTS } from './recording.ts';

/** How many elems of each frame a filter lets through, and of all before it. */
export class FilterCounts {
  readonly filter: ElemFilter;
  readonly matcher: ElemMatcher;
  readonly #keys: readonly PrefixKey[];
  /** Per frame: what matches in all frames before it. */
  readonly before: KindCounts[] = [];
  /** Per frame: elems of any kind that match in it. */
  readonly matches: number[] = [];

  /** @throws {BgpError} FILTER_BAD */
  constructor(filter: ElemFilter) {
    this.filter = filter;
    this.matcher = compileFilter(filter);
    this.#keys = (filter.prefixes ?? []).map(parsePrefix);
  }

  /** A filter by prefix lets nothing else through, state changes included. */
  #mayMatch(recording: Recording, index: number): boolean {
    const { lessSpecific, moreSpecific } = this.filter;
    if (this.#keys.length === 0 || lessSpecific === true) return true;
    return recording.mayHave(index, this.#keys, moreSpecific !== false);
  }

  /** Count a recording frame by frame; done when the generator is. */
  *count(recording: Recording): Generator<void, void, void> {
    let totals = NO_COUNTS;
    for (let index = 0; index < recording.frames.length; index++) {
      this.before.push(totals);
      if (!this.#mayMatch(recording, index)) {
        this.matches.push(0);
        continue;
      }
      const { batch } = recording.open(index);
      const counts = kindCounts(batch.kind, (i) => this.matcher.matches(batch, i), 0, batch.length);
      this.matches.push(counts.all);
      totals = sum(totals, counts);
      yield;
    }
  }
}

/** Elems `from` to `to` by kind, of those that pass. */
export function kindCounts(
  kinds: Uint8Array,
  passes: ((i: number) => boolean) | null,
  from: number,
  to: number,
): KindCounts & { readonly all: number } {
  const counts = [0, 0, 0, 0];
  for (let i = from; i < to; i++) if (passes === null || passes(i)) counts[kinds[i]!]!++;
  const [announcements, withdrawals, stateChanges, table] = counts as [number, number, number, number];
  return {
    announcements,
    withdrawals,
    stateChanges,
    all: announcements + withdrawals + stateChanges + table,
  };
}

export function sum(a: KindCounts, b: KindCounts): KindCounts {
  return {
    announcements: a.announcements + b.announcements,
    withdrawals: a.withdrawals + b.withdrawals,
    stateChanges: a.stateChanges + b.stateChanges,
  };
}
