import { DEFAULT_PARAMS } from '../detect/params.ts';
import { StreamClock } from '../detect/stream-clock.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import { OUTCOME } from '../rib/outcome.ts';
import type { Rib, StepResult } from '../rib/rib.ts';
import { BatchKeys } from './batch-keys.ts';
import { Counter } from './counter.ts';
import { ROUTE, Sessions } from './sessions.ts';
import type { FeatureFrame } from './window.ts';
import { Windows } from './windows.ts';

export interface ExtractorStats {
  /** Elems taken in, table-dump entries left out. */
  readonly elems: number;
  /** Elems stamped before the current minute; counted in it all the same. */
  readonly late: number;
  /** Elems too far ahead of the others to say what time it is. */
  readonly doubted: number;
  /** Routes of table transfers, not counted. */
  readonly transferred: number;
  /** Elems of vantages the routing state had no room for, not counted. */
  readonly unheld: number;
  /** Windows inside holes that nothing was emitted for. */
  readonly skipped: number;
  /** Withdrawals forgotten for want of room. */
  readonly forgotten: number;
  /** Prefixes, origins and ASNs not told apart for want of room. */
  readonly refused: number;
  readonly vantages: number;
  readonly bytes: number;
}

export interface ExtractorOptions {
  /** Called with the windows that ended, in order of their end, the narrower first. The receiver owns them. */
  readonly emit: (frame: FeatureFrame) => void;
  /** Withdrawn routes remembered (default 262,144: about 20 MB when full). */
  readonly maxWithdrawn?: number;
  /** Distinct (vantage, prefix) pairs told apart in five minutes (default 786,432: 16 MB; as many again for the rest). */
  readonly maxDistinct?: number;
}

/**
 * Turns elems into windows of features. Step it with each batch and what `Rib.step` said about it, right after that step:
 * the `Rib` must be made with `trackPaths`. Windows follow the data clock: an elem belongs to the minute it is in the data
 * when it is taken in, so a late one counts in the current minute, and one from the future does not end it. Same elems,
 * same windows, however they are cut into batches. Constant work per elem; memory is bounded by vantages and `options`.
 */
export class FeatureExtractor {
  readonly #rib: Rib;
  readonly #clock: { now: StreamClock };
  readonly #sessions = new Sessions(DEFAULT_PARAMS);
  readonly #windows: Windows;
  readonly #keys = new BatchKeys();
  readonly #counter: Counter;
  #nowUs = -Infinity;
  #elems = 0;
  #late = 0;
  #doubted = 0;
  #transferred = 0;
  #unheld = 0;

  constructor(rib: Rib, options: ExtractorOptions) {
    this.#rib = rib;
    this.#clock = { now: new StreamClock() };
    this.#windows = new Windows((vantage) => rib.vantages.name(vantage), this.#sessions, options.emit);
    const { maxWithdrawn = 262_144, maxDistinct = 786_432 } = options;
    this.#counter = new Counter(this.#windows, maxWithdrawn, maxDistinct);
  }

  /** Something was lost between the batch before and the next. */
  gap(): void {
    this.#windows.gap();
  }

  step(batch: ElemBatch, result: StepResult): void {
    this.stepRange(batch, result, 0, batch.length);
  }

  /** Take in elems `from` to `to` of a batch, as `Rib.stepRange` did. */
  stepRange(batch: ElemBatch, result: StepResult, from: number, to: number): void {
    if (from === 0) this.#start(batch);
    const clock = this.#clock.now;
    for (let i = from; i < to; i++) {
      const kind = batch.kind[i]!;
      const vantage = result.vantageIds[batch.vantage[i]!]!;
      if (batch.flags[i]! & ELEM_FLAG.first) this.#counter.newMessage();
      // A table's entries say what was there, not what happened.
      if (kind === KIND.rib) {
        if (result.outcomes[i] !== OUTCOME.unheld) this.#counter.known(i, vantage);
        continue;
      }
      const timeUs = batch.timeUs[i]!;
      const nowUs = clock.step(timeUs, vantage);
      if (nowUs > this.#nowUs) this.#advance(nowUs);
      this.#elems++;
      if (timeUs < this.#windows.startUs) this.#late++;
      if (vantage === NONE) {
        this.#unheld++;
        continue;
      }
      this.#windows.heard(vantage);
      if (kind === KIND.state) this.#state(vantage, batch.state[i]!);
      else if (!(batch.flags[i]! & ELEM_FLAG.multicast)) this.#route(i, vantage, kind, result.outcomes[i]!);
    }
  }

  #start(batch: ElemBatch): void {
    const previous = this.#rib.previous;
    if (!previous) throw new Error('the state must be made with trackPaths');
    this.#sessions.reserve(this.#rib.vantages.length);
    this.#windows.reserve(this.#rib.vantages.length);
    this.#keys.start(batch);
    this.#counter.start(batch, this.#keys, previous);
  }

  #advance(nowUs: number): void {
    const five = Math.floor(nowUs / 300e6);
    if (five !== Math.floor(this.#nowUs / 300e6)) this.#counter.endFive();
    this.#nowUs = nowUs;
    this.#windows.advance(nowUs);
  }

  #state(vantage: number, change: number): void {
    if (this.#sessions.state(vantage, change, this.#nowUs)) this.#counter.reset(vantage);
  }

  #route(i: number, vantage: number, kind: number, outcome: number): void {
    const route = this.#sessions.route(vantage, outcome, this.#nowUs);
    if (route !== ROUTE.news) this.#transferred++;
    if (route === ROUTE.recognised) this.#windows.transferRecognised();
    const epoch = this.#sessions.epoch(vantage);
    const isCounted = route === ROUTE.news;
    if (kind === KIND.withdraw) this.#counter.withdraw(i, vantage, epoch, outcome, isCounted);
    else this.#counter.announce(i, vantage, epoch, outcome, isCounted);
  }

  /** The input ended: emit what is open, masked. */
  end(): void {
    this.#windows.end();
    this.clear();
  }

  /** Forget the stream; counters of what was lost stay. The routing state must be cleared, too. */
  clear(): void {
    this.#doubted += this.#clock.now.doubted;
    this.#clock.now = new StreamClock();
    this.#sessions.clear();
    this.#windows.clear();
    this.#counter.clear();
    this.#nowUs = -Infinity;
  }

  stats(): ExtractorStats {
    return {
      elems: this.#elems,
      late: this.#late,
      doubted: this.#doubted + this.#clock.now.doubted,
      transferred: this.#transferred,
      unheld: this.#unheld,
      skipped: this.#windows.skipped,
      forgotten: this.#counter.forgotten,
      refused: this.#counter.refused,
      vantages: this.#windows.vantages,
      bytes: this.#windows.bytes + this.#counter.bytes,
    };
  }
}
