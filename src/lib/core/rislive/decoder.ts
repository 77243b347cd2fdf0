import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, PEER_STATE, TABLE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BAD_PATH, PathReader } from '../elem/path-reader.ts';
import type { AttrRow } from '../elem/attr-table.ts';
import { BgpError } from '../error.ts';
import { tryParseAddress } from '../prefix/address.ts';
import { tryParsePrefix } from '../prefix/prefix.ts';
import type { Unchecked } from './fields.ts';
import { arrayOf, bad, communitiesOf, isObject, originOf, timestampUs, u32 } from './fields.ts';
import { normaliseHost, PeerCache } from './peers.ts';
import { RawReader } from './raw.ts';
import type { RisLiveResult } from './result.ts';

/** Longest frame taken, in UTF-16 units: the largest BGP message (RFC 8654) as JSON with `raw`, and room to spare. */
const MAX_FRAME_CHARS = 1024 * 1024;
const MAX_NAMES = 256;

const STATES: Readonly<Record<string, number>> = {
  connected: PEER_STATE.connect,
  up: PEER_STATE.established,
  down: PEER_STATE.idle,
};

/** Prefixes of one `announcements` entry and the index of their next hop. */
interface Announcement {
  readonly nextHop: number;
  readonly isLinkLocal: boolean;
  readonly prefixes: readonly unknown[];
}

/**
 * RIS Live server frames -> elems. Understands what RIPE sends today and the shapes of older captures (2018 flat objects
 * without an envelope, `RIS_PEER_STATE`, short host names, absent arrays). An UPDATE's withdrawals come before its
 * announcements; a prefix listed twice in one message is announced once, with the global next hop.
 */
export class RisLiveDecoder {
  readonly #builder: BatchBuilder;
  readonly #peers: PeerCache;
  readonly #raw: RawReader;
  readonly #paths = new PathReader();
  /** Per prefix index of the batch: the message that last announced it. */
  #announcedIn = new Uint32Array(1024);
  #message = 0;
  #badPrefixes = 0;
  #pushed = 0;

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
    this.#peers = new PeerCache(builder);
    this.#raw = new RawReader(builder);
  }

  /**
   * One frame (a WebSocket text message, or a line of the NDJSON stream).
   * @throws {BgpError} RIS_BAD_MESSAGE; nothing was pushed then.
   */
  decode(text: string): RisLiveResult {
    const frame = parseObject(text);
    const { type, data } = frame;
    switch (type) {
      case 'ris_message':
        return this.#risMessage(isObject(data) ? data : bad('ris_message without data'));
      case 'ris_error':
        return { type: 'error', detail: errorDetail(data), elems: 0 };
      case 'pong':
        return { type: 'pong', elems: 0 };
      case 'ris_rrc_list':
        return { type: 'collectors', collectors: collectorNames(data), elems: 0 };
      case 'ris_subscribe_ok':
        return { type: 'subscribed', elems: 0 };
      case 'A':
      case 'W':
        return this.#flat(frame);
      default:
        return bad('unknown frame type');
    }
  }

  #risMessage(data: Unchecked): RisLiveResult {
    const timeUs = timestampUs(data.timestamp);
    switch (data.type) {
      case 'UPDATE':
        return this.#update(data, timeUs, arrayOf(data.announcements, 'announcements'), data.withdrawals);
      case 'STATE':
      case 'RIS_PEER_STATE':
        return this.#state(data, timeUs);
      case 'OPEN':
      case 'NOTIFICATION':
      case 'KEEPALIVE':
        return { type: 'session', message: data.type, timeUs, elems: 0 };
      default:
        return { type: 'unknown-message', timeUs, elems: 0 };
    }
  }

  /** The prototype's shape of 2018: one prefix an object, `type` A or W, everything at the top. */
  #flat(frame: Unchecked): RisLiveResult {
    const timeUs = timestampUs(frame.timestamp);
    const prefixes = [frame.prefix];
    if (frame.type === 'W') return this.#update(frame, timeUs, [], prefixes);
    return this.#update(frame, timeUs, [{ next_hop: frame.next_hop, prefixes }], []);
  }

  #state(data: Unchecked, timeUs: number): RisLiveResult {
    const state = typeof data.state === 'string' && Object.hasOwn(STATES, data.state) ? data.state : null;
    if (state === null) return bad('unknown peer state');
    const vantage = this.#peers.vantage(data.host, data.peer, data.peer_asn);
    this.#builder.pushState(ELEM_FLAG.first, timeUs, vantage, PEER_STATE.unknown, STATES[state]!);
    return { type: 'state', timeUs, elems: 1 };
  }

  #update(data: Unchecked, timeUs: number, entries: readonly unknown[], withdrawn: unknown): RisLiveResult {
    // Everything that can refuse the message is read before the first push.
    const vantage = this.#peers.vantage(data.host, data.peer, data.peer_asn);
    const withdrawals = arrayOf(withdrawn, 'withdrawals');
    const announcements = this.#announcements(entries);
    const row = announcements.length > 0 ? this.#attributes(data) : null;
    const raw = row ? this.#addRaw(data.raw, row) : 'none';
    this.#message = (this.#message + 1) >>> 0;
    this.#badPrefixes = this.#pushed = 0;
    for (const prefix of withdrawals) this.#withdraw(prefix, timeUs, vantage);
    for (const { nextHop, prefixes } of announcements) {
      row!.nextHop = nextHop;
      const attrs = this.#builder.attrSets.intern(row!);
      for (const prefix of prefixes) this.#announce(prefix, timeUs, vantage, attrs);
    }
    return { type: 'update', timeUs, elems: this.#pushed, badPrefixes: this.#badPrefixes, raw };
  }

  #announcements(entries: readonly unknown[]): Announcement[] {
    const announcements = entries.map((entry): Announcement => {
      if (!isObject(entry)) return bad('an announcement is no object');
      return { ...this.#nextHop(entry.next_hop), prefixes: arrayOf(entry.prefixes, 'prefixes') };
    });
    // Captures of 2021 list a prefix once per next hop: the global one is to win.
    if (announcements.length > 1) announcements.sort((a, b) => Number(a.isLinkLocal) - Number(b.isLinkLocal));
    return announcements;
  }

  /** `global`, or `global,link-local` as RIS Live writes the 32-byte form of RFC 2545 §3; the global one counts. */
  #nextHop(text: unknown): { nextHop: number; isLinkLocal: boolean } {
    if (text === undefined || text === null || text === '') return { nextHop: 0, isLinkLocal: false };
    if (typeof text !== 'string') return bad('next_hop is no text');
    const comma = text.indexOf(',');
    let address =
      tryParseAddress(comma === -1 ? text : text.slice(0, comma)) ?? bad('next_hop is no address');
    if (comma !== -1 && isLinkLocal(address)) {
      address = tryParseAddress(text.slice(comma + 1)) ?? bad('next_hop is no address');
    }
    const { isV6, words } = address;
    const nextHop = this.#builder.addresses.intern(isV6, words[0], words[1], words[2], words[3]);
    return { nextHop, isLinkLocal: isLinkLocal(address) };
  }

  #attributes(data: Unchecked): AttrRow {
    const builder = this.#builder;
    const path = this.#paths.array(arrayOf(data.path, 'path'), builder.paths);
    if (path === BAD_PATH) bad('path is no list of ASNs and AS_SETs');
    const row: AttrRow = {
      flags: 0,
      origin: originOf(data.origin),
      path,
      nextHop: 0,
      med: 0,
      localPref: 0,
      aggregatorAsn: 0,
      aggregatorAddress: 0,
      otc: 0,
      communities: communitiesOf(data.community, builder.communities),
      extCommunities: 0,
      largeCommunities: 0,
    };
    if (data.med !== undefined && data.med !== null) {
      row.flags |= ATTR_FLAG.med;
      row.med = u32(data.med, 'med');
    }
    if (data.aggregator !== undefined && data.aggregator !== null) readAggregator(row, data.aggregator);
    return row;
  }

  #addRaw(raw: unknown, row: AttrRow): 'none' | 'used' | 'bad' {
    if (raw === undefined || raw === null) return 'none';
    return typeof raw === 'string' && this.#raw.read(raw, row) ? 'used' : 'bad';
  }

  #withdraw(text: unknown, timeUs: number, vantage: number): void {
    const prefix = this.#prefix(text);
    if (prefix !== NONE) this.#push(KIND.withdraw, timeUs, vantage, prefix, NONE);
  }

  #announce(text: unknown, timeUs: number, vantage: number, attrs: number): void {
    const prefix = this.#prefix(text);
    if (prefix === NONE || this.#wasAnnounced(prefix)) return;
    this.#push(KIND.announce, timeUs, vantage, prefix, attrs);
  }

  #push(kind: number, timeUs: number, vantage: number, prefix: number, attrs: number): void {
    const flags = this.#pushed++ === 0 ? ELEM_FLAG.first : 0;
    this.#builder.push(kind, flags, timeUs, vantage, prefix, attrs, 0, 0);
  }

  #wasAnnounced(prefix: number): boolean {
    if (prefix >= this.#announcedIn.length) {
      const grown = new Uint32Array(Math.max(prefix + 1, this.#announcedIn.length * 2));
      grown.set(this.#announcedIn);
      this.#announcedIn = grown;
    }
    if (this.#announcedIn[prefix] === this.#message) return true;
    this.#announcedIn[prefix] = this.#message;
    return false;
  }

  /** Index of a prefix in the batch, or NONE (counted) when the text is none. */
  #prefix(text: unknown): number {
    const key = typeof text === 'string' && text.includes('/') ? tryParsePrefix(text) : null;
    if (!key) {
      this.#badPrefixes++;
      return NONE;
    }
    const { words } = key;
    const table = key.isV6 ? TABLE.ipv6 : TABLE.ipv4;
    return this.#builder.prefixes.intern(table, key.bits, words[0], words[1], words[2], words[3]);
  }
}

function parseObject(text: string): Unchecked {
  if (text.length > MAX_FRAME_CHARS) return bad(`frame of ${text.length} characters`);
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch (cause) {
    throw new BgpError('RIS_BAD_MESSAGE', 'not JSON', { cause });
  }
  return isObject(frame) ? frame : bad('not a JSON object');
}

/** fe80::/10, RFC 4291 §2.5.6. */
function isLinkLocal(address: { isV6: boolean; words: readonly number[] }): boolean {
  return address.isV6 && address.words[0]! >>> 22 === 0xfe80 >>> 6;
}

/** `65000:8.42.232.1`. @throws {BgpError} RIS_BAD_MESSAGE */
function readAggregator(row: AttrRow, value: unknown): void {
  const text = typeof value === 'string' ? value : bad('aggregator is no text');
  const colon = text.indexOf(':');
  const address = tryParseAddress(text.slice(colon + 1));
  if (colon === -1 || !address || address.isV6) bad('aggregator is not asn:address');
  row.flags |= ATTR_FLAG.aggregator;
  row.aggregatorAsn = u32(text.slice(0, colon), 'aggregator');
  row.aggregatorAddress = address.words[0];
}

function errorDetail(data: unknown): string {
  const message = isObject(data) ? data.message : data;
  return typeof message === 'string' ? message.slice(0, 200) : '';
}

function collectorNames(data: unknown): string[] {
  const names = arrayOf(data, 'ris_rrc_list').slice(0, MAX_NAMES).map(normaliseHost);
  return names.filter((name) => name !== null);
}
