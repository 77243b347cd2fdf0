import type { AttrInterner } from '../elem/attr-table.ts';
import { ATTR_WORD as W } from '../elem/attr-table.ts';
import { ATTR_FLAG, NONE, ORIGIN, SEGMENT } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { hashWord } from '../elem/columns.ts';
import type { AddressInterner, WordListTable } from '../elem/tables.ts';
import { ATTRIBUTE, EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from './attribute.ts';

/** An attribute's flags and type as one number, without the flags that do not tell attributes apart. */
const HEAD_MASK = ((OPTIONAL | TRANSITIVE) << 8) | 0xff;
const LONG = EXTENDED_LENGTH << 8;
const WELL_KNOWN = TRANSITIVE << 8;
const OPTIONAL_TRANSITIVE = (OPTIONAL | TRANSITIVE) << 8;
const HEAD = {
  origin: WELL_KNOWN | ATTRIBUTE.origin,
  asPath: WELL_KNOWN | ATTRIBUTE.asPath,
  nextHop: WELL_KNOWN | ATTRIBUTE.nextHop,
  med: (OPTIONAL << 8) | ATTRIBUTE.med,
  localPref: WELL_KNOWN | ATTRIBUTE.localPref,
  atomicAggregate: WELL_KNOWN | ATTRIBUTE.atomicAggregate,
  aggregator: OPTIONAL_TRANSITIVE | ATTRIBUTE.aggregator,
  communities: OPTIONAL_TRANSITIVE | ATTRIBUTE.communities,
} as const;

/** The three that every announcement of plain NLRI has. */
const MANDATORY = (1 << ATTRIBUTE.origin) | (1 << ATTRIBUTE.asPath) | (1 << ATTRIBUTE.nextHop);
const MAX_HEADER = (SEGMENT.confedSet << 8) | 0xff;
const MALFORMED = -1;

/**
 * Reads the attribute blocks that nearly all IPv4 announcements have: sound, and of the attributes above only. Anything
 * else is left to `AttributeParser`, which knows every attribute and every error. Reading the common case apart, its values
 * in local variables until the set is complete, takes half the time.
 */
export class CommonAttributes {
  readonly #addresses: AddressInterner;
  readonly #paths: WordListTable;
  readonly #communities: WordListTable;
  readonly #sets: AttrInterner;

  constructor(builder: BatchBuilder) {
    this.#addresses = builder.addresses;
    this.#paths = builder.paths;
    this.#communities = builder.communities;
    this.#sets = builder.attrSets;
  }

  /** The index of the set of the block `view[at .. end)`; `NONE` if the block is not a common one. */
  intern(view: DataView, at: number, end: number, as4: boolean): number {
    let seen = 0;
    let head = 0;
    let path = 0;
    let nextHop = 0;
    let med = 0;
    let localPref = 0;
    let aggregatorAsn = 0;
    let aggregatorAddress = 0;
    let communities = 0;
    while (at + 3 <= end) {
      // 0: flags u8   1: type u8   2: length u8, or u16 with the extended length flag
      const kind = view.getUint16(at);
      let length = view.getUint8(at + 2);
      at += 3;
      if ((kind & LONG) !== 0) {
        if (at === end) return NONE;
        length = (length << 8) | view.getUint8(at++);
      }
      const bit = 1 << kind;
      if (at + length > end || (seen & bit) !== 0) return NONE;
      seen |= bit;
      switch (kind & HEAD_MASK) {
        case HEAD.origin: {
          const origin = length === 1 ? view.getUint8(at) : ORIGIN.none;
          if (origin > ORIGIN.incomplete) return NONE;
          head |= origin;
          break;
        }
        case HEAD.asPath:
          path = this.#path(view, at, at + length, as4);
          if (path === MALFORMED) return NONE;
          break;
        case HEAD.nextHop:
          if (length !== 4) return NONE;
          nextHop = this.#addresses.internV4(view.getInt32(at));
          break;
        case HEAD.med:
          if (length !== 4) return NONE;
          med = view.getInt32(at);
          head |= ATTR_FLAG.med << 8;
          break;
        case HEAD.localPref:
          if (length !== 4) return NONE;
          localPref = view.getInt32(at);
          head |= ATTR_FLAG.localPref << 8;
          break;
        case HEAD.atomicAggregate:
          if (length !== 0) return NONE;
          head |= ATTR_FLAG.atomicAggregate << 8;
          break;
        case HEAD.aggregator:
          if (length !== (as4 ? 8 : 6)) return NONE;
          aggregatorAsn = as4 ? view.getInt32(at) : view.getUint16(at);
          aggregatorAddress = view.getInt32(at + length - 4);
          head |= ATTR_FLAG.aggregator << 8;
          break;
        case HEAD.communities:
          if (length === 0 || (length & 3) !== 0) return NONE;
          communities = this.#list(view, at, length >> 2);
          break;
        default:
          return NONE;
      }
      at += length;
    }
    if (at !== end || (seen & MANDATORY) !== MANDATORY) return NONE;
    const sets = this.#sets;
    const row = sets.tail();
    const to = sets.tailAt;
    row[to + W.head] = head;
    row[to + W.path] = path;
    row[to + W.nextHop] = nextHop;
    row[to + W.med] = med;
    row[to + W.localPref] = localPref;
    row[to + W.aggregatorAsn] = aggregatorAsn;
    row[to + W.aggregatorAddress] = aggregatorAddress;
    row[to + W.otc] = 0;
    row[to + W.communities] = communities;
    row[to + W.extCommunities] = 0;
    row[to + W.largeCommunities] = 0;
    return sets.commit();
  }

  /** As `decodePath`, the words hashed as they come. */
  #path(view: DataView, at: number, end: number, as4: boolean): number {
    const paths = this.#paths;
    const words = paths.tail((end - at) >> 1);
    const start = paths.tailAt;
    let to = start;
    let hash = 0;
    while (at < end) {
      if (at + 2 > end) return MALFORMED;
      const header = view.getUint16(at);
      const count = header & 0xff;
      at += 2;
      if (header < SEGMENT.set << 8 || header > MAX_HEADER || count === 0) return MALFORMED;
      const next = at + (as4 ? count << 2 : count << 1);
      if (next > end) return MALFORMED;
      words[to++] = header;
      hash = hashWord(hash, header);
      while (at < next) {
        const asn = as4 ? view.getInt32(at) : view.getUint16(at);
        words[to++] = asn;
        hash = hashWord(hash, asn);
        at += as4 ? 4 : 2;
      }
    }
    return paths.commitHashed(to - start, hash);
  }

  #list(view: DataView, at: number, count: number): number {
    const lists = this.#communities;
    const words = lists.tail(count);
    const start = lists.tailAt;
    let hash = 0;
    for (let i = 0; i < count; i++) {
      const word = view.getInt32(at + (i << 2));
      words[start + i] = word;
      hash = hashWord(hash, word);
    }
    return lists.commitHashed(count, hash);
  }
}
