import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, PEER_STATE, SEGMENT } from '../elem/batch.ts';
import { prefixText } from '../elem/row.ts';
import { BgpError } from '../error.ts';
import { PrefixSet } from '../prefix/prefix-set.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import type { VantageName } from '../rib/vantages.ts';
import type { OpenFrame } from './frame-cache.ts';
import type { Recording } from './recording.ts';

/** A route there was before the first update. `vantage` is an index into the history's own list. */
export interface InitialPath {
  readonly vantage: number;
  readonly prefix: string;
  readonly path: readonly number[];
}

/** What a vantage said. `path`: nearest AS first, prepends kept; null when the route is gone. */
export interface PathEvent {
  readonly timeUs: number;
  readonly vantage: number;
  readonly prefix: string;
  readonly path: readonly number[] | null;
}

/** Most events and most initial routes that are listed. */
export const MAX_PATH_EVENTS = 50_000;
/** Most prefixes that are asked about at a time. */
const MAX_PATH_PREFIXES = 1000;

/**
 * All that a recording says about some prefixes, in the shape of BGPlay: what there was, and what happened to it. A session that
 * goes down withdraws what its vantage held. Run `scan` to its end, then read.
 */
export class PathScan {
  readonly vantages: VantageName[] = [];
  readonly initial: InitialPath[] = [];
  readonly events: PathEvent[] = [];
  /** Events and initial routes beyond the bound. */
  leftOut = 0;
  readonly #recording: Recording;
  readonly #keys: readonly PrefixKey[];
  readonly #inside: boolean;
  readonly #set: PrefixSet;
  /** Index into `vantages` by the recording's vantage id. */
  readonly #listed = new Map<number, number>();
  /** What a vantage holds of the prefixes asked for: the path as text. */
  readonly #held = new Map<number, Map<string, string>>();

  /** @throws {BgpError} PREFIX_BAD, FILTER_BAD for too many */
  constructor(recording: Recording, prefixes: readonly string[], inside: boolean) {
    if (prefixes.length > MAX_PATH_PREFIXES)
      throw new BgpError('FILTER_BAD', `${prefixes.length} prefixes, at most ${MAX_PATH_PREFIXES}`);
    this.#recording = recording;
    this.#keys = prefixes.map(parsePrefix);
    this.#inside = inside;
    this.#set = new PrefixSet(prefixes);
  }

  /** Frame by frame. */
  *scan(): Generator<void, void, void> {
    const recording = this.#recording;
    for (let index = 0; index < recording.frames.length; index++) {
      if (!recording.hasStates(index) && !recording.mayHave(index, this.#keys, this.#inside)) continue;
      this.#read(recording.open(index));
      yield;
    }
  }

  #read({ batch, clockUs }: OpenFrame): void {
    const vantageIds = this.#recording.vantages.map(batch);
    const texts = this.#textsOf(batch);
    for (let i = 0; i < batch.length; i++) {
      const vantage = vantageIds[batch.vantage[i]!]!;
      if (vantage === NONE) continue;
      const kind = batch.kind[i]!;
      if (kind === KIND.state) {
        if ((batch.state[i]! & 0xff) !== PEER_STATE.established) this.#clear(vantage, clockUs[i]!);
        continue;
      }
      const prefix = texts[batch.prefix[i]!];
      if (prefix === undefined) continue;
      const path = batch.attrs[i] === NONE ? null : pathAt(batch, batch.attrs[i]!);
      if (kind === KIND.rib && path) this.#begin(vantage, prefix, path, clockUs[i]!);
      else this.#say(vantage, prefix, kind === KIND.withdraw ? null : path, clockUs[i]!);
    }
  }

  /** Text of those of the batch's prefixes that are asked for. */
  #textsOf(batch: ElemBatch): (string | undefined)[] {
    const { table, bits, words, length } = batch.prefixes;
    return Array.from({ length }, (_entry, i) => {
      if (table[i]! > 1) return undefined;
      const isWanted =
        this.#set.has(table[i]!, bits[i]!, words, i * 4) ||
        (this.#inside && this.#set.covers(table[i]!, bits[i]!, words, i * 4));
      return isWanted ? prefixText(batch, i) : undefined;
    });
  }

  #begin(vantage: number, prefix: string, path: readonly number[], timeUs: number): void {
    const text = path.join(' ');
    // A table in the middle of the recording says what is known already, or what was missed.
    if (timeUs !== -Infinity) {
      if (this.#heldBy(vantage).get(prefix) !== text) this.#say(vantage, prefix, path, timeUs);
      return;
    }
    this.#heldBy(vantage).set(prefix, text);
    if (this.initial.length >= MAX_PATH_EVENTS) this.leftOut++;
    else this.initial.push({ vantage: this.#list(vantage), prefix, path });
  }

  #say(vantage: number, prefix: string, path: readonly number[] | null, timeUs: number): void {
    if (path) this.#heldBy(vantage).set(prefix, path.join(' '));
    else this.#heldBy(vantage).delete(prefix);
    if (this.events.length >= MAX_PATH_EVENTS) this.leftOut++;
    else this.events.push({ timeUs, vantage: this.#list(vantage), prefix, path });
  }

  #clear(vantage: number, timeUs: number): void {
    for (const prefix of [...(this.#held.get(vantage)?.keys() ?? [])])
      this.#say(vantage, prefix, null, timeUs);
  }

  #heldBy(vantage: number): Map<string, string> {
    let held = this.#held.get(vantage);
    if (!held) this.#held.set(vantage, (held = new Map<string, string>()));
    return held;
  }

  #list(vantage: number): number {
    let listed = this.#listed.get(vantage);
    if (listed === undefined) {
      listed = this.vantages.push(this.#recording.vantages.name(vantage)) - 1;
      this.#listed.set(vantage, listed);
    }
    return listed;
  }
}

/** ASNs of the path of an attribute set, nearest first, prepends kept; AS_SETs and confederations are left out. */
export function pathAt(batch: ElemBatch, set: number): number[] {
  const { words, offsets } = batch.paths;
  const path = batch.attrSets.path[set]!;
  const hops: number[] = [];
  for (let at = offsets[path]!; at < offsets[path + 1]!;) {
    const type = words[at]! >>> 8;
    const next = at + 1 + (words[at]! & 0xff);
    for (let i = at + 1; type === SEGMENT.sequence && i < next; i++) hops.push(words[i]!);
    at = next;
  }
  return hops;
}
