import type { PrefixKey } from '../prefix/prefix.ts';
import { formatPrefix } from '../prefix/prefix.ts';
import type { Vrp } from './vrp.ts';
import { VrpRows } from './vrp-rows.ts';
import type { VrpTable } from './vrp-table.ts';
import { copyRows, findCovering, tableBytes, tableOf, tableOfSorted } from './vrp-table.ts';

/** An immutable set of VRPs: each (prefix, maxLength, ASN) once. Plain data: it can be posted to another thread. */
export interface VrpSet {
  readonly v4: VrpTable;
  readonly v6: VrpTable;
  /** Names the `trustAnchor` columns refer to; entry 0 is the empty name. */
  readonly trustAnchors: readonly string[];
}

/** Most distinct trust anchor names kept; a later one becomes the empty name. */
export const MAX_TRUST_ANCHORS = 256;

/** Collects VRPs in any order. Bounded by whoever feeds it. */
export class VrpBuilder {
  readonly v4 = new VrpRows(false);
  readonly v6 = new VrpRows(true);
  readonly #trustAnchors: string[] = [''];

  get length(): number {
    return this.v4.length + this.v6.length;
  }

  /** The number of a trust anchor's name, for `add`. */
  trustAnchor(name: string): number {
    const at = this.#trustAnchors.indexOf(name);
    if (at !== -1) return at;
    return this.#trustAnchors.length < MAX_TRUST_ANCHORS ? this.#trustAnchors.push(name) - 1 : 0;
  }

  /** `maxLength` within `prefix.bits` and the family's width. */
  add(prefix: PrefixKey, maxLength: number, asn: number, trustAnchor = 0): void {
    const rows = prefix.isV6 ? this.v6 : this.v4;
    rows.push(...prefix.words, prefix.bits, maxLength, asn, trustAnchor);
  }

  build(): VrpSet {
    return { v4: tableOf(this.v4), v6: tableOf(this.v6), trustAnchors: [...this.#trustAnchors] };
  }
}

export const NO_VRPS: VrpSet = new VrpBuilder().build();

/** Number of VRPs. */
export function vrpCount(set: VrpSet): number {
  return set.v4.length + set.v6.length;
}

/** Equal for equal sets of (prefix, maxLength, ASN), whatever the trust anchors. */
export function vrpDigest(set: VrpSet): number {
  return (set.v4.digest + set.v6.digest) >>> 0;
}

/** Bytes the set's columns take. */
export function vrpBytes(set: VrpSet): number {
  return tableBytes(set.v4) + tableBytes(set.v6);
}

/**
 * Every VRP whose prefix covers `prefix`, longest prefix first, then by maxLength and ASN: the order in which
 * Routinator lists them.
 */
export function coveringVrps(set: VrpSet, prefix: PrefixKey): Vrp[] {
  const table = prefix.isV6 ? set.v6 : set.v4;
  const vrps: Vrp[] = [];
  let group = findCovering(table, prefix.bits, prefix.words);
  for (; group !== -1; group = table.parent[group]!) {
    for (let row = table.start[group]!; row < table.start[group + 1]!; row++) {
      vrps.push(vrpAt(set, table, group, row));
    }
  }
  return vrps;
}

/** Every VRP of the set, IPv4 first, by (address, prefix length, maxLength, ASN). */
export function* eachVrp(set: VrpSet): Generator<Vrp> {
  for (const table of [set.v4, set.v6]) {
    for (let group = 0; group < table.groups; group++) {
      for (let row = table.start[group]!; row < table.start[group + 1]!; row++) {
        yield vrpAt(set, table, group, row);
      }
    }
  }
}

function vrpAt(set: VrpSet, table: VrpTable, group: number, row: number): Vrp {
  const words = table.isV6
    ? [table.head[group]!, ...table.tail.subarray(group * 3, group * 3 + 3)]
    : [table.head[group]!];
  return {
    prefix: formatPrefix(table.isV6, table.bits[group]!, words),
    maxLength: table.maxLength[row]!,
    asn: table.asn[row]!,
    trustAnchor: set.trustAnchors[table.trustAnchor[row]!] ?? '',
  };
}

/** What is in one set and not in the other, as sets of its own. */
export interface VrpDelta {
  readonly announced: VrpSet;
  readonly withdrawn: VrpSet;
}

export interface VrpChange {
  readonly set: VrpSet;
  /** Announced VRPs that were there already, and withdrawn ones that were not: both zero when the delta fits the set. */
  readonly duplicates: number;
  readonly missing: number;
}

/** `set` with a delta applied. A VRP both announced and withdrawn ends up announced. */
export function applyVrpDelta(set: VrpSet, delta: VrpDelta): VrpChange {
  const names = new VrpBuilder();
  const v4 = mergeTables([set, delta.announced, delta.withdrawn], 'v4', names);
  const v6 = mergeTables([set, delta.announced, delta.withdrawn], 'v6', names);
  const built = names.build();
  return {
    set: { v4: v4.table, v6: v6.table, trustAnchors: built.trustAnchors },
    duplicates: v4.duplicates + v6.duplicates,
    missing: v4.missing + v6.missing,
  };
}

interface Merged {
  readonly table: VrpTable;
  readonly duplicates: number;
  readonly missing: number;
}

function mergeTables(
  [base, announced, withdrawn]: readonly [VrpSet, VrpSet, VrpSet],
  family: 'v4' | 'v6',
  names: VrpBuilder,
): Merged {
  const old = new Cursor(base[family], renumber(base, names));
  const plus = new Cursor(announced[family], renumber(announced, names));
  const minus = new Cursor(withdrawn[family], renumber(withdrawn, names));
  const out = new VrpRows(family === 'v6', Math.max(1, old.table.length + plus.table.length));
  let duplicates = 0;
  let missing = 0;
  while (!plus.isDone || !minus.isDone) {
    const change = minus.isDone || (!plus.isDone && plus.compare(minus) <= 0) ? plus : minus;
    old.copyBefore(change, out);
    const isThere = !old.isDone && old.compare(change) === 0;
    const isBoth = change === plus && !minus.isDone && plus.compare(minus) === 0;
    if (change === plus) {
      if (isThere && !isBoth) duplicates++;
      if (!isThere && isBoth) missing++;
      plus.copy(out);
    } else if (!isThere) {
      missing++;
    }
    if (isThere) old.next();
    if (isBoth) minus.next();
    change.next();
  }
  old.copyBefore(null, out);
  return { table: tableOfSorted(out), duplicates, missing };
}

/** Where each trust anchor of `set` is in the list `names` collects. */
function renumber(set: VrpSet, names: VrpBuilder): Uint8Array {
  const numbers = new Uint8Array(MAX_TRUST_ANCHORS);
  for (const [i, name] of set.trustAnchors.entries()) numbers[i] = names.trustAnchor(name);
  return numbers;
}

/** Walks the rows of a table in order. */
class Cursor {
  readonly table: VrpTable;
  readonly #anchors: Uint8Array;
  #group = 0;
  #row = 0;

  constructor(table: VrpTable, anchors: Uint8Array) {
    this.table = table;
    this.#anchors = anchors;
  }

  get isDone(): boolean {
    return this.#row >= this.table.length;
  }

  next(): void {
    this.#row++;
    while (this.#group < this.table.groups && this.#row >= this.table.start[this.#group + 1]!) this.#group++;
  }

  compare(other: Cursor): number {
    const byPrefix = this.#comparePrefix(this.#group, other);
    if (byPrefix !== 0) return byPrefix;
    const byLength = this.table.maxLength[this.#row]! - other.table.maxLength[other.#row]!;
    return byLength !== 0 ? byLength : this.table.asn[this.#row]! - other.table.asn[other.#row]!;
  }

  #comparePrefix(group: number, other: Cursor): number {
    const [a, b] = [this.table, other.table];
    if (a.head[group] !== b.head[other.#group]) return a.head[group]! - b.head[other.#group]!;
    if (a.isV6) {
      for (let w = 0; w < 3; w++) {
        const difference = a.tail[group * 3 + w]! - b.tail[other.#group * 3 + w]!;
        if (difference !== 0) return difference;
      }
    }
    return a.bits[group]! - b.bits[other.#group]!;
  }

  /** Append the row the cursor is at. */
  copy(out: VrpRows): void {
    copyRows(this.table, this.#group, this.#row, this.#row + 1, out, this.#anchors);
  }

  /** Append the rows before the one `limit` is at, or all that are left. */
  copyBefore(limit: Cursor | null, out: VrpRows): void {
    while (!this.isDone) {
      if (limit === null || this.#comparePrefix(this.#group, limit) < 0) {
        const end = this.table.start[this.#group + 1]!;
        copyRows(this.table, this.#group, this.#row, end, out, this.#anchors);
        this.#row = end - 1;
      } else if (this.compare(limit) < 0) {
        this.copy(out);
      } else {
        return;
      }
      this.next();
    }
  }
}

/** How to get from `before` to `after`. Trust anchors alone are no difference; ROA expiry times are not kept at all. */
export function diffVrps(before: VrpSet, after: VrpSet): VrpDelta {
  const announced = new VrpBuilder();
  const withdrawn = new VrpBuilder();
  for (const family of ['v4', 'v6'] as const) {
    const old = new Cursor(before[family], renumber(before, withdrawn));
    const now = new Cursor(after[family], renumber(after, announced));
    while (!old.isDone || !now.isDone) {
      const order = old.isDone ? 1 : now.isDone ? -1 : old.compare(now);
      if (order < 0) old.copy(withdrawn[family]);
      if (order > 0) now.copy(announced[family]);
      if (order <= 0) old.next();
      if (order >= 0) now.next();
    }
  }
  return { announced: announced.build(), withdrawn: withdrawn.build() };
}
