import uPlot from 'uplot';
import { formatTick } from '../number.ts';

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

  /** @param level a horizontal line, drawn dashed; null for none */
  constructor(
    node: HTMLElement,
    lines: readonly PlotLine[],
    level: number | null,
    onCursor: (index: number | null) => void,
  ) {
    this.#plot = new uPlot(options(node, lines, level, onCursor), [[], ...lines.map(() => [])], node);
  }

  /** @param timeS Unix seconds, ascending. @param values one column per line */
  update(timeS: ArrayLike<number>, values: readonly ArrayLike<number>[]): void {
    const columns = values.map((column) =>
      Array.from(column, (value) => (Number.isFinite(value) ? value : null)),
    );
    this.#plot.setData([Array.from(timeS), ...columns]);
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
  const colour = (name: string) => (): string => getComputedStyle(node).getPropertyValue(`--${name}`).trim();
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
      x: { time: true },
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
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
