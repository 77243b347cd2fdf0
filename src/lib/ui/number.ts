/** Numbers for people: SI steps, thin spaces between groups and before units (BIPM SI brochure §5.4). */

const THIN = '\u2009';
const NONE = '–';

/** `1 234 567`: the exact integer, grouped in threes by thin spaces. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const digits = Math.round(Math.abs(value)).toString();
  const grouped = digits.replace(/\B(?=(\d{3})+$)/g, THIN);
  return value < 0 ? `−${grouped}` : grouped;
}

/** `1 page`, `2 pages`, `0 pages`. `many` where an s is not enough. */
export function formatCountOf(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

const STEPS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** Three significant digits and an SI step: `999`, `1.23 k`, `45.6 M`. Below 10 one decimal, unless integral. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  const sign = value < 0 ? '−' : '';
  let size = Math.abs(value);
  let step = 0;
  while (size >= 999.5 && step < STEPS.length - 1) {
    size /= 1000;
    step++;
  }
  if (step === 0) return sign + (size < 9.95 && !Number.isInteger(size) ? size.toFixed(1) : size.toFixed(0));
  return `${sign}${size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0)}${THIN}${STEPS[step]}`;
}

/** Round numbers on an axis: `250`, `1 k`, `2.5 k`. */
export function formatTick(value: number): string {
  return formatShort(Math.abs(value)).replace(/(?:[.]0+|([.]\d*?[1-9])0+)(?=\u2009)/, '$1');
}

/** `1.23 k/s`, for rates per second. */
export function formatRate(perS: number): string {
  return Number.isFinite(perS) ? `${formatShort(perS)}/s` : NONE;
}

/** Bytes in SI units: `512 B`, `1.23 kB`, `48.0 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return NONE;
  const text = formatShort(bytes);
  return text.includes(THIN) ? `${text}B` : `${text}${THIN}B`;
}

/** `12 %`; below one percent `<1 %` unless zero. `share` is 0..1. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return NONE;
  if (share > 0 && share < 0.01) return `<1${THIN}%`;
  return `${Math.round(share * 100)}${THIN}%`;
}
