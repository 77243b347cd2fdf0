import { ATTR_FLAG, ORIGIN } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import type { AttrRow, WordListTable } from '../elem/tables.ts';
import { decodePath, MAX_PATH_WORDS, mergePaths } from './as-path.ts';
import { AS_TRANS, ATTRIBUTE, EXPECTED_FLAGS, EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from './attribute.ts';

/** What a parsed block holds: the mandatory attributes, and whether it is fit for use. */
export const HAS = { origin: 1, path: 2, nextHop: 4, malformed: 8, ipv6ExtCommunities: 16 } as const;

/** How a block is to be read: four-octet ASNs (RFC 6793), and whether the session is internal (RFC 7606 §7.5, §7.9). */
export const MODE = { as4: 1, internal: 2, rib: 4 } as const;

/** Parses one path attribute block into a row of the builder's tables, malformed attributes by RFC 7606. */
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

  readonly #builder: BatchBuilder;
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
    this.#builder = builder;
  }

  /**
   * Parse `bytes[at .. end)` into `row`, `has` and `discarded`. Multiprotocol attributes are skipped (only their flags are
   * checked); `row.nextHop` is NEXT_HOP. With `HAS.malformed` the row is void: treat-as-withdraw.
   */
  parse(bytes: Uint8Array, at: number, end: number, mode: number): void {
    this.#reset();
    while (at < end) {
      const flags = bytes[at]!;
      const type = bytes[at + 1]!;
      const isLong = (flags & EXTENDED_LENGTH) !== 0;
      const value = at + (isLong ? 4 : 3);
      if (value > end) break;
      const next = value + (isLong ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!);
      if (next > end) break;
      const expected = EXPECTED_FLAGS[type]!;
      if (expected !== 0) {
        if (this.#seen[type] === this.#block) this.discarded++;
        else if ((flags & (OPTIONAL | TRANSITIVE)) !== expected) this.#badFlags(type);
        else this.#attribute(type, bytes, value, next, mode);
        this.#seen[type] = this.#block;
      }
      at = next;
    }
    if (at !== end) this.has |= HAS.malformed;
    if ((this.has & HAS.malformed) === 0) this.#finishPath(bytes, (mode & MODE.as4) !== 0);
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
    this.#block = (this.#block + 1) >>> 0;
    this.#pathAt = this.#path4At = this.#aggregator4At = -1;
  }

  /** RFC 7606 §3c, with the attributes whose own rule is attribute discard (§7.6, §7.7, RFC 6793 §6). */
  #badFlags(type: number): void {
    const A = ATTRIBUTE;
    const isDiscard =
      type === A.atomicAggregate || type === A.aggregator || type === A.as4Path || type === A.as4Aggregator;
    if (isDiscard) this.discarded++;
    else this.has |= HAS.malformed;
  }

  #attribute(type: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const builder = this.#builder;
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
        row.nextHop = builder.addresses.intern(false, u32(bytes, at), 0, 0, 0);
        this.has |= HAS.nextHop;
        return;
      case ATTRIBUTE.med:
        if (length !== 4) return this.#malformed();
        row.med = u32(bytes, at);
        row.flags |= ATTR_FLAG.med;
        return;
      case ATTRIBUTE.communities:
        row.communities = this.#list(bytes, at, length, 4, builder.communities);
        return;
      default:
        this.#rareAttribute(type, bytes, at, end, mode);
    }
  }

  #rareAttribute(type: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const builder = this.#builder;
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
        row.extCommunities = this.#list(bytes, at, length, 8, builder.extCommunities);
        return;
      case ATTRIBUTE.largeCommunities:
        row.largeCommunities = this.#list(bytes, at, length, 12, builder.largeCommunities);
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
        this.#as4Attribute(type, at, end, isAs4);
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
    const words = this.#words;
    const count = length >> 2;
    for (let i = 0; i < count; i++, at += 4) words[i] = u32(bytes, at);
    return table.intern(words, 0, count);
  }

  #finishPath(bytes: Uint8Array, isAs4: boolean): void {
    if (this.#pathAt === -1) return;
    const words = this.#words;
    const length = decodePath(bytes, this.#pathAt, this.#pathEnd, isAs4, words);
    if (length === -1) return this.#malformed();
    const paths = this.#builder.paths;
    const usesAs4 = this.#path4At !== -1 || this.#aggregator4At !== -1 ? this.#takeAggregator4(bytes) : false;
    if (!usesAs4 || this.#path4At === -1) {
      this.row.path = paths.intern(words, 0, length);
      return;
    }
    const length4 = decodePath(bytes, this.#path4At, this.#path4End, true, this.#words4);
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
