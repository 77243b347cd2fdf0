import type { PathHistory } from '../../../workers/api-replay.ts';

/**
 * What an update does to the route a vantage has of a prefix, in BGPlay's words. A prepend change keeps the ASes and their
 * order and changes how often they stand there.
 */
export type PathChange =
  'initial state' | 'announce' | 'withdraw' | 'path change' | 're-announce' | 'prepend change';

/** The route of one vantage for one prefix, at some moment. */
export interface WalkedRoute {
  readonly vantage: number;
  readonly prefix: string;
  /** Nearest AS first, prepends kept; null while it has none. */
  readonly path: readonly number[] | null;
  /** Since when it is so; null when it was there before the recording. */
  readonly sinceUs: number | null;
  /** The newest update about it. */
  readonly last: { readonly timeUs: number; readonly change: PathChange } | null;
}

/** An update with what it changed. */
export interface NamedEvent {
  /** Its place in the history. */
  readonly index: number;
  readonly timeUs: number;
  readonly vantage: number;
  readonly prefix: string;
  readonly before: readonly number[] | null;
  readonly path: readonly number[] | null;
  readonly change: PathChange;
}

/** Name the step from one route to the next. Null: no route. */
export function changeOf(before: readonly number[] | null, after: readonly number[] | null): PathChange {
  if (after === null) return 'withdraw';
  if (before === null) return 'announce';
  if (sameList(before, after)) return 're-announce';
  return sameList(withoutPrepends(before), withoutPrepends(after)) ? 'prepend change' : 'path change';
}

/** The path with each AS once where it repeats itself. */
export function withoutPrepends(path: readonly number[]): number[] {
  return path.filter((asn, i) => asn !== path[i - 1]);
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * Walks through a history of routes: forwards it takes the events between, backwards it starts over. What it says about a
 * moment depends on the moment alone.
 */
export class PathWalk {
  readonly history: PathHistory;
  /** All events with their names, in order. */
  readonly events: readonly NamedEvent[];
  #routes = new Map<string, WalkedRoute>();
  #next = 0;

  constructor(history: PathHistory) {
    this.history = history;
    this.events = nameEvents(history);
    this.#restart();
  }

  /** Routes as of `timeUs`, events at that very moment taken in; in a fixed order. */
  at(timeUs: number): readonly WalkedRoute[] {
    const end = this.countUntil(timeUs);
    if (end < this.#next) this.#restart();
    for (; this.#next < end; this.#next++) this.#take(this.events[this.#next]!);
    return [...this.#routes.values()].sort(
      (a, b) => a.vantage - b.vantage || (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0),
    );
  }

  /** How many events there are up to and at `timeUs`. */
  countUntil(timeUs: number): number {
    let [low, high] = [0, this.events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle]!.timeUs <= timeUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #restart(): void {
    this.#next = 0;
    this.#routes = new Map(
      this.history.initial.map(({ vantage, prefix, path }) => [
        `${vantage} ${prefix}`,
        { vantage, prefix, path, sinceUs: null, last: null },
      ]),
    );
  }

  #take({ vantage, prefix, path, timeUs, change }: NamedEvent): void {
    const key = `${vantage} ${prefix}`;
    const before = this.#routes.get(key);
    const sinceUs = change === 're-announce' ? (before?.sinceUs ?? null) : timeUs;
    this.#routes.set(key, { vantage, prefix, path, sinceUs, last: { timeUs, change } });
  }
}

function nameEvents({ initial, events }: PathHistory): NamedEvent[] {
  const held = new Map<string, readonly number[] | null>(
    initial.map(({ vantage, prefix, path }) => [`${vantage} ${prefix}`, path]),
  );
  // The stream's own order may go back by a little; the walk needs time to go forwards.
  return [...events]
    .sort((a, b) => a.timeUs - b.timeUs)
    .map(({ timeUs, vantage, prefix, path }, index) => {
      const key = `${vantage} ${prefix}`;
      const before = held.get(key) ?? null;
      held.set(key, path);
      return { index, timeUs, vantage, prefix, before, path, change: changeOf(before, path) };
    });
}
