import uPlot from 'uplot';
import { formatTick } from '../number.ts';
import { timeRange } from './time-range.ts';

/** One line of a plot; `band` fills down to the next line of the list. */
export interface PlotLine {
  readonly name: string;
  /** Name of a token. */
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  readonly isBandTop?: boolean;
}

/** Lines over time in UTC, gaps where there is no value (NaN). Made once, data replaced. */
export class LinePlot {
  readonly #plot: uPlot;
  #markS: number | null = null;

  /** @param level a horizontal line, drawn dashed; null for none */
  constructor(
    node: HTMLElement,
    lines: readonly PlotLine[],
    level: number | null,
    onCursor: (index: number | null) => void,
  ) {
    const drawn = options(node, lines, level, onCursor);
    drawn.hooks!.draw!.push((plot) => drawMark(plot, this.#markS, tokenOf(node, 'replay')));
    this.#plot = new uPlot(drawn, [[], ...lines.map(() => [])], node);
  }

  /** @param timeS Unix seconds, ascending. @param values one column per line; below zero is drawn at zero, where the axis begins */
  update(timeS: ArrayLike<number>, values: readonly ArrayLike<number>[]): void {
    const columns = values.map((column) =>
      Array.from(column, (value) => (Number.isFinite(value) ? Math.max(0, value) : null)),
    );
    this.#plot.setData([Array.from(timeS), ...columns]);
  }

  /** Draw an upright line at a moment (Unix seconds), or none. */
  mark(timeS: number | null): void {
    if (timeS === this.#markS) return;
    this.#markS = timeS;
    this.#plot.redraw(false, false);
  }

  resize(width: number, height: number): void {
    if (width > 0 && height > 0) this.#plot.setSize({ width, height });
  }

  redraw(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#plot.destroy();
  }
}

function options(
  node: HTMLElement,
  lines: readonly PlotLine[],
  level: number | null,
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const colour = (name: string) => (): string => tokenOf(node, name);
  const axis: uPlot.Axis = {
    font: `12px ${getComputedStyle(node).getPropertyValue('--font-sans')}`,
    stroke: colour('ink-2'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
  return {
    width: Math.max(200, node.clientWidth),
    height: Math.max(100, node.clientHeight),
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
    legend: { show: false },
    scales: {
      x: { time: true, range: (_plot, min, max) => timeRange(min, max) },
      y: { range: (_plot, _low, high) => [0, Math.max(level ?? 0, high ?? 1, 1e-6) * 1.1] },
    },
    axes: [
      {
        ...axis,
        values: (_plot, splits) => splits.map((s) => new Date(s * 1000).toISOString().slice(11, 16)),
        space: 64,
        size: 26,
        grid: { show: false },
      },
      { ...axis, values: (_plot, splits) => splits.map((value) => formatTick(value)), size: 48 },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, colour))],
    bands: lines.flatMap(({ isBandTop }, i): uPlot.Band[] =>
      isBandTop ? [{ series: [i + 1, i + 2], fill: colour('accent-soft')() }] : [],
    ),
    cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false, setScale: false } },
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => drawLevel(plot, level, colour('high')())],
    },
  };
}

function tokenOf(node: HTMLElement, name: string): string {
  return getComputedStyle(node).getPropertyValue(`--${name}`).trim();
}

function seriesOf(
  { name, colour: token, width, dash }: PlotLine,
  colour: (name: string) => () => string,
): uPlot.Series {
  return {
    label: name,
    stroke: colour(token),
    width,
    points: { show: false },
    ...(dash ? { dash: [...dash] } : {}),
  };
}

function drawLevel(plot: uPlot, level: number | null, stroke: string): void {
  if (level === null) return;
  const y = Math.round(plot.valToPos(level, 'y', true));
  const { left, width } = plot.bbox;
  drawLine(plot, stroke, [5, 4], [left, y, left + width, y]);
}

function drawMark(plot: uPlot, timeS: number | null, stroke: string): void {
  if (timeS === null) return;
  const x = Math.round(plot.valToPos(timeS, 'x', true));
  const { left, top, width, height } = plot.bbox;
  if (x >= left && x <= left + width) drawLine(plot, stroke, [], [x, top, x, top + height]);
}

function drawLine(
  { ctx }: uPlot,
  stroke: string,
  dash: readonly number[],
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): void {
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dash.map((px) => px * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.restore();
}
