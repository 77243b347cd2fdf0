import type { VantageName } from '../rib/vantages.ts';
import { FEATURE_COUNT } from './features.ts';
import type { Sessions } from './sessions.ts';
import { addMinute, addStream, maskedVector, TALLY, TALLY_ROW, vectorOf } from './tally.ts';
import type { FeatureFrame, Mask, WidthS } from './window.ts';
import { ALL_STREAM, MASK } from './window.ts';

const MINUTE_US = 60e6;
/** A stream of which nothing at all is heard for longer has a hole: collectors with dozens of peers are not silent for two minutes. */
const SILENCE_US = 120e6;
/** A vantage not heard for so long has no windows until it is heard again. */
const ABSENT_MINUTES = 60;
/** Windows told of within one hole, one by one; the others are left out, which means the same (`skipped`). */
const MAX_HOLE_WINDOWS = 4096;

/** Where `Windows` puts the row of vantage `id`; row 0 is that of all vantages. */
export function rowOf(id: number): number {
  return (id + 1) * TALLY_ROW;
}

/**
 * The windows that are open: what has been counted for each stream in the current minute and the current five, which of
 * them say nothing, and when they end. One row per vantage and width, which the routing state bounds.
 */
export class Windows {
  readonly #nameOf: (vantage: number) => VantageName;
  readonly #sessions: Sessions;
  readonly #emit: (frame: FeatureFrame) => void;
  /** Tallies of the current minute; `rowOf` says where. */
  rows = new Float64Array(64 * TALLY_ROW);
  #fiveRows = new Float64Array(64 * TALLY_ROW);
  #length = 0;
  readonly #names: string[] = [];
  readonly #asns: number[] = [];
  readonly #collectors: number[] = [];
  readonly #collectorIds = new Map<string, number>();
  /** By vantage: the minute it appeared in, and the last one it was heard in. */
  #since = new Float64Array(64);
  #last = new Float64Array(64);
  /** Number of the current minute since 1970; -1 before the first elem. */
  #minute = -1;
  #firstMinute = -1;
  #nowUs = -Infinity;
  #isAfterGap = false;
  #holeMinute = -1;
  #holeMask: Mask = MASK.gap;
  #transferMinute = -1;
  #skipped = 0;

  constructor(
    nameOf: (vantage: number) => VantageName,
    sessions: Sessions,
    emit: (frame: FeatureFrame) => void,
  ) {
    this.#nameOf = nameOf;
    this.#sessions = sessions;
    this.#emit = emit;
  }

  /** Number of the current minute within its five, 0..4. */
  get minuteOfFive(): number {
    return this.#minute % 5;
  }

  /** Unix microseconds at which the current minute began. */
  get startUs(): number {
    return this.#minute * MINUTE_US;
  }

  /** Windows inside holes that nothing was emitted for. */
  get skipped(): number {
    return this.#skipped;
  }

  get vantages(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.rows.byteLength + this.#fiveRows.byteLength + this.#since.byteLength * 2;
  }

  /** Room for vantages below `count`. */
  reserve(count: number): void {
    if (count > this.#since.length) {
      const size = Math.max(count, this.#since.length * 2);
      const grown = (from: Float64Array, length: number): Float64Array<ArrayBuffer> => {
        const next = new Float64Array(length);
        next.set(from);
        return next;
      };
      this.rows = grown(this.rows, rowOf(size));
      this.#fiveRows = grown(this.#fiveRows, rowOf(size));
      this.#since = grown(this.#since, size);
      this.#last = grown(this.#last, size);
    }
    for (; this.#length < count; this.#length++) this.#add(this.#length);
  }

  #add(vantage: number): void {
    const { collector, peerAddress, peerAsn } = this.#nameOf(vantage);
    let id = this.#collectorIds.get(collector);
    if (id === undefined) this.#collectorIds.set(collector, (id = this.#collectorIds.size));
    this.#names[vantage] = `${collector} ${peerAddress} ${peerAsn}`;
    this.#asns[vantage] = peerAsn;
    this.#collectors[vantage] = id;
    this.#since[vantage] = this.#last[vantage] = -Infinity;
  }

  /** Something of the vantage was heard now, whatever it was. */
  heard(vantage: number): void {
    this.rows[rowOf(vantage) + TALLY.heard]!++;
    const minute = this.#minute;
    if (this.#last[vantage] === minute) return;
    if (minute - this.#last[vantage]! >= ABSENT_MINUTES) this.#since[vantage] = minute;
    this.#last[vantage] = minute;
  }

  /** Something was lost between the elem before and the next. */
  gap(): void {
    this.#isAfterGap = true;
  }

  /** A vantage turned out to be sending its table, and some of it has been counted as news of all vantages. */
  transferRecognised(): void {
    this.#transferMinute = this.#minute;
  }

  /** It is `nowUs` in the data, never earlier than it was: what ends before is emitted. */
  advance(nowUs: number): void {
    const target = Math.floor(nowUs / MINUTE_US);
    if (this.#minute === -1) {
      this.#minute = this.#firstMinute = target;
      this.#isAfterGap = false;
    }
    const isHole = this.#isAfterGap || nowUs - this.#nowUs > SILENCE_US;
    this.#nowUs = nowUs;
    if (isHole) this.#holeMask = this.#isAfterGap ? MASK.gap : MASK.silence;
    this.#isAfterGap = false;
    if (isHole) this.#holeMinute = this.#minute;
    for (let told = 0; this.#minute < target;) {
      if (isHole && told >= MAX_HOLE_WINDOWS) {
        this.#skip(target);
        break;
      }
      told += this.#close();
      if (isHole) this.#holeMinute = this.#minute;
    }
  }

  /** The input ended: what is open is emitted as it is, masked, since nothing says that it is all. */
  end(): void {
    if (this.#minute === -1) return;
    this.#firstMinute = this.#minute;
    for (let vantage = 0; vantage < this.#length; vantage++)
      if (this.#isPresent(vantage, this.#minute)) this.#since[vantage] = this.#minute;
    const fiveEnd = (Math.floor(this.#minute / 5) + 1) * 5;
    this.#close();
    if (this.#minute < fiveEnd) this.#closeFive(fiveEnd - 5);
    this.clear();
  }

  /** @returns how many windows were told of. */
  #close(): number {
    const minute = this.#minute;
    const { rows } = this;
    for (let vantage = 0; vantage < this.#length; vantage++) {
      const row = rowOf(vantage);
      if (rows[row + TALLY.heard] === 0) continue;
      addStream(rows, row, rows, 0);
      addMinute(rows, row, this.#fiveRows, row);
    }
    addMinute(rows, 0, this.#fiveRows, 0);
    let told = this.#tell(rows, 60, minute);
    rows.fill(0, 0, rowOf(this.#length));
    this.#minute++;
    if (this.#minute % 5 === 0) told += this.#closeFive(this.#minute - 5);
    return told;
  }

  #closeFive(firstMinute: number): number {
    const told = this.#tell(this.#fiveRows, 300, firstMinute);
    this.#fiveRows.fill(0, 0, rowOf(this.#length));
    return told;
  }

  /** Leave out the rest of a hole, up to minute `target`. */
  #skip(target: number): void {
    const fiveEnd = (Math.floor(this.#minute / 5) + 1) * 5;
    if (this.#minute % 5 !== 0 && target >= fiveEnd) this.#closeFive(fiveEnd - 5);
    this.#skipped += target - this.#minute;
    this.#minute = this.#holeMinute = target;
  }

  #isPresent(vantage: number, minute: number): boolean {
    return minute - this.#last[vantage]! < ABSENT_MINUTES;
  }

  /** Emit the windows of `rows`, which begin with minute `first`. @returns how many there are. */
  #tell(rows: Float64Array, widthS: WidthS, first: number): number {
    const present: number[] = [];
    const isCollectorHeard = new Uint8Array(this.#collectorIds.size);
    for (let vantage = 0; vantage < this.#length; vantage++) {
      if (this.#isPresent(vantage, first)) present.push(vantage);
      if (rows[rowOf(vantage) + TALLY.heard]! > 0) isCollectorHeard[this.#collectors[vantage]!] = 1;
    }
    const frame: FeatureFrame = {
      startUs: first * MINUTE_US,
      widthS,
      streams: [ALL_STREAM, ...present.map((vantage) => this.#names[vantage]!)],
      masks: new Uint8Array(present.length + 1),
      values: new Float64Array((present.length + 1) * FEATURE_COUNT),
    };
    const peers = new Set<number>();
    let masked = 0;
    for (const [i, vantage] of present.entries()) {
      const row = rowOf(vantage);
      const hasSpoken = rows[row + TALLY.announcements]! + rows[row + TALLY.withdrawals]! > 0;
      if (hasSpoken) peers.add(this.#asns[vantage]!);
      const mask = this.#maskOf(vantage, first, isCollectorHeard[this.#collectors[vantage]!] === 1);
      if (mask !== MASK.none) masked++;
      write(frame, i + 1, mask, rows, row, hasSpoken ? 1 : 0);
    }
    const mask = this.#maskOfAll(rows, first, masked * 2 > present.length);
    write(frame, 0, mask, rows, 0, peers.size);
    this.#emit(frame);
    return frame.streams.length;
  }

  #maskOf(vantage: number, first: number, isCollectorHeard: boolean): Mask {
    if (this.#since[vantage]! >= first) return MASK.partial;
    if (this.#holeMinute >= first) return this.#holeMask;
    if (!isCollectorHeard) return MASK.silence;
    if (this.#sessions.isDown(vantage)) return MASK.session;
    return this.#sessions.isTransferSince(vantage, first * MINUTE_US) ? MASK.transfer : MASK.none;
  }

  #maskOfAll(rows: Float64Array, first: number, isMostMasked: boolean): Mask {
    if (this.#firstMinute >= first) return MASK.partial;
    if (this.#holeMinute >= first) return this.#holeMask;
    if (rows[TALLY.heard] === 0) return MASK.silence;
    if (this.#transferMinute >= first) return MASK.transfer;
    return isMostMasked ? MASK.vantages : MASK.none;
  }

  /** Forget the stream and its vantages. */
  clear(): void {
    this.rows.fill(0);
    this.#fiveRows.fill(0);
    this.#length = this.#names.length = this.#asns.length = this.#collectors.length = 0;
    this.#collectorIds.clear();
    this.#minute = this.#firstMinute = this.#holeMinute = this.#transferMinute = -1;
    this.#nowUs = -Infinity;
    this.#isAfterGap = false;
  }
}

function write(
  frame: FeatureFrame,
  i: number,
  mask: Mask,
  rows: Float64Array,
  at: number,
  peers: number,
): void {
  frame.masks[i] = mask;
  if (mask === MASK.none) vectorOf(rows, at, frame.widthS, peers, frame.values, i * FEATURE_COUNT);
  else maskedVector(rows, at, frame.values, i * FEATURE_COUNT);
}
