import type { IncidentRow, Level } from '../../../workers/api.ts';
import type { Span } from './link.ts';

/** An incident as a bar on the timeline. */
export interface IncidentBar {
  readonly row: IncidentRow;
  readonly fromUs: number;
  readonly toUs: number;
  /** From 0, the top one. */
  readonly lane: number;
}

export interface Lanes {
  readonly bars: readonly IncidentBar[];
  readonly lanes: number;
  /** Incidents that overlap more than there are lanes for: listed, not drawn. */
  readonly leftOut: number;
}

const RANK: Readonly<Record<Level, number>> = { high: 0, medium: 1, low: 2 };

/**
 * Bars for the incidents that touch `shown`, the surest first into the first lane that is free at their time; a bar keeps
 * `minUs` for itself however short it is. One that has not ended lasts to `untilUs`.
 */
export function packLanes(
  incidents: readonly IncidentRow[],
  shown: Span,
  untilUs: number,
  minUs: number,
  maxLanes: number,
): Lanes {
  const spans = incidents
    .map((row) => ({
      row,
      fromUs: row.firstSeenUs,
      toUs: Math.max(row.firstSeenUs, row.endedAtUs ?? untilUs),
    }))
    .filter(({ fromUs, toUs }) => toUs >= shown.fromUs && fromUs <= shown.toUs)
    .sort(
      (a, b) =>
        RANK[a.row.level] - RANK[b.row.level] || a.fromUs - b.fromUs || (a.row.id < b.row.id ? -1 : 1),
    );
  const taken: Span[][] = [];
  const bars: IncidentBar[] = [];
  let leftOut = 0;
  for (const span of spans) {
    const room = { fromUs: span.fromUs, toUs: Math.max(span.toUs, span.fromUs + minUs) };
    let lane = taken.findIndex((spans) =>
      spans.every(({ fromUs, toUs }) => toUs < room.fromUs || fromUs > room.toUs),
    );
    if (lane === -1 && taken.length < maxLanes) lane = taken.push([]) - 1;
    if (lane === -1) {
      leftOut++;
      continue;
    }
    taken[lane]!.push(room);
    bars.push({ ...span, lane });
  }
  return { bars, lanes: taken.length, leftOut };
}
