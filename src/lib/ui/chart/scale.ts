/**
 * The smallest of 1, 2, 4, 6, 8 times a power of ten that is at least `value`; 1 for nothing. Keeps an axis still, and
 * half of it is a plain number too.
 */
export function niceCeiling(value: number): number {
  if (!(value > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const steps = [1, 2, 4, 6, 8, 10];
  return power * steps.find((step) => step * power >= value * 0.999_999)!;
}

/** A column of the rate series for drawing: NaN (nothing heard) as null, which leaves a gap; `sign` -1 draws downwards. */
export function drawable(values: Float64Array, sign: 1 | -1): (number | null)[] {
  const out = new Array<number | null>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    out[i] = Number.isNaN(value) ? null : value * sign;
  }
  return out;
}

/** Largest finite value within `[fromS, toS]`; 0 when there is none. */
export function peakWithin(timeS: Float64Array, values: Float64Array, fromS: number, toS: number): number {
  let peak = 0;
  for (let i = 0; i < timeS.length; i++) {
    if (timeS[i]! >= fromS && timeS[i]! <= toS && values[i]! > peak) peak = values[i]!;
  }
  return peak;
}

/** SVG path of a sparkline: one bar top per step over `width` x `height`, sharing `max` with its column. */
export function sparkPath(values: Float32Array, max: number, width: number, height: number): string {
  const n = values.length;
  if (n === 0) return '';
  const step = width / n;
  const top = max > 0 ? height / max : 0;
  let path = `M0 ${height}`;
  for (let i = 0; i < n; i++) {
    const value = Math.min(values[i]!, max);
    // A step that saw something is never invisible.
    const y = value > 0 ? Math.min(height - 1, height - value * top) : height;
    path += `V${y.toFixed(1)}H${((i + 1) * step).toFixed(1)}`;
  }
  return `${path}V${height}Z`;
}
