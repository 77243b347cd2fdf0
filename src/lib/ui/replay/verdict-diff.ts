import type { IncidentRow } from '../../../workers/api.ts';

/** How a verdict of one list stands to the other list. */
export type VerdictChange = 'same' | 'changed' | 'appeared' | 'vanished';

export interface VerdictPair {
  readonly change: VerdictChange;
  /** Null: not in that list. */
  readonly before: IncidentRow | null;
  readonly after: IncidentRow | null;
  /** What differs, by name: `confidence`, `level`, … Empty unless `changed`. */
  readonly differs: readonly string[];
}

const COMPARED = [
  'type',
  'confidence',
  'level',
  'severity',
  'state',
  'prefixCount',
  'peerAsns',
  'vantages',
  'firstSeenUs',
  'alertedAtUs',
  'endedAtUs',
] as const;

/**
 * Two verdict lists side by side, in order of when it began. Pairs are found by id; what is left by subject (type, first
 * prefix, culprits), because another threshold may move when an incident begins and with it its id.
 */
export function diffVerdicts(before: readonly IncidentRow[], after: readonly IncidentRow[]): VerdictPair[] {
  const later = new Map(after.map((row) => [row.id, row]));
  const pairs: VerdictPair[] = [];
  const lonely: IncidentRow[] = [];
  for (const row of before) {
    const same = later.get(row.id);
    later.delete(row.id);
    if (same) pairs.push(pairOf(row, same));
    else lonely.push(row);
  }
  const bySubject = new Map<string, IncidentRow[]>();
  for (const row of later.values()) {
    const key = subjectOf(row);
    bySubject.set(key, [...(bySubject.get(key) ?? []), row]);
  }
  for (const row of lonely) {
    const same = bySubject.get(subjectOf(row))?.shift();
    if (same) later.delete(same.id);
    pairs.push(same ? pairOf(row, same) : { change: 'vanished', before: row, after: null, differs: [] });
  }
  for (const row of later.values()) pairs.push({ change: 'appeared', before: null, after: row, differs: [] });
  return pairs.sort((a, b) => beginOf(a) - beginOf(b) || (idOf(a) < idOf(b) ? -1 : 1));
}

/** How many of each kind. */
export function countChanges(pairs: readonly VerdictPair[]): Readonly<Record<VerdictChange, number>> {
  const counts = { same: 0, changed: 0, appeared: 0, vanished: 0 };
  for (const { change } of pairs) counts[change]++;
  return counts;
}

function pairOf(before: IncidentRow, after: IncidentRow): VerdictPair {
  const differs = COMPARED.filter((name) => before[name] !== after[name]);
  return { change: differs.length ? 'changed' : 'same', before, after, differs };
}

function subjectOf({ type, prefixes, culprits }: IncidentRow): string {
  return `${type} ${prefixes[0] ?? ''} ${culprits.join(',')}`;
}

function beginOf({ before, after }: VerdictPair): number {
  return (before ?? after)!.firstSeenUs;
}

function idOf({ before, after }: VerdictPair): string {
  return (before ?? after)!.id;
}
