import type { RecentRow } from '../activity/recent.ts';
import { elemRow } from '../elem/row.ts';
import type { FilterCounts } from './filter-counts.ts';
import { kindCounts, sum } from './filter-counts.ts';
import type { KindCounts, Recording } from './recording.ts';
import { NO_COUNTS } from './recording.ts';
import type { BusyOrigin, BusyPrefix } from './tops.ts';
import { topsOf } from './tops.ts';

/** What one moment of a recording shows, incidents apart. */
export interface Picture {
  /** From the start to the moment, within the filter. */
  readonly totals: KindCounts;
  /** Data time the tops look back over, s: less than a minute where a minute has more than 200,000 elems. */
  readonly topWindowS: number;
  readonly topPrefixes: readonly BusyPrefix[];
  readonly topOrigins: readonly BusyOrigin[];
  /** The newest elems up to the moment, newest first, at most 100. */
  readonly recent: readonly RecentRow[];
}

const TOP_WINDOW_US = 60e6;
/** Elems the tops are made of at most: what a seek can count in a fraction of its time. */
const MAX_TOP_ELEMS = 200_000;
const MAX_RECENT = 100;

/** The picture at a moment: a function of the recording, the moment and the filter alone. */
export function pictureAt(recording: Recording, timeUs: number, filter: FilterCounts | null): Picture {
  const position = recording.positionAt(timeUs);
  const first = recording.positionAt(timeUs - TOP_WINDOW_US);
  const from = Math.max(first, position - MAX_TOP_ELEMS);
  const tops = topsOf(recording, from, position, filter?.matcher ?? null);
  const cutS = (timeUs - recording.clockAt(from)) / 1e6;
  return {
    totals: totalsAt(recording, position, filter),
    topWindowS: from === first ? TOP_WINDOW_US / 1e6 : Math.max(1, Math.ceil(cutS)),
    topPrefixes: tops.prefixes,
    topOrigins: tops.origins,
    recent: recentAt(recording, position, filter),
  };
}

function totalsAt(recording: Recording, position: number, filter: FilterCounts | null): KindCounts {
  if (position === 0) return NO_COUNTS;
  const index = recording.frameOf(position - 1);
  const { firstElem, before } = recording.frames[index]!;
  const { batch } = recording.open(index);
  const passes = filter && ((i: number): boolean => filter.matcher.matches(batch, i));
  const { announcements, withdrawals, stateChanges } = kindCounts(
    batch.kind,
    passes,
    0,
    position - firstElem,
  );
  return sum(filter?.before[index] ?? before, { announcements, withdrawals, stateChanges });
}

function recentAt(recording: Recording, position: number, filter: FilterCounts | null): RecentRow[] {
  const rows: RecentRow[] = [];
  if (position === 0) return rows;
  for (let index = recording.frameOf(position - 1); index >= 0 && rows.length < MAX_RECENT; index--) {
    if (filter?.matches[index] === 0) continue;
    const { firstElem, elems } = recording.frames[index]!;
    const { batch } = recording.open(index);
    for (let i = Math.min(elems, position - firstElem) - 1; i >= 0 && rows.length < MAX_RECENT; i--) {
      if (filter && !filter.matcher.matches(batch, i)) continue;
      rows.push({ id: firstElem + i + 1, ...elemRow(batch, i) });
    }
  }
  return rows;
}

/** The next moment after `timeUs` at which something came; null when there is none. */
export function nextUpdate(recording: Recording, timeUs: number, filter: FilterCounts | null): number | null {
  const position = recording.positionAt(timeUs);
  for (let index = recording.frameOf(position); index < recording.frames.length; index++) {
    if (filter?.matches[index] === 0) continue;
    const { firstElem, elems } = recording.frames[index]!;
    const { batch, clockUs } = recording.open(index);
    for (let i = Math.max(0, position - firstElem); i < elems; i++) {
      if (!filter || filter.matcher.matches(batch, i)) return clockUs[i]!;
    }
  }
  return null;
}

/** The last moment before `timeUs` at which something came; null when there is none. */
export function previousUpdate(
  recording: Recording,
  timeUs: number,
  filter: FilterCounts | null,
): number | null {
  const position = recording.positionAt(timeUs);
  for (let index = recording.frameOf(position); index >= 0; index--) {
    if (filter?.matches[index] === 0) continue;
    const { firstElem, elems } = recording.frames[index]!;
    const { batch, clockUs } = recording.open(index);
    for (let i = Math.min(elems, position - firstElem) - 1; i >= 0; i--) {
      if (clockUs[i]! >= timeUs || clockUs[i]! < recording.startUs) continue;
      if (!filter || filter.matcher.matches(batch, i)) return clockUs[i]!;
    }
  }
  return null;
}
