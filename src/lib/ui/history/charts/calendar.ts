export interface CalendarMonth {
  /** `February 2008`. */
  readonly name: string;
  /** Seven days each, Monday first: ISO dates, null outside of the month. */
  readonly weeks: readonly (readonly (string | null)[])[];
}

const MOST_MONTHS = 24;
const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
  'December',
]; // prettier-ignore

/** The months from the first to the last of some days (ISO dates), the newest at most `MOST_MONTHS`. */
export function calendarMonths(days: readonly string[]): CalendarMonth[] {
  if (days.length === 0) return [];
  const sorted = [...days].sort();
  const index = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
  const last = index(sorted.at(-1)!);
  const first = Math.max(index(sorted[0]!), last - MOST_MONTHS + 1);
  return Array.from({ length: last - first + 1 }, (_, i) =>
    monthOf(Math.floor((first + i) / 12), (first + i) % 12),
  );
}

function monthOf(year: number, month: number): CalendarMonth {
  const dayCount = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const lead = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7;
  const cells: (string | null)[] = new Array<null>(lead).fill(null);
  for (let day = 1; day <= dayCount; day++) {
    cells.push(`${year}-${String(month + 1).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
  }
  while (cells.length % 7 !== 0) cells.push(null);
  const weeks = Array.from({ length: cells.length / 7 }, (_, w) => cells.slice(w * 7, w * 7 + 7));
  return { name: `${MONTHS[month]!} ${year}`, weeks };
}
