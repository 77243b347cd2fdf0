import { BgpError } from '#core/error.ts';
import type { ModelColumn } from '../../src/lib/ml/columns.ts';
import { MODEL_COLUMNS } from '../../src/lib/ml/columns.ts';
import { csvBaseName, numberField, readCsv } from './csv.ts';
import type { LabelledStream, SourceRow, StreamRole } from './stream.ts';
import { alignRows } from './stream.ts';

/** Columns of an SFU file: hour-minute, hour, minute, second, 37 features, label (1 inside the event, else -1). */
const FIELDS = 42;
const LABEL_AT = 41;
const DAY_MINUTES = 1440;

/**
 * SFU features (by number, 1..37) that mean the same as one of ours up to counting over all peers; the others are one-hots of
 * these, artefacts of the tool, or not to be had from a stream (research notes in models/card.md).
 */
const SFU_COLUMNS: Readonly<Partial<Record<ModelColumn, number>>> = {
  announcements: 3,
  withdrawals: 4,
  as_path_avg: 5,
  as_path_max: 6,
  dups: 8,
  imp_wd: 9,
  wd_dups: 10,
  edit_distance_avg: 13,
  origin_0: 34,
  origin_2: 36,
};

/** First day of the files whose date is known: they carry times of day only. */
const FIRST_DAY: Readonly<Record<string, string>> = {
  Slammer: '2003-01-23',
  Nimda: '2001-09-16',
  Code_Red_I: '2001-07-17',
  Moscow_blackout: '2005-05-23',
  WannaCrypt: '2017-05-10',
};

/**
 * The ransomware of 2017 was no routing event: its label is four calendar days, and no model tells them from the days around them
 * (models/card.md).
 */
const ROLE: Readonly<Record<string, StreamRole>> = {
  WannaCrypt: 'control',
  RIPE_regular: 'regular',
  BCNET_regular: 'regular',
};

/** Whether rows look like an SFU file: no header, 42 numbers. */
export function isSfuTable(rows: readonly (readonly string[])[]): boolean {
  const first = rows[0];
  return first?.length === FIELDS && first.every((field) => Number.isFinite(numberField(field)));
}

/**
 * A file of the SFU sets (37 features per minute over a whole collector, DOI 10.21227/98aa-sh66), missing minutes masked.
 * @throws {BgpError} MODEL_DATA_BAD when it is no such file.
 */
export function loadSfu(path: string): LabelledStream {
  const table = readCsv(path);
  if (!isSfuTable(table)) throw new BgpError('MODEL_DATA_BAD', `${path}: not 42 numbers in a row`);
  const id = csvBaseName(path);
  const firstDay = Date.parse(`${FIRST_DAY[id] ?? '1970-01-01'}T00:00Z`) / 60_000;
  const features = MODEL_COLUMNS.map((name) => SFU_COLUMNS[name]);
  const role = ROLE[id] ?? 'labelled';
  const rows: SourceRow[] = [];
  let day = 0;
  let last = -1;
  for (const fields of table) {
    const ofDay = numberField(fields[1]) * 60 + numberField(fields[2]);
    if (!(ofDay >= 0 && ofDay < DAY_MINUTES)) continue;
    if (ofDay < last) day++;
    last = ofDay;
    const values = Float64Array.from(features, (number) =>
      number === undefined ? NaN : numberField(fields[number + 3]),
    );
    rows.push({
      minute: firstDay + day * DAY_MINUTES + ofDay,
      values,
      label: role === 'labelled' && numberField(fields[LABEL_AT]) > 0 ? 1 : 0,
    });
  }
  const name = { id, event: id, peer: 'all', collector: 'rrc04' };
  return alignRows(name, rows, role, table.length - rows.length);
}
