import uPlot from 'uplot';
import type { ReplayTimeline } from '../../../workers/api-replay.ts';
import { drawable, niceCeiling, peakWithin } from '../chart/scale.ts';
import { formatTick } from '../number.ts';
import type { Span } from './link.ts';

export interface TimelineEvents {
  /** A press without a drag: go there. */
  readonly onPress: (timeUs: number) => void;
  readonly onBrush: (fromUs: number, toUs: number) => void;
  readonly onReset: () => void;
}

/** Room of the axis left of the drawing, and what is free right of it: what lies over or under it keeps to the same. */
export const AXIS_PX = 46;
export const END_PX = 14;
const MIN_BRUSH_PX = 6;

/** Announcements upwards, withdrawals downwards, elems per second of data time, over the whole recording or a part of it. */
export class TimelinePlot {
  #plot: uPlot;
  #timeS: Float64Array = new Float64Array(0);
  #perS: readonly [Float64Array, Float64Array] = [new Float64Array(0), new Float64Array(0)];
  #shown: Span = { fromUs: 0, toUs: 1e6 };

  constructor(node: HTMLElement, height: number, events: TimelineEvents) {
    this.#plot = new uPlot(this.#options(node, height, events), [[], [], []], node);
  }

  update(timeline: ReplayTimeline, shown: Span): void {
    this.#shown = shown;
    const { startUs, stepS, announcements, withdrawals } = timeline;
    this.#timeS = announcements.map((_, i) => startUs / 1e6 + i * stepS);
    this.#perS = [announcements.map((count) => count / stepS), withdrawals.map((count) => count / stepS)];
    this.#plot.setData([this.#timeS, drawable(this.#perS[0], 1), drawable(this.#perS[1], -1)]);
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

  #xRange(): [number, number] {
    return [this.#shown.fromUs / 1e6, Math.max(this.#shown.toUs, this.#shown.fromUs + 1e6) / 1e6];
  }

  #yRange(): [number, number] {
    const [from, to] = this.#xRange();
    const [up, down] = this.#perS.map((values) => niceCeiling(peakWithin(this.#timeS, values, from, to)));
    // Neither side gets so thin that its axis labels collide.
    return [-Math.max(down!, niceCeiling(up! / 4)), Math.max(up!, niceCeiling(down! / 4))];
  }

  #options(node: HTMLElement, height: number, events: TimelineEvents): uPlot.Options {
    const colour = (name: string) => () => getComputedStyle(node).getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      font: `12px ${getComputedStyle(node).getPropertyValue('--font-sans')}`,
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
      width: 1,
      points: { show: false },
    });
    return {
      width: Math.max(200, node.clientWidth),
      height,
      padding: [6, END_PX, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), 'Etc/UTC'),
      legend: { show: false },
      scales: { x: { time: true, range: () => this.#xRange() }, y: { range: () => this.#yRange() } },
      axes: [
        {
          ...axis,
          values: (_plot, splits) => clockLabels(splits),
          space: 64,
          size: 26,
          gap: 7,
          grid: { show: false },
        },
        {
          ...axis,
          splits: () => {
            const [down, up] = this.#yRange();
            return [down, 0, up];
          },
          values: (_plot, splits) => splits.map((value) => formatTick(value)),
          size: AXIS_PX,
        },
      ],
      series: [{}, series('announced', 'announce'), series('withdrawn', 'withdraw')],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      hooks: { setSelect: [(plot) => brushed(plot, events)], ready: [(plot) => listen(plot, events)] },
    };
  }
}

function brushed(plot: uPlot, events: TimelineEvents): void {
  const { left, width } = plot.select;
  if (width >= MIN_BRUSH_PX) {
    events.onBrush(plot.posToVal(left, 'x') * 1e6, plot.posToVal(left + width, 'x') * 1e6);
  }
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}

function listen(plot: uPlot, events: TimelineEvents): void {
  let downPx = 0;
  plot.over.addEventListener('mousedown', (event) => (downPx = event.offsetX));
  plot.over.addEventListener('click', (event) => {
    if (Math.abs(event.offsetX - downPx) < MIN_BRUSH_PX)
      events.onPress(plot.posToVal(event.offsetX, 'x') * 1e6);
  });
  plot.over.addEventListener('dblclick', () => events.onReset());
}

/** Hours and minutes, seconds where the steps need them, and the day where a new one begins. */
function clockLabels(splits: readonly number[]): string[] {
  const hasSeconds = splits.some((timeS) => timeS % 60 !== 0);
  return splits.map((timeS, i) => {
    const iso = new Date(timeS * 1000).toISOString();
    const isNewDay = i > 0 && Math.floor(timeS / 86_400) !== Math.floor(splits[i - 1]! / 86_400);
    if (isNewDay && timeS % 86_400 === 0) return iso.slice(5, 10);
    return iso.slice(11, hasSeconds ? 19 : 16);
  });
}
