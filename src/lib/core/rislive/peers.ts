import type { BatchBuilder } from '../elem/builder.ts';
import type { Address } from '../prefix/address.ts';
import { tryParseAddress } from '../prefix/address.ts';
import { bad, u32 } from './fields.ts';

/** RIS has some 1,500 peers, most in two families; a stream that names more than this is made up. */
const MAX_CACHED = 16_384;

interface Peer {
  readonly host: string;
  readonly address: Address;
  readonly asn: number;
  /** Index in the builder, good for `generation`. */
  index: number;
  generation: number;
}

/** `rrc01.ripe.net`, `RRC01`, `rrc01` -> `rrc01`; null when the name is no host name. */
export function normaliseHost(host: unknown): string | null {
  if (typeof host !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(host)) return null;
  return host.toLowerCase().replace(/\.ripe\.net$/, '');
}

/** Host, peer address and peer ASN -> vantage; a message's three strings are parsed once per peer, not per message. */
export class PeerCache {
  readonly #builder: BatchBuilder;
  readonly #peers = new Map<string, Peer>();
  /** Times the cache was full and started over. */
  restarts = 0;

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
  }

  /** The vantage's index in the builder's current batch. @throws {BgpError} RIS_BAD_MESSAGE */
  vantage(host: unknown, peer: unknown, peerAsn: unknown): number {
    if (typeof host !== 'string' || typeof peer !== 'string') return bad('host or peer is no text');
    const asn = typeof peerAsn === 'string' ? peerAsn : u32(peerAsn, 'peer_asn');
    const key = `${host} ${peer} ${asn}`;
    let known = this.#peers.get(key);
    if (!known) {
      known = checkedPeer(host, peer, asn);
      if (this.#peers.size >= MAX_CACHED) {
        this.#peers.clear();
        this.restarts++;
      }
      this.#peers.set(key, known);
    }
    if (known.generation !== this.#builder.generation) {
      const { isV6, words } = known.address;
      const address = this.#builder.addresses.intern(isV6, words[0], words[1], words[2], words[3]);
      known.index = this.#builder.vantages.intern(known.host, address, known.asn);
      known.generation = this.#builder.generation;
    }
    return known.index;
  }
}

function checkedPeer(host: string, peer: string, peerAsn: string | number): Peer {
  const name = normaliseHost(host) ?? bad('host is no host name');
  const address = tryParseAddress(peer) ?? bad('peer is no address');
  return { host: name, address, asn: u32(peerAsn, 'peer_asn'), index: 0, generation: -1 };
}
