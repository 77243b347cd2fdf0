import { asnHash } from './keys.ts';
import { WindowCounts } from './window-counts.ts';
import { WindowPairs } from './window-pairs.ts';

export interface TopOrigin {
  readonly asn: number;
  readonly announcements: number;
  /** Distinct prefixes announced in the window. */
  readonly prefixes: number;
  readonly vantages: number;
  readonly spark: Float32Array;
}

/** The busiest origin ASNs of a sliding window; withdrawals name no origin and do not count. */
export class TopOrigins {
  readonly counts: WindowCounts;
  readonly prefixes: WindowPairs;
  readonly vantages: WindowPairs;

  constructor(limit = 16_384, pairs = 1 << 18) {
    this.counts = new WindowCounts(limit);
    this.prefixes = new WindowPairs(pairs);
    this.vantages = new WindowPairs(pairs);
  }

  /** Make room for the origins of a batch. */
  reserve(count: number): void {
    const dropped = this.counts.reserve(count);
    if (!dropped) return;
    this.prefixes.drop(dropped);
    this.vantages.drop(dropped);
  }

  /** Prefix entries marked in `dropped` are about to mean other prefixes. */
  forgetPrefixes(dropped: Uint8Array): void {
    this.prefixes.dropPartners(dropped);
  }

  /** The entry of an ASN, -1 when there is no room. */
  entry(asn: number): number {
    return this.counts.acquire(asnHash(asn), asn);
  }

  /** One announcement at `step`; `prefix` is the prefix's entry in the table beside this one, -1 if it has none. */
  add(entry: number, step: number, vantage: number, prefix: number): void {
    this.counts.add(entry, step, false);
    this.vantages.see(entry, vantage, step);
    if (prefix !== -1) this.prefixes.see(entry, prefix, step);
  }

  /** Move the window on so that it ends with step `head`. */
  advance(head: number): void {
    this.prefixes.expire(head - this.counts.steps + 1);
    this.vantages.expire(head - this.counts.steps + 1);
    this.counts.advance(head);
  }

  /** The `count` busiest, busiest first. */
  snapshot(count: number): TopOrigin[] {
    const { counts } = this;
    return counts
      .top(count, (entry) => counts.announced(entry))
      .map((entry) => ({
        asn: counts.keyB(entry),
        announcements: counts.announced(entry),
        prefixes: this.prefixes.count(entry),
        vantages: this.vantages.count(entry),
        spark: counts.spark(entry, true),
      }));
  }
}
