import { formatDuration } from '../time.ts';

/** Words of masked windows: why nothing is said of them (`MASK_NAMES` of core/feature/window.ts). */
const MASK_WORDS: Readonly<Record<string, string>> = {
  partial: 'only part of a minute',
  gap: 'the feed lost something',
  silence: 'nobody was heard',
  session: 'the session was down',
  transfer: 'the table was being sent',
  vantages: 'most vantages say nothing',
};

export function maskWord(mask: string): string {
  return MASK_WORDS[mask] ?? mask;
}

/** `0.42`, `1.8`, `12`: scores are read against 1. */
export function formatScore(score: number | null): string {
  if (score === null || Number.isNaN(score)) return '–';
  return score >= 10 ? score.toFixed(0) : score.toFixed(2);
}

/** How much past a score rests on, in words. */
export function trustWord(trust: number, pastMinutes: number): string {
  if (trust >= 1) return 'full trust';
  return `${Math.round(trust * 100)} % trust: ${formatDuration(pastMinutes * 60_000)} of past`;
}

/** `all` in people's words; vantages keep their name. */
export function streamWord(stream: string): string {
  return stream === 'all' ? 'all vantages' : stream;
}

/** Column and channel names as words. */
export function featureWord(name: string): string {
  return name.replaceAll('_', ' ');
}

/** Style of a score's cell: neutral up to half the threshold, warm from there on, full at twice the threshold. */
export function scoreShade(score: number): string {
  if (Number.isNaN(score)) return '';
  const share = Math.min(1, Math.max(0, score / 2));
  const token = score >= 1 ? 'high' : 'spark';
  const percent = Math.round(score >= 1 ? 45 + 55 * (share - 0.5) * 2 : 4 + 60 * share);
  return `color-mix(in srgb, var(--${token}) ${percent}%, var(--surface))`;
}
