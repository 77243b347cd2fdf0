import { formatAsn } from '../elem/asn.ts';
import { formatPrefix } from '../prefix/prefix.ts';
import type { ListedVrp } from '../rpki/vrp.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import type { Finding } from './alert-desk.ts';
import type { RoaExpiries } from './roa-expiries.ts';
import { vrpKey } from './roa-expiries.ts';
import type { RoaOwner } from './roa-owner.ts';
import { asksForRoas, roaOwner } from './roa-owner.ts';
import type { AnchorCount, RoaView, RoaViewOptions } from './roa-view.ts';
import { viewOfSet, viewOfVrps } from './roa-view.ts';
import type { WatchIndex } from './watch-index.ts';

/** One VRP as a validator's output has it. */
export type WatchedVrp = ListedVrp;

export interface RoaOptions {
  /** A VRP that runs out this soon is about to expire (BGPalerter: 2 h). */
  readonly expiryS: number;
  /** Share of a trust anchor's VRPs, percent, that may vanish or be about to expire (BGPalerter: 20). */
  readonly tolerancePercent: number;
  /** By trust anchor, where another share is usual (BGPalerter ships afrinic: 50). */
  readonly toleranceByAnchor: Readonly<Record<string, number>>;
  /** Also tell one by one what vanished with a trust anchor, as BGPalerter does. */
  readonly isLossDetailed: boolean;
  /** VRPs of watched prefixes and ASes that are remembered; with more than that none is compared, and those beyond are counted. */
  readonly maxRelevant: number;
  /** VRPs named in one alert. */
  readonly maxLines: number;
}

export const ROA_OPTIONS: RoaOptions = {
  expiryS: 7200,
  tolerancePercent: 20,
  toleranceByAnchor: { afrinic: 50 },
  isLossDetailed: false,
  maxRelevant: 100_000,
  maxLines: 10,
};

/** A trust anchor that has not recovered by then will not: what it lost is gone. */
const LOSS_S = 86_400;

/** A trust anchor that lost too many. */
interface Loss {
  /** What it had before. */
  readonly vrps: number;
  readonly sinceS: number;
}

/**
 * `roa`: VRPs that concern watched prefixes and ASes and come, go or are about to expire, and trust anchors that lose too
 * many at once. When a trust anchor does, what vanished with it is not told one by one (unless `isLossDetailed`), nor is its
 * return; what has not returned when the trust anchor has, or a day later, is told then.
 */
export class RoaWatch {
  readonly #options: RoaOptions;
  /** By `vrpKey`; null until there is something to compare with. */
  #before: Map<string, WatchedVrp> | null = null;
  #anchorsBefore = new Map<string, number>();
  readonly #losses = new Map<string, Loss>();
  /** VRPs beyond the bound, not compared. */
  uncounted = 0;

  constructor(options: Partial<RoaOptions> = {}) {
    this.#options = { ...ROA_OPTIONS, ...options };
  }

  get maxRelevant(): number {
    return this.#options.maxRelevant;
  }

  /** Compare VRPs that come one by one with those of last time. The first call only learns, but for expiry. */
  update(
    vrps: Iterable<WatchedVrp>,
    timeS: number,
    index: WatchIndex,
    add: (finding: Finding) => void,
  ): void {
    if (asksForRoas(index))
      this.#compare(viewOfVrps(vrps, this.#viewOptions(timeS, index)), timeS, index, add);
  }

  /** The same with a whole set and, where they are known, the expiry times of watched VRPs. */
  updateSet(
    set: VrpSet,
    expiries: RoaExpiries | null,
    timeS: number,
    index: WatchIndex,
    add: (finding: Finding) => void,
  ): void {
    if (!asksForRoas(index)) return;
    this.#compare(viewOfSet(set, expiries, this.#viewOptions(timeS, index)), timeS, index, add);
  }

  /** Another list: other VRPs are relevant, and none of them has come or gone by that. */
  forgetRelevant(): void {
    this.#before = null;
  }

  /** Another source: nothing of the next VRPs is a change. */
  forget(): void {
    this.#before = null;
    this.#anchorsBefore.clear();
    this.#losses.clear();
  }

  #viewOptions(timeS: number, index: WatchIndex): RoaViewOptions {
    const { expiryS, maxRelevant } = this.#options;
    return { index, soonS: timeS + expiryS, maxRelevant };
  }

  #compare(view: RoaView, timeS: number, index: WatchIndex, add: (finding: Finding) => void): void {
    const { anchors, dropped } = view;
    this.uncounted += dropped;
    const now = new Map(view.vrps.map((vrp) => [vrpKey(vrp), vrp]));
    this.#checkAnchors(anchors, timeS, add);
    if (this.#before && dropped === 0) this.#diff(this.#before, now, index, timeS, add);
    const soonS = timeS + this.#options.expiryS;
    this.#expiry(
      view.vrps.filter(({ expiresS }) => expiresS !== null && expiresS < soonS),
      index,
      timeS,
      add,
    );
    // An empty answer is a validator starting up, not a world without ROAs.
    if (anchors.size === 0) return;
    if (dropped > 0) {
      // Which of too many are kept shifts with every change: differences would be of the bound's making.
      this.#before = null;
      return;
    }
    for (const [key, vrp] of this.#before ?? []) {
      if (this.#losses.has(vrp.trustAnchor) && !now.has(key)) now.set(key, vrp);
    }
    this.#before = now;
  }

  #checkAnchors(
    anchors: ReadonlyMap<string, AnchorCount>,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    for (const [name, before] of this.#anchorsBefore) {
      const left = anchors.get(name)?.vrps ?? 0;
      const percent = (100 * (before - left)) / before;
      if (percent <= this.#tolerance(name) || !isJudged(name, this.#anchorsBefore)) continue;
      if (!this.#options.isLossDetailed && !this.#losses.has(name)) {
        this.#losses.set(name, { vrps: before, sinceS: timeS });
      }
      const summary = `${percent.toFixed(2)}% of the ROAs disappeared from ${name}`;
      add(anchorFinding(`disappeared-${name}`, name, summary, timeS));
    }
    for (const [name, { vrps, sinceS }] of this.#losses) {
      const left = anchors.get(name)?.vrps ?? 0;
      const isBack = (100 * (vrps - left)) / vrps <= this.#tolerance(name);
      if (isBack || timeS - sinceS > LOSS_S) this.#losses.delete(name);
    }
    for (const [name, { vrps, expiring }] of anchors) {
      const percent = (100 * expiring) / vrps;
      if (percent <= this.#tolerance(name)) continue;
      const summary = `${percent.toFixed(2)}% of the ROAs are expiring in ${name}`;
      add(anchorFinding(`expiring-${name}`, name, summary, timeS));
    }
    this.#anchorsBefore = new Map(Array.from(anchors, ([name, { vrps }]) => [name, vrps]));
  }

  #tolerance(anchor: string): number {
    const { toleranceByAnchor, tolerancePercent } = this.#options;
    return Object.hasOwn(toleranceByAnchor, anchor) ? toleranceByAnchor[anchor]! : tolerancePercent;
  }

  #diff(
    before: ReadonlyMap<string, WatchedVrp>,
    now: ReadonlyMap<string, WatchedVrp>,
    index: WatchIndex,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    const changes: { vrp: WatchedVrp; text: string }[] = [];
    for (const [key, vrp] of before) {
      const isGone = !now.has(key) && !this.#losses.has(vrp.trustAnchor);
      if (isGone) changes.push({ vrp, text: `removed ${vrpText(vrp)}` });
    }
    for (const [key, vrp] of now) if (!before.has(key)) changes.push({ vrp, text: `added ${vrpText(vrp)}` });
    this.#tell(changes, 'roa-diff', 'ROAs change detected', index, timeS, add);
  }

  #expiry(
    vrps: readonly WatchedVrp[],
    index: WatchIndex,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    const lines = vrps.map((vrp) => ({ vrp, text: vrpText(vrp) }));
    const hours = this.#options.expiryS / 3600;
    this.#tell(
      lines,
      'roa-expire',
      `The following ROAs will expire in less than ${hours} hours`,
      index,
      timeS,
      add,
    );
  }
  /** One finding per prefix that has a rule, and one per own AS for all the rest. */
  #tell(
    changes: readonly { vrp: WatchedVrp; text: string }[],
    kind: string,
    what: string,
    index: WatchIndex,
    timeS: number,
    add: (finding: Finding) => void,
  ): void {
    const groups = new Map<string, { owner: RoaOwner; prefix: string; lines: Set<string> }>();
    for (const { vrp, text } of changes) {
      const owner = roaOwner(vrp, index);
      if (!owner) continue;
      const prefix = formatPrefix(vrp.prefix.isV6, vrp.prefix.bits, vrp.prefix.words);
      const key = owner.isPrefix ? prefix : owner.affected;
      const group = groups.get(key) ?? { owner, prefix, lines: new Set() };
      group.lines.add(text);
      groups.set(key, group);
    }
    const { maxLines } = this.#options;
    for (const [key, { owner, prefix, lines }] of groups) {
      const shown = [...lines].slice(0, maxLines).join('; ') + (lines.size > maxLines ? ' and more...' : '');
      add({
        ...aboutNobody(timeS),
        id: `${kind}-${key}-${shown}`,
        affected: owner.affected,
        prefix: owner.isPrefix ? prefix : '',
        victim: owner.victim,
        summary: `${what}: ${shown}`,
        label: owner.rule.label,
        groups: owner.rule.groups,
      });
    }
  }
}

/** What is the same in all findings about ROAs. */
function aboutNobody(timeS: number): Omit<Finding, 'id' | 'affected' | 'summary'> {
  return {
    monitor: 'roa',
    prefix: '',
    culprit: 0,
    victim: 0,
    peer: '',
    minPeers: 0,
    label: '',
    groups: [],
    timeUs: timeS * 1e6,
    path: [],
  };
}

/** VRPs whose source names no trust anchor among others that are named came with a delta: no anchor has lost them. */
function isJudged(name: string, anchors: ReadonlyMap<string, number>): boolean {
  return name !== '' || anchors.size === 1;
}

function anchorFinding(id: string, name: string, summary: string, timeS: number): Finding {
  return {
    ...aboutNobody(timeS),
    id,
    affected: name,
    summary: `Possible trust anchor malfunction or incomplete VRPs: ${summary}`,
  };
}

/** `<192.0.2.0/24, AS64496, 24, ripe>` */
function vrpText({ prefix, asn, maxLength, trustAnchor }: WatchedVrp): string {
  return `<${formatPrefix(prefix.isV6, prefix.bits, prefix.words)}, ${formatAsn(asn)}, ${maxLength}, ${trustAnchor}>`;
}
