import type { AttrRow } from '../elem/attr-table.ts';
import { ATTR_FLAG, ORIGIN } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import type { AddressInterner, WordListTable } from '../elem/tables.ts';
import { BgpError } from '../error.ts';
import { decodePath, MAX_PATH_WORDS, mergePaths } from './as-path.ts';
import { AS_TRANS, ATTRIBUTE, EXPECTED_FLAGS, EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from './attribute.ts';

/** What a parsed block holds: the mandatory attributes, and whether it is fit for use. */
export const HAS = { origin: 1, path: 2, nextHop: 4, malformed: 8, ipv6ExtCommunities: 16 } as const;

/** How a block is to be read: four-octet ASNs (RFC 6793), and whether the session is internal (RFC 7606 §7.5, §7.9). */
export const MODE = { as4: 1, internal: 2 } as const;

/**
 * Parses one path attribute block into a row of the builder's tables, malformed attributes by RFC 7606. The two
 * multiprotocol attributes (RFC 4760 §3, §4), which carry NLRI, are only located.
 */
export class AttributeParser {
  readonly row: AttrRow = {
    flags: 0,
    origin: ORIGIN.none,
    path: 0,
    nextHop: 0,
    med: 0,
    localPref: 0,
    aggregatorAsn: 0,
    aggregatorAddress: 0,
    otc: 0,
    communities: 0,
    extCommunities: 0,
    largeCommunities: 0,
  };
  /** `HAS` bits of the last block. */
  has = 0;
  /** Attributes of the last block that were dropped (attribute discard, RFC 7606 §2). */
  discarded = 0;
  /** Value of MP_REACH_NLRI, as indexes into the bytes; `reachAt` is -1 without one. */
  reachAt = -1;
  reachEnd = 0;
  /** Likewise MP_UNREACH_NLRI. */
  unreachAt = -1;
  unreachEnd = 0;

  readonly #addresses: AddressInterner;
  readonly #paths: WordListTable;
  readonly #communities: WordListTable;
  readonly #extCommunities: WordListTable;
  readonly #largeCommunities: WordListTable;
  readonly #words = new Uint32Array(MAX_PATH_WORDS);
  readonly #words4 = new Uint32Array(MAX_PATH_WORDS);
  readonly #merged = new Uint32Array(2 * MAX_PATH_WORDS);
  /** Which block each attribute type was last seen in: finds repeated attributes. */
  readonly #seen = new Uint32Array(256);
  #block = 0;
  #pathAt = -1;
  #pathEnd = 0;
  #path4At = -1;
  #path4End = 0;
  #aggregator4At = -1;

  constructor(builder: BatchBuilder) {
    this.#addresses = builder.addresses;
    this.#paths = builder.paths;
    this.#communities = builder.communities;
    this.#extCommunities = builder.extCommunities;
    this.#largeCommunities = builder.largeCommunities;
  }

  /**
   * Parse `bytes[at .. end)`. `row.nextHop` is NEXT_HOP; with `HAS.malformed` the row is void: treat-as-withdraw.
   * @throws {BgpError} BGP_BAD_ATTRIBUTE if a multiprotocol attribute comes twice (RFC 7606 §3g)
   */
  parse(bytes: Uint8Array, at: number, end: number, mode: number): void {
    this.#reset();
    const seen = this.#seen;
    const block = this.#block;
    while (at < end) {
      // 0: flags u8   1: type u8   2: length u8, or u16 with the extended length flag
      const flags = bytes[at]!;
      const type = bytes[at + 1]!;
      const isLong = (flags & EXTENDED_LENGTH) !== 0;
      const value = at + (isLong ? 4 : 3);
      if (value > end) break;
      const next = value + (isLong ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!);
      if (next > end) break;
      const expected = EXPECTED_FLAGS[type]!;
      if (expected !== 0) {
        if (seen[type] === block) this.#repeated(type);
        else if ((flags & (OPTIONAL | TRANSITIVE)) !== expected) this.#badFlags(type, value, next);
        else this.#attribute(type, bytes, value, next, mode);
        seen[type] = block;
      }
      at = next;
    }
    // RFC 7606 §4: the last attribute overruns the block.
    if (at !== end) this.has |= HAS.malformed;
    if ((this.has & HAS.malformed) === 0 && this.#pathAt !== -1)
      this.#finishPath(bytes, (mode & MODE.as4) !== 0);
  }

  #reset(): void {
    const row = this.row;
    row.flags = 0;
    row.origin = ORIGIN.none;
    row.path = row.nextHop = row.med = row.localPref = 0;
    row.aggregatorAsn = row.aggregatorAddress = row.otc = 0;
    row.communities = row.extCommunities = row.largeCommunities = 0;
    this.has = 0;
    this.discarded = 0;
    this.reachAt = this.unreachAt = -1;
    this.#block = (this.#block + 1) >>> 0;
    this.#pathAt = this.#path4At = this.#aggregator4At = -1;
  }

  #repeated(type: number): void {
    if (type === ATTRIBUTE.mpReach || type === ATTRIBUTE.mpUnreach) {
      throw new BgpError('BGP_BAD_ATTRIBUTE', `attribute ${type} comes twice`);
    }
    this.discarded++;
  }

  /** RFC 7606 §3c, with the attributes whose own rule is attribute discard (§7.6, §7.7, RFC 6793 §6). */
  #badFlags(type: number, at: number, end: number): void {
    const A = ATTRIBUTE;
    const isDiscard =
      type === A.atomicAggregate || type === A.aggregator || type === A.as4Path || type === A.as4Aggregator;
    if (isDiscard) this.discarded++;
    else this.has |= HAS.malformed;
    this.#locate(type, at, end);
  }

  #locate(type: number, at: number, end: number): void {
    if (type === ATTRIBUTE.mpReach) {
      this.reachAt = at;
      this.reachEnd = end;
    } else if (type === ATTRIBUTE.mpUnreach) {
      this.unreachAt = at;
      this.unreachEnd = end;
    }
  }

  #attribute(type: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const row = this.row;
    const length = end - at;
    switch (type) {
      case ATTRIBUTE.origin:
        if (length !== 1 || bytes[at]! > ORIGIN.incomplete) return this.#malformed();
        row.origin = bytes[at]!;
        this.has |= HAS.origin;
        return;
      case ATTRIBUTE.asPath:
        this.#pathAt = at;
        this.#pathEnd = end;
        this.has |= HAS.path;
        return;
      case ATTRIBUTE.nextHop:
        if (length !== 4) return this.#malformed();
        row.nextHop = this.#addresses.intern(false, u32(bytes, at), 0, 0, 0);
        this.has |= HAS.nextHop;
        return;
      case ATTRIBUTE.med:
        if (length !== 4) return this.#malformed();
        row.med = u32(bytes, at);
        row.flags |= ATTR_FLAG.med;
        return;
      case ATTRIBUTE.communities:
        row.communities = this.#list(bytes, at, length, 4, this.#communities);
        return;
      default:
        this.#rareAttribute(type, bytes, at, end, mode);
    }
  }

  #rareAttribute(type: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const row = this.row;
    const length = end - at;
    const isAs4 = (mode & MODE.as4) !== 0;
    switch (type) {
      case ATTRIBUTE.localPref:
        if (length !== 4) return this.#malformedIfInternal(mode);
        row.localPref = u32(bytes, at);
        row.flags |= ATTR_FLAG.localPref;
        return;
      case ATTRIBUTE.atomicAggregate:
        if (length !== 0) this.discarded++;
        else row.flags |= ATTR_FLAG.atomicAggregate;
        return;
      case ATTRIBUTE.aggregator:
        return this.#aggregator(bytes, at, length, isAs4);
      case ATTRIBUTE.originatorId:
        if (length !== 4) this.#malformedIfInternal(mode);
        return;
      case ATTRIBUTE.clusterList:
        if (length === 0 || length % 4 !== 0) this.#malformedIfInternal(mode);
        return;
      case ATTRIBUTE.extCommunities:
        row.extCommunities = this.#list(bytes, at, length, 8, this.#extCommunities);
        return;
      case ATTRIBUTE.largeCommunities:
        row.largeCommunities = this.#list(bytes, at, length, 12, this.#largeCommunities);
        return;
      case ATTRIBUTE.ipv6ExtCommunities:
        if (length === 0 || length % 20 !== 0) this.#malformed();
        else this.has |= HAS.ipv6ExtCommunities;
        return;
      case ATTRIBUTE.onlyToCustomer:
        if (length !== 4) return this.#malformed();
        row.otc = u32(bytes, at);
        row.flags |= ATTR_FLAG.otc;
        return;
      case ATTRIBUTE.as4Path:
      case ATTRIBUTE.as4Aggregator:
        return this.#as4Attribute(type, at, end, isAs4);
      default:
        this.#locate(type, at, end);
    }
  }

  /** A four-octet session must not carry these (RFC 6793 §4.1). */
  #as4Attribute(type: number, at: number, end: number, isAs4: boolean): void {
    if (isAs4) {
      this.discarded++;
    } else if (type === ATTRIBUTE.as4Path) {
      this.#path4At = at;
      this.#path4End = end;
    } else if (end - at === 8) {
      this.#aggregator4At = at;
    } else {
      this.discarded++;
    }
  }

  #aggregator(bytes: Uint8Array, at: number, length: number, isAs4: boolean): void {
    if (length !== (isAs4 ? 8 : 6)) {
      this.discarded++;
      return;
    }
    const row = this.row;
    row.aggregatorAsn = isAs4 ? u32(bytes, at) : (bytes[at]! << 8) | bytes[at + 1]!;
    row.aggregatorAddress = u32(bytes, at + length - 4);
    row.flags |= ATTR_FLAG.aggregator;
  }

  #malformed(): void {
    this.has |= HAS.malformed;
  }

  #malformedIfInternal(mode: number): void {
    if (mode & MODE.internal) this.has |= HAS.malformed;
    else this.discarded++;
  }

  /** Communities: a non-zero multiple of their size, else malformed (RFC 7606 §7.8, §7.14, RFC 8092 §5). */
  #list(bytes: Uint8Array, at: number, length: number, size: number, table: WordListTable): number {
    if (length === 0 || length % size !== 0) {
      this.#malformed();
      return 0;
    }
    const count = length >> 2;
    const words = table.tail(count);
    const to = table.tailAt;
    for (let i = 0; i < count; i++, at += 4) {
      words[to + i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    }
    return table.commit(count);
  }

  #finishPath(bytes: Uint8Array, isAs4: boolean): void {
    const paths = this.#paths;
    if (this.#path4At !== -1 || this.#aggregator4At !== -1) return this.#mergedPath(bytes);
    // A word for two octets at most, and one for each segment header, which is two octets too.
    const words = paths.tail((this.#pathEnd - this.#pathAt) >> 1);
    const length = decodePath(bytes, this.#pathAt, this.#pathEnd, isAs4, words, paths.tailAt);
    if (length === -1) this.#malformed();
    else this.row.path = paths.commit(length);
  }

  #mergedPath(bytes: Uint8Array): void {
    const words = this.#words;
    const length = decodePath(bytes, this.#pathAt, this.#pathEnd, false, words, 0);
    if (length === -1) return this.#malformed();
    const paths = this.#paths;
    if (!this.#takeAggregator4(bytes) || this.#path4At === -1) {
      this.row.path = paths.intern(words, 0, length);
      return;
    }
    const length4 = decodePath(bytes, this.#path4At, this.#path4End, true, this.#words4, 0);
    if (length4 === -1) this.discarded++;
    const merged = mergePaths(words, length, this.#words4, Math.max(length4, 0), this.#merged);
    this.row.path = paths.intern(this.#merged, 0, merged);
  }

  /** RFC 6793 §4.2.3: a real ASN in AGGREGATOR means that a two-octet speaker re-aggregated, and voids both AS4_ attributes. */
  #takeAggregator4(bytes: Uint8Array): boolean {
    const row = this.row;
    const at = this.#aggregator4At;
    if (at === -1 || (row.flags & ATTR_FLAG.aggregator) === 0) return true;
    if (row.aggregatorAsn !== AS_TRANS) return false;
    row.aggregatorAsn = u32(bytes, at);
    row.aggregatorAddress = u32(bytes, at + 4);
    return true;
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
