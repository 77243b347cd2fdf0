import type { LiveView } from '../../workers/api.ts';
import { formatDuration } from './time.ts';

/** What a ranking counts and over how long: `by updates, last 5 min`. */
export function topUnit(what: string, view: Pick<LiveView, 'topWindowS'> | null): string {
  return view ? `by ${what}, last ${formatDuration(view.topWindowS * 1000)}` : `by ${what}`;
}
