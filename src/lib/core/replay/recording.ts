import { StreamClock } from '../detect/stream-clock.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { KIND } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { VantageIndex } from '../rib/vantages.ts';
import { decodeBatch, encodeBatch } from '../wire/batch.ts';
import type { OpenFrame } from './frame-cache.ts';
import { FrameCache } from './frame-cache.ts';
import { PrefixBloom } from './prefix-bloom.ts';
import { SecondCounts } from './second-counts.ts';

/** What is known of a part of a recording without decoding it. */
export interface ReplayFrame {
  /** As `encodeBatch` made it. */
  readonly body: Uint8Array;
  /** Number of its first elem in the recording, from 0. */
  readonly firstElem: number;
  readonly elems: number;
  /** What time it was before its first and after its last elem, Unix microseconds; -Infinity before the first update. */
  readonly startUs: number;
  readonly endUs: number;
  /** Elems whose time was too far ahead to be believed, as indexes in order. */
  readonly doubted: readonly number[];
  readonly before: KindCounts;
  readonly bloom: PrefixBloom;
}

/** Elems by kind; table entries are none of them. */
export interface KindCounts {
  readonly announcements: number;
  readonly withdrawals: number;
  readonly stateChanges: number;
}

export const NO_COUNTS: KindCounts = { announcements: 0, withdrawals: 0, stateChanges: 0 };

export interface RecordingOptions {
  /** Bytes the encoded frames and what is known of them may take (default 256 MB): about 30 million elems. */
  readonly budgetBytes?: number;
  /** Bytes of decoded frames kept (default 64 MB). */
  readonly cacheBytes?: number;
}

/** What a frame's entry costs beside its body and its filter. */
const ENTRY_BYTES = 256;

/**
 * A recording in memory: encoded frames in the order they came, and an index that finds any moment in them. The time of an
 * elem here is that of the stream when it came (`StreamClock`): elems out of order do not turn the clock back, and those with
 * a bad clock do not move it. Append first, read afterwards.
 */
export class Recording {
  readonly vantages = new VantageIndex();
  readonly seconds = new SecondCounts();
  readonly #frames: ReplayFrame[] = [];
  readonly #cache: FrameCache;
  readonly #clock = new StreamClock();
  readonly #budgetBytes: number;
  #bytes = 0;
  #elems = 0;
  #tableEntries = 0;
  #firstUs: number | null = null;
  #tableUs: number | null = null;
  #totals = NO_COUNTS;

  constructor(options: RecordingOptions = {}) {
    this.#budgetBytes = options.budgetBytes ?? 256 * 1024 * 1024;
    this.#cache = new FrameCache(options.cacheBytes ?? 64 * 1024 * 1024);
  }

  get frames(): readonly ReplayFrame[] {
    return this.#frames;
  }

  get elems(): number {
    return this.#elems;
  }

  /** Entries of a table among them: what there was before. */
  get tableEntries(): number {
    return this.#tableEntries;
  }

  get totals(): KindCounts {
    return this.#totals;
  }

  get bytes(): number {
    return this.#bytes + this.seconds.bytes;
  }

  /** First and last moment, Unix microseconds. A recording of table entries alone is one moment. 0 when it is empty. */
  get startUs(): number {
    return this.#firstUs ?? this.#tableUs ?? 0;
  }

  get endUs(): number {
    return this.#firstUs === null ? this.startUs : this.#clock.nowUs;
  }

  /**
   * Take in a batch as one frame. @param body the batch as `encodeBatch` makes it, when the caller has it.
   * @throws {BgpError} REPLAY_TOO_LARGE when the budget is used up: nothing of the batch is taken then
   */
  append(batch: ElemBatch, body: Uint8Array = encodeBatch(batch)): void {
    if (batch.length === 0) return;
    const bloom = new PrefixBloom(batch.prefixes);
    const bytes = body.length + bloom.bytes + ENTRY_BYTES;
    if (this.bytes + bytes > this.#budgetBytes)
      throw new BgpError(
        'REPLAY_TOO_LARGE',
        `more than ${this.#budgetBytes >> 20} MB after ${this.#elems} elems`,
      );
    this.#bytes += bytes;
    const [startUs, before] = [this.#clock.nowUs, this.#totals];
    const doubted = this.#count(batch);
    const { nowUs: endUs } = this.#clock;
    const { length: elems } = batch;
    this.#frames.push({ body, firstElem: this.#elems, elems, startUs, endUs, doubted, before, bloom });
    this.#elems += elems;
  }

  /** Move the clock over a batch and count it. @returns the elems that were doubted. */
  #count(batch: ElemBatch): number[] {
    const clock = this.#clock;
    const vantageIds = this.vantages.map(batch);
    const counts = [0, 0, 0, 0];
    const doubted: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind[i]!;
      counts[kind]!++;
      if (kind === KIND.rib) {
        this.#tableUs ??= batch.timeUs[i]!;
        continue;
      }
      const before = clock.doubted;
      const nowUs = clock.step(batch.timeUs[i]!, vantageIds[batch.vantage[i]!]!);
      if (clock.doubted !== before) doubted.push(i);
      this.#firstUs ??= nowUs;
      if (kind !== KIND.state) this.seconds.add(Math.floor(nowUs / 1e6), kind === KIND.withdraw);
    }
    const { announcements, withdrawals, stateChanges } = this.#totals;
    this.#tableEntries += counts[KIND.rib]!;
    this.#totals = {
      announcements: announcements + counts[KIND.announce]!,
      withdrawals: withdrawals + counts[KIND.withdraw]!,
      stateChanges: stateChanges + counts[KIND.state]!,
    };
    this.#bytes += doubted.length * 8;
    return doubted;
  }

  /** Frame `index`, decoded. */
  open(index: number): OpenFrame {
    const known = this.#cache.get(index);
    if (known) return known;
    const frame = this.#frames[index]!;
    const batch = decodeBatch(frame.body);
    const opened = { batch, clockUs: clockOf(frame, batch) };
    this.#cache.put(index, opened);
    return opened;
  }

  /** Whether a frame may have one of some prefixes or, with `inside`, something inside one. */
  mayHave(index: number, keys: readonly PrefixKey[], inside: boolean): boolean {
    const { bloom } = this.#frames[index]!;
    return keys.some((key) => bloom.mayHave(key, inside));
  }

  /** Whether sessions changed their state in a frame. */
  hasStates(index: number): boolean {
    const after = this.#frames[index + 1]?.before ?? this.#totals;
    return after.stateChanges > this.#frames[index]!.before.stateChanges;
  }

  /** The frame that elem `position` is in; the last when it is beyond the end. */
  frameOf(position: number): number {
    const at = firstWhere(this.#frames.length, (i) => this.#frames[i]!.firstElem > position);
    return Math.max(0, at - 1);
  }

  /** How many elems came up to a moment, itself included. Table entries before the first update came before everything. */
  positionAt(timeUs: number): number {
    const at = firstWhere(this.#frames.length, (i) => this.#frames[i]!.endUs > timeUs);
    const frame = this.#frames[at];
    if (!frame) return this.#elems;
    const { clockUs } = this.open(at);
    return frame.firstElem + firstWhere(clockUs.length, (i) => clockUs[i]! > timeUs);
  }

  /** What time it was at an elem, Unix microseconds. */
  clockAt(position: number): number {
    const index = this.frameOf(position);
    const timeUs = this.open(index).clockUs[position - this.#frames[index]!.firstElem];
    return Math.max(timeUs ?? this.endUs, this.startUs);
  }
}

function clockOf(frame: ReplayFrame, batch: ElemBatch): Float64Array {
  const clockUs = new Float64Array(batch.length);
  let nowUs = frame.startUs;
  let doubt = 0;
  for (let i = 0; i < batch.length; i++) {
    if (frame.doubted[doubt] === i) doubt++;
    else if (batch.kind[i] !== KIND.rib && batch.timeUs[i]! > nowUs) nowUs = batch.timeUs[i]!;
    clockUs[i] = nowUs;
  }
  return clockUs;
}

/** The first of `length` indexes for which a test that turns true once is true; `length` when it never is. */
export function firstWhere(length: number, test: (i: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
