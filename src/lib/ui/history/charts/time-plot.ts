import uPlot from 'uplot';
import { timeRange } from '../../chart/time-range.ts';
import { formatTick } from '../../number.ts';

export interface TimeSeries {
  readonly name: string;
  /** Name of a token. */
  readonly colour: string;
  readonly values: readonly number[];
}

/** A plot of values over time, UTC; gaps where there is no value. Made once, data replaced. */
export class TimePlot {
  readonly #plot: uPlot;

  constructor(
    node: HTMLElement,
    series: readonly TimeSeries[],
    events: { onCursor: (index: number | null) => void; onBrush: (fromS: number, toS: number) => void },
  ) {
    this.#plot = new uPlot(options(node, series, events), [[], ...series.map(() => [])], node);
  }

  update(timeS: readonly number[], series: readonly TimeSeries[]): void {
    const values = series.map((one) => one.values.map((value) => (Number.isNaN(value) ? null : value)));
    this.#plot.setData([timeS as number[], ...values]);
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
  series: readonly TimeSeries[],
  events: { onCursor: (index: number | null) => void; onBrush: (fromS: number, toS: number) => void },
): uPlot.Options {
  const style = getComputedStyle(node);
  const colour = (name: string) => () => getComputedStyle(node).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    font: `12px ${style.getPropertyValue('--font-sans')}`,
    stroke: colour('--ink-2'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
  return {
    width: Math.max(200, node.clientWidth),
    height: Math.max(120, node.clientHeight),
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
    legend: { show: false },
    scales: {
      x: { time: true, range: (_plot, min, max) => timeRange(min, max) },
      y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 1) * 1.08)] },
    },
    axes: [
      {
        ...axis,
        values: (_plot, splits, _axis, _space, stepS) => tickLabels(splits, stepS),
        space: 84,
        size: 28,
        grid: { show: false },
      },
      { ...axis, values: (_plot, splits) => splits.map((value) => formatTick(value)), size: 52 },
    ],
    series: [
      {},
      ...series.map(({ name, colour: token }): uPlot.Series => ({
        label: name,
        stroke: colour(`--${token}`),
        fill: colour(`--${token}-soft`),
        width: 1.5,
        points: { show: (plot) => (plot.data[0]?.length ?? 0) < 40, size: 5 },
      })),
    ],
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    hooks: {
      setCursor: [(plot) => events.onCursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          if (plot.select.width < 8) return;
          const fromS = Math.floor(plot.posToVal(plot.select.left, 'x'));
          events.onBrush(
            fromS,
            Math.max(fromS + 1, Math.ceil(plot.posToVal(plot.select.left + plot.select.width, 'x'))),
          );
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Clock times; the day where it is a new one, or only days where steps are days. */
function tickLabels(splits: readonly number[], stepS: number): string[] {
  let day = '';
  return splits.map((s) => {
    const iso = new Date(s * 1000).toISOString();
    if (stepS >= 86_400) return iso.slice(5, 10);
    const isNew = iso.slice(0, 10) !== day;
    day = iso.slice(0, 10);
    return isNew ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16);
  });
}
