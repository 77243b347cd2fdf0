import { formatV4 } from '../prefix/address.ts';
import type { ElemBatch } from './batch.ts';
import { ELEM_FLAG, KIND, NONE } from './batch.ts';
import type { ElemRow } from './row.ts';
import { addressText, elemRow, prefixText, STATE_NAMES } from './row.ts';

const WELL_KNOWN: Readonly<Record<string, string>> = {
  '65535:65281': 'no-export',
  '65535:65282': 'no-advertise',
  '65535:65283': 'local-AS',
};

const ORIGINS: Readonly<Record<string, string>> = { igp: 'IGP', egp: 'EGP', incomplete: 'INCOMPLETE' };

/**
 * IPv6 text as bgpdump writes it: RFC 5952 (`formatAddress`), except that it shortens a zero group that stands alone, the
 * first of them, and writes the last two groups of `::x:y` as an IPv4 address.
 */
function bgpdumpAddress(text: string): string {
  if (!text.includes(':')) return text;
  const compatible = /^::([0-9a-f]+):([0-9a-f]+)(\/\d+)?$/.exec(text);
  if (compatible) {
    const [, high, low, length] = compatible;
    return `::${formatV4(((parseInt(high!, 16) << 16) | parseInt(low!, 16)) >>> 0)}${length ?? ''}`;
  }
  return text.includes('::') ? text : text.replace(/(?:^|:)0(?::|(?=\/)|$)/, '::');
}

/**
 * One elem as the line `bgpdump -m` 1.6 prints for it, without the line feed. Large and extended communities, OTC and
 * the collector have no place in that format. Two things go beyond it:
 *
 * - a time with a fraction is always written as `BGP4MP_ET` with six decimals, also where no MRT record said so
 *   (RIS Live stamps milliseconds);
 * - VPN prefixes, which bgpdump drops, are written `RD:prefix`, and their announcements end in two more fields: the label
 *   stack, outermost first, joined by `/`, and the extended communities.
 */
export function formatBgpdump(row: ElemRow): string {
  const peer = `|${bgpdumpAddress(row.peerAddress)}|${row.peerAsn}|`;
  const isExtended = row.extendedTime === true;
  const isAddPath = row.pathId !== undefined;
  if (row.kind === 'rib') {
    const head = ribHead(row.tableDumpV1 === true, isAddPath, row.timeUs);
    return `${head}B${peer}${keyText(row)}|${attributesText(row)}`;
  }
  const head = messageHead(isExtended, isAddPath, row.timeUs);
  if (row.kind === 'state') {
    return `${head}STATE${peer}${stateNumber(row.oldState)}|${stateNumber(row.newState)}`;
  }
  if (row.kind === 'withdraw') return `${head}W${peer}${keyText(row)}`;
  return `${head}A${peer}${keyText(row)}|${attributesText(row)}`;
}

/** The same lines, straight from a batch: what its elems share is put into words once. */
export class BgpdumpLines {
  #batch: ElemBatch | null = null;
  #peers: string[] = [];
  #attributes: string[] = [];

  /** The line of elem `i`. */
  line(batch: ElemBatch, i: number): string {
    if (batch !== this.#batch) {
      this.#batch = batch;
      this.#peers = [];
      this.#attributes = [];
    }
    const kind = batch.kind[i]!;
    const prefix = batch.prefix[i]!;
    // VPN lines end in what is the elem's own, state changes are rare.
    if (kind === KIND.state || batch.prefixes.table[prefix]! > 1) return formatBgpdump(elemRow(batch, i));
    const flags = batch.flags[i]!;
    const isAddPath = (flags & ELEM_FLAG.addPath) !== 0;
    const prefixOnly = bgpdumpAddress(prefixText(batch, prefix));
    const key = isAddPath ? `${prefixOnly}|${batch.pathId[i]!}` : prefixOnly;
    const peer = (this.#peers[batch.vantage[i]!] ??= peerText(batch, batch.vantage[i]!));
    const timeUs = batch.timeUs[i]!;
    if (kind === KIND.rib) {
      const head = ribHead((flags & ELEM_FLAG.tableDumpV1) !== 0, isAddPath, timeUs);
      return `${head}B${peer}${key}|${this.#attributesOf(batch, i)}`;
    }
    const head = messageHead((flags & ELEM_FLAG.extendedTime) !== 0, isAddPath, timeUs);
    return kind === KIND.withdraw
      ? `${head}W${peer}${key}`
      : `${head}A${peer}${key}|${this.#attributesOf(batch, i)}`;
  }

  #attributesOf(batch: ElemBatch, i: number): string {
    const set = batch.attrs[i]!;
    if (set === NONE) return attributesText(elemRow(batch, i));
    return (this.#attributes[set] ??= attributesText(elemRow(batch, i)));
  }
}

function peerText(batch: ElemBatch, vantage: number): string {
  const { address, asn } = batch.vantages;
  return `|${bgpdumpAddress(addressText(batch, address[vantage]!))}|${asn[vantage]!}|`;
}

function keyText(row: ElemRow): string {
  const isVpn = row.table === 'vpnv4' || row.table === 'vpnv6';
  const prefix = isVpn ? (row.prefix ?? '') : bgpdumpAddress(row.prefix ?? '');
  return row.pathId === undefined ? prefix : `${prefix}|${row.pathId}`;
}

function ribHead(isV1: boolean, isAddPath: boolean, timeUs: number): string {
  return `${isV1 ? 'TABLE_DUMP' : 'TABLE_DUMP2'}${isAddPath ? '_AP' : ''}|${Math.floor(timeUs / 1e6)}|`;
}

function messageHead(isExtended: boolean, isAddPath: boolean, timeUs: number): string {
  const seconds = Math.floor(timeUs / 1e6);
  const fractionUs = timeUs - seconds * 1e6;
  const suffix = isAddPath ? '_AP' : '';
  if (!isExtended && fractionUs === 0) return `BGP4MP${suffix}|${seconds}|`;
  return `BGP4MP_ET${suffix}|${seconds}.${String(fractionUs).padStart(6, '0')}|`;
}

function stateNumber(name: string | undefined): number {
  return Math.max(0, (STATE_NAMES as readonly string[]).indexOf(name ?? 'unknown'));
}

function attributesText(row: ElemRow): string {
  const { aggregator } = row;
  const fields = [
    row.path ?? '',
    // bgpdump reads a missing ORIGIN as INCOMPLETE and a missing next hop as all ones.
    ORIGINS[row.origin ?? 'incomplete'] ?? 'INCOMPLETE',
    bgpdumpAddress(row.nextHop ?? '255.255.255.255'),
    row.localPref ?? 0,
    row.med ?? 0,
    row.communities?.map((text) => WELL_KNOWN[text] ?? text).join(' ') ?? '',
    row.atomicAggregate ? 'AG' : 'NAG',
    aggregator ? `${aggregator.asn} ${aggregator.address}` : '',
  ];
  const line = `${fields.join('|')}|`;
  if (row.table !== 'vpnv4' && row.table !== 'vpnv6') return line;
  return `${line}${row.labels?.join('/') ?? ''}|${row.extCommunities?.join(' ') ?? ''}|`;
}
