import type { CellValue, QueryResult } from '../../../workers/api-history.ts';
import { formatCount } from '../number.ts';
import { formatDay, formatMoment } from '../time.ts';

type Column = QueryResult['columns'][number];

/** Columns that hold AS numbers: never grouped in threes, and links. */
const ASN_NAME = /(^|_)(asn|culprit|victim)$/i;
const PREFIX_TEXT = /^[0-9a-f.:]+\/\d{1,3}$/i;

/** A value as the table shows it. */
export function cellText(value: CellValue | undefined, column: Pick<Column, 'kind' | 'name'>): string {
  if (value === null || value === undefined) return '–';
  if (column.kind === 'day' && typeof value === 'number') return formatDay(value);
  if (column.kind === 'time' && typeof value === 'number') return formatMoment(value);
  if (typeof value === 'number') return numberText(value, column.name);
  return column.kind === 'list' ? listText(String(value)) : String(value);
}

/** A list without its brackets and quotes; anything else that has parts as it is. */
function listText(json: string): string {
  try {
    const list: unknown = JSON.parse(json);
    const isPlain = Array.isArray(list) && list.every((one) => typeof one !== 'object');
    return isPlain ? list.join(', ') : json;
  } catch {
    return json;
  }
}

function numberText(value: number, name: string): string {
  if (ASN_NAME.test(name)) return `AS${value}`;
  if (Number.isInteger(value)) return formatCount(value);
  return Number.isFinite(value) ? value.toPrecision(4).replace('-', '−') : '–';
}

/** Where a value leads to within the page; null leads nowhere. */
export function cellHref(value: CellValue | undefined, column: Pick<Column, 'name'>): string | null {
  if (typeof value === 'number' && ASN_NAME.test(column.name)) return `/as/AS${value}`;
  if (typeof value === 'string' && column.name === 'prefix' && PREFIX_TEXT.test(value))
    return `/prefix/${value}`;
  return null;
}

export const isNumeric = (column: Pick<Column, 'kind' | 'name'>): boolean =>
  column.kind === 'number' && !ASN_NAME.test(column.name);

/** Row indexes in the order of a column; missing values last, whichever way. */
export function sortedRows(
  column: Pick<Column, 'values'> | null,
  isDescending: boolean,
  rowCount: number,
): number[] {
  const rows = Array.from({ length: rowCount }, (_, i) => i);
  if (column === null) return rows;
  const { values } = column;
  const sign = isDescending ? -1 : 1;
  return rows.sort((a, b) => {
    const [left, right] = [values[a] ?? null, values[b] ?? null];
    if (left === null || right === null) return left === right ? a - b : left === null ? 1 : -1;
    const order = compare(left, right);
    return order === 0 ? a - b : order * sign;
  });
}

function compare(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = [Number(a), Number(b)];
  if (Number.isNaN(left) || Number.isNaN(right)) return String(a) < String(b) ? -1 : 1;
  return left - right;
}

/** A column's values as numbers; NaN where there is none. */
export function numbersOf(result: QueryResult, name: string): number[] {
  const column = result.columns.find((one) => one.name === name);
  return (column?.values ?? []).map((value) => (value === null ? NaN : Number(value)));
}

/** A column's values as texts. */
export function textsOf(result: QueryResult, name: string): string[] {
  const column = result.columns.find((one) => one.name === name);
  return column ? column.values.map((value) => cellText(value, column)) : [];
}
