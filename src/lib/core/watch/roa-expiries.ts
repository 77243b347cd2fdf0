import { formatPrefix } from '../prefix/prefix.ts';
import type { ListedVrp } from '../rpki/vrp.ts';
import type { WatchIndex } from './watch-index.ts';

/** Trust anchors, and distinct minutes of one, that are told apart. */
const MAX_ANCHORS = 256;
const MAX_MINUTES = 20_000;

/**
 * When VRPs run out, which sets do not keep: second by second for those that overlap watched prefixes or name own ASes, and
 * per trust anchor how many in each minute. Give `take` to the reader of one body (`RpkiJsonReader`).
 */
export class RoaExpiries {
  readonly #index: WatchIndex;
  readonly #maxKept: number;
  readonly #expiresS = new Map<string, number>();
  readonly #minutes = new Map<string, Map<number, number>>();
  /** Watched VRPs and minutes there was no room for. */
  dropped = 0;

  /** @param maxKept watched VRPs whose expiry is kept */
  constructor(index: WatchIndex, maxKept = 100_000) {
    this.#index = index;
    this.#maxKept = maxKept;
  }

  readonly take = (vrp: ListedVrp): void => {
    const { expiresS, prefix, asn } = vrp;
    if (expiresS === null) return;
    this.#count(vrp.trustAnchor, Math.floor(expiresS / 60));
    const isWatched = this.#index.mayOverlap(prefix.isV6, prefix.bits, prefix.words, 0);
    if (!isWatched && !this.#index.asByNumber.has(asn)) return;
    const key = vrpKey(vrp);
    const known = this.#expiresS.get(key);
    if (known === undefined && this.#expiresS.size >= this.#maxKept) this.dropped++;
    // Of two ROAs for the same, the one that lasts longer counts.
    else this.#expiresS.set(key, Math.max(known ?? 0, expiresS));
  };

  #count(anchor: string, minute: number): void {
    const minutes = this.#minutes.get(anchor) ?? new Map<number, number>();
    const known = minutes.get(minute);
    const isFull = minutes.size === 0 && this.#minutes.size >= MAX_ANCHORS;
    if (isFull || (known === undefined && minutes.size >= MAX_MINUTES)) {
      this.dropped++;
      return;
    }
    minutes.set(minute, (known ?? 0) + 1);
    this.#minutes.set(anchor, minutes);
  }

  /** Unix seconds; null when not known. */
  expiresS(vrp: Pick<ListedVrp, 'prefix' | 'maxLength' | 'asn'>): number | null {
    return this.#expiresS.get(vrpKey(vrp)) ?? null;
  }

  /** How many VRPs of a trust anchor run out before `timeS`, to the minute. */
  expiring(anchor: string, timeS: number): number {
    let vrps = 0;
    for (const [minute, count] of this.#minutes.get(anchor) ?? []) if (minute * 60 < timeS) vrps += count;
    return vrps;
  }
}

/** Names a VRP: a trust anchor alone makes no other. */
export function vrpKey({ prefix, maxLength, asn }: Pick<ListedVrp, 'prefix' | 'maxLength' | 'asn'>): string {
  return `${formatPrefix(prefix.isV6, prefix.bits, prefix.words)}-${maxLength} ${asn}`;
}
