import { ATTR_WORD } from '../elem/attr-table.ts';
import { NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { AttributeCache } from './attribute-cache.ts';
import { AttributeParser, HAS, MODE } from './attribute-parser.ts';
import { internNextHop, REACH_HEADER_BYTES } from './next-hop.ts';

/**
 * Turns the path attributes of table dump entries into indexes of attribute sets. A dump gives the same attributes to
 * prefix after prefix, so each distinct block is parsed once per batch; in updates too few repeat for that to pay.
 */
export class RibAttributeDecoder {
  readonly #builder: BatchBuilder;
  readonly #parser: AttributeParser;
  readonly #cache = new AttributeCache();
  #generation = -1;

  constructor(builder: BatchBuilder, parser: AttributeParser) {
    this.#builder = builder;
    this.#parser = parser;
  }

  /**
   * The set of the block `bytes[at .. end)`. MP_REACH_NLRI may be cut down to its next hop (RFC 6396 §4.3.4) or complete,
   * as some writers leave it; either gives the next hop.
   * @returns the set's index, or `NONE` if the attributes are malformed.
   */
  decode(bytes: Uint8Array, at: number, end: number, as4: boolean): number {
    const cache = this.#cache;
    if (this.#generation !== this.#builder.generation) {
      this.#generation = this.#builder.generation;
      cache.clear();
    }
    const mode = as4 ? MODE.as4 : 0;
    const entry = cache.entry(bytes, at, end, mode);
    if (entry !== -1 && cache.isKnown(entry)) return cache.attrs(entry);
    const attrs = this.#parse(bytes, at, end, mode);
    if (entry !== -1) cache.setAttrs(entry, attrs);
    return attrs;
  }

  #parse(bytes: Uint8Array, at: number, end: number, mode: number): number {
    const parser = this.#parser;
    try {
      parser.parse(bytes, at, end, mode);
    } catch (error) {
      // A repeated MP_REACH_NLRI: one bad entry is no reason to lose the record's others.
      if (error instanceof BgpError) return NONE;
      throw error;
    }
    if (parser.has & HAS.malformed) return NONE;
    if (parser.reachAt !== -1) this.#takeNextHop(bytes);
    return this.#builder.attrSets.internWords(parser.row);
  }

  #takeNextHop(bytes: Uint8Array): void {
    const { reachAt, reachEnd, row } = this.#parser;
    const length = reachEnd - reachAt;
    // The first octet is the next hop's length, or the high octet of an AFI, which is 0 for IP.
    const isShort = length > 0 && bytes[reachAt] === length - 1;
    const nextHopAt = reachAt + (isShort ? 1 : REACH_HEADER_BYTES);
    if (nextHopAt > reachEnd) return;
    const nextHopBytes = bytes[nextHopAt - 1]!;
    if (nextHopAt + nextHopBytes > reachEnd) return;
    const nextHop = internNextHop(this.#builder.addresses, bytes, nextHopAt, nextHopBytes);
    if (nextHop !== 0) row[ATTR_WORD.nextHop] = nextHop;
  }
}
