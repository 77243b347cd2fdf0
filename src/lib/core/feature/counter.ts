import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, NONE } from '../elem/batch.ts';
import { hashEnd, hashWord } from '../elem/columns.ts';
import { publicOriginOf } from '../origin/path-view.ts';
import { originOfHash } from '../rib/attrs.ts';
import { OUTCOME } from '../rib/outcome.ts';
import type { PreviousRoutes } from '../rib/previous.ts';
import type { BatchKeys } from './batch-keys.ts';
import { withPathId } from './batch-keys.ts';
import { PathChange } from './compare.ts';
import { Distinct, FIRST } from './distinct.ts';
import { EDIT_HISTOGRAM } from './features.ts';
import { AsnScratch, distinctAsns, sequenceAsns } from './path-words.ts';
import { RareAsns } from './rare-asns.ts';
import { TALLY } from './tally.ts';
import type { WithdrawnRoute } from './withdrawn.ts';
import { RETURN, WithdrawnRoutes } from './withdrawn.ts';
import type { Windows } from './windows.ts';
import { rowOf } from './windows.ts';

/** What has been counted of the message being taken in. */
const COUNTED = { message: 1, announcement: 2, withdrawal: 4 } as const;
const ORIGIN_SEED = 0x27d4_eb2f;
const UNSEEN = 0xffff_ffff;

/** Counts elems into the rows of the open windows. */
export class Counter {
  readonly #windows: Windows;
  readonly #withdrawn: WithdrawnRoutes;
  readonly #pairs: Distinct;
  readonly #prefixes: Distinct;
  readonly #origins: Distinct;
  readonly #rare = new RareAsns();
  readonly #change = new PathChange();
  readonly #scratch = new AsnScratch();
  #batch: ElemBatch | null = null;
  #keys: BatchKeys | null = null;
  #previous: PreviousRoutes | null = null;
  #rows = new Float64Array(0);
  #message = 0;
  /** By path of the batch: ASNs with prepends, and distinct ones; `UNSEEN` until asked for. */
  #lengths = new Uint32Array(256);
  #uniques = new Uint32Array(256);

  constructor(windows: Windows, maxWithdrawn: number, maxDistinct: number) {
    this.#windows = windows;
    this.#withdrawn = new WithdrawnRoutes(maxWithdrawn);
    this.#pairs = new Distinct(maxDistinct);
    this.#prefixes = new Distinct(maxDistinct >>> 1);
    this.#origins = new Distinct(maxDistinct >>> 1);
  }

  get forgotten(): number {
    return this.#withdrawn.forgotten;
  }

  get refused(): number {
    return this.#pairs.refused + this.#prefixes.refused + this.#origins.refused + this.#rare.refused;
  }

  get bytes(): number {
    return this.#withdrawn.bytes + this.#pairs.bytes + this.#prefixes.bytes + this.#origins.bytes;
  }

  start(batch: ElemBatch, keys: BatchKeys, previous: PreviousRoutes): void {
    this.#batch = batch;
    this.#keys = keys;
    this.#previous = previous;
    this.#rows = this.#windows.rows;
    this.#change.start();
    const paths = batch.paths.length;
    if (paths > this.#lengths.length) {
      this.#lengths = new Uint32Array(paths * 2);
      this.#uniques = new Uint32Array(paths * 2);
    }
    this.#lengths.fill(UNSEEN, 0, paths);
  }

  newMessage(): void {
    this.#message = 0;
  }

  /** Five minutes are over: what is distinct begins anew. */
  endFive(): void {
    this.#pairs.clear();
    this.#prefixes.clear();
    this.#origins.clear();
  }

  reset(vantage: number): void {
    this.#rows[rowOf(vantage) + TALLY.resets]!++;
  }

  /** A table has the route of elem `i`: it is not withdrawn any more. */
  known(i: number, vantage: number): void {
    this.#withdrawn.take(this.#high(i, vantage), this.#low(i, vantage), 0);
  }

  #high(i: number, vantage: number): number {
    const batch = this.#batch!;
    return withPathId(this.#keys!.high(batch.prefix[i]!, vantage), pathIdOf(batch, i)) >>> 0;
  }

  #low(i: number, vantage: number): number {
    const batch = this.#batch!;
    return withPathId(this.#keys!.low(batch.prefix[i]!, vantage), pathIdOf(batch, i)) >>> 0;
  }

  withdraw(i: number, vantage: number, epoch: number, outcome: number, isCounted: boolean): void {
    const high = this.#high(i, vantage);
    const low = this.#low(i, vantage);
    let isRepeated = false;
    if (outcome === OUTCOME.withdrawn) {
      const { words, starts, counts, attrs } = this.#previous!;
      ROUTE.words = words;
      ROUTE.from = starts[i]!;
      ROUTE.to = starts[i]! + counts[i]!;
      ROUTE.attrs = attrs[i]!;
      this.#withdrawn.put(high, low, epoch, ROUTE);
    } else if (outcome === OUTCOME.spurious) {
      isRepeated = this.#withdrawn.has(high, low, epoch);
      if (!isRepeated) this.#withdrawn.put(high, low, epoch, null);
    }
    if (!isCounted) return;
    const row = rowOf(vantage);
    this.#countMessage(row, COUNTED.withdrawal, TALLY.wdMessages);
    this.#rows[row + TALLY.withdrawals]!++;
    if (isRepeated) this.#rows[row + TALLY.wdDups]!++;
    this.#countPrefix(i, vantage, 1);
  }

  announce(i: number, vantage: number, epoch: number, outcome: number, isCounted: boolean): void {
    const returned =
      outcome === OUTCOME.fresh
        ? this.#withdrawn.take(this.#high(i, vantage), this.#low(i, vantage), epoch)
        : RETURN.none;
    const batch = this.#batch!;
    const attrs = batch.attrs[i]!;
    if (!isCounted || attrs === NONE) return;
    const row = rowOf(vantage);
    const rows = this.#rows;
    const path = batch.attrSets.path[attrs]!;
    if (this.#countMessage(row, COUNTED.announcement, TALLY.annMessages))
      this.#countAttrs(attrs, path, vantage);
    rows[row + TALLY.announcements]!++;
    this.#countPath(row, path);
    this.#countPrefix(i, vantage, 0);
    if (outcome === OUTCOME.duplicate) {
      rows[row + TALLY.dups]!++;
      rows[row + TALLY.compared]!++;
      rows[row + TALLY.histogram]!++;
    } else if (outcome === OUTCOME.changed) {
      const { words, starts, counts, attrs: hashes, announced } = this.#previous!;
      const from = starts[i]!;
      this.#change.compare(batch.paths, path, words, from, from + counts[i]!);
      rows[row + (this.#change.isSame ? TALLY.samePath : TALLY.otherPath)]!++;
      this.#countChange(row, hashes[i]!, announced[i]!);
    } else if (outcome === OUTCOME.fresh) {
      if (returned === RETURN.none) rows[row + TALLY.news]!++;
      else if (returned === RETURN.known) this.#countReturn(row, path, this.#previous!.announced[i]!);
    }
  }

  /** The route is back that was withdrawn as `#withdrawn.found`. */
  #countReturn(row: number, path: number, attrs: number): void {
    const { words, from, to, attrs: attrsBefore } = this.#withdrawn.found;
    const change = this.#change;
    // Positions in other words than those of the state.
    change.start();
    change.compare(this.#batch!.paths, path, words, from, to);
    const isAsBefore = change.isSame && attrs === attrsBefore;
    this.#rows[row + (isAsBefore ? TALLY.flaps : TALLY.nadas)]!++;
    this.#countChange(row, attrsBefore, attrs);
    change.start();
  }

  /** What a route is compared with the known one of its vantage and prefix. */
  #countChange(row: number, attrsBefore: number, attrs: number): void {
    const rows = this.#rows;
    const { edits, longer, isOtherOrigin } = this.#change;
    rows[row + TALLY.compared]!++;
    rows[row + TALLY.edits]! += edits;
    if (edits < EDIT_HISTOGRAM) rows[row + TALLY.histogram + edits]!++;
    if (edits > rows[row + TALLY.maxEdits]!) rows[row + TALLY.maxEdits] = edits;
    if (longer > 0) rows[row + TALLY.longer]!++;
    else if (longer < 0) rows[row + TALLY.shorter]!++;
    if (isOtherOrigin) rows[row + TALLY.originAsChanges]!++;
    if (originOfHash(attrs) !== originOfHash(attrsBefore)) rows[row + TALLY.originChanges]!++;
  }

  /** @returns whether the message is the first time counted as of this kind. */
  #countMessage(row: number, kind: number, column: number): boolean {
    const rows = this.#rows;
    if (this.#message === 0) rows[row + TALLY.messages]!++;
    if (this.#message & kind) return false;
    rows[row + column]!++;
    this.#message |= kind | COUNTED.message;
    return true;
  }

  /** Of each message once: its ORIGIN, its path's rare ASNs and origin AS. */
  #countAttrs(attrs: number, path: number, vantage: number): void {
    const rows = this.#rows;
    const row = rowOf(vantage);
    const batch = this.#batch!;
    const { paths } = batch;
    const origin = batch.attrSets.origin[attrs]!;
    if (origin <= 2) rows[row + TALLY.origin + origin]!++;
    const [from, to] = [paths.offsets[path]!, paths.offsets[path + 1]!];
    this.#measure(path);
    const rare = this.#rare.note(this.#scratch.asns, this.#uniques[path]!);
    if (rare >= 0) {
      rows[row + TALLY.rare]! += rare;
      rows[row + TALLY.rarePaths]!++;
      if (rare > rows[row + TALLY.maxRare]!) rows[row + TALLY.maxRare] = rare;
    }
    const originAsn = publicOriginOf(paths.words, from, to);
    if (originAsn > 0) this.#countOrigin(originAsn, vantage);
  }

  #countOrigin(asn: number, vantage: number): void {
    const minute = this.#windows.minuteOfFive;
    const first = this.#origins.see(originHigh(asn, vantage), originLow(asn, vantage), minute, 0);
    if (first === 0) return;
    this.#countFirst(rowOf(vantage), first, TALLY.origins, TALLY.originsInFive);
    const firstOfAll = this.#origins.see(originHigh(asn, NONE), originLow(asn, NONE), minute, 0);
    this.#countFirst(0, firstOfAll, TALLY.origins, TALLY.originsInFive);
  }

  #countPath(row: number, path: number): void {
    const rows = this.#rows;
    if (this.#lengths[path] === UNSEEN) this.#measure(path);
    const length = this.#lengths[path]!;
    const unique = this.#uniques[path]!;
    rows[row + TALLY.paths]!++;
    rows[row + TALLY.pathAsns]! += length;
    rows[row + TALLY.uniqueAsns]! += unique;
    if (length > rows[row + TALLY.maxPath]!) rows[row + TALLY.maxPath] = length;
    if (unique > rows[row + TALLY.maxUnique]!) rows[row + TALLY.maxUnique] = unique;
  }

  /** Learn a path's lengths; its distinct ASNs are in the scratch space until the next. */
  #measure(path: number): void {
    const { words, offsets } = this.#batch!.paths;
    const asns = sequenceAsns(words, offsets[path]!, offsets[path + 1]!);
    this.#lengths[path] = asns.length;
    this.#uniques[path] = distinctAsns(asns, this.#scratch);
  }

  /** @param kind 0 announced, 1 withdrawn. */
  #countPrefix(i: number, vantage: number, kind: 0 | 1): void {
    const keys = this.#keys!;
    const prefix = this.#batch!.prefix[i]!;
    const minute = this.#windows.minuteOfFive;
    const first = this.#pairs.see(keys.high(prefix, vantage), keys.low(prefix, vantage), minute, kind);
    // What is not new for the vantage is not for all of them.
    if (first === 0) return;
    const inMinute = kind === 0 ? TALLY.annPrefixes : TALLY.wdPrefixes;
    const inFive = kind === 0 ? TALLY.annPrefixesInFive : TALLY.wdPrefixesInFive;
    this.#countFirst(rowOf(vantage), first, inMinute, inFive);
    const firstOfAll = this.#prefixes.see(keys.high(prefix, NONE), keys.low(prefix, NONE), minute, kind);
    this.#countFirst(0, firstOfAll, inMinute, inFive);
  }

  #countFirst(row: number, first: number, inMinute: number, inFive: number): void {
    const rows = this.#rows;
    if (first & FIRST.kindInMinute) rows[row + inMinute]!++;
    if (first & FIRST.kindInFive) rows[row + inFive]!++;
    // Of prefixes also: announced or withdrawn.
    if (inMinute === TALLY.origins) return;
    if (first & FIRST.anyInMinute) rows[row + TALLY.prefixes]!++;
    if (first & FIRST.anyInFive) rows[row + TALLY.prefixesInFive]!++;
  }

  clear(): void {
    this.endFive();
    this.#withdrawn.clear();
    this.#rare.clear();
    this.#message = 0;
  }
}

function pathIdOf(batch: ElemBatch, i: number): number {
  return batch.flags[i]! & ELEM_FLAG.addPath ? batch.pathId[i]! : 0;
}

function originHigh(asn: number, vantage: number): number {
  return hashEnd(hashWord(hashWord(ORIGIN_SEED, vantage), asn)) | 0;
}

function originLow(asn: number, vantage: number): number {
  return hashEnd(hashWord(asn, vantage)) | 0;
}

/** The route `withdraw` notes; filled before each use. */
const ROUTE: WithdrawnRoute = { words: new Uint32Array(0), from: 0, to: 0, attrs: 0 };
