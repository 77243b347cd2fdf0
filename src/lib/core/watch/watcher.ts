import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, PEER_STATE, TABLE } from '../elem/batch.ts';
import { addressText } from '../elem/row.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import type { VrpSet } from '../rpki/vrp-set.ts';
import type { DeskOptions, Finding, WatchAlert } from './alert-desk.ts';
import { AlertDesk } from './alert-desk.ts';
import type { Rov, WatchedElem } from './monitors.ts';
import { checkAnnouncement, checkWithdrawal } from './monitors.ts';
import { RoaExpiries } from './roa-expiries.ts';
import type { RoaOptions, WatchedVrp } from './roa-watch.ts';
import { RoaWatch } from './roa-watch.ts';
import { RpkiWatch } from './rpki-watch.ts';
import type { BookLimits, Judged } from './verdict-book.ts';
import { VerdictBook } from './verdict-book.ts';
import { judgePath } from './verdict.ts';
import type { WatchMatch } from './watch-index.ts';
import { WatchIndex } from './watch-index.ts';
import type { WatchList } from './watch-list.ts';
import type { WatchPath } from './watch-path.ts';
import { pathHas, readPath, unrollPath } from './watch-path.ts';

/** Data time between looks at what only time changes, microseconds. */
const TICK_US = 10e6;
/** ROA alerts that wait for the engine; where there is none, they are in `takeAlerts` all the same. */
const MAX_ROA_ALERTS = 1000;

export interface WatcherOptions {
  /** Origin validation; without it the RPKI monitor stays silent and no hijack is cleared as RPKI valid. */
  readonly rov?: Rov;
  /** Also alert on watched routes that no ROA ever covered. */
  readonly checkUncovered?: boolean;
  readonly desk?: Partial<DeskOptions>;
  readonly book?: Partial<BookLimits>;
  readonly roa?: Partial<RoaOptions>;
}

export interface WatcherStats {
  /** Elems some rule had a say about. */
  readonly elems: number;
  readonly openVerdicts: number;
  /** Verdicts, vantages and groups of findings let go for want of room. */
  readonly dropped: number;
  /** Groups of findings that never had enough peers. */
  readonly faded: number;
}

/** What the list says about one announcement. */
export interface Observed {
  /** Null when no rule speaks about the prefix. */
  readonly match: WatchMatch | null;
  /** One per unrolled path that is not right; none when all is well. */
  readonly judged: readonly Judged[];
  readonly findings: readonly Finding[];
}

/**
 * A watch list at work: elems in, verdicts in ARTEMIS' notation and BGPalerter's alerts out. Same elems, same output,
 * however they are cut into batches. Time is the data's; what comes late counts at its own time.
 */
export class Watcher {
  #index: WatchIndex;
  readonly #desk: AlertDesk;
  readonly #book: VerdictBook;
  readonly #roas: RoaWatch;
  readonly #rpki: RpkiWatch | null;
  readonly #rov: Rov | undefined;
  readonly #roaAlerts: WatchAlert[] = [];
  #nowUs = -Infinity;
  #nextTickUs = -Infinity;
  #elems = 0;
  #roasDropped = 0;

  constructor(list: WatchList, options: WatcherOptions = {}) {
    this.#index = new WatchIndex(list);
    this.#desk = new AlertDesk(options.desk);
    this.#book = new VerdictBook(options.book);
    this.#roas = new RoaWatch(options.roa);
    this.#rov = options.rov;
    this.#rpki = options.rov ? new RpkiWatch(options.rov, options.checkUncovered) : null;
  }

  get list(): WatchList {
    return this.#index.list;
  }

  /** Verdicts that are open, and those that ended lately. */
  get book(): Pick<VerdictBook, 'open' | 'closed' | 'take' | 'version'> {
    return this.#book;
  }

  /** Alerts since the last call. */
  takeAlerts(): WatchAlert[] {
    return this.#desk.take();
  }

  stats(): WatcherStats {
    return {
      elems: this.#elems,
      openVerdicts: this.#book.openCount,
      dropped:
        this.#book.dropped +
        this.#book.uncounted +
        this.#desk.dropped +
        this.#roas.uncounted +
        this.#roasDropped,
      faded: this.#desk.faded,
    };
  }

  /**
   * Go on with another list: open verdicts it clears, or calls otherwise, are outdated. VRPs are learned anew at the next
   * `stepVrps`.
   */
  reload(list: WatchList): void {
    this.#index = new WatchIndex(list);
    this.#roas.forgetRelevant();
    this.#book.reload(this.#index, this.#nowUs === -Infinity ? 0 : this.#nowUs);
  }

  /** Take in a batch, raw: for those who keep no routing state. */
  step(batch: ElemBatch): void {
    for (let i = 0; i < batch.length; i++) this.stepElem(batch, i);
  }

  stepElem(batch: ElemBatch, i: number): void {
    const { kind, attrs, prefix, timeUs } = batch;
    this.tick(timeUs[i]!);
    if (kind[i] === KIND.state) {
      const [from, to] = [batch.state[i]! >>> 8, batch.state[i]! & 0xff];
      if (from === PEER_STATE.established && to !== PEER_STATE.established)
        this.down(peerOf(batch, i), timeUs[i]!);
      return;
    }
    const entry = prefix[i]!;
    if (batch.prefixes.table[entry]! > TABLE.ipv6) return;
    const { table, bits, words } = batch.prefixes;
    const isV6 = table[entry] === TABLE.ipv6;
    const path = attrs[i] === NONE ? -1 : batch.attrSets.path[attrs[i]!]!;
    if (!this.concerns(isV6, bits[entry]!, words, entry * 4, batch, path)) return;
    const at = entry * 4;
    const elem: WatchedElem = {
      key: { isV6, bits: bits[entry]!, words: [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!] },
      timeUs: timeUs[i]!,
      peer: peerOf(batch, i),
      peerAsn: batch.vantages.asn[batch.vantage[i]!]!,
    };
    if (path === -1) this.withdraw(elem);
    else this.announce(elem, readPath(batch.paths, path));
  }

  /**
   * Whether any rule may have a say about a prefix with path `path` of the batch (-1 for a withdrawal). Does not
   * allocate: most elems end here.
   */
  concerns(
    isV6: boolean,
    bits: number,
    words: ArrayLike<number>,
    at: number,
    batch: ElemBatch,
    path: number,
  ): boolean {
    if (this.#index.mayMatch(isV6, bits, words, at)) return true;
    const { asByNumber } = this.#index;
    return path !== -1 && asByNumber.size > 0 && pathHas(batch.paths, path, (asn) => asByNumber.has(asn));
  }

  /** Whether a rule may speak about the prefix. */
  isWatched({ isV6, bits, words }: PrefixKey): boolean {
    return this.#index.mayMatch(isV6, bits, words, 0);
  }

  announce(elem: WatchedElem, path: WatchPath): Observed {
    this.#elems++;
    const match = this.#index.match(elem.key);
    const findings: Finding[] = [];
    const add = (finding: Finding): void => {
      findings.push(finding);
      this.#desk.add(finding);
    };
    const announced = { ...elem, path, match };
    checkAnnouncement(announced, this.#index, this.#rov, add);
    this.#rpki?.check(announced, this.#index, add);
    const judged = match ? judgeAnnouncement(match, path) : [];
    if (match) this.#book.announce(elem.key, match.configured, judged, elem);
    return { match, judged, findings };
  }

  /** @returns the alerts it completed. */
  withdraw(elem: WatchedElem): readonly WatchAlert[] {
    this.#elems++;
    const alerts: WatchAlert[] = [];
    const match = this.#index.match(elem.key);
    checkWithdrawal(elem, match, this.#index, (finding) => {
      const alert = this.#desk.add(finding);
      if (alert) alerts.push(alert);
    });
    if (match) this.#book.withdraw(elem.key, elem);
    return alerts;
  }

  /** A peer's session went down. */
  down(peer: string, timeUs: number): void {
    this.#book.down({ peer, peerAsn: 0, timeUs });
  }

  /** The VRPs as they are now; compared with those of the last call. */
  stepVrps(vrps: Iterable<WatchedVrp>, timeS: number): void {
    this.#roas.update(vrps, timeS, this.#index, this.#addRoa);
  }

  /**
   * The same with a whole set, in which what is watched is looked up. @param expiries of the same body, where it says; made
   * with `expiries()`
   */
  stepVrpSet(set: VrpSet, timeS: number, expiries: RoaExpiries | null = null): void {
    this.#roas.updateSet(set, expiries, timeS, this.#index, this.#addRoa);
  }

  /** VRPs of another source come next: there is nothing to compare them with. */
  forgetVrps(): void {
    this.#roas.forget();
  }

  /** Ready to keep when watched VRPs of one body expire. */
  expiries(): RoaExpiries {
    return new RoaExpiries(this.#index, this.#roas.maxRelevant);
  }

  readonly #addRoa = (finding: Finding): void => {
    const alert = this.#desk.add(finding);
    if (!alert) return;
    if (this.#roaAlerts.length < MAX_ROA_ALERTS) this.#roaAlerts.push(alert);
    else this.#roasDropped++;
  };

  /** Alerts of `stepVrps` since the last call; the others are told where they happen. */
  takeRoaAlerts(): readonly WatchAlert[] {
    return this.#roaAlerts.splice(0);
  }

  /** Data time moves on. */
  tick(timeUs: number): void {
    if (timeUs > this.#nowUs) this.#nowUs = timeUs;
    if (timeUs < this.#nextTickUs) return;
    this.#nextTickUs = (Math.floor(timeUs / TICK_US) + 1) * TICK_US;
    this.#desk.tick(timeUs);
    this.#book.tick(timeUs);
  }
}

/** The verdicts on the unrolled paths that somebody wants to be told about. */
function judgeAnnouncement(match: WatchMatch, path: WatchPath): Judged[] {
  return unrollPath(path).flatMap((rawPath) => {
    const verdict = judgePath(match, rawPath);
    const monitor = verdict?.notation === 'S|-|-|-' ? 'new-prefix' : 'hijack';
    return verdict?.rule.monitors.includes(monitor) ? { verdict, rawPath } : [];
  });
}

/** Names a session: collector and peer address. */
function peerOf(batch: ElemBatch, i: number): string {
  const vantage = batch.vantage[i]!;
  const collector = batch.collectors[batch.vantages.collector[vantage]!] ?? '';
  return `${collector} ${addressText(batch, batch.vantages.address[vantage]!)}`;
}
