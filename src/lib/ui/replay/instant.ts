/** Moments in links and text fields: ISO 8601 UTC and nothing else, to the microsecond. */

const FORM = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.](\d{1,6}))?)?Z?$/;

/** Unix microseconds of `2008-02-24T18:47:00Z`; seconds, fraction, `T` and `Z` may be left out. Null when it is no moment. */
export function parseInstant(text: string): number | null {
  const parts = FORM.exec(text.trim());
  if (!parts) return null;
  const [, day = '', minute = '', second = '00', fraction = ''] = parts;
  const iso = `${day}T${minute}:${second}.000Z`;
  const ms = Date.parse(iso);
  // Some engines take the 31st of February for the 2nd of March.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) return null;
  return ms * 1000 + Number(fraction.padEnd(6, '0'));
}

/** The reverse: `2008-02-24T18:47:00Z`, with as many decimals as the moment has. */
export function formatInstant(timeUs: number): string {
  const whole = Math.floor(timeUs / 1e6);
  const micros = timeUs - whole * 1e6;
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/0+$/, '')}`;
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}${fraction}Z`;
}
