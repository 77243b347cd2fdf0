import type { Detector } from './detector.ts';
import { EVENT } from './detector.ts';

interface State {
  readonly lastMinutes: number[];
  minute: number;
  count: number;
  isOpen: boolean;
}

/** Minutes the median is taken over. */
const WINDOW = 60;

/** Withdrawals per minute, over all vantages and without table transfers, far over the median of the last hour. */
export const withdrawalStorm: Detector<State> = {
  id: 'withdrawal-storm',
  needs: [],
  events: [EVENT.withdraw, EVENT.tick],
  learns: true,
  init: () => ({ lastMinutes: [], minute: -1, count: 0, isOpen: false }),
  step(state, event, { params, emit }) {
    if (event.kind === EVENT.withdraw) {
      if (!event.isTransfer) state.count++;
      return;
    }
    const minute = Math.floor(event.timeS / 60);
    if (minute === state.minute) return;
    state.minute = minute;
    const count = state.count;
    state.count = 0;
    const usual = median(state.lastMinutes);
    state.lastMinutes.push(count);
    if (state.lastMinutes.length > WINDOW) state.lastMinutes.shift();
    const isStorm =
      state.lastMinutes.length > WINDOW / 2 &&
      count >= params.stormMinPerMinute &&
      count >= usual * params.stormFactor;
    if (isStorm === state.isOpen) return;
    state.isOpen = isStorm;
    const base = { type: 'withdrawal-storm', group: 'storm', prefix: -1, culprit: 0, victim: 0 } as const;
    if (!isStorm) return emit({ ...base, tags: [], phase: 'close' });
    const detail = { perMinute: count, usualPerMinute: usual };
    emit({ ...base, tags: [{ name: 'withdrawals-over-usual', score: 5 }], phase: 'open', detail });
  },
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >>> 1] ?? 0;
}
