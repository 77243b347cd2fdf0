import { KIND, NONE, PEER_STATE } from '../elem/batch.ts';
import { STATE_NAMES } from '../elem/row.ts';
import type { VantageIndex } from '../rib/vantages.ts';
import type { TrackedBatch } from './tracked.ts';

export interface CollectorHealth {
  readonly collector: string;
  readonly vantages: number;
  readonly vantagesUp: number;
  readonly elems: number;
  /** Elems per second of data time over the last minute. */
  readonly rate: number;
  readonly lastUs: number;
}

export interface VantageHealth {
  readonly collector: string;
  readonly peerAddress: string;
  readonly peerAsn: number;
  readonly elems: number;
  readonly rate: number;
  readonly lastUs: number;
  /** Routes held for it. */
  readonly routes: number;
  /** Last known session state; `unknown` until a state change is seen (it is sending, so it is up). */
  readonly state: string;
  readonly stateChanges: number;
}

const STEP_S = 5;
const STEPS = 12;
const UNKNOWN = 255;

/** What each vantage sent, and whether its session is up. One row per id of the state's `VantageIndex`. */
export class Health {
  readonly #vantages: VantageIndex;
  readonly #elems: Float64Array;
  readonly #lastUs: Float64Array;
  readonly #state: Uint8Array;
  readonly #changes: Uint32Array;
  /** Elems per step of the last minute, row per vantage. */
  readonly #perStep: Uint32Array;
  #head = -1;
  #first = -1;

  constructor(vantages: VantageIndex) {
    this.#vantages = vantages;
    this.#elems = new Float64Array(vantages.limit);
    this.#lastUs = new Float64Array(vantages.limit);
    this.#state = new Uint8Array(vantages.limit).fill(UNKNOWN);
    this.#changes = new Uint32Array(vantages.limit);
    this.#perStep = new Uint32Array(vantages.limit * STEPS);
  }

  /** Take in a batch. @param nowUs the data clock after it; elems later than it do not count as heard then. */
  step(tracked: TrackedBatch, nowUs: number): void {
    this.#advance(Math.floor(nowUs / 1e6 / STEP_S));
    const { batch, vantageIds } = tracked;
    for (let i = 0; i < batch.length; i++) {
      const id = vantageIds[batch.vantage[i]!]!;
      if (id === NONE) continue;
      this.#elems[id]!++;
      const timeUs = batch.timeUs[i]!;
      if (timeUs <= nowUs) {
        if (timeUs > this.#lastUs[id]!) this.#lastUs[id] = timeUs;
        const step = Math.floor(timeUs / 1e6 / STEP_S);
        if (step > this.#head - STEPS) {
          this.#perStep[id * STEPS + (step % STEPS)]!++;
          if (step < this.#first) this.#first = step;
        }
      }
      const isDown = this.#state[id] !== UNKNOWN && this.#state[id] !== PEER_STATE.established;
      if (batch.kind[i] === KIND.state) {
        this.#state[id] = batch.state[i]! & 0xff;
        this.#changes[id]!++;
      } else if (isDown && batch.kind[i] === KIND.announce) {
        // It announces, so its session came up without our hearing of it.
        this.#state[id] = PEER_STATE.established;
      }
    }
  }

  #advance(head: number): void {
    if (this.#head === -1 || head < this.#head - STEPS) {
      this.#perStep.fill(0);
      this.#first = head;
      this.#head = head;
      return;
    }
    for (let step = Math.max(this.#head + 1, head - STEPS + 1); step <= head; step++) {
      for (let id = 0; id < this.#vantages.length; id++) this.#perStep[id * STEPS + (step % STEPS)] = 0;
    }
    this.#head = Math.max(this.#head, head);
  }

  /** Whether the vantage's session is up, as far as is known. */
  isUp(id: number): boolean {
    return this.#state[id] === UNKNOWN || this.#state[id] === PEER_STATE.established;
  }

  #rate(id: number, nowUs: number): number {
    let elems = 0;
    for (let at = id * STEPS; at < (id + 1) * STEPS; at++) elems += this.#perStep[at]!;
    const first = Math.max(this.#first, this.#head - STEPS + 1);
    const seconds = Math.min(STEPS * STEP_S, Math.max(1, nowUs / 1e6 - first * STEP_S));
    return elems / seconds;
  }

  /** Every vantage, in the order they were first heard. */
  vantages(nowUs: number, routes: (id: number) => number): VantageHealth[] {
    return Array.from({ length: this.#vantages.length }, (_, id) => ({
      ...this.#vantages.name(id),
      elems: this.#elems[id]!,
      rate: this.#rate(id, nowUs),
      lastUs: this.#lastUs[id]!,
      routes: routes(id),
      state: this.#state[id] === UNKNOWN ? 'unknown' : (STATE_NAMES[this.#state[id]!] ?? 'unknown'),
      stateChanges: this.#changes[id]!,
    }));
  }

  /** Forget everything: the source starts over. Call before the vantage index is cleared. */
  clear(): void {
    this.#elems.fill(0);
    this.#lastUs.fill(0);
    this.#state.fill(UNKNOWN);
    this.#changes.fill(0);
    this.#perStep.fill(0);
    this.#head = -1;
  }
}

/** Vantages summed up by collector, in the order they were first heard. */
export function collectorHealth(vantages: readonly VantageHealth[]): CollectorHealth[] {
  const byName = new Map<string, { -readonly [K in keyof CollectorHealth]: CollectorHealth[K] }>();
  for (const vantage of vantages) {
    const { collector } = vantage;
    let sum = byName.get(collector);
    if (!sum)
      byName.set(collector, (sum = { collector, vantages: 0, vantagesUp: 0, elems: 0, rate: 0, lastUs: 0 }));
    sum.vantages++;
    if (vantage.state === 'unknown' || vantage.state === 'established') sum.vantagesUp++;
    sum.elems += vantage.elems;
    sum.rate += vantage.rate;
    sum.lastUs = Math.max(sum.lastUs, vantage.lastUs);
  }
  return [...byName.values()];
}
