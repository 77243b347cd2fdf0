import { formatAsn } from '../elem/asn.ts';
import { formatPrefix, parsePrefix } from '../prefix/prefix.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import { eachVrp } from '../rpki/vrp-set.ts';
import type { Finding } from './alert-desk.ts';
import { rulesFor } from './monitors.ts';
import type { WatchIndex } from './watch-index.ts';
import type { WatchAs, WatchRule } from './watch-list.ts';
import { firstAsn } from './asn-set.ts';

/** One VRP as a validator's output has it. */
export interface WatchedVrp {
  readonly prefix: PrefixKey;
  readonly maxLength: number;
  readonly asn: number;
  /** Empty when the source does not say. */
  readonly trustAnchor: string;
  /** When the first of its certificates, CRLs and manifests runs out, Unix seconds (rpki-client); null when not known. */
  readonly expiresS: number | null;
}

/** The VRPs of a set. It does not keep when they expire. */
export function* watchedVrps(set: VrpSet): Generator<WatchedVrp> {
  for (const { prefix, maxLength, asn, trustAnchor } of eachVrp(set)) {
    yield { prefix: parsePrefix(prefix), maxLength, asn, trustAnchor, expiresS: null };
  }
}

export interface RoaOptions {
  /** A VRP that runs out this soon is about to expire (BGPalerter: 2 h). */
  readonly expiryS: number;
  /** Share of a trust anchor's VRPs, percent, that may vanish or be about to expire (BGPalerter: 20). */
  readonly tolerancePercent: number;
  /** By trust anchor, where another share is usual (BGPalerter ships afrinic: 50). */
  readonly toleranceByAnchor: Readonly<Record<string, number>>;
  /** Also tell one by one what vanished with a trust anchor, as BGPalerter does. */
  readonly isLossDetailed: boolean;
  /** VRPs of watched prefixes and ASes that are remembered; further ones are counted. */
  readonly maxRelevant: number;
}

export const ROA_OPTIONS: RoaOptions = {
  expiryS: 7200,
  tolerancePercent: 20,
  toleranceByAnchor: { afrinic: 50 },
  isLossDetailed: false,
  maxRelevant: 100_000,
};

/** Lines of a change told in one alert. */
const MAX_LINES = 10;

interface Anchor {
  vrps: number;
  expiring: number;
}

/**
 * `roa`: VRPs of watched prefixes and ASes that come, go or are about to expire, and trust anchors that lose too many at
 * once. When a trust anchor does, what vanished with it is not told one by one (unless `isLossDetailed`).
 */
export class RoaWatch {
  readonly #options: RoaOptions;
  #before: Map<string, WatchedVrp> | null = null;
  #anchorsBefore = new Map<string, number>();
  /** VRPs beyond the bound, not compared. */
  uncounted = 0;

  constructor(options: Partial<RoaOptions> = {}) {
    this.#options = { ...ROA_OPTIONS, ...options };
  }

  /** Compare with the VRPs of last time. The first call only learns, but for expiry. */
  update(
    vrps: Iterable<WatchedVrp>,
    timeS: number,
    index: WatchIndex,
    add: (finding: Finding) => void,
  ): void {
    const anchors = new Map<string, Anchor>();
    const now = new Map<string, WatchedVrp>();
    const expiring: WatchedVrp[] = [];
    for (const vrp of vrps) {
      const isExpiring = vrp.expiresS !== null && vrp.expiresS - timeS < this.#options.expiryS;
      const anchor = anchors.get(vrp.trustAnchor) ?? { vrps: 0, expiring: 0 };
      anchor.vrps++;
      if (isExpiring) anchor.expiring++;
      anchors.set(vrp.trustAnchor, anchor);
      if (!ownerOf(vrp, index)) continue;
      if (now.size >= this.#options.maxRelevant) this.uncounted++;
      else now.set(vrpText(vrp), vrp);
      if (isExpiring) expiring.push(vrp);
    }
    const lost = this.#checkAnchors(anchors, timeS, add);
    if (this.#options.isLossDetailed) lost.clear();
    if (this.#before) this.#diff(this.#before, now, lost, index, timeS, add);
    this.#expiry(expiring, index, timeS, add);
    // An empty answer is a validator starting up, not a world without ROAs.
    if (anchors.size > 0) this.#before = now;
  }

  /** @returns the trust anchors that lost too many. */
  #checkAnchors(
    anchors: ReadonlyMap<string, Anchor>,
    timeS: number,
    add: (finding: Finding) => void,
  ): Set<string> {
    const lost = new Set<string>();
    for (const [name, before] of this.#anchorsBefore) {
      const left = anchors.get(name)?.vrps ?? 0;
      const percent = (100 * (before - left)) / before;
      if (percent <= this.#tolerance(name)) continue;
      lost.add(name);
      const summary = `${percent.toFixed(2)}% of the ROAs disappeared from ${name}`;
      add(anchorFinding(`disappeared-${name}`, name, summary, timeS));
    }
    for (const [name, { vrps, expiring }] of anchors) {
      const percent = (100 * expiring) / vrps;
      if (percent <= this.#tolerance(name)) continue;
      add(
        anchorFinding(
          `expiring-${name}`,
          name,
          `${percent.toFixed(2)}% of the ROAs are expiring in ${name}`,
          timeS,
        ),
      );
    }
    this.#anchorsBefore = new Map(Array.from(anchors, ([name, { vrps }]) => [name, vrps]));
    return lost;
  }

  #tolerance(anchor: string): number {
    const { toleranceByAnchor, tolerancePercent } = this.#options;
    return Object.hasOwn(toleranceByAnchor, anchor) ? toleranceByAnchor[anchor]! : tolerancePercent;
  }

  #diff(
    before: ReadonlyMap<string, WatchedVrp>,
    now: ReadonlyMap<string, WatchedVrp>,
    lost: ReadonlySet<string>,
    index: WatchIndex,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    const changes: { vrp: WatchedVrp; text: string }[] = [];
    for (const [key, vrp] of before) {
      if (!now.has(key) && !lost.has(vrp.trustAnchor)) changes.push({ vrp, text: `removed ${vrpText(vrp)}` });
    }
    for (const [key, vrp] of now) if (!before.has(key)) changes.push({ vrp, text: `added ${vrpText(vrp)}` });
    tellByOwner(changes, 'roa-diff', 'ROAs change detected', index, timeS, add);
  }

  #expiry(
    vrps: readonly WatchedVrp[],
    index: WatchIndex,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    const lines = vrps.map((vrp) => ({ vrp, text: vrpText(vrp) }));
    const hours = this.#options.expiryS / 3600;
    tellByOwner(
      lines,
      'roa-expire',
      `The following ROAs will expire in less than ${hours} hours`,
      index,
      timeS,
      add,
    );
  }
}

interface Owner {
  readonly affected: string;
  readonly rule: WatchRule | WatchAs;
  readonly victim: number;
}

/** Whose VRP it is: a rule on its prefix comes before an own AS. */
function ownerOf(vrp: WatchedVrp, index: WatchIndex): Owner | null {
  const { isV6, bits, words } = vrp.prefix;
  if (index.mayMatch(isV6, bits, words, 0)) {
    const match = index.match(vrp.prefix);
    const rule = rulesFor(match, 'roa')[0];
    if (rule) {
      const { configured } = match!;
      const affected = formatPrefix(configured.isV6, configured.bits, configured.words);
      return { affected, rule, victim: firstAsn(rule.origins) };
    }
  }
  const own = index.asByNumber.get(vrp.asn);
  return own?.monitors.includes('roa') ? { affected: String(own.asn), rule: own, victim: own.asn } : null;
}

/** One finding per prefix that has a rule, and one per own AS for all the rest. */
function tellByOwner(
  changes: readonly { vrp: WatchedVrp; text: string }[],
  kind: string,
  what: string,
  index: WatchIndex,
  timeS: number,
  add: (finding: Finding) => void,
): void {
  const groups = new Map<string, { owner: Owner; prefix: string; lines: string[] }>();
  for (const { vrp, text } of changes) {
    const owner = ownerOf(vrp, index);
    if (!owner) continue;
    const prefix = formatPrefix(vrp.prefix.isV6, vrp.prefix.bits, vrp.prefix.words);
    const key = 'prefixes' in owner.rule ? prefix : owner.affected;
    const group = groups.get(key) ?? { owner, prefix, lines: [] };
    if (!group.lines.includes(text)) group.lines.push(text);
    groups.set(key, group);
  }
  for (const [key, { owner, prefix, lines }] of groups) {
    const shown = lines.slice(0, MAX_LINES).join('; ') + (lines.length > MAX_LINES ? ' and more...' : '');
    add({
      monitor: 'roa',
      id: `${kind}-${key}-${shown}`,
      affected: owner.affected,
      prefix: 'prefixes' in owner.rule ? prefix : '',
      culprit: 0,
      victim: owner.victim,
      summary: `${what}: ${shown}`,
      peer: '',
      minPeers: 0,
      label: owner.rule.label,
      groups: owner.rule.groups,
      timeUs: timeS * 1e6,
      path: [],
    });
  }
}

function anchorFinding(id: string, name: string, summary: string, timeS: number): Finding {
  return {
    monitor: 'roa',
    id,
    affected: name,
    prefix: '',
    culprit: 0,
    victim: 0,
    summary: `Possible trust anchor malfunction or incomplete VRPs: ${summary}`,
    peer: '',
    minPeers: 0,
    label: '',
    groups: [],
    timeUs: timeS * 1e6,
    path: [],
  };
}

/** `<192.0.2.0/24, AS64496, 24, ripe>` */
function vrpText({ prefix, asn, maxLength, trustAnchor }: WatchedVrp): string {
  return `<${formatPrefix(prefix.isV6, prefix.bits, prefix.words)}, ${formatAsn(asn)}, ${maxLength}, ${trustAnchor}>`;
}
