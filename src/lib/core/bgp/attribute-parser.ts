import { ATTR_WORD as W, ATTR_WORDS } from '../elem/attr-table.ts';
import { ATTR_FLAG, ORIGIN } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import type { AddressInterner, WordListTable } from '../elem/tables.ts';
import { BgpError } from '../error.ts';
import { decodePath, MAX_PATH_WORDS, mergePaths } from './as-path.ts';
import { AS_TRANS, ATTRIBUTE, EXPECTED_FLAGS, HEAD, HEAD_MASK, LONG_HEAD } from './attribute.ts';

/** What a parsed block holds: the mandatory attributes, and whether it is fit for use. */
export const HAS = { origin: 1, path: 2, nextHop: 4, malformed: 8, ipv6ExtCommunities: 16 } as const;

/** How a block is to be read: four-octet ASNs (RFC 6793), and whether the session is internal (RFC 7606 §7.5, §7.9). */
export const MODE = { as4: 1, internal: 2 } as const;

/**
 * Parses one path attribute block into a row of the builder's tables, malformed attributes by RFC 7606. The two
 * multiprotocol attributes (RFC 4760 §3, §4), which carry NLRI, are only located.
 */
export class AttributeParser {
  /** The last block's set, as `AttrInterner.internWords` takes it. */
  readonly row = new Uint32Array(ATTR_WORDS);
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
  /** The bytes of the last block: `DataView` reads a word with one load where indexing takes four. */
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Attribute types from 32 on of the block, as bits: finds repeated ones. */
  #seenHigh = 0;
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
   * Parse `bytes[at .. end)`. The next hop in `row` is NEXT_HOP; with `HAS.malformed` the row is void: treat-as-withdraw.
   * @throws {BgpError} BGP_BAD_ATTRIBUTE if a multiprotocol attribute comes twice (RFC 7606 §3g)
   */
  parse(bytes: Uint8Array, at: number, end: number, mode: number): void {
    this.#reset(bytes);
    const view = this.#view;
    let seen = 0;
    while (at + 3 <= end) {
      // 0: flags u8   1: type u8   2: length u8, or u16 with the extended length flag
      const head = view.getUint16(at);
      let value = at + 3;
      let next = value + bytes[at + 2]!;
      if ((head & LONG_HEAD) !== 0) {
        value = at + 4;
        if (value > end) break;
        next = value + view.getUint16(at + 2);
      }
      if (next > end) break;
      const type = head & 0xff;
      const bit = type < 32 ? 1 << type : 0;
      if ((seen & bit) !== 0) this.#repeated(type);
      else this.#attribute(head & HEAD_MASK, bytes, value, next, mode);
      seen |= bit;
      at = next;
    }
    // RFC 7606 §4: the last attribute overruns the block.
    if (at !== end) this.has |= HAS.malformed;
    if ((this.has & (HAS.malformed | HAS.path)) === HAS.path) this.#finishPath((mode & MODE.as4) !== 0);
  }

  #reset(bytes: Uint8Array): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const row = this.row;
    row[0] = ORIGIN.none;
    for (let i = 1; i < ATTR_WORDS; i++) row[i] = 0;
    this.has = 0;
    this.discarded = 0;
    this.reachAt = -1;
    this.unreachAt = -1;
    this.#seenHigh = 0;
    this.#path4At = -1;
    this.#aggregator4At = -1;
  }

  #repeated(type: number): void {
    if (type === ATTRIBUTE.mpReach || type === ATTRIBUTE.mpUnreach) {
      throw new BgpError('BGP_BAD_ATTRIBUTE', `attribute ${type} comes twice`);
    }
    if (EXPECTED_FLAGS[type] !== 0) this.discarded++;
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

  /** @param head flags and type, `HEAD_MASK` applied. Only what most messages have is looked for here, its flags with it. */
  #attribute(head: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const row = this.row;
    const length = end - at;
    switch (head) {
      case HEAD.origin:
        if (length !== 1 || bytes[at]! > ORIGIN.incomplete) return this.#malformed();
        row[W.head] = (row[W.head]! & ~0xff) | bytes[at]!;
        this.has |= HAS.origin;
        return;
      case HEAD.asPath:
        this.#pathAt = at;
        this.#pathEnd = end;
        this.has |= HAS.path;
        return;
      case HEAD.nextHop:
        if (length !== 4) return this.#malformed();
        row[W.nextHop] = this.#addresses.internV4(this.#view.getInt32(at));
        this.has |= HAS.nextHop;
        return;
      case HEAD.med:
        if (length !== 4) return this.#malformed();
        row[W.med] = this.#view.getInt32(at);
        row[W.head] = row[W.head]! | (ATTR_FLAG.med << 8);
        return;
      case HEAD.communities:
        row[W.communities] = this.#list(at, length, 4, this.#communities);
        return;
      default:
        this.#otherAttribute(head, bytes, at, end, mode);
    }
  }

  #otherAttribute(head: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const type = head & 0xff;
    const expected = EXPECTED_FLAGS[type]!;
    if (expected === 0) return;
    if (type >= 32) {
      const bit = 1 << (type - 32);
      if ((this.#seenHigh & bit) !== 0) return this.#repeated(type);
      this.#seenHigh |= bit;
    }
    if (head >>> 8 !== expected) this.#badFlags(type, at, end);
    else this.#rareAttribute(type, bytes, at, end, mode);
  }

  #rareAttribute(type: number, bytes: Uint8Array, at: number, end: number, mode: number): void {
    const row = this.row;
    const length = end - at;
    const isAs4 = (mode & MODE.as4) !== 0;
    switch (type) {
      case ATTRIBUTE.localPref:
        if (length !== 4) return this.#malformedIfInternal(mode);
        row[W.localPref] = this.#view.getInt32(at);
        row[W.head] = row[W.head]! | (ATTR_FLAG.localPref << 8);
        return;
      case ATTRIBUTE.atomicAggregate:
        if (length !== 0) this.discarded++;
        else row[W.head] = row[W.head]! | (ATTR_FLAG.atomicAggregate << 8);
        return;
      case ATTRIBUTE.aggregator:
        return this.#aggregator(at, length, isAs4);
      case ATTRIBUTE.originatorId:
        if (length !== 4) this.#malformedIfInternal(mode);
        return;
      case ATTRIBUTE.clusterList:
        if (length === 0 || length % 4 !== 0) this.#malformedIfInternal(mode);
        return;
      case ATTRIBUTE.extCommunities:
        row[W.extCommunities] = this.#list(at, length, 8, this.#extCommunities);
        return;
      case ATTRIBUTE.largeCommunities:
        row[W.largeCommunities] = this.#list(at, length, 12, this.#largeCommunities);
        return;
      case ATTRIBUTE.ipv6ExtCommunities:
        if (length === 0 || length % 20 !== 0) this.#malformed();
        else this.has |= HAS.ipv6ExtCommunities;
        return;
      case ATTRIBUTE.onlyToCustomer:
        if (length !== 4) return this.#malformed();
        row[W.otc] = this.#view.getInt32(at);
        row[W.head] = row[W.head]! | (ATTR_FLAG.otc << 8);
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

  #aggregator(at: number, length: number, isAs4: boolean): void {
    if (length !== (isAs4 ? 8 : 6)) {
      this.discarded++;
      return;
    }
    const row = this.row;
    const view = this.#view;
    row[W.aggregatorAsn] = isAs4 ? view.getInt32(at) : view.getUint16(at);
    row[W.aggregatorAddress] = view.getInt32(at + length - 4);
    row[W.head] = row[W.head]! | (ATTR_FLAG.aggregator << 8);
  }

  #malformed(): void {
    this.has |= HAS.malformed;
  }

  #malformedIfInternal(mode: number): void {
    if (mode & MODE.internal) this.has |= HAS.malformed;
    else this.discarded++;
  }

  /** Communities: a non-zero multiple of their size, else malformed (RFC 7606 §7.8, §7.14, RFC 8092 §5). */
  #list(at: number, length: number, size: number, table: WordListTable): number {
    if (length === 0 || length % size !== 0) {
      this.#malformed();
      return 0;
    }
    const view = this.#view;
    const count = length >> 2;
    const words = table.tail(count);
    const to = table.tailAt;
    for (let i = 0; i < count; i++) words[to + i] = view.getInt32(at + (i << 2));
    return table.commit(count);
  }

  #finishPath(isAs4: boolean): void {
    const paths = this.#paths;
    if (this.#path4At !== -1 || this.#aggregator4At !== -1) return this.#mergedPath();
    // A word for two octets at most, and one for each segment header, which is two octets too.
    const words = paths.tail((this.#pathEnd - this.#pathAt) >> 1);
    const length = decodePath(this.#view, this.#pathAt, this.#pathEnd, isAs4, words, paths.tailAt);
    if (length === -1) this.#malformed();
    else this.row[W.path] = paths.commit(length);
  }

  #mergedPath(): void {
    const words = this.#words;
    const view = this.#view;
    const length = decodePath(view, this.#pathAt, this.#pathEnd, false, words, 0);
    if (length === -1) return this.#malformed();
    const paths = this.#paths;
    if (!this.#takeAggregator4() || this.#path4At === -1) {
      this.row[W.path] = paths.intern(words, 0, length);
      return;
    }
    const length4 = decodePath(view, this.#path4At, this.#path4End, true, this.#words4, 0);
    if (length4 === -1) this.discarded++;
    const merged = mergePaths(words, length, this.#words4, Math.max(length4, 0), this.#merged);
    this.row[W.path] = paths.intern(this.#merged, 0, merged);
  }

  /** RFC 6793 §4.2.3: a real ASN in AGGREGATOR means that a two-octet speaker re-aggregated, and voids both AS4_ attributes. */
  #takeAggregator4(): boolean {
    const row = this.row;
    const at = this.#aggregator4At;
    if (at === -1 || (row[W.head]! & (ATTR_FLAG.aggregator << 8)) === 0) return true;
    if (row[W.aggregatorAsn] !== AS_TRANS) return false;
    row[W.aggregatorAsn] = this.#view.getInt32(at);
    row[W.aggregatorAddress] = this.#view.getInt32(at + 4);
    return true;
  }
}
