import type { RoutingFacts } from '#core/origin/routing-facts.ts';
import type { Rib } from '#core/rib/rib.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { Rov } from '#core/watch/monitors.ts';
import { Watcher } from '#core/watch/watcher.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import { readPath } from '#core/watch/watch-path.ts';
import { prefixKeyOf } from './known.ts';
import type { RpkiStatus } from './rpki-state.ts';

/** The watch list in force over the stream being watched. */
export class WatchState {
  readonly #rov: Rov;
  #list: WatchList | null = null;
  #watcher: Watcher | null = null;
  /** The RPKI data last compared with, so that none is compared twice. */
  #compared: RpkiData | null = null;

  /** @param rov asks the RPKI data as they are then; `unknown` while there are none. */
  constructor(rov: Rov) {
    this.#rov = rov;
  }

  /** What the detectors ask; null without a list. */
  get watcher(): Watcher | null {
    return this.#watcher;
  }

  /** The stream begins anew: so does what was seen of it. */
  clear(): void {
    this.#watcher = this.#list && new Watcher(this.#list, { rov: this.#rov });
    this.#compared = null;
  }

  /**
   * Compare the VRPs that concern the list with those of before; the first are learned. Those of another time than the
   * stream's say nothing about what changes now, and those of another source nothing about this one.
   */
  stepRpki(rpki: RpkiStatus): void {
    const data = rpki.usable;
    if (!rpki.hasData) this.#watcher?.forgetVrps();
    if (!this.#watcher || !data || data === this.#compared) return;
    this.#compared = data;
    this.#watcher.stepVrpSet(data.vrps, rpki.timeS);
  }

  /** Another list, or none. Routes that are held already are judged by it too, as of `nowUs`. */
  set(list: WatchList | null, rib: Rib, facts: RoutingFacts, nowUs: number): void {
    this.#list = list;
    if (!list || !this.#watcher) this.clear();
    else this.#watcher.reload(list);
    this.#compared = null;
    if (this.#watcher && Number.isFinite(nowUs)) judgeHeld(this.#watcher, rib, facts, nowUs);
  }
}

/** Show a watcher every route held for a prefix it has a say about, as if announced at `timeUs`. */
function judgeHeld(watcher: Watcher, rib: Rib, facts: RoutingFacts, timeUs: number): void {
  facts.prefixes.each((id) => {
    if (facts.prefixes.held(id) === 0) return;
    const key = prefixKeyOf(facts, id);
    if (!watcher.isWatched(key)) return;
    rib.eachPath(key, (vantage, words) => {
      const { peerAsn } = rib.vantages.name(vantage);
      const paths = { length: 1, offsets: Uint32Array.of(0, words.length), words };
      watcher.announce({ key, timeUs, peer: String(vantage), peerAsn }, readPath(paths, 0));
    });
  });
}
