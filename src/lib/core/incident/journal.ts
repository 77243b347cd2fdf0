import type { Context, SignalGroup } from '../detect/detector.ts';
import type { Case } from './case.ts';
import type { Incident, IncidentState } from './incident.ts';
import { snapshotOf } from './snapshot.ts';

/** A step in an incident's life. */
export interface Transition {
  readonly change: 'opened' | IncidentState;
  readonly incident: Incident;
}

/** Open incidents of one culprit from which on what else it does is seen in their light. */
const MIN_DEEDS = 3;
/** Incidents that are over and still counted, the newest. */
const MAX_OVER = 1000;
/** Steps kept for whoever fetches them; the oldest goes first. */
const MAX_TRANSITIONS = 20_000;

/** What became of cases that were raised: their steps, how many, and which are open by culprit. */
export class Journal {
  readonly #context: Context;
  #transitions: Transition[] = [];
  /** Cases that are raised and not over, in the order they were raised. */
  readonly raised = new Set<Case>();
  readonly #openByCulprit = new Map<number, Set<Case>>();
  /** When those began that were over last. */
  readonly #over: Pick<Case, 'group' | 'firstUs'>[] = [];
  opened = 0;
  closed = 0;
  /** Steps nobody fetched in time. */
  lost = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** A case is raised. */
  open(found: Case): void {
    this.opened++;
    this.raised.add(found);
    const deeds = this.#openByCulprit.get(found.culprit);
    if (deeds) deeds.add(found);
    else this.#openByCulprit.set(found.culprit, new Set([found]));
    this.note('opened', found);
  }

  /** A raised case is no longer open. */
  forget(found: Case): void {
    this.raised.delete(found);
    this.#over.push({ group: found.group, firstUs: found.firstUs });
    if (this.#over.length > MAX_OVER) this.#over.shift();
    const deeds = this.#openByCulprit.get(found.culprit);
    deeds?.delete(found);
    if (deeds?.size === 0) this.#openByCulprit.delete(found.culprit);
  }

  note(change: Transition['change'], found: Case): void {
    if (change === 'resolved') this.closed++;
    if (this.#transitions.length >= MAX_TRANSITIONS) {
      this.lost += MAX_TRANSITIONS / 2;
      this.#transitions = this.#transitions.slice(MAX_TRANSITIONS / 2);
    }
    this.#transitions.push({ change, incident: snapshotOf(found, this.#context) });
  }

  /** Steps since the last call, in order. */
  take(): Transition[] {
    return this.#transitions.splice(0);
  }

  /** Incidents of some groups that began at `sinceUs` or later, open or lately over. */
  countOf(groups: ReadonlySet<SignalGroup>, sinceUs: number): number {
    const isMeant = ({ group, firstUs }: Pick<Case, 'group' | 'firstUs'>): boolean =>
      groups.has(group) && firstUs >= sinceUs;
    let count = 0;
    for (const found of this.raised) if (isMeant(found)) count++;
    for (const found of this.#over) if (isMeant(found)) count++;
    return count;
  }

  /** Whether several incidents of medium confidence or more with this culprit are open. */
  isCulprit(asn: number): boolean {
    let count = 0;
    for (const found of this.#openByCulprit.get(asn) ?? []) {
      if (found.confidence >= 4 && found.group === 'origin' && ++count >= MIN_DEEDS) return true;
    }
    return false;
  }
}
