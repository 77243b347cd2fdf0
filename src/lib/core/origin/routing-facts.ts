import type { ElemBatch } from '../elem/batch.ts';
import type { StepResult } from '../rib/rib.ts';
import { AsGraph, LINK_FLAG } from './as-graph.ts';
import { KnownPrefixes } from './known-prefixes.ts';
import { ORIGIN_FLAG, Origins } from './origins.ts';
import type { PathView } from './path-view.ts';
import { viewPath } from './path-view.ts';
import { Tenants } from './tenants.ts';

export interface FactsLimits {
  readonly maxPrefixes: number;
  readonly maxOrigins: number;
  readonly maxLinks: number;
  readonly knownAfterS: number;
}

const UNSEEN = -2;
/** Vantages that must hold a contested origin before it can be believed. */
const MIN_DOMINANT = 3;
/** And the share of all vantages. */
const DOMINANT_SHARE = 0.1;
const NO_LINKS: readonly number[] = [];

/**
 * What all detectors share: prefixes, their origins with who holds them, and AS links, each with since when. Fed elem by
 * elem in order, so that how the stream was cut into batches makes no difference.
 */
export class RoutingFacts {
  readonly prefixes: KnownPrefixes;
  readonly origins: Origins;
  readonly graph: AsGraph;
  /** While set, what is learned counts as known from before. */
  isBaseline = false;
  /** Entries that came from a baseline, and when the stream began: how warm the state is. */
  baselineOrigins = 0;
  firstS = 0;
  readonly #knownAfterS: number;
  readonly tenants: Tenants;
  readonly #peerNumbers = new Map<number, number>();
  /** When each vantage was first heard, Unix seconds; 0 for baseline. The routing state bounds vantages. */
  readonly #vantageSinceS = new Map<number, number>();

  // Of the batch being stepped.
  #batch: ElemBatch | null = null;
  #prefixIds = new Int32Array(0);
  #views: (PathView | undefined)[] = [];
  #links: (number[] | undefined)[] = [];
  #linkPeers = new Int32Array(0);

  constructor(limits: FactsLimits) {
    this.prefixes = new KnownPrefixes(limits.maxPrefixes);
    this.origins = new Origins(limits.maxOrigins);
    this.graph = new AsGraph(limits.maxLinks);
    this.#knownAfterS = limits.knownAfterS;
    this.tenants = new Tenants(limits.maxOrigins);
  }

  /** Bytes of the flat tables. */
  get bytes(): number {
    return this.prefixes.bytes + this.origins.bytes + this.graph.bytes;
  }

  startBatch(batch: ElemBatch): void {
    this.#batch = batch;
    if (this.#prefixIds.length < batch.prefixes.length)
      this.#prefixIds = new Int32Array(batch.prefixes.length * 2);
    this.#prefixIds.fill(UNSEEN, 0, batch.prefixes.length);
    this.#views = new Array<PathView | undefined>(batch.attrSets.length);
    this.#links = new Array<number[] | undefined>(batch.attrSets.length);
    if (this.#linkPeers.length < batch.attrSets.length)
      this.#linkPeers = new Int32Array(batch.attrSets.length * 2);
    this.#linkPeers.fill(-1, 0, batch.attrSets.length);
  }

  /** Id of entry `i` of the batch's prefix table, or -1 when it is not known. */
  prefixId(i: number): number {
    const known = this.#prefixIds[i]!;
    if (known >= 0) return known;
    return (this.#prefixIds[i] = this.prefixes.find(this.#batch!.prefixes, i));
  }

  /** Id of entry `i`, added if new; -1 when there is no room. */
  ensurePrefix(i: number, timeS: number): number {
    const known = this.prefixId(i);
    if (known !== -1) return known;
    return (this.#prefixIds[i] = this.prefixes.add(this.#batch!.prefixes, i, timeS));
  }

  /** The path of attribute set `attrs`. */
  path(attrs: number): PathView {
    return (this.#views[attrs] ??= viewPath(this.#batch!.paths, this.#batch!.attrSets.path[attrs]!));
  }

  /** Links of the path of `attrs`, noted as seen by `peerAsn`. */
  links(attrs: number, peerAsn: number, timeS: number): readonly number[] {
    const peer = this.peerNumber(peerAsn);
    const known = this.#links[attrs];
    if (known !== undefined && this.#linkPeers[attrs] === peer) return known;
    const { hops } = this.path(attrs);
    if (hops.length < 2) return NO_LINKS;
    const links = known ?? new Array<number>(hops.length - 1);
    for (let i = 0; i < hops.length - 1; i++) {
      links[i] = this.graph.seen(hops[i]!, hops[i + 1]!, peer, timeS, this.isBaseline);
    }
    this.#links[attrs] = links;
    this.#linkPeers[attrs] = peer;
    return links;
  }

  /** A small number for each peer ASN, in order of appearance. (There are at most as many as vantages.) */
  peerNumber(peerAsn: number): number {
    let number = this.#peerNumbers.get(peerAsn);
    if (number === undefined) {
      number = this.#peerNumbers.size;
      this.#peerNumbers.set(peerAsn, number);
    }
    return number;
  }

  noteVantage(vantage: number, timeS: number): void {
    if (!this.#vantageSinceS.has(vantage)) this.#vantageSinceS.set(vantage, this.isBaseline ? 0 : timeS);
  }

  /** Whether the vantage has been heard long enough that what it had not shown before means something. */
  hasPast(vantage: number, nowS: number): boolean {
    const since = this.#vantageSinceS.get(vantage);
    return since !== undefined && nowS - since >= this.#knownAfterS;
  }

  get vantages(): number {
    return this.#vantageSinceS.size;
  }

  get peers(): number {
    return this.#peerNumbers.size;
  }

  /** Note that `peerAsn` announced the prefix with `origin`. @returns the entry, -1 when there is no room. */
  noteOrigin(
    prefix: number,
    origin: number,
    peerAsn: number,
    timeS: number,
  ): { entry: number; isNew: boolean } {
    const { origins, prefixes } = this;
    let entry = origins.find(prefixes.head(prefix), origin);
    const isNew = entry === -1;
    if (!isNew && origins.held(entry) === 0 && !this.isEstablished(prefix, entry, timeS))
      origins.restart(entry, timeS);
    if (isNew) {
      entry = origins.add(prefixes.head(prefix), origin, timeS);
      if (entry === -1) return { entry, isNew: false };
      prefixes.setHead(prefix, entry);
      this.graph.addPrefix(origin, timeS);
      this.#noteTenant(prefix, origin, timeS);
    }
    if (this.isBaseline && !(origins.flags(entry) & ORIGIN_FLAG.baseline)) {
      origins.setFlag(entry, ORIGIN_FLAG.baseline);
      this.baselineOrigins++;
    }
    origins.seen(entry, this.peerNumber(peerAsn), timeS);
    return { entry, isNew };
  }

  /** Note a more-specific whose origin is not the covering prefix's: how the block is used. */
  #noteTenant(prefix: number, origin: number, timeS: number): void {
    const block = this.prefixes.covering(prefix, (id) => this.prefixes.head(id) !== -1);
    if (block === -1 || this.origins.find(this.prefixes.head(block), origin) !== -1) return;
    this.prefixes.addForeignChild(block);
    const owner = this.origins.asn(this.prefixes.head(block));
    this.tenants.add(block, owner, origin, this.isBaseline ? 0 : timeS);
  }

  /** Whether `asn` was known to use part of the block before. */
  isTenantOf(block: number, asn: number, nowS: number): boolean {
    const since = this.tenants.sinceS(block, asn);
    return since !== null && nowS - since >= this.#knownAfterS;
  }

  /**
   * Take entry `i` of the batch's prefix table as announced by `origin` to `peerAsns` peers before the stream began:
   * a dump of prefixes and origins without paths.
   */
  learnOrigin(i: number, origin: number, peerAsns: number): void {
    const wasBaseline = this.isBaseline;
    this.isBaseline = true;
    const prefix = this.ensurePrefix(i, 0);
    // The dump counts peers without naming them: any numbers do.
    for (let peer = 0; prefix !== -1 && peer < Math.min(peerAsns, 64); peer++) {
      const { entry } = this.noteOrigin(prefix, origin, 0, 0);
      if (entry !== -1) this.origins.seen(entry, peer, 0);
    }
    this.isBaseline = wasBaseline;
  }

  /** Move one holder of `prefix` from origin `from` to `to`; 0 for none. */
  moveHolder(prefix: number, from: number, to: number, timeS: number): void {
    if (from === to) return;
    const head = this.prefixes.head(prefix);
    if (from > 0) {
      const entry = this.origins.find(head, from);
      if (entry !== -1) this.origins.leave(entry, timeS);
    }
    if (to > 0) {
      const entry = this.origins.find(head, to);
      if (entry !== -1) this.origins.addHeld(entry, 1);
    }
  }

  /** Take back what a lost session or an eviction let go: `DROP_WORDS` words at `at` of `drops`. @returns the prefix id. */
  dropRoute(result: StepResult, at: number, timeS: number): number {
    const { drops } = result;
    const prefix = this.prefixes.findKey(
      drops[at + 1]!,
      drops[at + 2]!,
      drops[at + 3]!,
      drops[at + 4]!,
      drops[at + 5]!,
    );
    if (prefix === -1) return -1;
    this.prefixes.addHeld(prefix, -1);
    this.moveHolder(prefix, drops[at + 7]!, 0, timeS);
    return prefix;
  }

  /** Whether an origin entry is old enough to be believed: it has stayed that long without everybody letting go of it. */
  isEstablished(prefix: number, entry: number, nowS: number): boolean {
    const flags = this.origins.flags(entry);
    if (flags & ORIGIN_FLAG.baseline) return true;
    if (flags & ORIGIN_FLAG.suspect) return false;
    if (flags & ORIGIN_FLAG.contested && !this.#dominates(prefix, entry)) return false;
    // What one vantage alone keeps, a stale route perhaps, does not become true by lasting.
    const untilS = this.origins.held(entry) > 1 ? nowS : this.origins.lastS(entry);
    return untilS - this.origins.firstS(entry) >= this.#knownAfterS;
  }

  /** Of origins that appeared together, only the one that clearly more vantages hold is believed. */
  #dominates(prefix: number, entry: number): boolean {
    const held = this.origins.held(entry);
    if (held < Math.max(MIN_DOMINANT, this.vantages * DOMINANT_SHARE)) return false;
    for (let other = this.prefixes.head(prefix); other !== -1; other = this.origins.next(other)) {
      if (other !== entry && this.origins.held(other) * 2 >= held) return false;
    }
    return true;
  }

  /** The established origin of the prefix that most vantages hold (then the oldest), other than `except`; -1 for none. */
  mainOrigin(prefix: number, nowS: number, except = 0): number {
    let best = -1;
    for (let entry = this.prefixes.head(prefix); entry !== -1; entry = this.origins.next(entry)) {
      if (this.origins.asn(entry) === except || !this.isEstablished(prefix, entry, nowS)) continue;
      if (best === -1 || this.#isMore(entry, best)) best = entry;
    }
    return best;
  }

  #isMore(a: number, b: number): boolean {
    const { origins } = this;
    if (origins.held(a) !== origins.held(b)) return origins.held(a) > origins.held(b);
    if (origins.firstS(a) !== origins.firstS(b)) return origins.firstS(a) < origins.firstS(b);
    return origins.asn(a) < origins.asn(b);
  }

  /** The nearest covering prefix with an established origin, or -1. */
  coveringEstablished(prefix: number, nowS: number): number {
    return this.prefixes.covering(prefix, (id) => this.mainOrigin(id, nowS) !== -1);
  }

  /** Whether `asn` is an established origin of the prefix or, with `cover`, of any prefix that covers it. */
  isOriginOf(prefix: number, asn: number, nowS: number): boolean {
    const entry = this.origins.find(this.prefixes.head(prefix), asn);
    return entry !== -1 && this.isEstablished(prefix, entry, nowS);
  }

  /**
   * Whether a link is old enough, and seen by enough, to be believed. A table dump has no ages: its links need three peer
   * ASNs, of which one may be the peer being stepped, so that a forgery one peer kept does not vouch for itself.
   */
  isKnownLink(link: number, nowS: number): boolean {
    const flags = this.graph.flags(link);
    if (flags & LINK_FLAG.suspect) return false;
    const firstS = this.graph.firstS(link);
    if (flags & LINK_FLAG.baseline && firstS === 0) return this.graph.linkSpread(link) > 2;
    return nowS - firstS >= this.#knownAfterS;
  }

  /** Whether two ASes were ever neighbours on a path before, in either order. */
  areNeighbours(a: number, b: number, nowS: number): boolean {
    const there = this.graph.link(a, b);
    if (there !== -1 && this.isKnownLink(there, nowS)) return true;
    const back = this.graph.link(b, a);
    return back !== -1 && this.isKnownLink(back, nowS);
  }

  /** Whether `upstream` was seen right before `asn`, and longer than it takes to be believed. */
  isUpstreamOf(upstream: number, asn: number, nowS: number): boolean {
    const link = this.graph.link(upstream, asn);
    return link !== -1 && this.isKnownLink(link, nowS);
  }
}
