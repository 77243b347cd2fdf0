import { grownU32, hashEnd, hashWord } from '../elem/columns.ts';
import { SlotIndex } from '../rib/slot-index.ts';
import { isSeveral, spreadOf } from './spread.ts';

// Row of a link, in 32-bit words. `left` stands nearer to the vantage: towards the origin it is the upstream side.
// 0: left
const RIGHT = 1;
const FIRST_S = 2;
const PEERS = 3; // two words
const FLAGS = 5;
const NEXT_OF_RIGHT = 6; // next link with the same right + 1
const LINK_ROW = 7;

// Row of an AS.
const ASN = 0;
const UPSTREAMS = 1; // first link with this AS on the right + 1
const UPSTREAM_COUNT = 2;
const DOWNSTREAM_COUNT = 3;
const AS_FIRST_S = 4;
const PREFIXES = 5; // prefixes it was seen to originate
const AS_ROW = 6;

/** Bits of a link's flags. */
export const LINK_FLAG = {
  /** Known before the stream began. */
  baseline: 1,
  /** A detector is looking at it; it does not become known by lasting. */
  suspect: 2,
} as const;

/**
 * AS links as paths show them, with who saw them and since when, and per AS what hangs on it. Bounded by `linkLimit`; past
 * that new links are refused and counted (detectors that need them then stay silent about those).
 */
export class AsGraph {
  readonly linkLimit: number;
  #links = new Uint32Array(LINK_ROW * 1024);
  #linkCount = 0;
  #linkIndex = new SlotIndex(1024);
  #linkCapacity = 1024;
  #ases = new Uint32Array(AS_ROW * 1024);
  #asCount = 0;
  #asIndex = new SlotIndex(1024);
  #asCapacity = 1024;
  #refused = 0;

  constructor(linkLimit: number) {
    this.linkLimit = linkLimit;
  }

  get links(): number {
    return this.#linkCount;
  }

  get refused(): number {
    return this.#refused;
  }

  get bytes(): number {
    return this.#links.byteLength + this.#ases.byteLength + this.#linkIndex.bytes + this.#asIndex.bytes;
  }

  /** The link, or -1. */
  link(left: number, right: number): number {
    const links = this.#links;
    for (let id = this.#linkIndex.first(pairHash(left, right)); id !== -1; id = this.#linkIndex.next()) {
      if (links[id * LINK_ROW] === left && links[id * LINK_ROW + RIGHT] === right) return id;
    }
    return -1;
  }

  /** Note a link seen by peer number `peer`. @returns its id, -1 when there is no room. */
  seen(left: number, right: number, peer: number, timeS: number, isBaseline: boolean): number {
    let id = this.link(left, right);
    if (id === -1) {
      id = this.#addLink(left, right, timeS);
      if (id === -1) return -1;
    }
    const links = this.#links;
    const at = id * LINK_ROW;
    links[at + PEERS + ((peer >>> 5) & 1)]! |= 1 << (peer & 31);
    if (isBaseline) links[at + FLAGS]! |= LINK_FLAG.baseline;
    return id;
  }

  #addLink(left: number, right: number, timeS: number): number {
    if (this.#linkCount >= this.linkLimit) {
      this.#refused++;
      return -1;
    }
    const id = this.#linkCount++;
    this.#links = grownU32(this.#links, (id + 1) * LINK_ROW);
    if (this.#linkCount > this.#linkCapacity) {
      this.#linkCapacity *= 2;
      this.#linkIndex.grow(this.#linkCapacity);
    }
    const rightAt = this.as(right, timeS) * AS_ROW;
    const leftAt = this.as(left, timeS) * AS_ROW;
    const at = id * LINK_ROW;
    this.#links[at] = left;
    this.#links[at + RIGHT] = right;
    this.#links[at + FIRST_S] = timeS;
    this.#links[at + NEXT_OF_RIGHT] = this.#ases[rightAt + UPSTREAMS]!;
    this.#ases[rightAt + UPSTREAMS] = id + 1;
    this.#ases[rightAt + UPSTREAM_COUNT]!++;
    this.#ases[leftAt + DOWNSTREAM_COUNT]!++;
    for (let taken = this.#linkIndex.first(pairHash(left, right)); taken !== -1;)
      taken = this.#linkIndex.next();
    this.#linkIndex.add(id);
    return id;
  }

  /** The AS's number in the graph, added if new. (There are fewer ASes than links, so links bound them.) */
  as(asn: number, timeS: number): number {
    const known = this.findAs(asn);
    if (known !== -1) return known;
    const id = this.#asCount++;
    this.#ases = grownU32(this.#ases, (id + 1) * AS_ROW);
    if (this.#asCount > this.#asCapacity) {
      this.#asCapacity *= 2;
      this.#asIndex.grow(this.#asCapacity);
      for (let taken = this.#asIndex.first(asnHash(asn)); taken !== -1;) taken = this.#asIndex.next();
    }
    this.#ases[id * AS_ROW + ASN] = asn;
    this.#ases[id * AS_ROW + AS_FIRST_S] = timeS;
    this.#asIndex.add(id);
    return id;
  }

  /** The AS's number in the graph, or -1. */
  findAs(asn: number): number {
    for (let id = this.#asIndex.first(asnHash(asn)); id !== -1; id = this.#asIndex.next()) {
      if (this.#ases[id * AS_ROW] === asn) return id;
    }
    return -1;
  }

  /** When the link was first seen, Unix seconds; 0 if it was there before the stream (baseline). */
  sinceS(link: number): number {
    const at = link * LINK_ROW;
    return this.#links[at + FLAGS]! & LINK_FLAG.baseline ? 0 : this.#links[at + FIRST_S]!;
  }

  /** When the link was first seen, Unix seconds; 0 in a table dump that began the stream. */
  firstS(link: number): number {
    return this.#links[link * LINK_ROW + FIRST_S]!;
  }

  left(link: number): number {
    return this.#links[link * LINK_ROW]!;
  }

  right(link: number): number {
    return this.#links[link * LINK_ROW + RIGHT]!;
  }

  flags(link: number): number {
    return this.#links[link * LINK_ROW + FLAGS]!;
  }

  setFlag(link: number, flag: number, on: boolean): void {
    const at = link * LINK_ROW + FLAGS;
    this.#links[at] = on ? this.#links[at]! | flag : this.#links[at]! & ~flag;
  }

  linkSpread(link: number): number {
    return spreadOf(this.#links[link * LINK_ROW + PEERS]!, this.#links[link * LINK_ROW + PEERS + 1]!);
  }

  /** Whether two peer ASNs or more have shown the link. */
  isSeveral(link: number): boolean {
    return isSeveral(this.#links[link * LINK_ROW + PEERS]!, this.#links[link * LINK_ROW + PEERS + 1]!);
  }

  /** Call `visit` with each AS seen directly left of `asn` and the link; stops when it returns true. */
  eachUpstream(asn: number, visit: (upstream: number, link: number) => boolean | void): void {
    const id = this.findAs(asn);
    if (id === -1) return;
    for (let link = this.#ases[id * AS_ROW + UPSTREAMS]! - 1; link !== -1;) {
      if (visit(this.#links[link * LINK_ROW]!, link)) return;
      link = this.#links[link * LINK_ROW + NEXT_OF_RIGHT]! - 1;
    }
  }

  upstreamCount(asn: number): number {
    const id = this.findAs(asn);
    return id === -1 ? 0 : this.#ases[id * AS_ROW + UPSTREAM_COUNT]!;
  }

  /** How many ASes were seen directly behind `asn`. */
  downstreamCount(asn: number): number {
    const id = this.findAs(asn);
    return id === -1 ? 0 : this.#ases[id * AS_ROW + DOWNSTREAM_COUNT]!;
  }

  addPrefix(asn: number, timeS: number): void {
    this.#ases[this.as(asn, timeS) * AS_ROW + PREFIXES]!++;
  }

  /** Prefixes `asn` was seen to originate. */
  prefixCount(asn: number): number {
    const id = this.findAs(asn);
    return id === -1 ? 0 : this.#ases[id * AS_ROW + PREFIXES]!;
  }

  /** When the AS was first seen anywhere on a path, Unix seconds, or null. */
  asSinceS(asn: number): number | null {
    const id = this.findAs(asn);
    return id === -1 ? null : this.#ases[id * AS_ROW + AS_FIRST_S]!;
  }
}

function pairHash(left: number, right: number): number {
  return hashEnd(hashWord(hashWord(2, left), right));
}

function asnHash(asn: number): number {
  return hashEnd(hashWord(1, asn));
}
