import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE, PEER_STATE } from '../elem/batch.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { labelledHash } from './attrs.ts';
import { BatchMap } from './batch-map.ts';
import { DropLog } from './drop-log.ts';
import { OUTCOME } from './outcome.ts';
import { originOf, PathPool } from './paths.ts';
import { PrefixPool, tableOf } from './prefixes.ts';
import type { PreviousRoutes } from './previous.ts';
import { PreviousLog } from './previous.ts';
import { Room } from './room.ts';
import { RouteTable } from './routes.ts';
import type { StepResult } from './step-result.ts';
import { VantageIndex } from './vantages.ts';

export type { StepResult } from './step-result.ts';
export { DROP_WORDS } from './drop-log.ts';

export interface RibStats {
  readonly routes: number;
  readonly prefixes: number;
  readonly paths: number;
  readonly bytes: number;
  readonly budgetBytes: number;
  /** Dropped to stay under the budget, least recently announced first. */
  readonly evictedRoutes: number;
  /** Dropped because their peer's session left `established`. */
  readonly clearedRoutes: number;
  /** Elems not tracked: for want of room, multicast routes, announcements without attributes. */
  readonly unheldElems: number;
}

export interface RibOptions {
  /** Bytes the state may take (default 192 MB). While a table grows, its old copy lives beside it for a moment. */
  readonly budgetBytes?: number;
  readonly maxVantages?: number;
  /** Fill `StepResult.previousOrigins` and `drops` (default no). */
  readonly trackDrops?: boolean;
  /** Fill `Rib.previous` (default no). */
  readonly trackPaths?: boolean;
  /** The origin of a path in `words[from .. to)`, 0 or less for none (default: as `originOf`). */
  readonly originOf?: (words: Uint32Array, from: number, to: number) => number;
}

const NO_WORDS = new Uint32Array(0);
const MIN_BUDGET_BYTES = 1 << 18;
/** Routes dropped at a time when there is no room: about what one batch may add. */
const EVICT_ROUTES = 1000;

/**
 * The routing state: for every vantage what it last said about every prefix (its Adj-RIB-In, RFC 4271 §3.2), with
 * announcements replacing what the same vantage announced before (§9.1: an implicit withdrawal). Keys are table, RD and
 * prefix, vantage, and ADD-PATH id (RFC 7911 §3). Bounded by a byte budget; same batches, same outcomes.
 */
export class Rib {
  readonly vantages: VantageIndex;
  readonly #routes = new RouteTable(1024);
  readonly #prefixes = new PrefixPool(512);
  readonly #paths = new PathPool(512, 4096);
  readonly #map: BatchMap;
  readonly #room: Room;
  readonly #vantageRoutes: Uint32Array<ArrayBuffer>;
  readonly #drops: DropLog | null;
  readonly #previous: PreviousLog | null;
  #previousOrigins = NO_WORDS;
  /** The batch that ranges are being taken of. */
  #under: { readonly outcomes: Uint8Array<ArrayBuffer>; vantageIds: Uint32Array; hasRoom: boolean } | null =
    null;
  #stepNumber = 0;
  #evicted = 0;
  #cleared = 0;
  #unheld = 0;

  constructor(options: RibOptions = {}) {
    const budgetBytes = options.budgetBytes ?? 192 * 1024 * 1024;
    if (budgetBytes < MIN_BUDGET_BYTES) throw new Error(`rib budget below ${MIN_BUDGET_BYTES} bytes`);
    this.#room = new Room(this.#routes, this.#prefixes, this.#paths, budgetBytes);
    this.vantages = new VantageIndex(options.maxVantages);
    this.#vantageRoutes = new Uint32Array(this.vantages.limit);
    this.#map = new BatchMap(this.#prefixes, this.#paths);
    this.#drops = options.trackDrops ? new DropLog() : null;
    this.#previous = options.trackPaths ? new PreviousLog() : null;
    this.#paths.originOf = options.originOf ?? originOf;
  }

  /** Take in a batch, elem by elem in order. */
  step(batch: ElemBatch): StepResult {
    return this.stepRange(batch, 0, batch.length);
  }

  /**
   * Take in elems `from` to `to` of a batch as a step of their own: for who wants to look at the state in between. The ranges
   * of a batch follow one another without a hole from 0 to its end. The result's columns are of the whole batch, filled up to
   * `to`; its drops are of the range.
   */
  stepRange(batch: ElemBatch, from: number, to: number): StepResult {
    if (from === 0) this.#start(batch);
    const { outcomes, vantageIds, hasRoom } = this.#under!;
    this.#stepNumber++;
    for (let i = from; i < to; i++) {
      const vantage = vantageIds[batch.vantage[i]!]!;
      const kind = batch.kind[i]!;
      if (kind === KIND.state) {
        if (vantage !== NONE && (batch.state[i]! & 0xff) !== PEER_STATE.established) {
          if (this.#drops) this.#drops.elem = i;
          this.#clearVantage(vantage);
        }
      } else if (vantage === NONE || !hasRoom || isUntracked(batch, i)) {
        outcomes[i] = OUTCOME.unheld;
        this.#unheld++;
      } else {
        outcomes[i] =
          kind === KIND.withdraw ? this.#withdraw(batch, i, vantage) : this.#announce(batch, i, vantage);
      }
    }
    if (to === batch.length) {
      this.#map.release();
      this.#under = null;
    }
    const previousOrigins = this.#previousOrigins;
    return { outcomes, vantageIds, previousOrigins, drops: this.#drops?.take() ?? NO_WORDS };
  }

  #start(batch: ElemBatch): void {
    const vantageIds = this.vantages.map(batch);
    if (this.#drops) {
      this.#drops.elem = 0;
      this.#previousOrigins = new Uint32Array(batch.length);
    }
    this.#previous?.start(batch.length);
    const hasRoom = this.#reserve(batch);
    this.#map.start(batch);
    this.#under = { outcomes: new Uint8Array(batch.length), vantageIds, hasRoom };
  }

  #announce(batch: ElemBatch, i: number, vantage: number): number {
    const routes = this.#routes;
    const prefix = this.#map.prefix(batch.prefix[i]!);
    const path = this.#map.path(batch.attrs[i]!);
    let attrs = this.#map.hash(batch.attrs[i]!);
    if (batch.labels[i] !== 0) attrs = labelledHash(attrs, batch, batch.labels[i]!);
    if (this.#previous) this.#previous.announced(i, attrs);
    const pathId = pathIdOf(batch, i);
    let route = routes.find(prefix, vantage, pathId);
    if (route === -1) {
      route = routes.add(prefix, vantage, pathId, this.#prefixes.head(prefix));
      this.#prefixes.setHead(prefix, route, 1);
      this.#prefixes.addRef(prefix);
      this.#paths.addRef(path);
      this.#vantageRoutes[vantage]!++;
      routes.set(route, path, attrs, this.#stepNumber);
      return OUTCOME.fresh;
    }
    const oldPath = routes.path(route);
    if (this.#drops) this.#previousOrigins[i] = Math.max(0, this.#paths.origin(oldPath));
    if (oldPath === path && routes.attrs(route) === attrs) {
      routes.touch(route, this.#stepNumber);
      return OUTCOME.duplicate;
    }
    if (this.#previous) this.#previous.replaced(i, this.#paths, oldPath, routes.attrs(route));
    if (oldPath !== path) {
      this.#paths.addRef(path);
      this.#paths.release(oldPath);
    }
    routes.set(route, path, attrs, this.#stepNumber);
    return OUTCOME.changed;
  }

  #withdraw(batch: ElemBatch, i: number, vantage: number): number {
    const prefix = this.#map.heldPrefix(batch.prefix[i]!);
    if (prefix === -1) return OUTCOME.spurious;
    const route = this.#routes.find(prefix, vantage, pathIdOf(batch, i));
    if (route === -1) return OUTCOME.spurious;
    if (this.#drops) this.#previousOrigins[i] = Math.max(0, this.#paths.origin(this.#routes.path(route)));
    if (this.#previous)
      this.#previous.replaced(i, this.#paths, this.#routes.path(route), this.#routes.attrs(route));
    this.#drop(route);
    return OUTCOME.withdrawn;
  }

  readonly #drop = (route: number): void => {
    const prefix = this.#routes.prefix(route);
    this.#vantageRoutes[this.#routes.vantage(route)]!--;
    this.#paths.release(this.#routes.path(route));
    this.#prefixes.setHead(prefix, this.#routes.remove(route, this.#prefixes.head(prefix)), -1);
    this.#prefixes.release(prefix);
  };

  /** Drop a route that no elem withdrew. */
  readonly #forget = (route: number): void => {
    if (this.#drops) {
      const origin = this.#paths.origin(this.#routes.path(route));
      this.#drops.add(this.#prefixes, this.#routes.prefix(route), this.#routes.vantage(route), origin);
    }
    this.#drop(route);
  };

  #clearVantage(vantage: number): void {
    const held = this.#vantageRoutes[vantage]!;
    if (held === 0) return;
    this.#cleared += held;
    this.#routes.eachOfVantage(vantage, this.#forget);
  }

  /** Make room for all the batch might add. @returns false when even an empty state has not enough. */
  #reserve(batch: ElemBatch): boolean {
    const words = batch.paths.words.length;
    for (;;) {
      const hasRoom =
        this.#room.forRoutes(batch.length) &&
        this.#room.forPrefixes(batch.prefixes.length) &&
        this.#room.forPaths(batch.paths.length, words);
      if (hasRoom) {
        this.#paths.compact(words);
        return true;
      }
      if (this.#routes.length === 0) return false;
      const before = this.#routes.length;
      this.#routes.dropOldest(Math.min(EVICT_ROUTES, Math.ceil(before / 16)), this.#forget);
      this.#evicted += before - this.#routes.length;
    }
  }

  /** With `trackPaths`: what the elems of the last step changed. Good until the next. Else null. */
  get previous(): PreviousRoutes | null {
    return this.#previous?.of(this.#paths) ?? null;
  }

  /** Steps taken so far: the number of the last one, counted on through `clear`. */
  get steps(): number {
    return this.#stepNumber;
  }

  /** Bytes the state takes now. */
  get bytes(): number {
    return this.#room.bytes;
  }

  /** Routes held for a vantage. */
  vantageRoutes(vantage: number): number {
    return this.#vantageRoutes[vantage] ?? 0;
  }

  /** Call `visit` with each route held for prefix `i` of the batch's table: vantage id and origin ASN (-1 for none). */
  eachRoute(batch: ElemBatch, i: number, visit: (vantage: number, origin: number) => void): void {
    const prefix = this.#prefixes.find(batch.prefixes, i);
    if (prefix === -1) return;
    for (let route = this.#prefixes.head(prefix); route !== NONE; route = this.#routes.next(route)) {
      visit(this.#routes.vantage(route), this.#paths.origin(this.#routes.path(route)));
    }
  }

  /**
   * Call `visit` with each route held for an IP prefix: vantage id, the path's words, as in `ElemBatch.paths`, good until
   * the next step, and the number of the step that last announced the route.
   */
  eachPath(key: PrefixKey, visit: (vantage: number, words: Uint32Array, step: number) => void): void {
    const prefix = this.#prefixes.find(tableOf(key), 0);
    if (prefix === -1) return;
    for (let route = this.#prefixes.head(prefix); route !== NONE; route = this.#routes.next(route)) {
      visit(
        this.#routes.vantage(route),
        this.#paths.words(this.#routes.path(route)),
        this.#routes.updated(route),
      );
    }
  }

  stats(): RibStats {
    return {
      routes: this.#routes.length,
      prefixes: this.#prefixes.length,
      paths: this.#paths.length,
      bytes: this.bytes,
      budgetBytes: this.#room.budgetBytes,
      evictedRoutes: this.#evicted,
      clearedRoutes: this.#cleared,
      unheldElems: this.#unheld,
    };
  }

  /** Forget every route and vantage; the counters of what was lost stay. */
  clear(): void {
    this.#routes.clear();
    this.#prefixes.clear();
    this.#paths.clear();
    this.vantages.clear();
    this.#vantageRoutes.fill(0);
  }
}

/** Announcements without attributes, and the multicast table, whose prefixes mean other routes (RFC 4760 §6). */
function isUntracked(batch: ElemBatch, i: number): boolean {
  if (batch.flags[i]! & ELEM_FLAG.multicast) return true;
  return batch.attrs[i] === NONE && batch.kind[i] !== KIND.withdraw;
}

function pathIdOf(batch: ElemBatch, i: number): number {
  return batch.flags[i]! & ELEM_FLAG.addPath ? batch.pathId[i]! : 0;
}
