import type { BatchBuilder } from '../elem/builder.ts';
import type { OpenFacts } from './capabilities.ts';
import { formatRd } from '../prefix/rd.ts';
import { PEER_FLAG, PEER_TYPE, u32 } from './header.ts';

/** The per-peer header, RFC 7854 §4.2. */
export interface PeerHeader {
  readonly type: number;
  readonly flags: number;
  /** Peer distinguisher, two words. */
  readonly rd: readonly [number, number];
  readonly isV6: boolean;
  /** The peer's address; of a Loc-RIB (RFC 9069 §4.2) the router's BGP identifier. */
  readonly address: readonly [number, number, number, number];
  readonly asn: number;
  /** Unix microseconds; 0 when the router does not say. */
  readonly timeUs: number;
}

/** Read the per-peer header, 42 octets at `at`. */
export function readPeerHeader(bytes: Uint8Array, at: number): PeerHeader {
  // 0: type   1: flags   2: distinguisher, 8   10: address, 16   26: AS u32   30: BGP id   34: seconds u32   38: µs u32
  const type = bytes[at]!;
  const isLocRib = type === PEER_TYPE.locRib;
  const isV6 = !isLocRib && (bytes[at + 1]! & PEER_FLAG.ipv6) !== 0;
  const word = (i: number): number => u32(bytes, at + 10 + 4 * i);
  const last = isLocRib ? u32(bytes, at + 30) : word(3);
  return {
    type,
    flags: bytes[at + 1]!,
    rd: [u32(bytes, at + 2), u32(bytes, at + 6)],
    isV6,
    address: isV6 ? [word(0), word(1), word(2), word(3)] : [last, 0, 0, 0],
    asn: u32(bytes, at + 26),
    timeUs: u32(bytes, at + 34) * 1e6 + Math.min(u32(bytes, at + 38), 999_999),
  };
}

/** One view of a peer's routes: what a vantage is to the rest (router + peer + RIB view). */
export interface View {
  readonly peer: string;
  readonly suffix: string;
  readonly header: PeerHeader;
  isUp: boolean;
  /** The AS the router itself is in; 0 when no Peer Up said so. */
  localAsn: number;
  /** Families whose NLRI carry path identifiers here. */
  readonly addPath: Map<number, boolean>;
}

/** Views of one router at a time; a monitored router has a few for each of its peers. */
export const MAX_VIEWS = 16_384;

/**
 * The peers of one monitored router and their views. The vantage's collector is the router's name, with the view behind it where it is
 * not the Adj-RIB-In before policy: `r1:post-policy`, `r1:adj-rib-out`, `r1:loc-rib`, and `:vrf 64500:1` where the
 * peer belongs to a routing instance.
 */
export class Views {
  readonly #views = new Map<string, View>();
  /** Not tracked for want of room; their routes are left out. */
  refused = 0;

  /** The view a header speaks of, made when it is new; null when there is no room. */
  at(header: PeerHeader): View | null {
    const peer = peerKey(header);
    const suffix = suffixOf(header);
    const key = `${peer}|${suffix}`;
    const known = this.#views.get(key);
    if (known) return known;
    if (this.#views.size >= MAX_VIEWS) {
      this.refused++;
      return null;
    }
    const sibling = this.of(peer)[0];
    // Some routers never send Peer Up for the Loc-RIB, or only for one of a peer's views.
    const view: View = {
      peer,
      suffix,
      header,
      isUp: false,
      localAsn: sibling?.localAsn ?? 0,
      addPath: new Map(),
    };
    if (sibling) for (const [family, carries] of sibling.addPath) view.addPath.set(family, carries);
    this.#views.set(key, view);
    return view;
  }

  /** All views of one peer. */
  of(peer: string): View[] {
    return [...this.#views.values()].filter((view) => view.peer === peer);
  }

  /** Note what the two OPENs of a session agreed on: path identifiers where the peer sends and the router receives. */
  established(view: View, sent: OpenFacts, received: OpenFacts): void {
    view.localAsn = sent.asn;
    for (const other of this.of(view.peer)) {
      other.addPath.clear();
      for (const [family, mode] of received.addPath) {
        other.addPath.set(family, (mode & 2) !== 0 && ((sent.addPath.get(family) ?? 0) & 1) !== 0);
      }
    }
  }
}

/** The vantage of `view` in the current batch. */
export function internView(builder: BatchBuilder, router: string, view: View): number {
  const [w0, w1, w2, w3] = view.header.address;
  const address = builder.addresses.intern(view.header.isV6, w0, w1, w2, w3);
  return builder.vantages.intern(router + view.suffix, address, view.header.asn);
}

function peerKey({ type, rd, isV6, address, asn }: PeerHeader): string {
  return `${type === PEER_TYPE.locRib ? 'loc' : 'peer'}|${rd.join('.')}|${isV6 ? 6 : 4}|${address.join('.')}|${asn}`;
}

function suffixOf({ type, flags, rd }: PeerHeader): string {
  const vrf = rd[0] === 0 && rd[1] === 0 ? '' : `:vrf ${formatRd(rd[0], rd[1])}`;
  if (type === PEER_TYPE.locRib) return `${vrf}:loc-rib`;
  const isOut = (flags & PEER_FLAG.adjRibOut) !== 0;
  const isPost = (flags & PEER_FLAG.postPolicy) !== 0;
  if (isOut) return `${vrf}:adj-rib-out${isPost ? '-post-policy' : ''}`;
  return isPost ? `${vrf}:post-policy` : vrf;
}
