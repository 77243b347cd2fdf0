/** How the cells and marks of the charts are laid out: pure, so that it can be tested. */

const DAY_US = 86_400e6;

export interface HeatRow {
  /** Start of the day, Unix microseconds. */
  readonly day: number;
  /** One value per hour. */
  readonly cells: readonly number[];
}

/** A row per day from the first to the last, the newest at most `mostDays`; hours without a value are zero. */
export function heatRows(
  days: readonly number[],
  hours: readonly number[],
  values: readonly number[],
  mostDays: number,
): HeatRow[] {
  const byDay = new Map<number, number[]>();
  let [first, last] = [Infinity, -Infinity];
  for (const [i, day] of days.entries()) {
    const cells = byDay.get(day) ?? new Array<number>(24).fill(0);
    cells[hours[i]!] = values[i]!;
    byDay.set(day, cells);
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  const rows: HeatRow[] = [];
  for (let day = Math.max(first, last - (mostDays - 1) * DAY_US); day <= last; day += DAY_US) {
    rows.push({ day, cells: byDay.get(day) ?? new Array<number>(24).fill(0) });
  }
  return rows;
}

/** Names by how often they occur, the most frequent first. */
export function commonest(names: readonly string[], most: number): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, most);
}

export interface LaneMark {
  readonly x: number;
  readonly lane: number;
  readonly kind: string;
  /** Elems that fall on it, and the time of the first. */
  readonly count: number;
  readonly timeUs: number;
}

/** Marks at whole pixels; those that would lie on each other are one. */
export function laneMarks(
  times: readonly number[],
  lanes: readonly string[],
  kinds: readonly string[],
  names: readonly string[],
  x: (timeUs: number) => number,
): LaneMark[] {
  const laneOf = new Map(names.map((name, i) => [name, i]));
  const marks = new Map<string, { -readonly [K in keyof LaneMark]: LaneMark[K] }>();
  for (const [i, timeUs] of times.entries()) {
    const lane = laneOf.get(lanes[i]!);
    if (lane === undefined) continue;
    const at = Math.round(x(timeUs));
    const kind = kinds[i]!;
    const key = `${at} ${lane} ${kind}`;
    const known = marks.get(key);
    if (known) known.count++;
    else marks.set(key, { x: at, lane, kind, count: 1, timeUs });
  }
  return [...marks.values()];
}

/** Values of a matrix by row and column. */
export function cellMap(
  rows: readonly string[],
  columns: readonly string[],
  values: readonly number[],
): (row: string, column: string) => number {
  const cells = new Map(rows.map((row, i) => [`${row}\n${columns[i]!}`, values[i]!]));
  return (row, column) => cells.get(`${row}\n${column}`) ?? NaN;
}

/** A value for each key. */
export function byKey<T>(keys: readonly string[], values: readonly T[]): ReadonlyMap<string, T> {
  return new Map(keys.map((key, i) => [key, values[i]!]));
}
