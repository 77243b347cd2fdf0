import uPlot from 'uplot';
import type { RateSeries } from '../../../workers/api.ts';
import { formatTick } from '../number.ts';
import { drawable, niceCeiling, peakWithin } from './scale.ts';

/** A span of data time, Unix seconds. */
export interface TimeWindow {
  readonly fromS: number;
  readonly toS: number;
}

export interface RatePlotEvents {
  /** Index of the step under the pointer, or null. */
  readonly onCursor: (index: number | null) => void;
  readonly onBrush: (window: TimeWindow) => void;
}

/** How much data time the chart shows when it follows. */
export const SPAN_S = 900;
const MIN_BRUSH_PX = 8;

/** The rate chart: announcements grow upwards, withdrawals downwards, both in elems per second of data time. */
export class RatePlot {
  #plot: uPlot;
  #series: RateSeries | null = null;
  #window: TimeWindow | null = null;

  constructor(node: HTMLElement, height: number, events: RatePlotEvents) {
    this.#plot = new uPlot(this.#options(node, height, events), [[], [], []], node);
  }

  update(series: RateSeries, window: TimeWindow | null): void {
    this.#series = series;
    this.#window = window;
    const time = series.timeS as unknown as number[];
    this.#plot.setData([time, drawable(series.announce, 1), drawable(series.withdraw, -1)]);
  }

  resize(width: number, height: number): void {
    if (width > 0 && height > 0) this.#plot.setSize({ width, height });
  }

  /** Draw again with the colours of now: after a change of theme. */
  redraw(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #shown(): TimeWindow {
    if (this.#window) return this.#window;
    const timeS = this.#series?.timeS;
    const last = timeS?.at(-1) ?? SPAN_S;
    return { fromS: Math.min(last - SPAN_S, timeS?.[0] ?? last - SPAN_S), toS: last };
  }

  #yRange(): [number, number] {
    const series = this.#series;
    if (!series) return [-1, 1];
    const { fromS, toS } = this.#shown();
    const up = niceCeiling(peakWithin(series.timeS, series.announce, fromS, toS));
    const down = niceCeiling(peakWithin(series.timeS, series.withdraw, fromS, toS));
    // Neither side gets so thin that its axis labels collide.
    return [-Math.max(down, niceCeiling(up / 4)), Math.max(up, niceCeiling(down / 4))];
  }

  #options(node: HTMLElement, height: number, events: RatePlotEvents): uPlot.Options {
    const colour = (name: string) => () => getComputedStyle(node).getPropertyValue(name).trim();
    const font = `12px ${getComputedStyle(node).getPropertyValue('--font-sans')}`;
    const axis: uPlot.Axis = {
      font,
      stroke: colour('--ink-2'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
      gap: 6,
    };
    const series = (label: string, name: string): uPlot.Series => ({
      label,
      stroke: colour(`--${name}`),
      fill: colour(`--${name}-soft`),
      fillTo: 0,
      width: 1.25,
      points: { show: false },
    });
    return {
      width: Math.max(200, node.clientWidth),
      height,
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
      legend: { show: false },
      scales: {
        x: { time: true, range: () => [this.#shown().fromS, this.#shown().toS] },
        y: { range: () => this.#yRange() },
      },
      axes: [
        {
          ...axis,
          values: (_plot, splits) => splits.map(clockLabel),
          space: 64,
          size: 28,
          gap: 9,
          grid: { show: false },
        },
        {
          ...axis,
          splits: () => {
            const [down, up] = this.#yRange();
            return [down, 0, up / 2, up];
          },
          values: (_plot, splits) => splits.map((value) => formatTick(value)),
          size: 46,
        },
      ],
      series: [{}, series('announce', 'announce'), series('withdraw', 'withdraw')],
      cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
      hooks: {
        setCursor: [(plot) => events.onCursor(plot.cursor.idx ?? null)],
        setSelect: [(plot) => brushed(plot, events)],
      },
    };
  }
}

function brushed(plot: uPlot, events: RatePlotEvents): void {
  const { left, width } = plot.select;
  if (width >= MIN_BRUSH_PX) {
    const fromS = Math.floor(plot.posToVal(left, 'x'));
    events.onBrush({ fromS, toS: Math.max(fromS + 1, Math.ceil(plot.posToVal(left + width, 'x'))) });
  }
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function clockLabel(timeS: number): string {
  const text = new Date(timeS * 1000).toISOString();
  return timeS % 60 === 0 ? text.slice(11, 16) : text.slice(11, 19);
}
