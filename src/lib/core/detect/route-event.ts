import { NONE } from '../elem/batch.ts';
import type { EventKind, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

/** An event to be filled by `setRoute` and reused. */
export function blankEvent(): RouteEvent {
  return {
    kind: EVENT.tick,
    timeUs: 0,
    timeS: 0,
    outcome: 0,
    prefix: -1,
    vantage: -1,
    peerAsn: 0,
    path: null,
    links: [],
    originEntry: -1,
    isNewOrigin: false,
    isNewPrefix: false,
    isTransfer: false,
    batch: null,
    attrs: NONE,
    state: 0,
  };
}

/** Begin a new event: what an announcement has besides is set by the caller. */
export function setRoute(
  event: RouteEvent,
  kind: EventKind,
  timeUs: number,
  outcome: number,
  prefix: number,
  vantage: number,
  peerAsn: number,
): void {
  event.kind = kind;
  event.timeUs = timeUs;
  event.timeS = Math.floor(timeUs / 1e6);
  event.outcome = outcome;
  event.prefix = prefix;
  event.vantage = vantage;
  event.peerAsn = peerAsn;
  event.path = null;
}
