import type { AttrInterner } from '../elem/attr-table.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import type { AddressInterner, WordListTable } from '../elem/tables.ts';

/**
 * Reads the attribute blocks that nearly all IPv4 announcements have: sound, and of the attributes above only. Anything
 * else is left to `AttributeParser`, which knows every attribute and every error. Reading the common case apart, its values
 * in local variables until the set is complete, takes half the time.
 *
 * Numbers are written out where they are used: a constant of the module is loaded and checked each time it is named, which
 * here costs as much as what is done with it.
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

  /**
   * The index of the set of the block `view[at .. end)`, ASNs of `asnBytes` (2 or 4) octets.
   * @returns -1 if the block is not a common one.
   */
  // eslint-disable-next-line max-lines-per-function -- one walk, its values in local variables: see above
  intern(view: DataView, at: number, end: number, asnBytes: number): number {
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
      if ((kind & 0x1000) !== 0) {
        if (at === end) return -1;
        length = (length << 8) | view.getUint8(at++);
      }
      const bit = 1 << kind;
      if (at + length > end || (seen & bit) !== 0) return -1;
      seen |= bit;
      // The optional and transitive flags, which an attribute must have as its RFC says (RFC 7606 §3c), and the type.
      switch (kind & 0xc0ff) {
        case 0x4001: {
          // ORIGIN
          const origin = length === 1 ? view.getUint8(at) : 255;
          if (origin > 2) return -1;
          head |= origin;
          break;
        }
        case 0x4002: // AS_PATH
          path = this.#path(view, at, at + length, asnBytes);
          if (path === -1) return -1;
          break;
        case 0x4003: // NEXT_HOP
          if (length !== 4) return -1;
          nextHop = this.#addresses.internV4(view.getInt32(at));
          break;
        case 0x8004: // MULTI_EXIT_DISC
          if (length !== 4) return -1;
          med = view.getInt32(at);
          head |= 0x100; // ATTR_FLAG.med
          break;
        case 0x4005: // LOCAL_PREF
          if (length !== 4) return -1;
          localPref = view.getInt32(at);
          head |= 0x200; // ATTR_FLAG.localPref
          break;
        case 0x4006: // ATOMIC_AGGREGATE
          if (length !== 0) return -1;
          head |= 0x400; // ATTR_FLAG.atomicAggregate
          break;
        case 0xc007: // AGGREGATOR
          if (length !== asnBytes + 4) return -1;
          aggregatorAsn = asnBytes === 4 ? view.getInt32(at) : view.getUint16(at);
          aggregatorAddress = view.getInt32(at + length - 4);
          head |= 0x800; // ATTR_FLAG.aggregator
          break;
        case 0xc008: // COMMUNITIES
          if (length === 0 || (length & 3) !== 0) return -1;
          communities = this.#list(view, at, length >> 2);
          break;
        default:
          return -1;
      }
      at += length;
    }
    // ORIGIN, AS_PATH and NEXT_HOP are mandatory (RFC 4271 §5).
    if (at !== end || (seen & 0xe) !== 0xe) return -1;
    const sets = this.#sets;
    const row = sets.tail();
    const to = sets.tailAt;
    // As in `ATTR_WORD`; without OTC, extended and large communities.
    row[to] = head;
    row[to + 1] = path;
    row[to + 2] = nextHop;
    row[to + 3] = med;
    row[to + 4] = localPref;
    row[to + 5] = aggregatorAsn;
    row[to + 6] = aggregatorAddress;
    row[to + 7] = 0;
    row[to + 8] = communities;
    row[to + 9] = 0;
    row[to + 10] = 0;
    return sets.commit();
  }

  /** As `decodePath`; the words are hashed as they come, each step that of `hashWord`. */
  #path(view: DataView, at: number, end: number, asnBytes: number): number {
    const paths = this.#paths;
    const words = paths.tail((end - at) >> 1);
    const start = paths.tailAt;
    let to = start;
    let hash = 0;
    while (at < end) {
      if (at + 2 > end) return -1;
      const header = view.getUint16(at);
      const count = header & 0xff;
      at += 2;
      if (header < 0x100 || header > 0x4ff || count === 0) return -1;
      const next = at + count * asnBytes;
      if (next > end) return -1;
      words[to++] = header;
      hash = Math.imul(hash ^ header, 0x9e37_79b1) ^ (hash >>> 15);
      while (at < next) {
        const asn = asnBytes === 4 ? view.getInt32(at) : view.getUint16(at);
        words[to++] = asn;
        hash = Math.imul(hash ^ asn, 0x9e37_79b1) ^ (hash >>> 15);
        at += asnBytes;
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
      hash = Math.imul(hash ^ word, 0x9e37_79b1) ^ (hash >>> 15);
    }
    return lists.commitHashed(count, hash);
  }
}
