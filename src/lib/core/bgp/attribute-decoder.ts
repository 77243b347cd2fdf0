import { NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { AttributeBlock } from './attribute-block.ts';
import { AttributeCache, UNKNOWN } from './attribute-cache.ts';
import { AttributeParser, HAS, MODE } from './attribute-parser.ts';
import { internNextHop } from './next-hop.ts';

/** Octets of MP_REACH_NLRI before the next hop: AFI, SAFI and the next hop's length. */
const REACH_HEADER_BYTES = 4;

/** Turns path attribute blocks into indexes of attribute sets, parsing each distinct block once per batch. */
export class AttributeDecoder {
  readonly block = new AttributeBlock();
  readonly cache = new AttributeCache();
  /** Results of the last `decode`: set for plain NLRI, set for MP_REACH NLRI, `NONE` where not asked for or malformed. */
  plain = NONE;
  multi = NONE;
  /** `HAS` bits of the last block, and how many of its attributes were discarded. */
  has = 0;
  discarded = 0;

  readonly #builder: BatchBuilder;
  readonly #parser: AttributeParser;
  #generation = -1;
  #key = new Uint8Array(4096);

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
    this.#parser = new AttributeParser(builder);
  }

  /**
   * Decode the block that `block` was scanned from. `wantsPlain` asks for the set of the plain NLRI (next hop NEXT_HOP),
   * `wantsMulti` for that of the NLRI in MP_REACH.
   */
  decode(
    bytes: Uint8Array,
    at: number,
    end: number,
    mode: number,
    wantsPlain: boolean,
    wantsMulti: boolean,
  ): void {
    this.#startBatch();
    const { block, cache } = this;
    const hasMulti = block.reachHeader !== -1 || block.unreachHeader !== -1;
    const entry = hasMulti
      ? cache.entry(this.#key, 0, this.#fillKey(bytes, at, end), mode | 8)
      : cache.entry(bytes, at, end, mode);
    if (entry !== -1 && this.#recall(entry, wantsPlain, wantsMulti)) return;
    const parser = this.#parser;
    parser.parse(bytes, at, end, mode);
    this.has = parser.has;
    this.discarded = parser.discarded;
    const isUsable = (parser.has & HAS.malformed) === 0;
    const row = parser.row;
    this.plain = wantsPlain && isUsable ? this.#builder.attrSets.intern(row) : NONE;
    this.multi = NONE;
    if (wantsMulti && isUsable) {
      const nextHopAt = block.reachAt + REACH_HEADER_BYTES;
      row.nextHop = internNextHop(this.#builder.addresses, bytes, nextHopAt, bytes[nextHopAt - 1]!);
      this.multi = this.#builder.attrSets.intern(row);
    }
    if (entry === -1) return;
    cache.setNotes(entry, (Math.min(parser.discarded, 255) << 8) | parser.has);
    if (wantsPlain) cache.setPlain(entry, this.plain);
    if (wantsMulti) cache.setMulti(entry, this.multi);
  }

  /**
   * Decode the attributes of a table dump entry. MP_REACH_NLRI may be cut down to its next hop (RFC 6396 §4.3.4) or
   * complete, as some writers leave it; either gives the next hop.
   * @returns the set's index, or `NONE` if the attributes are malformed.
   */
  decodeRib(bytes: Uint8Array, at: number, end: number, as4: boolean): number {
    this.#startBatch();
    const mode = MODE.rib | (as4 ? MODE.as4 : 0);
    const entry = this.cache.entry(bytes, at, end, mode);
    if (entry !== -1 && this.#recall(entry, true, false)) return this.plain;
    const { block } = this;
    block.scan(bytes, at, end);
    const parser = this.#parser;
    parser.parse(bytes, at, end, mode);
    this.has = parser.has;
    this.discarded = parser.discarded;
    const isUsable = (parser.has & HAS.malformed) === 0;
    if (isUsable && block.reachHeader !== -1) this.#ribNextHop(bytes);
    this.plain = isUsable ? this.#builder.attrSets.intern(parser.row) : NONE;
    if (entry !== -1) {
      this.cache.setNotes(entry, (Math.min(parser.discarded, 255) << 8) | parser.has);
      this.cache.setPlain(entry, this.plain);
    }
    return this.plain;
  }

  #ribNextHop(bytes: Uint8Array): void {
    const { reachAt, reachEnd } = this.block;
    const length = reachEnd - reachAt;
    // The first octet is the next hop's length, or the high octet of an AFI, which is 0 for IP.
    const isShort = length > 0 && bytes[reachAt] === length - 1;
    const nextHopAt = reachAt + (isShort ? 1 : REACH_HEADER_BYTES);
    if (nextHopAt > reachEnd) return;
    const nextHopBytes = bytes[nextHopAt - 1]!;
    if (nextHopAt + nextHopBytes > reachEnd) return;
    const nextHop = internNextHop(this.#builder.addresses, bytes, nextHopAt, nextHopBytes);
    if (nextHop !== 0) this.#parser.row.nextHop = nextHop;
  }

  #startBatch(): void {
    const generation = this.#builder.generation;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.cache.clear();
  }

  #recall(entry: number, wantsPlain: boolean, wantsMulti: boolean): boolean {
    const { cache } = this;
    const notes = cache.notes(entry);
    if (notes === UNKNOWN) return false;
    this.plain = wantsPlain ? cache.plain(entry) : NONE;
    this.multi = wantsMulti ? cache.multi(entry) : NONE;
    this.has = notes & 0xff;
    this.discarded = notes >>> 8;
    return this.plain !== UNKNOWN && this.multi !== UNKNOWN;
  }

  /**
   * The block without what differs from prefix to prefix: MP_UNREACH is left out, MP_REACH keeps its flags and everything
   * up to the next hop. Returns the length of the key in `#key`.
   */
  #fillKey(bytes: Uint8Array, at: number, end: number): number {
    const { reachHeader, reachAt, reachEnd, unreachHeader, unreachEnd } = this.block;
    if (end - at > this.#key.length) this.#key = new Uint8Array(65536);
    const key = this.#key;
    let length = 0;
    while (at < end) {
      if (at === reachHeader) {
        key[length++] = bytes[at]!;
        key[length++] = bytes[at + 1]!;
        const nextHopEnd = Math.min(reachAt + REACH_HEADER_BYTES + (bytes[reachAt + 3] ?? 0), reachEnd);
        for (at = reachAt; at < nextHopEnd; at++) key[length++] = bytes[at]!;
        at = reachEnd;
      } else if (at === unreachHeader) {
        at = unreachEnd;
      } else {
        key[length++] = bytes[at++]!;
      }
    }
    return length;
  }
}
