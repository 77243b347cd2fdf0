import { CLASSIC_MESSAGE_BYTES, MESSAGE, MESSAGE_HEADER_BYTES } from '../bgp/message.ts';
import type { UpdateContext, UpdateDecoder } from '../bgp/update.ts';
import { ELEM_FLAG } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { BGP4MP, LEGACY_BGP, u16, u32 } from './header.ts';
import type { MrtStats } from './stats.ts';
import type { VantageCache } from './vantages.ts';

/**
 * Zebra and early Quagga wrote record bodies through a buffer of 4,096 bytes, so messages within 16 bytes of their own
 * limit lost their last octets. RouteViews' archive has such records every day.
 */
const ZEBRA_BUFFER_BYTES = 4096;

const IS_STATE = 1;
const IS_AS4 = 2;
const IS_ADD_PATH = 4;
const IS_LOCAL = 8;

/** What each BGP4MP subtype is, by number; the subtypes that are not here are unsupported. */
const FORMS: Readonly<Record<number, number>> = {
  [BGP4MP.stateChange]: IS_STATE,
  [BGP4MP.message]: 0,
  [BGP4MP.messageAs4]: IS_AS4,
  [BGP4MP.stateChangeAs4]: IS_STATE | IS_AS4,
  [BGP4MP.messageLocal]: IS_LOCAL,
  [BGP4MP.messageAs4Local]: IS_AS4 | IS_LOCAL,
  [BGP4MP.messageAddPath]: IS_ADD_PATH,
  [BGP4MP.messageAs4AddPath]: IS_AS4 | IS_ADD_PATH,
  [BGP4MP.messageLocalAddPath]: IS_LOCAL | IS_ADD_PATH,
  [BGP4MP.messageAs4LocalAddPath]: IS_AS4 | IS_LOCAL | IS_ADD_PATH,
};

const UNSUPPORTED = -1;
const SUBTYPES = Array.from({ length: 12 }, (_, subtype) => FORMS[subtype] ?? UNSUPPORTED);

/** Decodes BGP4MP (RFC 6396 §4.4, RFC 8050 §3) and the deprecated BGP records (appendix B.2): messages and state changes. */
export class Bgp4mpDecoder {
  readonly #builder: BatchBuilder;
  readonly #updates: UpdateDecoder;
  readonly #vantages: VantageCache;
  readonly #stats: MrtStats;
  readonly #context: UpdateContext = {
    timeUs: 0,
    vantage: 0,
    flags: 0,
    as4: false,
    addPath: false,
    internal: false,
  };

  constructor(builder: BatchBuilder, updates: UpdateDecoder, vantages: VantageCache, stats: MrtStats) {
    this.#builder = builder;
    this.#updates = updates;
    this.#vantages = vantages;
    this.#stats = stats;
  }

  /**
   * Decode the body `bytes[at .. end)` of a BGP4MP record, behind the microseconds of an `_ET` one. The time comes in two
   * integers, because a call that passes a `number` too large for 31 bits allocates it.
   * @param microseconds -1 for a record without
   * @returns false if the subtype is unsupported.
   * @throws {BgpError} MRT_BAD_RECORD and the codes of `UpdateDecoder`
   */
  decode(
    bytes: Uint8Array,
    at: number,
    end: number,
    subtype: number,
    timeS: number,
    microseconds: number,
  ): boolean {
    const form = subtype < SUBTYPES.length ? SUBTYPES[subtype]! : UNSUPPORTED;
    if (form === UNSUPPORTED) return false;
    // 0: peer AS, local AS (u16 or u32 each)   then: interface u16, AFI u16, peer address, local address
    const asBytes = form & IS_AS4 ? 4 : 2;
    const afiAt = at + 2 * asBytes + 2;
    if (afiAt + 2 > end) throw new BgpError('MRT_BAD_RECORD', `BGP4MP of ${end - at} bytes`);
    const afi = u16(bytes, afiAt);
    if (afi !== 1 && afi !== 2) throw new BgpError('MRT_BAD_RECORD', `BGP4MP with AFI ${afi}`);
    const isV6 = afi === 2;
    const peerAt = afiAt + 2;
    const addressBytes = isV6 ? 16 : 4;
    const bodyAt = peerAt + 2 * addressBytes;
    if (bodyAt > end) throw new BgpError('MRT_BAD_RECORD', 'BGP4MP ends inside its addresses');
    const peerAsn = asBytes === 4 ? u32(bytes, at) : u16(bytes, at);
    const localAsn = asBytes === 4 ? u32(bytes, at + 4) : u16(bytes, at + 2);
    // A LOCAL message is what the collector's own router sent: it is the one that speaks.
    const vantage =
      form & IS_LOCAL
        ? this.#vantages.at(bytes, peerAt + addressBytes, isV6, localAsn)
        : this.#vantages.at(bytes, peerAt, isV6, peerAsn);
    const isExtended = microseconds >= 0;
    const timeUs = timeS * 1e6 + (isExtended ? microseconds : 0);
    if (form & IS_STATE) {
      this.#stateChange(bytes, bodyAt, end, vantage, timeUs, isExtended);
      return true;
    }
    const context = this.#context;
    context.timeUs = timeUs;
    context.vantage = vantage;
    context.flags = isExtended ? ELEM_FLAG.extendedTime : 0;
    context.as4 = asBytes === 4;
    context.addPath = (form & IS_ADD_PATH) !== 0;
    context.internal = peerAsn === localAsn;
    if (end - at === ZEBRA_BUFFER_BYTES && this.#isCutUpdate(bytes, bodyAt, end)) {
      this.#updates.decodeCutBody(bytes, bodyAt + MESSAGE_HEADER_BYTES, end, context);
    } else {
      this.#countMessage(this.#updates.decodeMessage(bytes, bodyAt, end, context));
    }
    return true;
  }

  #isCutUpdate(bytes: Uint8Array, at: number, end: number): boolean {
    const length = u16(bytes, at + 16);
    return length > end - at && length <= CLASSIC_MESSAGE_BYTES && bytes[at + 18] === MESSAGE.update;
  }

  /**
   * Decode a record of the deprecated BGP type: two-octet ASNs, IPv4 only, messages without their header.
   * @returns false if the subtype is unsupported.
   * @throws {BgpError} MRT_BAD_RECORD and the codes of `UpdateDecoder`
   */
  decodeLegacy(bytes: Uint8Array, at: number, end: number, subtype: number, timeUs: number): boolean {
    if (subtype === LEGACY_BGP.open) this.#stats.opens++;
    else if (subtype === LEGACY_BGP.notify) this.#stats.notifications++;
    else if (subtype === LEGACY_BGP.keepalive) this.#stats.keepalives++;
    else if (subtype === LEGACY_BGP.update) this.#legacyUpdate(bytes, at, end, timeUs);
    else if (subtype === LEGACY_BGP.stateChange) {
      // 0: peer AS u16   2: peer address   6: old state u16   8: new state u16
      if (end - at < 10) throw new BgpError('MRT_BAD_RECORD', `BGP state change of ${end - at} bytes`);
      const vantage = this.#vantages.at(bytes, at + 2, false, u16(bytes, at));
      this.#stateChange(bytes, at + 6, end, vantage, timeUs, false);
    } else return false;
    return true;
  }

  #legacyUpdate(bytes: Uint8Array, at: number, end: number, timeUs: number): void {
    // 0: peer AS u16   2: peer address   6: local AS u16   8: local address   12: UPDATE body
    if (end - at < 12) throw new BgpError('MRT_BAD_RECORD', `BGP message of ${end - at} bytes`);
    const context = this.#context;
    context.timeUs = timeUs;
    context.vantage = this.#vantages.at(bytes, at + 2, false, u16(bytes, at));
    context.flags = 0;
    context.as4 = false;
    context.addPath = false;
    context.internal = u16(bytes, at) === u16(bytes, at + 6);
    this.#updates.decodeBody(bytes, at + 12, end, context);
  }

  #stateChange(
    bytes: Uint8Array,
    at: number,
    end: number,
    vantage: number,
    timeUs: number,
    isExtended: boolean,
  ): void {
    if (end - at < 4) throw new BgpError('MRT_BAD_RECORD', 'state change without its states');
    const oldState = Math.min(u16(bytes, at), 255);
    const newState = Math.min(u16(bytes, at + 2), 255);
    const flags = ELEM_FLAG.first | (isExtended ? ELEM_FLAG.extendedTime : 0);
    this.#builder.pushState(flags, timeUs, vantage, oldState, newState);
    this.#stats.stateChanges++;
  }

  #countMessage(type: number): void {
    const stats = this.#stats;
    if (type === MESSAGE.update) return;
    if (type === MESSAGE.keepalive) stats.keepalives++;
    else if (type === MESSAGE.open) stats.opens++;
    else if (type === MESSAGE.notification) stats.notifications++;
    else if (type === MESSAGE.routeRefresh) stats.routeRefreshes++;
    else stats.otherMessages++;
  }
}
