import { hashId } from '../incident/id.ts';
import { formatPrefix, parsePrefix } from '../prefix/prefix.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { firstAsn } from './asn-set.ts';
import type { Verdict } from './verdict.ts';
import { judgePath } from './verdict.ts';
import type { OpenVerdict, PeerView, VerdictRecord, VerdictTransition } from './verdict-record.ts';
import { countPeers, isGone, recordOf } from './verdict-record.ts';
import type { WatchIndex } from './watch-index.ts';
import { shortened } from './watch-index.ts';

/** Share of the peers that saw it which must have let go, percent (ARTEMIS: WITHDRAWN_HIJACK_THRESHOLD). */
export const WITHDRAWN_PERCENT = 80;
/** Without news for so long it is dormant (ARTEMIS: 24 h). */
export const DORMANT_US = 86_400e6;

export interface BookLimits {
  /** Open records; when full, the one longest without news is let go. */
  readonly maxOpen: number;
  /** Closed records kept for people to look at; the oldest goes first. */
  readonly maxClosed: number;
  /** (prefix, vantage) pairs of which the time of the last elem is known; the oldest goes first. */
  readonly maxTimes: number;
  /** Vantages per record; further ones are counted and not tracked. */
  readonly maxPeers: number;
  /** Transitions that wait to be taken; the oldest goes first. */
  readonly maxTransitions: number;
}

export const BOOK_LIMITS: BookLimits = {
  maxOpen: 10_000,
  maxClosed: 1000,
  maxTimes: 200_000,
  maxPeers: 5000,
  maxTransitions: 10_000,
};

/** One vantage at one moment. `peer` is the same for the same session. */
export interface Seen {
  readonly timeUs: number;
  readonly peer: string;
  readonly peerAsn: number;
}

/** A judged announcement: the verdict on each unrolled path that was found wrong, with the path as announced. */
export interface Judged {
  readonly verdict: Verdict;
  readonly rawPath: readonly number[];
}

/**
 * Follows verdicts from the first sight to the end. A peer lets go by withdrawing, by announcing something else (an
 * implicit withdrawal), or by losing its session; what arrives out of order counts at the time it happened.
 */
export class VerdictBook {
  readonly #limits: BookLimits;
  readonly #open = new Map<string, OpenVerdict>();
  readonly #byPrefix = new Map<string, Set<OpenVerdict>>();
  readonly #closed: VerdictRecord[] = [];
  /** Time of the last elem, by prefix and peer. */
  readonly #times = new Map<string, number>();
  #transitions: VerdictTransition[] = [];
  /** Records and transitions let go for want of room, and vantages not tracked. */
  dropped = 0;
  uncounted = 0;
  /** Changes whenever a record is opened or ends. */
  version = 0;

  constructor(limits: Partial<BookLimits> = {}) {
    this.#limits = { ...BOOK_LIMITS, ...limits };
  }

  /** Open records, those longest without news first. */
  open(): VerdictRecord[] {
    return Array.from(this.#open.values(), recordOf);
  }

  /** Records that ended, oldest first. */
  closed(): VerdictRecord[] {
    return [...this.#closed];
  }

  /** What changed since the last call, in order. */
  take(): VerdictTransition[] {
    const transitions = this.#transitions;
    this.#transitions = [];
    return transitions;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** The peer announced the prefix; `judged` is empty when nothing is wrong with it. */
  announce(key: PrefixKey, configured: PrefixKey, judged: readonly Judged[], seen: Seen): void {
    const prefix = textOf(key);
    const isLate = !this.#note(prefix, seen);
    const keys = new Set<string>();
    for (const { verdict, rawPath } of judged) {
      const found = this.#find(prefix, textOf(configured), verdict, seen.timeUs, null);
      keys.add(found.key);
      this.#show(found, verdict, rawPath, seen, isLate);
    }
    if (isLate) return;
    this.#leave(prefix, seen, keys);
    // A right more-specific from the same peer draws the traffic back from the prefix around it, as ARTEMIS has it.
    if (judged.length === 0 && key.bits > 0) this.#leave(textOf(shortened(key, key.bits - 1)), seen, keys);
  }

  withdraw(key: PrefixKey, seen: Seen): void {
    const prefix = textOf(key);
    if (this.#note(prefix, seen)) this.#leave(prefix, seen, NO_KEYS);
  }

  /** The session of a peer went down: it holds nothing any more. */
  down(seen: Seen): void {
    for (const found of [...this.#open.values()]) this.#letGo(found, seen);
  }

  /** States that only time changes. Call now and then with the time of the data. */
  tick(timeUs: number): void {
    for (const found of this.#open.values()) {
      if (found.state !== 'ongoing' || timeUs - found.lastUs < DORMANT_US) continue;
      found.state = 'dormant';
      this.#tell('dormant', found);
    }
  }

  /** Judge what is open by another list: what it clears, or calls otherwise, is outdated. */
  reload(index: WatchIndex, timeUs: number): void {
    for (const found of [...this.#open.values()]) {
      const key = parsePrefix(found.prefix);
      const match = index.match(key);
      const verdicts = new Map<string, { verdict: Verdict; views: [string, PeerView][] }>();
      for (const [peer, view] of found.peers) {
        const verdict = match && judgePath(match, view.rawPath);
        if (!verdict) continue;
        const entry = verdicts.get(keyOf(found.prefix, verdict)) ?? { verdict, views: [] };
        entry.views.push([peer, view]);
        verdicts.set(keyOf(found.prefix, verdict), entry);
      }
      if (verdicts.has(found.key)) continue;
      this.#end(found, 'outdated', timeUs);
      for (const { verdict, views } of verdicts.values()) {
        if (views.every(([, view]) => isGone(view))) continue;
        const heir = this.#find(found.prefix, textOf(match!.configured), verdict, timeUs, found.id);
        const isNew = heir.peers.size === 0;
        for (const [peer, view] of views) if (!heir.peers.has(peer)) heir.peers.set(peer, { ...view });
        if (isNew) this.#tell('opened', heir);
      }
    }
  }

  /** @returns false when something newer of this prefix and peer is known already. */
  #note(prefix: string, { peer, timeUs }: Seen): boolean {
    const key = `${prefix} ${peer}`;
    const last = this.#times.get(key);
    if (last !== undefined && last > timeUs) return false;
    this.#times.delete(key);
    this.#times.set(key, timeUs);
    if (this.#times.size > this.#limits.maxTimes) this.#times.delete(this.#times.keys().next().value!);
    return true;
  }

  #find(
    prefix: string,
    configured: string,
    verdict: Verdict,
    timeUs: number,
    parent: string | null,
  ): OpenVerdict {
    const key = keyOf(prefix, verdict);
    const known = this.#open.get(key);
    if (known) return known;
    if (this.#open.size >= this.#limits.maxOpen) this.#dropOldest();
    const found: OpenVerdict = {
      id: hashId(`watch|${key}|${timeUs}`),
      key,
      prefix,
      configured,
      notation: verdict.notation,
      hijacker: verdict.hijacker,
      owner: firstAsn(verdict.rule.origins),
      label: verdict.rule.label,
      groups: verdict.rule.groups,
      path: verdict.path,
      parent,
      state: 'ongoing',
      firstUs: timeUs,
      lastUs: timeUs,
      endedUs: null,
      peers: new Map(),
      infected: new Set(verdict.infected),
    };
    this.#open.set(key, found);
    this.version++;
    const others = this.#byPrefix.get(prefix);
    if (others) others.add(found);
    else this.#byPrefix.set(prefix, new Set([found]));
    return found;
  }

  #show(found: OpenVerdict, verdict: Verdict, rawPath: readonly number[], seen: Seen, isLate: boolean): void {
    const { timeUs, peer, peerAsn } = seen;
    const isNew = found.peers.size === 0;
    const view = found.peers.get(peer);
    if (!view && found.peers.size >= this.#limits.maxPeers) this.uncounted++;
    else if (!view) found.peers.set(peer, { asn: peerAsn, shownUs: timeUs, goneUs: -Infinity, rawPath });
    else if (timeUs >= view.shownUs) [view.shownUs, view.rawPath] = [timeUs, rawPath];
    // Something newer was heard from this peer before: it had the route, and has it no longer.
    const shown = found.peers.get(peer);
    if (isLate && shown)
      shown.goneUs = Math.max(shown.goneUs, this.#times.get(`${found.prefix} ${peer}`) ?? timeUs);
    if (found.infected.size < this.#limits.maxPeers)
      for (const asn of verdict.infected) found.infected.add(asn);
    found.firstUs = Math.min(found.firstUs, timeUs);
    this.#touch(found, timeUs);
    if (isNew) this.#tell('opened', found);
    else if (found.state === 'dormant') {
      found.state = 'ongoing';
      this.#tell('ongoing', found);
    }
    if (isLate) this.#settle(found, shown?.goneUs ?? timeUs);
  }

  /** The peer shows the prefix no more, save in the records named. */
  #leave(prefix: string, seen: Seen, except: ReadonlySet<string>): void {
    const found = this.#byPrefix.get(prefix);
    if (!found) return;
    for (const one of [...found]) if (!except.has(one.key)) this.#letGo(one, seen);
  }

  #letGo(found: OpenVerdict, { peer, timeUs }: Seen): void {
    const view = found.peers.get(peer);
    if (!view || isGone(view) || timeUs < view.shownUs) return;
    view.goneUs = timeUs;
    this.#touch(found, timeUs);
    this.#settle(found, timeUs);
  }

  /** End it when enough of its peers have let go. */
  #settle(found: OpenVerdict, timeUs: number): void {
    const { asns, gone } = countPeers(found);
    if (gone > 0 && gone * 100 >= asns.length * WITHDRAWN_PERCENT) this.#end(found, 'withdrawn', timeUs);
  }

  #end(found: OpenVerdict, state: 'withdrawn' | 'outdated', timeUs: number): void {
    found.state = state;
    found.endedUs = timeUs;
    this.#remove(found);
    this.#closed.push(recordOf(found));
    if (this.#closed.length > this.#limits.maxClosed) this.#closed.shift();
    this.#tell(state, found);
  }

  #remove(found: OpenVerdict): void {
    this.#open.delete(found.key);
    this.version++;
    const others = this.#byPrefix.get(found.prefix);
    others?.delete(found);
    if (others?.size === 0) this.#byPrefix.delete(found.prefix);
  }

  /** There is news of it: it goes last. */
  #touch(found: OpenVerdict, timeUs: number): void {
    found.lastUs = Math.max(found.lastUs, timeUs);
    this.#open.delete(found.key);
    this.#open.set(found.key, found);
  }

  #dropOldest(): void {
    const [oldest] = this.#open.values();
    if (!oldest) return;
    this.#remove(oldest);
    this.dropped++;
  }

  #tell(change: VerdictTransition['change'], found: OpenVerdict): void {
    this.#transitions.push({ change, record: recordOf(found) });
    if (this.#transitions.length <= this.#limits.maxTransitions) return;
    this.#transitions.shift();
    this.dropped++;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

/** What tells verdicts apart. `prefix` is CIDR text. */
export function keyOf(
  prefix: string,
  { hijacker, notation }: Pick<Verdict, 'hijacker' | 'notation'>,
): string {
  return `${prefix}|${hijacker}|${notation}`;
}

function textOf(key: PrefixKey): string {
  return formatPrefix(key.isV6, key.bits, key.words);
}
