/** Times for people. Everything is UTC and says so with a closing Z; microseconds in, text out. */

/** `18:49:31Z`. */
export function formatClock(timeUs: number): string {
  return `${iso(timeUs).slice(11, 19)}Z`;
}

/** `18:49:31.204`: with milliseconds where the source has them, without the Z (columns say UTC in their head). */
export function formatRowTime(timeUs: number): string {
  const text = iso(timeUs);
  return timeUs % 1_000_000 === 0 ? text.slice(11, 19) : text.slice(11, 23);
}

/** `2008-02-24`. */
export function formatDay(timeUs: number): string {
  return iso(timeUs).slice(0, 10);
}

/** `2008-02-24 18:49:31Z`, with as many decimals as the time has. */
export function formatMoment(timeUs: number): string {
  const whole = iso(timeUs).slice(0, 19).replace('T', ' ');
  const fraction = ((timeUs % 1_000_000) + 1_000_000) % 1_000_000;
  const decimals = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${whole}${decimals}Z`;
}

/** `2008-02-24 18:30 to 21:15 UTC`, the day again where it is another one. */
export function formatSpan(fromUs: number, toUs: number): string {
  const from = `${formatDay(fromUs)} ${formatClock(fromUs).slice(0, 5)}`;
  const day = formatDay(toUs) === formatDay(fromUs) ? '' : `${formatDay(toUs)} `;
  return `${from} to ${day}${formatClock(toUs).slice(0, 5)} UTC`;
}

/** `0.8 s`, `42 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u2009s`;
  if (seconds < 59.5) return `${Math.round(seconds)}\u2009s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}\u2009min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours}\u2009h ${minutes % 60}\u2009min` : `${hours}\u2009h`;
  return hours % 24 ? `${Math.floor(hours / 24)}\u2009d ${hours % 24}\u2009h` : `${hours / 24}\u2009d`;
}

/** `4 s before the newest data`: for the hover of an absolute time. */
export function formatAgo(timeUs: number, nowUs: number | null): string {
  if (nowUs === null) return '';
  const ms = (nowUs - timeUs) / 1000;
  return ms < 0
    ? `${formatDuration(-ms)} after the newest data`
    : `${formatDuration(ms)} before the newest data`;
}

function iso(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1000));
  return Number.isNaN(date.getTime()) ? '----------T--:--:--.---Z' : date.toISOString();
}
