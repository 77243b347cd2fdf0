import { BgpError } from '../error.ts';
import { ATTRIBUTE, EXTENDED_LENGTH } from './attribute.ts';

/**
 * Where the two multiprotocol attributes of a path attribute block are (RFC 4760 §3, §4). They carry NLRI, so they have to
 * be found before anything is decoded. All positions are indexes into the scanned bytes.
 */
export class AttributeBlock {
  /** Index of the MP_REACH_NLRI header, -1 if there is none; its value is `reachAt .. reachEnd`. */
  reachHeader = -1;
  reachAt = 0;
  reachEnd = 0;
  /** Likewise for MP_UNREACH_NLRI. */
  unreachHeader = -1;
  unreachAt = 0;
  unreachEnd = 0;
  /** The last attribute runs past the end of the block: treat-as-withdraw (RFC 7606 §4). */
  overrun = false;

  /**
   * Walk the attribute headers of `bytes[at .. end)`.
   * @throws {BgpError} BGP_BAD_ATTRIBUTE if a multiprotocol attribute comes twice (RFC 7606 §3g).
   */
  scan(bytes: Uint8Array, at: number, end: number): void {
    this.reachHeader = -1;
    this.unreachHeader = -1;
    this.overrun = false;
    while (at < end) {
      // 0: flags u8   1: type u8   2: length u8, or u16 with the extended length flag
      const isLong = (bytes[at]! & EXTENDED_LENGTH) !== 0;
      const value = at + (isLong ? 4 : 3);
      if (value > end) break;
      const next = value + (isLong ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!);
      if (next > end) break;
      const type = bytes[at + 1]!;
      if (type === ATTRIBUTE.mpReach || type === ATTRIBUTE.mpUnreach) this.#note(type, at, value, next);
      at = next;
    }
    this.overrun = at !== end;
  }

  #note(type: number, header: number, value: number, next: number): void {
    if ((type === ATTRIBUTE.mpReach ? this.reachHeader : this.unreachHeader) !== -1) {
      throw new BgpError('BGP_BAD_ATTRIBUTE', `attribute ${type} comes twice`);
    }
    if (type === ATTRIBUTE.mpReach) {
      this.reachHeader = header;
      this.reachAt = value;
      this.reachEnd = next;
    } else {
      this.unreachHeader = header;
      this.unreachAt = value;
      this.unreachEnd = next;
    }
  }
}
