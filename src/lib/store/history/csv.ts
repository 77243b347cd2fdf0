import { BgpError } from '#core/error.ts';
import type { CellValue, ColumnKind, ResultColumn } from './result.ts';

const MAX_COLUMNS = 1000;

/** A header and rows as CSV, RFC 4180, times as ISO 8601 in UTC with microseconds. NULL is an empty field, `''` is `""`. */
export function encodeCsvHeader(columns: readonly ResultColumn[]): string {
  return columns.map(({ name }) => field(name)).join(',') + '\r\n';
}

/** All rows the columns hold. */
export function encodeCsvRows(columns: readonly ResultColumn[]): string {
  const lines: string[] = [];
  const rows = columns[0]?.values.length ?? 0;
  for (let row = 0; row < rows; row++) {
    lines.push(columns.map(({ kind, values }) => cell(values[row] ?? null, kind)).join(','));
  }
  return lines.length === 0 ? '' : lines.join('\r\n') + '\r\n';
}

function cell(value: CellValue, kind: ColumnKind): string {
  if (value === null) return '';
  if (kind === 'time' && typeof value === 'number') return isoTime(value);
  if (kind === 'day' && typeof value === 'number') return isoTime(value).slice(0, 10);
  return value === '' ? '""' : field(String(value));
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `2008-02-24T18:47:57.000000Z`: every digit of it. */
function isoTime(timeUs: number): string {
  const date = new Date(Math.floor(timeUs / 1000));
  if (Number.isNaN(date.getTime())) return '';
  const micros = ((timeUs % 1_000_000) + 1_000_000) % 1_000_000;
  return `${date.toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
}

/** Columns of texts by name, in order; null for an empty field that was not quoted. */
export interface CsvTable {
  readonly names: readonly string[];
  readonly columns: readonly (string | null)[][];
  readonly rows: number;
}

/**
 * A whole CSV text with a header, RFC 4180; also with bare line feeds. A row with fewer fields than the header is filled up.
 *
 * @throws {BgpError} HISTORY_FILE_BAD no header, a quote without end, a row with too many fields
 */
export function decodeCsv(text: string): CsvTable {
  const reader = new CsvReader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const header = reader.row();
  if (header === null || header.every((name) => name === null || name.trim() === '')) {
    throw new BgpError('HISTORY_FILE_BAD', 'a CSV file begins with the names of its columns');
  }
  if (header.length > MAX_COLUMNS) throw new BgpError('HISTORY_FILE_BAD', `${header.length} columns`);
  const names = uniqueNames(header);
  const columns = names.map((): (string | null)[] => []);
  let rows = 0;
  for (let row = reader.row(); row !== null; row = reader.row()) {
    if (row.length === 1 && row[0] === null) continue;
    rows++;
    if (row.length > names.length) {
      throw new BgpError(
        'HISTORY_FILE_BAD',
        `line ${reader.line}: ${row.length} fields under ${names.length} names`,
      );
    }
    for (let i = 0; i < names.length; i++) columns[i]!.push(row[i] ?? null);
  }
  return { names, columns, rows };
}

function uniqueNames(header: readonly (string | null)[]): string[] {
  const seen = new Set<string>();
  return header.map((given, i) => {
    const base = (given ?? '').trim() || `column${i + 1}`;
    let name = base;
    for (let n = 2; seen.has(name.toLowerCase()); n++) name = `${base}_${n}`;
    seen.add(name.toLowerCase());
    return name;
  });
}

class CsvReader {
  readonly #text: string;
  #at = 0;
  line = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next row, or null at the end. */
  row(): (string | null)[] | null {
    if (this.#at >= this.#text.length) return null;
    this.line++;
    const fields: (string | null)[] = [];
    for (;;) {
      fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#bare());
      const next = this.#text[this.#at];
      if (next === ',') {
        this.#at++;
        continue;
      }
      if (next === '\r' && this.#text[this.#at + 1] === '\n') this.#at++;
      this.#at++;
      return fields;
    }
  }

  #bare(): string | null {
    const start = this.#at;
    while (this.#at < this.#text.length && !',\n\r'.includes(this.#text[this.#at]!)) this.#at++;
    return this.#at === start ? null : this.#text.slice(start, this.#at);
  }

  #quoted(): string {
    const parts: string[] = [];
    for (;;) {
      const end = this.#text.indexOf('"', this.#at + 1);
      if (end < 0) throw new BgpError('HISTORY_FILE_BAD', `line ${this.line}: a quote has no end`);
      parts.push(this.#text.slice(this.#at + 1, end));
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') return parts.join('"');
    }
  }
}
