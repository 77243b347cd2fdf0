import type { ReplayView } from '../../../workers/api-replay.ts';
import { formatDuration } from '../time.ts';

/** What the rankings count: `the last 60 s of data, narrowed`. */
export function topWindow(view: ReplayView | null): string {
  if (!view) return '';
  return `the ${formatDuration(view.topWindowS * 1000)} before the moment${view.filter ? ', narrowed' : ''}`;
}
