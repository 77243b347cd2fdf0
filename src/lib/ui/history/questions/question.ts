/** What a ready-made question may be asked with. Unix microseconds: from `fromUs` on, before `toUs`; null is no bound. */
export interface QuestionParams {
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Rows of a ranking. */
  readonly top: number;
  /** Width of a time step, minutes; 0 is one that fits the data. */
  readonly stepMin: number;
  /** Prefixes apart by commas; empty asks for none. */
  readonly prefix: string;
}

export type ParamName = 'top' | 'step' | 'prefix';

/** How an answer is drawn, with the names of the columns it is drawn from. */
export type Chart =
  | { readonly kind: 'bars'; readonly label: string; readonly parts: readonly BarPart[] }
  | {
      readonly kind: 'time';
      readonly time: string;
      readonly series: readonly BarPart[];
      readonly unit: string;
    }
  | {
      readonly kind: 'histogram';
      readonly x: string;
      readonly parts: readonly BarPart[];
      readonly unit: string;
    }
  | { readonly kind: 'heat'; readonly day: string; readonly hour: string; readonly value: string }
  | { readonly kind: 'calendar'; readonly day: string; readonly value: string }
  | { readonly kind: 'matrix'; readonly x: string; readonly y: string; readonly value: string }
  | { readonly kind: 'lanes'; readonly time: string; readonly lane: string; readonly mark: string };

/** A column that is drawn; `colour` is the name of a token. */
export interface BarPart {
  readonly column: string;
  readonly name: string;
  readonly colour: string;
}

export interface Question {
  readonly id: string;
  readonly title: string;
  /** What the answer says and how it is counted, one or two sentences. */
  readonly about: string;
  readonly params: readonly ParamName[];
  readonly sql: (params: QuestionParams, spanUs: number) => string;
  readonly chart: Chart;
  /** What it means when the answer has no rows. */
  readonly none: string;
}

/** `TIMESTAMP '2008-02-24 18:47:00.000000'`. */
export function timestampSql(us: number): string {
  const text = new Date(Math.floor(us / 1000)).toISOString().slice(0, 19).replace('T', ' ');
  const micros = String(((us % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  return `TIMESTAMP '${text}.${micros}'`;
}

/** Conditions joined into a WHERE; nothing without any. */
export function whereSql(params: QuestionParams, column: string, ...more: readonly string[]): string {
  const conditions = [...more];
  if (params.fromUs !== null) conditions.push(`${column} >= ${timestampSql(params.fromUs)}`);
  if (params.toUs !== null) conditions.push(`${column} < ${timestampSql(params.toUs)}`);
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join('\n  AND ')}`;
}

const STEPS_MIN = [1, 5, 10, 30, 60, 360, 1440] as const;
/** So many steps make a chart that can be read. */
const MOST_STEPS = 200;

/** The step asked for, or the smallest with at most `MOST_STEPS` of them. */
export function stepOf(params: QuestionParams, spanUs: number): number {
  if (params.stepMin > 0) return params.stepMin;
  return STEPS_MIN.find((min) => spanUs / (min * 60e6) <= MOST_STEPS) ?? STEPS_MIN.at(-1)!;
}

export const bucketSql = (column: string, stepMin: number): string =>
  `time_bucket(INTERVAL '${stepMin} minutes', ${column})`;

/** A text as an SQL literal. */
export const textSql = (text: string): string => `'${text.replaceAll("'", "''")}'`;
