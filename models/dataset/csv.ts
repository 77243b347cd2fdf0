import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { BgpError } from '#core/error.ts';

/** A file and what it unpacks to are refused beyond these. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const MAX_TEXT_BYTES = 512 * 1024 * 1024;
const MAX_ROWS = 2_000_000;

/** Whether a file name is one `readCsv` takes. */
export function isCsvName(name: string): boolean {
  return /\.csv(\.gz)?$/i.test(name) && !name.startsWith('.');
}

/** A file's name without folder and extensions. */
export function csvBaseName(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.csv(\.gz)?$/i, '');
}

/**
 * Rows of a CSV file (RFC 4180; `.gz` is unpacked), fields as text.
 * @throws {BgpError} MODEL_DATA_BAD for a file that cannot be read, is damaged or too large.
 */
export function readCsv(path: string): string[][] {
  const rows: string[][] = [];
  for (const line of readText(path).split(/\r\n|\n|\r/)) {
    if (line === '') continue;
    if (rows.length >= MAX_ROWS) throw new BgpError('MODEL_DATA_BAD', `${path}: more than ${MAX_ROWS} rows`);
    rows.push(line.includes('"') ? splitQuoted(line) : line.split(','));
  }
  return rows;
}

function readText(path: string): string {
  try {
    if (statSync(path).size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    const bytes = readFileSync(path);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_TEXT_BYTES }) : bytes;
    return text.toString('utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BgpError('MODEL_DATA_BAD', `${path}: ${why}`, { cause });
  }
}

function splitQuoted(line: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g;
  for (const match of line.matchAll(pattern)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return fields;
}

/** A field as a number; NaN for anything that is none (`Number('')` would be 0, which a missing value is not). */
export function numberField(text: string | undefined): number {
  return text === undefined || text.trim() === '' ? NaN : Number(text);
}
