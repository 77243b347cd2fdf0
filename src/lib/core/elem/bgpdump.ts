import type { ElemRow } from './row.ts';
import { STATE_NAMES } from './row.ts';

const WELL_KNOWN: Readonly<Record<string, string>> = {
  '65535:65281': 'no-export',
  '65535:65282': 'no-advertise',
  '65535:65283': 'local-AS',
};

const ORIGINS: Readonly<Record<string, string>> = { igp: 'IGP', egp: 'EGP', incomplete: 'INCOMPLETE' };

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
  const head = `|${timeText(row)}|`;
  const peer = `|${row.peerAddress}|${row.peerAsn}|`;
  if (row.kind === 'state') {
    return `${recordName(row)}${head}STATE${peer}${stateNumber(row.oldState)}|${stateNumber(row.newState)}`;
  }
  const key = row.pathId === undefined ? (row.prefix ?? '') : `${row.prefix ?? ''}|${row.pathId}`;
  if (row.kind === 'withdraw') return `${recordName(row)}${head}W${peer}${key}`;
  const letter = row.kind === 'rib' ? 'B' : 'A';
  return `${recordName(row)}${head}${letter}${peer}${key}|${attributesText(row)}`;
}

function recordName(row: ElemRow): string {
  const suffix = row.pathId === undefined ? '' : '_AP';
  if (row.kind === 'rib') return (row.tableDumpV1 ? 'TABLE_DUMP' : 'TABLE_DUMP2') + suffix;
  return (hasMicroseconds(row) ? 'BGP4MP_ET' : 'BGP4MP') + suffix;
}

function hasMicroseconds(row: ElemRow): boolean {
  return row.extendedTime === true || row.timeUs % 1_000_000 !== 0;
}

function timeText(row: ElemRow): string {
  const seconds = Math.floor(row.timeUs / 1_000_000);
  if (row.kind === 'rib' || !hasMicroseconds(row)) return String(seconds);
  return `${seconds}.${String(row.timeUs - seconds * 1_000_000).padStart(6, '0')}`;
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
    row.nextHop ?? '255.255.255.255',
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
