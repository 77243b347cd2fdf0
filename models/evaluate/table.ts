import type { Judgement } from './judge.ts';
import type { Result } from './protocol.ts';

const COLUMNS: readonly (readonly [string, keyof Judgement, number])[] = [
  ['F1', 'f1', 3],
  ['prec', 'precision', 3],
  ['recall', 'recall', 3],
  ['PR-AUC', 'prAuc', 3],
  ['ROC-AUC', 'rocAuc', 3],
  ['oracle F1', 'oracleF1', 3],
  ['FA/day', 'falsePerDay', 2],
  ['detected', 'detected', 2],
  ['delay min', 'delayMinutes', 0],
];

/** A Markdown table, one row per scorer: means over events. */
export function macroTable(results: readonly Result[]): string {
  return table(
    ['model'],
    results.map(({ title, macro }) => [[title], macro]),
  );
}

/** A Markdown table, one row per event and scorer. */
export function eventTable(results: readonly Result[]): string {
  const events = [...(results[0]?.events.keys() ?? [])];
  return table(
    ['test event', 'model'],
    events.flatMap((event) =>
      results.map(({ title, events: of }) => [[event, title], of.get(event)!] as const),
    ),
  );
}

/** False alarms per day of streams without an event, one row per scorer and stream. */
export function controlTable(results: readonly Result[]): string {
  const streams = [...(results[0]?.events.keys() ?? [])];
  const rows = streams.flatMap((stream) =>
    results.map(({ title, events }) => [stream, title, formatFigure(events.get(stream)!.falsePerDay, 2)]),
  );
  return layOut([['stream', 'model', 'FA/day'], ...rows], 2);
}

function table(keys: readonly string[], rows: readonly (readonly [readonly string[], Judgement])[]): string {
  const cells = [
    [...keys, ...COLUMNS.map(([title]) => title)],
    ...rows.map(([names, judged]) => [
      ...names,
      ...COLUMNS.map(([, key, digits]) => formatFigure(judged[key], digits)),
    ]),
  ];
  return layOut(cells, keys.length);
}

function layOut(cells: readonly (readonly string[])[], textColumns: number): string {
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map(
    (row) => `| ${row.map((cell, i) => pad(cell, widths[i]!, i < textColumns)).join(' | ')} |`,
  );
  const rule = `|${widths.map((width, i) => (i < textColumns ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [lines[0]!, rule, ...lines.slice(1)].join('\n');
}

function pad(cell: string, width: number, isText: boolean): string {
  return isText ? cell.padEnd(width) : cell.padStart(width);
}

function formatFigure(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits);
}
