import { formatAsn } from '../elem/asn.ts';
import { formatPrefix } from '../prefix/prefix.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import type { Finding } from './alert-desk.ts';
import type { AsnSet } from './asn-set.ts';
import { asnSetItems, firstAsn, hasAsn } from './asn-set.ts';
import { matchesPattern } from './pattern.ts';
import type { CompiledPathRule, WatchIndex, WatchMatch } from './watch-index.ts';
import type { Monitor, WatchAs, WatchRule } from './watch-list.ts';
import { minPeersOf } from './watch-list.ts';
import type { WatchPath } from './watch-path.ts';
import { originMembers, pathText } from './watch-path.ts';

/** An elem as the monitors see it. */
export interface WatchedElem {
  readonly key: PrefixKey;
  readonly timeUs: number;
  /** The same for the same session: the peer's address where there is one. */
  readonly peer: string;
  readonly peerAsn: number;
}

/** Origin validation of a prefix (CIDR text) and its origin, RFC 6811; `unknown`: no data, or stale. */
export type Rov = (
  prefix: string,
  origin: number,
) => {
  readonly state: 'valid' | 'invalid' | 'not-found' | 'unknown';
  readonly vrps: readonly { readonly prefix: string; readonly maxLength: number; readonly asn: number }[];
};

export interface Announced extends WatchedElem {
  readonly path: WatchPath;
  /** The best match, null when no rule speaks about the prefix. */
  readonly match: WatchMatch | null;
}

type Add = (finding: Finding) => void;

/** The rules of a match that a monitor listens to: not ignored, and more-specifics only where they are wanted. */
export function rulesFor(match: WatchMatch | null, monitor: Monitor, withIgnoredSubs = false): WatchRule[] {
  if (!match) return [];
  return match.rules.filter(
    (rule) =>
      rule.monitors.includes(monitor) && (withIgnoredSubs || !match.isSub || rule.moreSpecifics !== 'ignore'),
  );
}

/** How BGPalerter counts peers: by the first AS of the path, else by the peer's address. */
function peerOf({ path, peer }: Announced): string {
  const first = path[0];
  return first === undefined ? peer : [first].flat().join('-');
}

/** As BGPalerter writes AS_SETs and lists of origins in ids: sorted as text, joined by dashes. */
function idOf(asns: readonly (number | string)[]): string {
  return asns.map(String).sort().join('-');
}

function affectedOf(origins: AsnSet): string {
  return idOf(asnSetItems(origins));
}

/** What every finding about an announcement has. */
export function baseOf(elem: Announced, monitor: Monitor, rule: WatchRule | WatchAs, index: WatchIndex) {
  return {
    monitor,
    prefix: formatPrefix(elem.key.isV6, elem.key.bits, elem.key.words),
    timeUs: elem.timeUs,
    peer: peerOf(elem),
    minPeers: minPeersOf(index.list, rule, monitor),
    label: rule.label,
    groups: rule.groups,
    path: elem.path.flat(),
  };
}

/** Everything BGPalerter's monitors find in an announcement. */
export function checkAnnouncement(elem: Announced, index: WatchIndex, rov: Rov | undefined, add: Add): void {
  checkOrigin(elem, index, rov, add);
  checkPaths(elem, index, add);
  checkOwnAs(elem, index, add);
  checkNeighbors(elem, index, add);
}

/** `hijack`: some origin is not expected, and the route is not RPKI valid. `new-prefix`: a more-specific by the right one. */
function checkOrigin(elem: Announced, index: WatchIndex, rov: Rov | undefined, add: Add): void {
  const origins = originMembers(elem.path);
  if (origins.length === 0) return;
  const origin = origins.length === 1 ? origins[0]! : 0;
  const isForeign = (rule: WatchRule): boolean => origins.some((asn) => !hasAsn(rule.origins, asn));
  for (const rule of rulesFor(elem.match, 'hijack')) {
    if (rule.isIgnored || !isForeign(rule)) continue;
    const finding = baseOf(elem, 'hijack', rule, index);
    if (origin !== 0 && rov?.(finding.prefix, origin).state === 'valid') continue;
    add({
      ...finding,
      id: `${idOf(origins)}-${finding.prefix}`,
      affected: affectedOf(rule.origins),
      culprit: origins.find((asn) => !hasAsn(rule.origins, asn))!,
      victim: firstAsn(rule.origins),
      summary: `${finding.prefix} is announced by ${origins.map(formatAsn).join(', ')} instead of ${namesOf(rule.origins)}`,
    });
  }
  if (!elem.match?.isSub) return;
  for (const rule of rulesFor(elem.match, 'new-prefix')) {
    if (rule.isIgnored || isForeign(rule) || rule.moreSpecifics !== 'alert') continue;
    const finding = baseOf(elem, 'new-prefix', rule, index);
    const { configured } = elem.match;
    add({
      ...finding,
      id: `${idOf(origins)}-${finding.prefix}`,
      affected: affectedOf(rule.origins),
      culprit: 0,
      victim: origins[0]!,
      summary: `${finding.prefix}, a new more-specific of ${formatPrefix(configured.isV6, configured.bits, configured.words)}, is announced by ${origins.map(formatAsn).join(', ')}`,
    });
  }
}

function namesOf(set: AsnSet): string {
  const items = asnSetItems(set)
    .slice(0, 8)
    .map((item) => (typeof item === 'number' ? formatAsn(item) : item));
  return items.length === 0 ? 'nobody' : items.join(', ');
}

/** `path`: the path rules of the best match. */
function checkPaths(elem: Announced, index: WatchIndex, add: Add): void {
  for (const rule of rulesFor(elem.match, 'path')) {
    if (rule.isIgnored) continue;
    for (const [i, path] of index.pathRules(rule).entries()) {
      if (!breaks(path, elem.path)) continue;
      const finding = baseOf(elem, 'path', rule, index);
      add({
        ...finding,
        id: `${finding.prefix}-${i}`,
        affected: rule.prefixes[0]!.text,
        culprit: 0,
        victim: firstAsn(rule.origins),
        summary: `the path of ${finding.prefix} is one to look at${path.label === '' ? '' : `: ${path.label}`}`,
      });
    }
  }
}

function breaks(rule: CompiledPathRule, path: WatchPath): boolean {
  const text = pathText(path);
  if (rule.matchPattern && !matchesPattern(rule.matchPattern, text)) return false;
  if (rule.notMatchPattern && matchesPattern(rule.notMatchPattern, text)) return false;
  if (rule.minLength === null && rule.maxLength === null) return true;
  const isShort = rule.minLength !== null && path.length < rule.minLength;
  return isShort || (rule.maxLength !== null && path.length > rule.maxLength);
}

/** `asn`: an own AS originates a prefix no rule speaks about. Peers are counted by address, as BGPalerter does here. */
function checkOwnAs(elem: Announced, index: WatchIndex, add: Add): void {
  if (index.asByNumber.size === 0 || rulesFor(elem.match, 'asn', true).length > 0) return;
  const origins = originMembers(elem.path);
  const own = origins.map((asn) => index.asByNumber.get(asn)).find((as) => as?.monitors.includes('asn'));
  if (!own) return;
  const finding = baseOf(elem, 'asn', own, index);
  add({
    ...finding,
    peer: elem.peer,
    id: `${idOf(origins)}-${finding.prefix}`,
    affected: idOf(origins),
    culprit: 0,
    victim: own.asn,
    summary: `${formatAsn(own.asn)} announces ${finding.prefix}, which is not among its prefixes`,
  });
}

/** `neighbors`: an AS stands before or behind an own one that is not expected there. Prepends count as one. */
function checkNeighbors(elem: Announced, index: WatchIndex, add: Add): void {
  if (index.asByNumber.size === 0) return;
  const hops = elem.path.filter((hop, i) => typeof hop !== 'number' || hop !== elem.path[i - 1]);
  const done = new Set<number>();
  for (const [i, hop] of hops.entries()) {
    const own = typeof hop === 'number' && !done.has(hop) ? index.asByNumber.get(hop) : undefined;
    if (!own?.monitors.includes('neighbors')) continue;
    done.add(own.asn);
    for (const [side, expected, neighbor] of [
      ['upstream', own.upstreams, hops[i - 1]],
      ['downstream', own.downstreams, hops[i + 1]],
    ] as const) {
      if (expected === null || neighbor === undefined) continue;
      const members = [neighbor].flat();
      if (members.every((asn) => hasAsn(expected, asn))) continue;
      const finding = baseOf(elem, 'neighbors', own, index);
      add({
        ...finding,
        id: `${own.asn}-${idOf(members)}`,
        affected: String(own.asn),
        culprit: members.find((asn) => !hasAsn(expected, asn))!,
        victim: own.asn,
        summary: `a new ${side} of ${formatAsn(own.asn)}: ${members.map(formatAsn).join(', ')}`,
      });
    }
  }
}

/** `visibility`: a configured prefix itself is withdrawn by a peer. */
export function checkWithdrawal(
  elem: WatchedElem,
  match: WatchMatch | null,
  index: WatchIndex,
  add: Add,
): void {
  if (!match || match.isSub) return;
  for (const rule of rulesFor(match, 'visibility')) {
    if (rule.isIgnored) continue;
    const finding = baseOf({ ...elem, path: [], match }, 'visibility', rule, index);
    add({
      ...finding,
      id: finding.prefix,
      affected: affectedOf(rule.origins),
      culprit: 0,
      victim: firstAsn(rule.origins),
      summary: `${finding.prefix} has been withdrawn`,
    });
  }
}
