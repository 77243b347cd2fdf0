import { MODEL_WIDTH } from '../../src/lib/ml/columns.ts';

/** Minutes of a stream that only calibrate and are never scored (the protocol of models/card.md). */
export const BURN_IN_MINUTES = 1440;

/** Features of one vantage through one event, minute by minute without a break: gaps are masked rows. */
export interface LabelledStream {
  /** Unique in its data set; the file's name without extensions. */
  readonly id: string;
  /** Streams of one event are never on both sides of a split. */
  readonly event: string;
  readonly peer: string;
  readonly collector: string;
  /** Minutes since the Unix epoch of row 0. */
  readonly firstMinute: number;
  readonly minutes: number;
  /** `minutes` rows of `MODEL_COLUMNS`, raw; NaN where the source does not say. */
  readonly values: Float64Array;
  /** 1: there is no row for this minute. */
  readonly isMasked: Uint8Array;
  /** 1: inside the event, by the data set's own label. */
  readonly label: Uint8Array;
  /**
   * `labelled`: has labels. `regular`: none, ordinary traffic. `control`: an event of the headlines that routing did not show; its
   * labels are not used, only its false alarms are counted.
   */
  readonly role: StreamRole;
  /** Rows left out: a minute that was there already, or a row that could not be read. */
  readonly droppedRows: number;
}

/** A row as a source has it. */
export interface SourceRow {
  readonly minute: number;
  /** In the order of `MODEL_COLUMNS`; NaN: unknown. */
  readonly values: Float64Array;
  readonly label: number;
}

/** What a stream is good for. */
export type StreamRole = 'labelled' | 'regular' | 'control';

/** More than a year of minutes is taken for a broken time stamp. */
export const MAX_STREAM_MINUTES = 600_000;

/** What identifies a stream. */
export interface StreamName {
  readonly id: string;
  readonly event: string;
  readonly peer: string;
  readonly collector: string;
}

/** Put rows in order of time, drop repeated minutes (the first one stays), mask the missing ones. `rows` must not be empty. */
export function alignRows(
  name: StreamName,
  rows: readonly SourceRow[],
  role: StreamRole,
  badRows: number,
): LabelledStream {
  const ordered = [...rows].sort((a, b) => a.minute - b.minute);
  const firstMinute = ordered[0]!.minute;
  const minutes = ordered.at(-1)!.minute - firstMinute + 1;
  const values = new Float64Array(minutes * MODEL_WIDTH).fill(NaN);
  const isMasked = new Uint8Array(minutes).fill(1);
  const label = new Uint8Array(minutes);
  let droppedRows = badRows;
  for (const row of ordered) {
    const i = row.minute - firstMinute;
    if (!isMasked[i]) {
      droppedRows++;
      continue;
    }
    isMasked[i] = 0;
    label[i] = row.label;
    values.set(row.values, i * MODEL_WIDTH);
  }
  return { ...name, firstMinute, minutes, values, isMasked, label, role, droppedRows };
}
