/** What an elem did to its vantage's state. One value per elem, in `StepResult.outcomes`. */
export const OUTCOME = {
  /** No route involved: a state change. */
  none: 0,
  /** Announced, nothing was held for the key before. */
  fresh: 1,
  /** Announced over a route with another path, other attributes or other labels: an implicit withdrawal. */
  changed: 2,
  /** Announced again as it was. */
  duplicate: 3,
  /** Withdrawn a held route. */
  withdrawn: 4,
  /** Withdrawn what was not held. */
  spurious: 5,
  /** Not tracked: the state's bounds left no room for it (counted in `RibStats`). */
  unheld: 6,
} as const;
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME];
export const OUTCOME_COUNT = 7;
