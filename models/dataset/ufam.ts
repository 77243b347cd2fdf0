import { BgpError } from '#core/error.ts';
import { MODEL_COLUMNS, MODEL_WIDTH, locateModelColumns } from '../../src/lib/ml/columns.ts';
import { csvBaseName, numberField, readCsv } from './csv.ts';
import type { LabelledStream, SourceRow, StreamName } from './stream.ts';
import { MAX_STREAM_MINUTES, alignRows } from './stream.ts';

/** Fewer known model columns than this is some other kind of table. */
const MIN_COLUMNS = 4;
/** A row that says nothing but a few columns is as good as missing. */
const MIN_KNOWN_VALUES = 3;
/** The year 2106, where 32 bits of seconds end (as MRT has them): a stamp beyond is a broken row. */
const END_OF_TIME_MINUTE = 2 ** 32 / 60;

/**
 * A file of ufam-lia/bgp-feature-extractor (MIT), or of the same shape: a header, one row per minute, `timestamp2` in Unix seconds
 * (or `timestamp` as UTC text), `class` 1 inside the event. Known traps: rows overlap where days join (sorted here, repeated minutes
 * dropped); the first, nameless column is a row number that starts again. With a `stream` column, as `routescope features` writes it,
 * the file holds one stream per name.
 * @throws {BgpError} MODEL_DATA_BAD when nothing usable is in it; one bad row is dropped and counted.
 */
export function loadUfam(path: string): LabelledStream[] {
  const [header, ...lines] = readCsv(path);
  const bad = (why: string): BgpError => new BgpError('MODEL_DATA_BAD', `${path}: ${why}`);
  if (!header) throw bad('empty');
  const at = locateFields(
    header.map((name) => name.trim()),
    bad,
  );
  const streams = new Map<string, SourceRow[]>();
  let badRows = 0;
  for (const fields of lines) {
    const row = readRow(fields, at);
    const name = at.stream < 0 ? '' : (fields[at.stream] ?? '');
    if (!row) badRows++;
    else if (streams.has(name)) streams.get(name)!.push(row);
    else streams.set(name, [row]);
  }
  if (streams.size === 0) throw bad('no readable row');
  const file = parseUfamName(path);
  const role = at.label < 0 ? 'regular' : 'labelled';
  return [...streams].map(([name, rows]) => {
    checkTimes(rows, bad);
    return alignRows(name === '' ? file : nameOfStream(file, name), rows, role, badRows);
  });
}

/** Where the fields of a row stand; -1 where there is none. */
interface FieldPlaces {
  readonly columns: Int32Array;
  readonly known: number;
  readonly seconds: number;
  readonly text: number;
  readonly label: number;
  readonly stream: number;
}

function locateFields(names: readonly string[], bad: (why: string) => BgpError): FieldPlaces {
  const columns = locateModelColumns(names);
  const known = columns.filter((index) => index >= 0).length;
  if (known < MIN_COLUMNS) throw bad(`${known} of ${MODEL_WIDTH} columns known, such as ${MODEL_COLUMNS[0]}`);
  const seconds = names.indexOf('timestamp2');
  const text = names.indexOf('timestamp');
  if (seconds < 0 && text < 0) throw bad('neither timestamp2 nor timestamp');
  return { columns, known, seconds, text, label: names.indexOf('class'), stream: names.indexOf('stream') };
}

/** A row; null when it has no time or says next to nothing. */
function readRow(fields: readonly string[], at: FieldPlaces): SourceRow | null {
  const minute = minuteOf(fields, at.seconds, at.text);
  const values = Float64Array.from(at.columns, (index) => (index < 0 ? NaN : numberField(fields[index])));
  if (
    !(minute >= 0 && minute < END_OF_TIME_MINUTE) ||
    countKnown(values) < Math.min(MIN_KNOWN_VALUES, at.known)
  )
    return null;
  return { minute, values, label: numberField(fields[at.label]) > 0 ? 1 : 0 };
}

/** `collector address asn`, as our features name a vantage, or `all`. */
function nameOfStream(file: StreamName, stream: string): StreamName {
  const parts = stream.split(' ');
  return {
    id: `${file.id} ${stream}`,
    event: file.event,
    peer: parts.at(-1)!,
    collector: parts.length > 1 ? parts[0]! : '',
  };
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
