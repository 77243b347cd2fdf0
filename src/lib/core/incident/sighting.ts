import type { PathSample } from './incident.ts';

/** Longest common tail kept. */
const MAX_TAIL = 12;

/** One prefix of an incident: who saw it, who still holds it, and how the paths look. */
export class Sighting {
  readonly prefix: number;
  readonly text: string;
  readonly cover: number;
  readonly firstUs: number;
  lastUs: number;
  /** Vantages that held the route, and whether they still do. */
  readonly holders = new Map<number, boolean>();
  holding = 0;
  readonly peerAsns = new Set<number>();
  /** Peer ASNs known only by count: the route was seen before anybody looked. */
  earlierPeerAsns = 0;
  first: PathSample | null = null;
  last: PathSample | null = null;
  /** Hops that all paths end with, nearest to the vantage first. */
  tail: readonly number[] | null = null;
  /** ASes seen directly left of the tail. */
  readonly beforeTail = new Set<number>();
  /** Whether some path is the tail and nothing else: the vantage itself is in it. */
  isTailWhole = false;
  /** Paths that have the victim in them. */
  pathsWithVictim = 0;
  paths = 0;

  constructor(prefix: number, text: string, cover: number, timeUs: number) {
    this.prefix = prefix;
    this.text = text;
    this.cover = cover;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
  }

  /** A vantage shows the route. */
  show(vantage: number, sample: PathSample, victim: number): void {
    if (this.holders.get(vantage) !== true) {
      this.holders.set(vantage, true);
      this.holding++;
    }
    this.peerAsns.add(sample.peerAsn);
    this.lastUs = Math.max(this.lastUs, sample.timeUs);
    this.first ??= sample;
    this.last = sample;
    this.paths++;
    if (victim !== 0 && sample.path.includes(victim)) this.pathsWithVictim++;
    this.#narrowTail(sample.path);
  }

  /** A vantage lets go. @returns whether it had held it. */
  leave(vantage: number, timeUs: number): boolean {
    if (this.holders.get(vantage) !== true) return false;
    this.holders.set(vantage, false);
    this.holding--;
    this.lastUs = Math.max(this.lastUs, timeUs);
    return true;
  }

  #narrowTail(path: readonly number[]): void {
    const old = this.tail ?? path.slice(-MAX_TAIL);
    this.tail ??= old;
    if (old !== path) {
      let common = 0;
      while (common < old.length && common < path.length && old.at(-1 - common) === path.at(-1 - common))
        common++;
      if (common < old.length) {
        this.beforeTail.clear();
        this.beforeTail.add(old.at(-1 - common)!);
        this.isTailWhole = false;
        this.tail = common === 0 ? [] : old.slice(-common);
      }
    }
    const left = path.at(-1 - this.tail.length);
    if (left === undefined) this.isTailWhole = true;
    else if (this.beforeTail.size < 64) this.beforeTail.add(left);
  }
}
