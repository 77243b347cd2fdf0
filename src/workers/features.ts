import { FeatureExtractor } from '#core/feature/extractor.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { FEATURE_COUNT } from '#core/feature/features.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { frameBuffers } from '#core/feature/window.ts';
import type { Rib, StepResult } from '#core/rib/rib.ts';
import type { AlarmChange, FeatureHealth, FeatureMessage, FeatureReply } from './api-features.ts';

/** The end of a channel features are sent into; a `MessagePort` is one. */
export interface FeaturePort {
  postMessage(message: FeatureMessage, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<FeatureReply>) => void) | null;
  close(): void;
}

/** Frames sent and not yet taken; a slow receiver finds no more than these in its queue. */
const MAX_UNDER_WAY = 8;
/** Of frames that wait for their turn: about a day of minutes of 150 vantages. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;
/** Windows of `all` kept while nobody is connected: a day of each width. */
const KEPT_MINUTES = 1440;
const KEPT_FIVES = 288;

/** The features of the stream a worker steps through, handed on to whoever scores them. Never waits for them. */
export class FeatureStream {
  readonly #extractor: FeatureExtractor;
  readonly #kept: readonly [FeatureFrame[], FeatureFrame[]] = [[], []];
  readonly #onAlarms: (changes: readonly AlarmChange[], scored: number) => void;
  #port: FeaturePort | null = null;
  /** Answers to frames of a stream that is over. */
  #stale = 0;
  #waiting: FeatureFrame[] = [];
  #waitingBytes = 0;
  #underWay = 0;
  #dropped = 0;

  /**
   * @param rib made with `trackPaths`
   * @param onAlarms called with alarms raised and over, and how many streams are scored
   */
  constructor(
    rib: Rib,
    onAlarms: (changes: readonly AlarmChange[], scored: number) => void = () => undefined,
  ) {
    this.#onAlarms = onAlarms;
    this.#extractor = new FeatureExtractor(rib, { emit: (frame) => this.#take(frame) });
  }

  /** Take in a batch right after the state did. @param isAfterGap something before it was lost */
  step(batch: ElemBatch, result: StepResult, isAfterGap: boolean): void {
    if (isAfterGap) this.#extractor.gap();
    this.#extractor.step(batch, result);
  }

  /** Take in a range of a batch, as `Rib.stepRange` did. */
  stepRange(batch: ElemBatch, result: StepResult, from: number, to: number): void {
    this.#extractor.stepRange(batch, result, from, to);
  }

  /** The input is over. */
  end(): void {
    this.#extractor.end();
  }

  /** Send to this port from now on, first what is kept of `all`; the port before is closed. */
  connect(port: FeaturePort): void {
    this.#port?.close();
    this.#port = port;
    this.#underWay = this.#stale = 0;
    this.#drop();
    const [minutes, fives] = this.#kept;
    this.#waiting = [...minutes, ...fives].map(ownFrame).sort((a, b) => endOf(a) - endOf(b));
    this.#waitingBytes = this.#waiting.reduce((sum, { values }) => sum + values.byteLength, 0);
    port.onmessage = ({ data }) => {
      if (port !== this.#port) return;
      this.#underWay--;
      if (this.#stale > 0) this.#stale--;
      else this.#onAlarms(data.alarms, data.scored);
      this.#send();
    };
    port.postMessage({ type: 'reset' }, []);
    this.#send();
  }

  /** The stream begins anew. */
  clear(): void {
    this.#extractor.clear();
    for (const frames of this.#kept) frames.length = 0;
    this.#drop();
    this.#stale = this.#underWay;
    this.#port?.postMessage({ type: 'reset' }, []);
  }

  #drop(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #take(frame: FeatureFrame): void {
    const isMinute = frame.widthS === 60;
    const kept = this.#kept[isMinute ? 0 : 1];
    if (kept.push(allOf(frame)) > (isMinute ? KEPT_MINUTES : KEPT_FIVES)) kept.shift();
    if (!this.#port) return;
    this.#waiting.push(frame);
    this.#waitingBytes += frame.values.byteLength;
    this.#send();
    while (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#waitingBytes -= this.#waiting.shift()!.values.byteLength;
      this.#dropped++;
    }
  }

  #send(): void {
    while (this.#port && this.#underWay < MAX_UNDER_WAY && this.#waiting.length > 0) {
      const frame = this.#waiting.shift()!;
      this.#waitingBytes -= frame.values.byteLength;
      this.#underWay++;
      this.#port.postMessage({ type: 'frame', frame, health: this.health() }, frameBuffers(frame));
    }
  }

  /** Frames that wait or have not been answered yet. */
  get unanswered(): number {
    return this.#waiting.length + this.#underWay;
  }

  health(): FeatureHealth {
    return { ...this.#extractor.stats(), waiting: this.#waiting.length, dropped: this.#dropped };
  }
}

function endOf({ startUs, widthS }: FeatureFrame): number {
  return startUs + widthS * 1e6;
}

/** The window of `all` alone. */
function allOf({ startUs, widthS, streams, masks, values }: FeatureFrame): FeatureFrame {
  return {
    startUs,
    widthS,
    streams: streams.slice(0, 1),
    masks: masks.slice(0, 1),
    values: values.slice(0, FEATURE_COUNT),
  };
}

/** A copy to give away. */
function ownFrame(frame: FeatureFrame): FeatureFrame {
  return { ...frame, masks: frame.masks.slice(), values: frame.values.slice() };
}
