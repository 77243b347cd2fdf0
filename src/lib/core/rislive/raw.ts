import { ATTRIBUTE, EXTENDED_LENGTH } from '../bgp/attribute.ts';
import { MAX_MESSAGE_BYTES, MESSAGE, MESSAGE_HEADER_BYTES, messageLength } from '../bgp/message.ts';
import { ATTR_FLAG } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import type { AttrRow } from '../elem/attr-table.ts';
import type { WordListTable } from '../elem/tables.ts';
import { BgpError } from '../error.ts';

const EXT_COMMUNITY_BYTES = 8;
const LARGE_COMMUNITY_BYTES = 12;

/**
 * Reads from the `raw` member of a RIS Live UPDATE (the whole BGP message in hex, marker included) the attributes the JSON
 * has no member for: LOCAL_PREF, ATOMIC_AGGREGATE, extended and large communities, OTC. The rest of the message is left to
 * the JSON, which has resolved what the bytes alone leave open (two- or four-octet ASNs, ADD-PATH).
 */
export class RawReader {
  readonly #builder: BatchBuilder;
  readonly #bytes = new Uint8Array(MAX_MESSAGE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #words = new Uint32Array(64);

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
  }

  /** Add to `row` what `raw` has. @returns false, with `row` as it was, when it is no sound UPDATE. */
  read(raw: string, row: AttrRow): boolean {
    const end = this.#decodeHex(raw);
    if (end === -1) return false;
    const bytes = this.#bytes;
    try {
      if (messageLength(this.#view, 0, end) !== end || bytes[18] !== MESSAGE.update) return false;
    } catch (error) {
      if (error instanceof BgpError) return false;
      throw error;
    }
    // 19: withdrawn length u16, withdrawn routes   then: attributes length u16, attributes
    const attrsLengthAt = MESSAGE_HEADER_BYTES + 2 + this.#u16(MESSAGE_HEADER_BYTES);
    if (attrsLengthAt + 2 > end) return false;
    const attrsAt = attrsLengthAt + 2;
    const attrsEnd = attrsAt + this.#u16(attrsLengthAt);
    if (attrsEnd > end || !this.#walk(attrsAt, attrsEnd, null)) return false;
    return this.#walk(attrsAt, attrsEnd, row);
  }

  /** Step over the attributes; with a row, take what is wanted. @returns whether they end where they should. */
  #walk(at: number, end: number, row: AttrRow | null): boolean {
    while (at + 3 <= end) {
      const isLong = (this.#bytes[at]! & EXTENDED_LENGTH) !== 0;
      if (isLong && at + 4 > end) return false;
      const valueAt = at + (isLong ? 4 : 3);
      const length = isLong ? this.#u16(at + 2) : this.#bytes[at + 2]!;
      if (valueAt + length > end) return false;
      if (row) this.#take(this.#bytes[at + 1]!, valueAt, length, row);
      at = valueAt + length;
    }
    return at === end;
  }

  /** An attribute of a length it cannot have is passed over (RFC 7606 §2, attribute discard). */
  #take(type: number, at: number, length: number, row: AttrRow): void {
    switch (type) {
      case ATTRIBUTE.localPref:
        if (length !== 4) return;
        row.localPref = this.#u32(at);
        row.flags |= ATTR_FLAG.localPref;
        return;
      case ATTRIBUTE.atomicAggregate:
        if (length === 0) row.flags |= ATTR_FLAG.atomicAggregate;
        return;
      case ATTRIBUTE.onlyToCustomer:
        if (length !== 4) return;
        row.otc = this.#u32(at);
        row.flags |= ATTR_FLAG.otc;
        return;
      case ATTRIBUTE.extCommunities:
        if (length % EXT_COMMUNITY_BYTES !== 0) return;
        row.extCommunities = this.#list(at, length, this.#builder.extCommunities);
        return;
      case ATTRIBUTE.largeCommunities:
        if (length % LARGE_COMMUNITY_BYTES !== 0) return;
        row.largeCommunities = this.#list(at, length, this.#builder.largeCommunities);
    }
  }

  #list(at: number, length: number, lists: WordListTable): number {
    const count = length / 4;
    if (count > this.#words.length) this.#words = new Uint32Array(count);
    for (let i = 0; i < count; i++) this.#words[i] = this.#u32(at + i * 4);
    return lists.intern(this.#words, 0, count);
  }

  #u16(at: number): number {
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #u32(at: number): number {
    return this.#u16(at) * 0x1_0000 + this.#u16(at + 2);
  }

  /** @returns the number of bytes, or -1 when the text is not hex or too long. */
  #decodeHex(text: string): number {
    const length = text.length / 2;
    if (length > MAX_MESSAGE_BYTES || !Number.isInteger(length)) return -1;
    for (let i = 0; i < length; i++) {
      const byte = (hexDigit(text.charCodeAt(i * 2)) << 4) | hexDigit(text.charCodeAt(i * 2 + 1));
      if (byte < 0) return -1;
      this.#bytes[i] = byte;
    }
    return length;
  }
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
