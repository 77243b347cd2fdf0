import { prefixHash2 } from '../activity/keys.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE } from '../elem/batch.ts';
import type { ElemMatcher } from '../elem/filter.ts';
import { prefixText } from '../elem/row.ts';
import { originOf } from '../rib/paths.ts';
import { prefixHash } from '../rib/prefixes.ts';
import type { Recording } from './recording.ts';

export interface BusyPrefix {
  readonly prefix: string;
  /** Announcements and withdrawals. */
  readonly updates: number;
  /** Origins announced, lowest first, at most 8. */
  readonly origins: readonly number[];
}

export interface BusyOrigin {
  readonly asn: number;
  /** Announcements. */
  readonly updates: number;
  /** Distinct prefixes among them. */
  readonly prefixes: number;
}

interface Counted {
  readonly batch: ElemBatch;
  readonly index: number;
  updates: number;
  readonly origins: Set<number>;
}

const TOP = 20;
const MAX_ORIGINS = 8;

/** The busiest prefixes and origins among elems `from` to `to` of a recording: most updates first, then by name. */
export function topsOf(
  recording: Recording,
  from: number,
  to: number,
  matcher: ElemMatcher | null,
): { prefixes: BusyPrefix[]; origins: BusyOrigin[] } {
  const byPrefix = new Map<number, Counted>();
  const byOrigin = new Map<number, { updates: number; prefixes: Set<number> }>();
  for (let index = recording.frameOf(from); index < recording.frames.length; index++) {
    const { firstElem, elems } = recording.frames[index]!;
    if (firstElem >= to) break;
    const { batch } = recording.open(index);
    const range = [Math.max(0, from - firstElem), Math.min(elems, to - firstElem)] as const;
    countRange(batch, range, matcher, byPrefix, byOrigin);
  }
  return { prefixes: busiestPrefixes(byPrefix), origins: busiestOrigins(byOrigin) };
}

function countRange(
  batch: ElemBatch,
  [from, to]: readonly [number, number],
  matcher: ElemMatcher | null,
  byPrefix: Map<number, Counted>,
  byOrigin: Map<number, { updates: number; prefixes: Set<number> }>,
): void {
  // Of the batch's own tables, so that the maps are asked once per entry.
  const counted = new Array<Counted | undefined>(batch.prefixes.length);
  const keys = new Float64Array(batch.prefixes.length);
  for (let i = from; i < to; i++) {
    const kind = batch.kind[i]!;
    if (kind !== KIND.announce && kind !== KIND.withdraw) continue;
    if (matcher !== null && !matcher.matches(batch, i)) continue;
    const index = batch.prefix[i]!;
    let entry = counted[index];
    if (!entry) {
      const key = prefixKey(batch, index);
      keys[index] = key;
      entry = byPrefix.get(key) ?? { batch, index, updates: 0, origins: new Set() };
      counted[index] = entry;
      byPrefix.set(key, entry);
    }
    entry.updates++;
    if (batch.attrs[i] === NONE) continue;
    const origin = originAt(batch, batch.attrs[i]!);
    if (origin <= 0) continue;
    entry.origins.add(origin);
    const ofOrigin = byOrigin.get(origin) ?? { updates: 0, prefixes: new Set() };
    ofOrigin.updates++;
    ofOrigin.prefixes.add(keys[index]!);
    byOrigin.set(origin, ofOrigin);
  }
}

/** 53 of the 64 bits by which `core/activity` tells prefixes apart. */
function prefixKey(batch: ElemBatch, index: number): number {
  return prefixHash(batch.prefixes, index) * 0x20_0000 + (prefixHash2(batch.prefixes, index) >>> 11);
}

/** The origin of an attribute set; 0 or less for none. */
export function originAt(batch: ElemBatch, set: number): number {
  const path = batch.attrSets.path[set]!;
  return originOf(batch.paths.words, batch.paths.offsets[path]!, batch.paths.offsets[path + 1]!);
}

function busiestPrefixes(byPrefix: ReadonlyMap<number, Counted>): BusyPrefix[] {
  const all = [...byPrefix.values()].sort((a, b) => b.updates - a.updates);
  // All that have as many as the last of the top, so that the names decide and not the order of the map.
  const least = all[TOP - 1]?.updates ?? 0;
  return all
    .filter(({ updates }) => updates >= least)
    .map(({ batch, index, updates, origins }) => ({
      prefix: prefixText(batch, index),
      updates,
      origins: [...origins].sort((a, b) => a - b).slice(0, MAX_ORIGINS),
    }))
    .sort((a, b) => b.updates - a.updates || (a.prefix < b.prefix ? -1 : 1))
    .slice(0, TOP);
}

function busiestOrigins(
  byOrigin: ReadonlyMap<number, { updates: number; prefixes: ReadonlySet<number> }>,
): BusyOrigin[] {
  return [...byOrigin]
    .map(([asn, { updates, prefixes }]) => ({ asn, updates, prefixes: prefixes.size }))
    .sort((a, b) => b.updates - a.updates || a.asn - b.asn)
    .slice(0, TOP);
}
