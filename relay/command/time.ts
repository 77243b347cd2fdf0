const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(?:Z|[+-]\d\d:\d\d)?$/;

/**
 * Unix seconds (`1203878877`, `1203878877.5`) or ISO 8601 (`2008-02-24T18:47:57Z`, `2008-02-24 18:47`, `2008-02-24`; UTC
 * unless an offset is given) -> Unix microseconds, or null.
 */
export function parseTimeUs(text: string): number | null {
  if (/^\d{1,11}(\.\d{1,6})?$/.test(text)) return Math.round(Number(text) * 1e6);
  if (!DATE_TIME.test(text)) return null;
  const [, dateTime, offset] = /^(.*?)(Z|[+-]\d\d:\d\d)?$/.exec(text)!;
  const full = dateTime!.length === 10 ? `${dateTime}T00:00` : dateTime!.replace(' ', 'T');
  const timeMs = Date.parse(full + (offset ?? 'Z'));
  return Number.isNaN(timeMs) ? null : timeMs * 1000;
}
