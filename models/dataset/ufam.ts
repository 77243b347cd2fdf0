import { BgpError } from '#core/error.ts';
import { MODEL_COLUMNS, MODEL_WIDTH, locateModelColumns } from '../../src/lib/ml/columns.ts';
import { csvBaseName, numberField, readCsv } from './csv.ts';
import type { LabelledStream, SourceRow, StreamName } from './stream.ts';
import { MAX_STREAM_MINUTES, alignRows } from './stream.ts';

/** Fewer known model columns than this is some other kind of table. */
const MIN_COLUMNS = 4;
/** A row that says nothing but a few columns is as good as missing. */
const MIN_KNOWN_VALUES = 3;

/**
 * A file of ufam-lia/bgp-feature-extractor (MIT), or of the same shape: a header, one row per minute, `timestamp2` in Unix seconds
 * (or `timestamp` as UTC text), `class` 1 inside the event. Known traps: rows overlap where days join (sorted here, repeated minutes
 * dropped); the first, nameless column is a row number that starts again.
 * @throws {BgpError} MODEL_DATA_BAD when nothing usable is in it; one bad row is dropped and counted.
 */
export function loadUfam(path: string): LabelledStream {
  const [header, ...lines] = readCsv(path);
  const bad = (why: string): BgpError => new BgpError('MODEL_DATA_BAD', `${path}: ${why}`);
  if (!header) throw bad('empty');
  const names = header.map((name) => name.trim());
  const at = locateModelColumns(names);
  const known = at.filter((index) => index >= 0).length;
  if (known < MIN_COLUMNS) throw bad(`${known} of ${MODEL_WIDTH} columns known, such as ${MODEL_COLUMNS[0]}`);
  const secondsAt = names.indexOf('timestamp2');
  const textAt = names.indexOf('timestamp');
  const classAt = names.indexOf('class');
  if (secondsAt < 0 && textAt < 0) throw bad('neither timestamp2 nor timestamp');
  const rows: SourceRow[] = [];
  for (const fields of lines) {
    const minute = minuteOf(fields, secondsAt, textAt);
    const values = Float64Array.from(at, (index) => (index < 0 ? NaN : numberField(fields[index])));
    const isUsable = Number.isFinite(minute) && countKnown(values) >= Math.min(MIN_KNOWN_VALUES, known);
    if (isUsable) rows.push({ minute, values, label: numberField(fields[classAt]) > 0 ? 1 : 0 });
  }
  if (rows.length === 0) throw bad('no readable row');
  checkTimes(rows, bad);
  return alignRows(
    parseUfamName(path),
    rows,
    classAt >= 0 ? 'labelled' : 'regular',
    lines.length - rows.length,
  );
}

/**
 * What a file name says: `dataset_<event>_<peer>[_<minutes>][_<collector>]`. Parts that are not there are empty; a name of another
 * form is its own event, so that nothing is on both sides of a split by accident of naming.
 */
export function parseUfamName(path: string): StreamName {
  const id = csvBaseName(path);
  const parts = id.replace(/^dataset_/i, '').split('_');
  const isCollector = /^(rrc\d+|route-?views\S*|rv\d*)$/i;
  const collector = parts.length > 1 && isCollector.test(parts.at(-1)!) ? parts.pop()! : '';
  if (parts.length > 2 && /^\d{1,2}$/.test(parts.at(-1)!) && /^\d+$/.test(parts.at(-2)!)) parts.pop();
  const peer = parts.length > 1 && /^\d+$/.test(parts.at(-1)!) ? parts.pop()! : '';
  return { id, event: parts.join('_') || id, peer, collector };
}

function minuteOf(fields: readonly string[], secondsAt: number, textAt: number): number {
  const seconds = secondsAt < 0 ? NaN : numberField(fields[secondsAt]);
  if (Number.isFinite(seconds)) return Math.floor(seconds / 60);
  const text = textAt < 0 ? undefined : fields[textAt];
  if (text === undefined || !/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(text)) return NaN;
  return Math.floor(Date.parse(`${text.slice(0, 16).replace(' ', 'T')}Z`) / 60_000);
}

function countKnown(values: Float64Array): number {
  let count = 0;
  for (const value of values) if (Number.isFinite(value)) count++;
  return count;
}

function checkTimes(rows: readonly SourceRow[], bad: (why: string) => BgpError): void {
  const minutes = rows.map((row) => row.minute).sort((a, b) => a - b);
  const spanMinutes = minutes.at(-1)! - minutes[0]! + 1;
  if (spanMinutes > MAX_STREAM_MINUTES) throw bad(`time stamps span ${spanMinutes} minutes`);
  const steps = minutes.slice(1).map((minute, i) => minute - minutes[i]!);
  const median = steps.sort((a, b) => a - b)[(steps.length - 1) >> 1] ?? 1;
  if (median > 1) throw bad(`rows are ${median} minutes apart; the models read minutes`);
}
