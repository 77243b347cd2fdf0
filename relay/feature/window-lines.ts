import { FEATURE_NAMES } from '#core/feature/features.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { ALL_STREAM, MASK_NAMES } from '#core/feature/window.ts';

/** Columns before the features: `timestamp` is UTC, `timestamp2` the same as Unix seconds, both of the window's start. */
const LEADING = ['timestamp', 'timestamp2', 'width_s', 'stream', 'mask'] as const;

export type Format = 'csv' | 'json';

/** The first line of the CSV (RFC 4180). */
export const CSV_HEADER = [...LEADING, ...FEATURE_NAMES].join(',');

/** The windows of a frame that `accepts` takes, one line each. What a masked window does not say is empty, or null in JSON. */
export function windowLines(
  frame: FeatureFrame,
  format: Format,
  accepts: (stream: string) => boolean,
): string[] {
  const { startUs, widthS, streams, masks, values } = frame;
  const timestamp = new Date(startUs / 1000).toISOString().slice(0, 19).replace('T', ' ');
  const columns = FEATURE_NAMES.length;
  return streams.flatMap((stream, i) => {
    if (!accepts(stream)) return [];
    const leading = [timestamp, startUs / 1e6, widthS, stream, MASK_NAMES[masks[i]!]!] as const;
    const row = Array.from(values.subarray(i * columns, (i + 1) * columns), (value) =>
      Number.isNaN(value) ? null : value,
    );
    return [format === 'csv' ? csvLine([...leading, ...row]) : jsonLine(leading, row)];
  });
}

/** Whether a stream is asked for. */
export function streamsBy(by: 'vantage' | 'all'): (stream: string) => boolean {
  return (stream) => (stream === ALL_STREAM) === (by === 'all');
}

function jsonLine(leading: readonly (string | number)[], row: readonly (number | null)[]): string {
  const named = LEADING.map((name, i) => [name, leading[i]] as const);
  return JSON.stringify(Object.fromEntries([...named, ...FEATURE_NAMES.map((name, i) => [name, row[i]])]));
}

/** Fields with quotes where RFC 4180 §2 wants them; null is the empty field. */
export function csvLine(fields: readonly (string | number | null)[]): string {
  return fields.map((field) => (typeof field === 'string' ? csvText(field) : (field ?? ''))).join(',');
}

function csvText(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
