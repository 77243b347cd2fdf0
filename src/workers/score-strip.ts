import { ALL_STREAM } from '#core/feature/window.ts';
import type { ScoreStrip } from './api-scores.ts';
import { DAY_MINUTES } from './score-day.ts';
import type { ScoredStream } from './score-stream.ts';

/** Rows of a strip. */
const MAX_ROWS = 64;

/** Scores of the minutes that begin between two moments: `all` first, then streams by their peak. */
export function stripOf(streams: Iterable<ScoredStream>, fromUs: number, toUs: number): ScoreStrip {
  const lastMinute = Math.floor(toUs / 60e6);
  const firstMinute = Math.max(Math.floor(fromUs / 60e6), lastMinute - DAY_MINUTES + 1);
  const minutes = Math.max(0, lastMinute - firstMinute + 1);
  const rows = [...streams]
    .map((stream) => {
      const scores = stream.scores(lastMinute, minutes);
      return { name: stream.name, scores, peak: peakOf(scores) };
    })
    .filter(({ name, peak }) => name === ALL_STREAM || peak !== null)
    .sort((a, b) => rankOf(b) - rankOf(a) || (a.name < b.name ? -1 : 1));
  const shown = rows.slice(0, MAX_ROWS);
  const scores = new Float32Array(shown.length * minutes);
  for (const [i, row] of shown.entries()) scores.set(row.scores, i * minutes);
  return {
    firstMinute,
    minutes,
    streams: shown.map(({ name, peak }) => ({ stream: name, peak })),
    scores,
    leftOut: rows.length - shown.length,
  };
}

function rankOf({ name, peak }: { readonly name: string; readonly peak: number | null }): number {
  return name === ALL_STREAM ? Infinity : (peak ?? -Infinity);
}

/** The highest score; null where there is none. */
function peakOf(scores: Float32Array): number | null {
  let peak = -Infinity;
  for (const score of scores) if (score > peak) peak = score;
  return peak === -Infinity ? null : peak;
}
