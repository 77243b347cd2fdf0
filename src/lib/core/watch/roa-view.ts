import type { ListedVrp } from '../rpki/vrp.ts';
import { groupPrefix, markOverlapping } from '../rpki/vrp-overlap.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import type { VrpTable } from '../rpki/vrp-table.ts';
import type { RoaExpiries } from './roa-expiries.ts';
import { roaOwner } from './roa-owner.ts';
import type { WatchIndex } from './watch-index.ts';

/** VRPs of a trust anchor, and those of them that are about to run out. */
export interface AnchorCount {
  vrps: number;
  expiring: number;
}

/** What of all VRPs matters to a watch list. */
export interface RoaView {
  /** By name; all VRPs count. */
  readonly anchors: ReadonlyMap<string, AnchorCount>;
  /** Those that concern somebody on the list. */
  readonly vrps: readonly ListedVrp[];
  /** Those there was no room for. */
  readonly dropped: number;
}

export interface RoaViewOptions {
  readonly index: WatchIndex;
  /** A VRP that runs out before is about to, Unix seconds. */
  readonly soonS: number;
  readonly maxRelevant: number;
}

/** The view of VRPs that come one by one. */
export function viewOfVrps(vrps: Iterable<ListedVrp>, options: RoaViewOptions): RoaView {
  const anchors = new Map<string, AnchorCount>();
  const relevant = new Relevant(options);
  for (const vrp of vrps) {
    const anchor = anchors.get(vrp.trustAnchor) ?? { vrps: 0, expiring: 0 };
    anchor.vrps++;
    if (vrp.expiresS !== null && vrp.expiresS < options.soonS) anchor.expiring++;
    anchors.set(vrp.trustAnchor, anchor);
    relevant.add(vrp);
  }
  return { anchors, vrps: relevant.vrps, dropped: relevant.dropped };
}

/**
 * The view of a whole set. Watched prefixes are looked up in its order and own ASes in its column of ASNs; nothing is made
 * of the million VRPs nobody asks about.
 */
export function viewOfSet(set: VrpSet, expiries: RoaExpiries | null, options: RoaViewOptions): RoaView {
  const counts = new Uint32Array(256);
  const relevant = new Relevant(options);
  for (const table of [set.v4, set.v6]) {
    for (let row = 0; row < table.length; row++) counts[table.trustAnchor[row]!]!++;
    eachCandidate(table, options.index, (group, row) => {
      const vrp = {
        prefix: groupPrefix(table, group),
        maxLength: table.maxLength[row]!,
        asn: table.asn[row]!,
        trustAnchor: set.trustAnchors[table.trustAnchor[row]!] ?? '',
      };
      relevant.add({ ...vrp, expiresS: expiries?.expiresS(vrp) ?? null });
    });
  }
  const anchors = new Map<string, AnchorCount>();
  for (const [number, name] of set.trustAnchors.entries()) {
    const vrps = counts[number]!;
    // Rows of a body may repeat a VRP; sets do not.
    const expiring = Math.min(vrps, expiries?.expiring(name, options.soonS) ?? 0);
    if (vrps > 0) anchors.set(name, { vrps, expiring });
  }
  return { anchors, vrps: relevant.vrps, dropped: relevant.dropped };
}

/** Rows whose prefix overlaps a configured one or whose ASN may be an own one, in order. */
function eachCandidate(
  table: VrpTable,
  index: WatchIndex,
  visit: (group: number, row: number) => void,
): void {
  const marks = new Uint8Array(table.groups);
  for (const prefix of index.bases()) if (prefix.isV6 === table.isV6) markOverlapping(table, prefix, marks);
  const mayBeOwn = new Uint8Array(0x1_0000);
  for (const asn of index.asByNumber.keys()) mayBeOwn[asn & 0xffff] = 1;
  const { start, asn } = table;
  for (let group = 0; group < table.groups; group++) {
    for (let row = start[group]!; row < start[group + 1]!; row++) {
      const isOwn = mayBeOwn[asn[row]! & 0xffff] === 1 && index.asByNumber.has(asn[row]!);
      if (isOwn || marks[group] === 1) visit(group, row);
    }
  }
}

/** Collects VRPs that concern somebody. */
class Relevant {
  readonly vrps: ListedVrp[] = [];
  dropped = 0;
  readonly #options: RoaViewOptions;

  constructor(options: RoaViewOptions) {
    this.#options = options;
  }

  add(vrp: ListedVrp): void {
    if (!roaOwner(vrp, this.#options.index)) return;
    if (this.vrps.length >= this.#options.maxRelevant) this.dropped++;
    else this.vrps.push(vrp);
  }
}
