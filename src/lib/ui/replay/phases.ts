import type { RoutingEvent } from '#core/event/event.ts';
import type { ReplayOpened, ReplayPhase } from '../../../workers/api-replay.ts';

/** Moments worth pointing at: those of the recording and those of its catalogue entry, in order, each moment once. */
export function phaseMoments(opened: ReplayOpened | null, event: RoutingEvent | null): ReplayPhase[] {
  if (!opened) return [];
  const told = (event?.phases ?? []).map(({ time, text }) => ({ timeUs: Date.parse(time) * 1000, text }));
  const known = new Set(opened.phases.map(({ timeUs }) => Math.floor(timeUs / 1e6)));
  return [...opened.phases, ...told.filter(({ timeUs }) => !known.has(Math.floor(timeUs / 1e6)))]
    .filter(({ timeUs }) => timeUs >= opened.startUs && timeUs <= opened.endUs)
    .sort((a, b) => a.timeUs - b.timeUs);
}
