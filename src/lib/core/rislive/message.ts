import type { ElemBatch } from '../elem/batch.ts';
import { ATTR_FLAG, KIND, NONE, ORIGIN, PEER_STATE, SEGMENT, TABLE } from '../elem/batch.ts';
import { pathSegments } from '../elem/path.ts';
import { addressText, listWords, prefixText } from '../elem/row.ts';
import { formatV4 } from '../prefix/address.ts';

/** A `ris_message` as RIPE sends it. Members in RIPE's order; those that do not apply are absent. */
export interface RisMessage {
  readonly type: 'ris_message';
  readonly data: RisUpdate | RisState;
}

interface RisCommon {
  /** Unix seconds, float. */
  readonly timestamp: number;
  readonly peer: string;
  readonly peer_asn: string;
  /** `<peer>-<12 hex digits: timestamp in ms><4 hex digits: counter>`. */
  readonly id: string;
  readonly host: string;
}

export interface RisUpdate extends RisCommon {
  readonly type: 'UPDATE';
  /** An AS_SET is an inner array. */
  readonly path: readonly (number | readonly number[])[];
  readonly community: readonly (readonly [number, number])[];
  readonly origin?: 'IGP' | 'EGP' | 'INCOMPLETE';
  readonly med?: number;
  /** `asn:address` */
  readonly aggregator?: string;
  readonly announcements: readonly { readonly next_hop: string; readonly prefixes: readonly string[] }[];
  readonly withdrawals: readonly string[];
  readonly raw?: string;
}

export interface RisState extends RisCommon {
  readonly type: 'STATE';
  readonly state: 'connected' | 'up' | 'down';
}

const ORIGINS: Readonly<Record<number, RisUpdate['origin']>> = {
  [ORIGIN.igp]: 'IGP',
  [ORIGIN.egp]: 'EGP',
  [ORIGIN.incomplete]: 'INCOMPLETE',
};

const STATES: Readonly<Record<number, RisState['state']>> = {
  [PEER_STATE.idle]: 'down',
  [PEER_STATE.active]: 'down',
  [PEER_STATE.connect]: 'connected',
  [PEER_STATE.openSent]: 'connected',
  [PEER_STATE.openConfirm]: 'connected',
  [PEER_STATE.established]: 'up',
};

/**
 * Elems -> RIS Live messages, the reverse of `RisLiveDecoder`. What RIS Live has no form for is left out: VPN prefixes,
 * path identifiers and changes to the state `unknown`; LOCAL_PREF, ATOMIC_AGGREGATE, OTC, extended and large communities
 * travel in `raw` only. Table entries are announcements here. IPv6 prefixes are RFC 5952 text in both lists.
 */
export class RisMessageEncoder {
  #counter = 0;

  /**
   * The messages for the elems `from .. to` of one BGP message. One, unless its announcements have different attributes
   * (beyond the next hop), or a state change stands among them; none when nothing in it has a form.
   * @param raw the BGP message in hex, given to every UPDATE made of it
   */
  encode(batch: ElemBatch, from: number, to: number, raw?: string): RisMessage[] {
    const messages: RisMessage[] = [];
    const groups = new Map<string, { attrs: number; members: number[] }>();
    const withdrawals: string[] = [];
    for (let i = from; i < to; i++) {
      const kind = batch.kind[i]!;
      if (kind === KIND.state) {
        const state = STATES[batch.state[i]! & 0xff];
        if (state)
          messages.push({ type: 'ris_message', data: { ...this.#common(batch, i), type: 'STATE', state } });
      } else if (batch.prefixes.table[batch.prefix[i]!]! <= TABLE.ipv6) {
        if (kind === KIND.withdraw) withdrawals.push(prefixText(batch, batch.prefix[i]!));
        else addToGroup(groups, batch, i);
      }
    }
    for (const { attrs, members } of groups.values()) {
      const announcements = byNextHop(batch, members);
      messages.push(this.#update(batch, from, attrs, announcements, withdrawals.splice(0), raw));
    }
    if (withdrawals.length > 0) messages.push(this.#update(batch, from, NONE, [], withdrawals, raw));
    return messages;
  }

  #update(
    batch: ElemBatch,
    i: number,
    attrs: number,
    announcements: RisUpdate['announcements'],
    withdrawals: readonly string[],
    raw: string | undefined,
  ): RisMessage {
    const attributes = attrs === NONE ? { path: [], community: [] } : attributesOf(batch, attrs);
    const data: RisUpdate = {
      ...this.#common(batch, i),
      type: 'UPDATE',
      ...attributes,
      announcements,
      withdrawals,
      ...(raw === undefined ? {} : { raw }),
    };
    return { type: 'ris_message', data };
  }

  #common(batch: ElemBatch, i: number): RisCommon {
    const vantage = batch.vantage[i]!;
    const { collector, address, asn } = batch.vantages;
    const peer = addressText(batch, address[vantage]!);
    const timeMs = Math.floor(batch.timeUs[i]! / 1000);
    this.#counter = (this.#counter + 1) & 0xffff;
    return {
      timestamp: batch.timeUs[i]! / 1e6,
      peer,
      peer_asn: String(asn[vantage]!),
      id: `${peer}-${hex(timeMs, 12)}${hex(this.#counter, 4)}`,
      host: hostName(batch.collectors[collector[vantage]!] ?? ''),
    };
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** RIS collectors by their full name, as RIPE writes them today. */
function hostName(collector: string): string {
  return /^rrc\d{2}$/.test(collector) ? `${collector}.ripe.net` : collector;
}

/** Announcements that agree in everything but the next hop share a message. */
function addToGroup(
  groups: Map<string, { attrs: number; members: number[] }>,
  batch: ElemBatch,
  i: number,
): void {
  const attrs = batch.attrs[i]!;
  const sets = batch.attrSets;
  const key = [
    sets.flags[attrs],
    sets.origin[attrs],
    sets.path[attrs],
    sets.med[attrs],
    sets.aggregatorAsn[attrs],
    sets.aggregatorAddress[attrs],
    sets.communities[attrs],
  ].join();
  const group = groups.get(key);
  if (group) group.members.push(i);
  else groups.set(key, { attrs, members: [i] });
}

function byNextHop(batch: ElemBatch, members: readonly number[]): RisUpdate['announcements'] {
  const prefixes = new Map<number, string[]>();
  for (const i of members) {
    const nextHop = batch.attrSets.nextHop[batch.attrs[i]!]!;
    const text = prefixText(batch, batch.prefix[i]!);
    const known = prefixes.get(nextHop);
    if (known) known.push(text);
    else prefixes.set(nextHop, [text]);
  }
  return Array.from(prefixes, ([nextHop, texts]) => ({
    next_hop: addressText(batch, nextHop),
    prefixes: texts,
  }));
}

function attributesOf(
  batch: ElemBatch,
  attrs: number,
): Pick<RisUpdate, 'path' | 'community' | 'origin' | 'med' | 'aggregator'> {
  const sets = batch.attrSets;
  const flags = sets.flags[attrs]!;
  const origin = ORIGINS[sets.origin[attrs]!];
  const aggregator = `${sets.aggregatorAsn[attrs]!}:${formatV4(sets.aggregatorAddress[attrs]!)}`;
  return {
    path: pathHops(batch, sets.path[attrs]!),
    community: Array.from(listWords(batch.communities, sets.communities[attrs]!), communityPair),
    ...(origin && { origin }),
    ...(flags & ATTR_FLAG.med ? { med: sets.med[attrs]! } : {}),
    ...(flags & ATTR_FLAG.aggregator ? { aggregator } : {}),
  };
}

function communityPair(word: number): readonly [number, number] {
  return [word >>> 16, word & 0xffff];
}

/** Confederation segments (RFC 5065), which RIS Live does not tell apart, go in as the others do. */
function pathHops(batch: ElemBatch, path: number): RisUpdate['path'] {
  const hops: (number | readonly number[])[] = [];
  for (const { type, asns } of pathSegments(batch.paths, path)) {
    if (type === SEGMENT.set || type === SEGMENT.confedSet) hops.push(asns);
    else hops.push(...asns);
  }
  return hops;
}
