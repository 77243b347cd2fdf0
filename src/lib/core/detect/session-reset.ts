import { PEER_STATE } from '../elem/batch.ts';
import type { Detector } from './detector.ts';
import { EVENT } from './detector.ts';

interface State {
  /** By vantage: times of the resets of the last hour, Unix seconds. Vantages are bounded by the routing state. */
  readonly resets: Map<number, number[]>;
  readonly open: Map<number, number>;
}

const WINDOW_S = 3600;

/** A peer session of a collector that keeps going down. Nothing it announces meanwhile is news. */
export const sessionReset: Detector<State> = {
  id: 'session-reset',
  needs: [],
  events: [EVENT.state, EVENT.tick],
  init: () => ({ resets: new Map(), open: new Map() }),
  step(state, event, { params, emit }) {
    const base = { type: 'session-reset', group: 'session', prefix: -1, culprit: 0 } as const;
    if (event.kind === EVENT.tick) {
      for (const [vantage, peerAsn] of state.open) {
        const last = state.resets.get(vantage)?.at(-1) ?? 0;
        if (event.timeS - last < WINDOW_S) continue;
        state.open.delete(vantage);
        emit({ ...base, victim: peerAsn, subject: `vantage ${vantage}`, tags: [], phase: 'close' });
      }
      return;
    }
    const [from, to] = [event.state >>> 8, event.state & 0xff];
    if (from !== PEER_STATE.established || to === PEER_STATE.established) return;
    const times = (state.resets.get(event.vantage) ?? []).filter((timeS) => event.timeS - timeS < WINDOW_S);
    times.push(event.timeS);
    state.resets.set(event.vantage, times);
    if (times.length < params.sessionResetsPerHour || state.open.has(event.vantage)) return;
    state.open.set(event.vantage, event.peerAsn);
    emit({
      ...base,
      victim: event.peerAsn,
      subject: `vantage ${event.vantage}`,
      tags: [{ name: 'session-keeps-resetting', score: 4 }],
      phase: 'open',
      detail: { resetsPerHour: times.length },
    });
  },
};
