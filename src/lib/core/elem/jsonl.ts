import { BgpError } from '../error.ts';
import type { ElemRow } from './row.ts';
import { tryParseAddress } from '../prefix/address.ts';
import { tryParsePrefix } from '../prefix/prefix.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, ORIGIN, PEER_STATE, TABLE } from './batch.ts';
import type { BatchBuilder } from './builder.ts';
import { communityWords, largeCommunityWords } from './community.ts';
import { BAD_PATH, PathReader, u32OrBad } from './path-reader.ts';
import { STATE_NAMES } from './row.ts';
import type { AttrRow } from './attr-table.ts';

/**
 * Elem JSONL: one elem a line. The members every producer of this shape writes are
 *
 *     {"ts":1203878877,"type":"A","collector":"route-views2","peer":"203.181.248.168","prefix":"208.65.153.0/24",
 *      "path":"7660 2516 3491 17557"}
 *
 * `ts` is Unix seconds (a float where the source is finer), `type` R (table entry), A, W or, our addition, S (peer state).
 * `path` is text as `formatPath` writes it or an array with nested arrays for AS_SETs; absent on W and S. We also read and
 * write `peer_asn`, `path_id`, `next_hop`, `origin`, `med`, `local_pref`, `atomic`, `aggregator` ("asn:address"), `otc`,
 * `community` ("asn:value"), `large_community`, `old_state` and `new_state`; and write, without reading them back, VPN
 * prefixes (`RD:prefix`) with `labels` and `ext_community`.
 */

/** Longest line taken, in UTF-16 units. */
export const MAX_LINE_CHARS = 1024 * 1024;
/** Year 2242: whatever lies beyond is not Unix seconds. */
const MAX_TIME_S = 0x2_0000_0000;
/** Peers whose ASN is remembered; the oldest goes first. */
const MAX_PEERS = 65_536;
const KINDS: Readonly<Record<string, number>> = {
  R: KIND.rib,
  A: KIND.announce,
  W: KIND.withdraw,
  S: KIND.state,
};
const LETTERS = { rib: 'R', announce: 'A', withdraw: 'W', state: 'S' } as const;
const ORIGINS: Readonly<Record<string, number>> = {
  igp: ORIGIN.igp,
  egp: ORIGIN.egp,
  incomplete: ORIGIN.incomplete,
};

type Unchecked = Readonly<Record<string, unknown>>;

/** A line turned into an elem, or an object that is no elem: the label some files start with. */
export type JsonlResult =
  { readonly type: 'elem'; readonly timeUs: number } | { readonly type: 'label'; readonly label: Unchecked };

function bad(detail: string): never {
  throw new BgpError('JSONL_BAD_LINE', detail);
}

/** Elem JSONL lines -> elems. Every line is a message of its own. */
export class JsonlDecoder {
  readonly #builder: BatchBuilder;
  readonly #paths = new PathReader();
  /** ASN of a peer as its lines told: `peer_asn`, else the first hop of its first path. */
  readonly #peerAsns = new Map<string, number>();

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
  }

  /**
   * One line. An object without `ts` is a label, wherever it stands.
   *
   * Lines of the plain shape carry no peer ASN: a peer gets the first ASN of the first path it announces in this file, and
   * 0 before that. (Behind a route server that is the neighbour, not the server.)
   * @throws {BgpError} JSONL_BAD_LINE; nothing was pushed then.
   */
  decode(text: string): JsonlResult {
    const line = parseLine(text);
    if (line.ts === undefined) return { type: 'label', label: line };
    const { ts, type } = line;
    if (typeof ts !== 'number' || !(ts >= 0 && ts < MAX_TIME_S)) return bad('ts is no Unix time');
    const kind =
      typeof type === 'string' && Object.hasOwn(KINDS, type)
        ? KINDS[type]!
        : bad('type is none of R, A, W, S');
    const timeUs = Math.round(ts * 1e6);
    const hasRoute = kind === KIND.announce || kind === KIND.rib;
    const path = hasRoute ? this.#path(line.path) : 0;
    const prefix = kind === KIND.state ? NONE : this.#prefix(line.prefix);
    const attrs = hasRoute ? this.#builder.attrSets.intern(this.#attributes(line, path)) : NONE;
    const states = kind === KIND.state ? ([stateOf(line.old_state), stateOf(line.new_state)] as const) : null;
    const vantage = this.#vantage(line, path);
    if (states) {
      this.#builder.pushState(ELEM_FLAG.first, timeUs, vantage, ...states);
    } else {
      const pathId = line.path_id === undefined ? 0 : u32(line.path_id, 'path_id');
      const flags = ELEM_FLAG.first | (line.path_id === undefined ? 0 : ELEM_FLAG.addPath);
      this.#builder.push(kind, flags, timeUs, vantage, prefix, attrs, pathId, 0);
    }
    return { type: 'elem', timeUs };
  }

  #path(value: unknown): number {
    const { paths } = this.#builder;
    if (value === undefined || value === null) return 0;
    let path = BAD_PATH;
    if (typeof value === 'string') path = this.#paths.text(value, paths);
    else if (Array.isArray(value)) path = this.#paths.array(value as unknown[], paths);
    return path === BAD_PATH ? bad('path is no AS path') : path;
  }

  #prefix(value: unknown): number {
    const key = (typeof value === 'string' ? tryParsePrefix(value) : null) ?? bad('prefix is no IP prefix');
    const { words } = key;
    const table = key.isV6 ? TABLE.ipv6 : TABLE.ipv4;
    return this.#builder.prefixes.intern(table, key.bits, words[0], words[1], words[2], words[3]);
  }

  #address(value: unknown, name: string): number {
    const address =
      (typeof value === 'string' ? tryParseAddress(value) : null) ?? bad(`${name} is no address`);
    const { isV6, words } = address;
    return this.#builder.addresses.intern(isV6, words[0], words[1], words[2], words[3]);
  }

  #vantage(line: Unchecked, path: number): number {
    const { collector, peer } = line;
    if (typeof collector !== 'string' || collector === '' || collector.length > 64)
      return bad('collector is no name');
    const address = this.#address(peer, 'peer');
    const key = `${collector} ${peer as string}`;
    let asn = line.peer_asn === undefined ? this.#peerAsns.get(key) : u32(line.peer_asn, 'peer_asn');
    if (asn === undefined) {
      asn = path === 0 ? 0 : this.#builder.paths.word(path, 1);
      if (asn !== 0) this.#rememberPeer(key, asn);
    }
    return this.#builder.vantages.intern(collector, address, asn);
  }

  #rememberPeer(key: string, asn: number): void {
    if (this.#peerAsns.size >= MAX_PEERS) this.#peerAsns.delete(this.#peerAsns.keys().next().value!);
    this.#peerAsns.set(key, asn);
  }

  #attributes(line: Unchecked, path: number): AttrRow {
    const { communities, largeCommunities } = this.#builder;
    const words = communityWords(line.community ?? []) ?? bad('community is no list of asn:value');
    const large =
      largeCommunityWords(line.large_community ?? []) ?? bad('large_community is no list of a:b:c');
    const aggregator = aggregatorOf(line.aggregator);
    const flag = (isSet: boolean, bit: number): number => (isSet ? bit : 0);
    return {
      flags:
        flag(line.med !== undefined, ATTR_FLAG.med) |
        flag(line.local_pref !== undefined, ATTR_FLAG.localPref) |
        flag(line.atomic === true, ATTR_FLAG.atomicAggregate) |
        flag(aggregator !== null, ATTR_FLAG.aggregator) |
        flag(line.otc !== undefined, ATTR_FLAG.otc),
      origin: originOf(line.origin),
      path,
      nextHop: line.next_hop === undefined ? 0 : this.#address(line.next_hop, 'next_hop'),
      med: line.med === undefined ? 0 : u32(line.med, 'med'),
      localPref: line.local_pref === undefined ? 0 : u32(line.local_pref, 'local_pref'),
      aggregatorAsn: aggregator?.asn ?? 0,
      aggregatorAddress: aggregator?.address ?? 0,
      otc: line.otc === undefined ? 0 : u32(line.otc, 'otc'),
      communities: communities.intern(words, 0, words.length),
      extCommunities: 0,
      largeCommunities: largeCommunities.intern(large, 0, large.length),
    };
  }
}

function parseLine(text: string): Unchecked {
  if (text.length > MAX_LINE_CHARS) return bad(`line of ${text.length} characters`);
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new BgpError('JSONL_BAD_LINE', 'not JSON', { cause });
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return bad('not a JSON object');
  // Absent and null are the same to everybody who writes JSON.
  return Object.fromEntries(Object.entries(line).filter(([, value]) => value !== null));
}

function u32(value: unknown, name: string): number {
  const number = u32OrBad(value);
  return number === -1 ? bad(`${name} is no 32-bit number`) : number;
}

function stateOf(value: unknown): number {
  if (value === undefined) return PEER_STATE.unknown;
  const state = (STATE_NAMES as readonly unknown[]).indexOf(value);
  return state === -1 ? bad('unknown peer state') : state;
}

function originOf(value: unknown): number {
  if (value === undefined) return ORIGIN.none;
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  return Object.hasOwn(ORIGINS, name) ? ORIGINS[name]! : bad('origin is none of igp, egp, incomplete');
}

function aggregatorOf(value: unknown): { asn: number; address: number } | null {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : '';
  const colon = text.indexOf(':');
  const address = tryParseAddress(text.slice(colon + 1));
  if (colon < 1 || !address || address.isV6) return bad('aggregator is not asn:address');
  return { asn: u32(text.slice(0, colon), 'aggregator'), address: address.words[0] };
}

/** One elem as a line of elem JSONL, without the line feed. */
export function formatJsonl(row: ElemRow): string {
  const { aggregator } = row;
  // Undefined members are left out by JSON.stringify.
  return JSON.stringify({
    ts: row.timeUs / 1e6,
    type: LETTERS[row.kind],
    collector: row.collector,
    peer: row.peerAddress,
    prefix: row.prefix,
    path: row.path,
    peer_asn: row.peerAsn,
    path_id: row.pathId,
    next_hop: row.nextHop,
    origin: row.origin,
    med: row.med,
    local_pref: row.localPref,
    atomic: row.atomicAggregate,
    aggregator: aggregator && `${aggregator.asn}:${aggregator.address}`,
    otc: row.otc,
    community: row.communities,
    ext_community: row.extCommunities,
    large_community: row.largeCommunities,
    labels: row.labels,
    treat_as_withdraw: row.treatAsWithdraw,
    old_state: row.oldState,
    new_state: row.newState,
  });
}
