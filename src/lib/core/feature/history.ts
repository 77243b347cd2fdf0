import { BgpError } from '../error.ts';

/** `RSFH`, little-endian. */
const MAGIC = 0x4846_5352;
const FORMAT = 1;
/** Steps per unit of log1p: counts up to a few hundred come back exactly, greater ones to 0.2 %. */
const STEPS_PER_UNIT = 512;
const MAX_STEP = 0xfffe;
const UNKNOWN = 0xffff;
/** A week; more streams than a relay has vantages; more columns than there are. */
const LIMITS = { minutes: 10_080, streams: 8193, columns: 256, headerBytes: 4_000_000 } as const;

/** Features of streams over some minutes, coarse: what a scorer learns from what is usual before the stream it is given. */
export interface FeatureHistory {
  /** Number of the first minute since 1970. */
  readonly firstMinute: number;
  readonly minutes: number;
  /** Names of columns of `FEATURES`. */
  readonly columns: readonly string[];
  readonly streams: readonly HistoryStream[];
}

export interface HistoryStream {
  readonly name: string;
  /** `columns.length` values of each minute, one minute after the other; NaN where nothing is known. */
  readonly values: Float32Array;
}

/**
 * Write a history. Values are put down as log1p in steps of 1/512; layout, all little-endian:
 *
 *     0: magic u32   4: format u16   6: 0 u16   8: header bytes u32   12: header, JSON
 *     then per stream and column: high bytes of all minutes, low bytes of all minutes
 *
 * Meant to be compressed by whoever stores or sends it.
 */
export function encodeHistory({
  firstMinute,
  minutes,
  columns,
  streams,
}: FeatureHistory): Uint8Array<ArrayBuffer> {
  const names = streams.map(({ name }) => name);
  const header = new Uint8Array(utf8(JSON.stringify({ firstMinute, minutes, columns, streams: names })));
  const size = columns.length * minutes * 2;
  const bytes = new Uint8Array(12 + header.length + streams.length * size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FORMAT, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, 12);
  let at = 12 + header.length;
  for (const { values } of streams) {
    for (let column = 0; column < columns.length; column++, at += 2 * minutes) {
      for (let minute = 0; minute < minutes; minute++) {
        const step = stepOf(values[minute * columns.length + column]!);
        bytes[at + minute] = step >>> 8;
        bytes[at + minutes + minute] = step & 0xff;
      }
    }
  }
  return bytes;
}

/** Read what `encodeHistory` wrote. @throws {BgpError} FEATURE_HISTORY_BAD */
export function decodeHistory(bytes: Uint8Array): FeatureHistory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0, true) !== MAGIC || view.getUint16(4, true) !== FORMAT)
    throw bad('it is not one, or of another format');
  const headerBytes = view.getUint32(8, true);
  if (headerBytes > Math.min(LIMITS.headerBytes, bytes.length - 12)) throw bad('its header is cut short');
  const { firstMinute, minutes, columns, streams } = readHeader(bytes.subarray(12, 12 + headerBytes));
  const size = columns.length * minutes * 2;
  if (bytes.length !== 12 + headerBytes + streams.length * size) throw bad('its length does not fit');
  let at = 12 + headerBytes;
  return {
    firstMinute,
    minutes,
    columns,
    streams: streams.map((name) => {
      const values = new Float32Array(columns.length * minutes);
      for (let column = 0; column < columns.length; column++, at += 2 * minutes) {
        for (let minute = 0; minute < minutes; minute++) {
          const step = (bytes[at + minute]! << 8) | bytes[at + minutes + minute]!;
          values[minute * columns.length + column] = valueOf(step);
        }
      }
      return { name, values };
    }),
  };
}

interface Header {
  readonly firstMinute: number;
  readonly minutes: number;
  readonly columns: readonly string[];
  readonly streams: readonly string[];
}

function readHeader(bytes: Uint8Array): Header {
  let json: unknown;
  try {
    json = JSON.parse(text(bytes));
  } catch (cause) {
    throw new BgpError('FEATURE_HISTORY_BAD', 'its header is not JSON', { cause });
  }
  const { firstMinute, minutes, columns, streams } = (json ?? {}) as Partial<Header>;
  if (!isCount(firstMinute, Number.MAX_SAFE_INTEGER) || !isCount(minutes, LIMITS.minutes))
    throw bad('its minutes are out of bounds');
  if (!isNames(columns, LIMITS.columns) || !isNames(streams, LIMITS.streams))
    throw bad('its columns or streams are out of bounds');
  return { firstMinute, minutes, columns, streams };
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function isNames(value: unknown, most: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every((name) => typeof name === 'string');
}

function bad(why: string): BgpError {
  return new BgpError('FEATURE_HISTORY_BAD', why);
}

function stepOf(value: number): number {
  return value >= 0 ? Math.min(MAX_STEP, Math.round(Math.log1p(value) * STEPS_PER_UNIT)) : UNKNOWN;
}

/** Whole numbers up to what the steps can tell apart come back whole. */
function valueOf(step: number): number {
  if (step === UNKNOWN) return Number.NaN;
  const value = Math.expm1(step / STEPS_PER_UNIT);
  const whole = Math.round(value);
  return stepOf(whole) === step ? whole : value;
}

/** ASCII is all there is in names of features and vantages; what is not is escaped, as JSON has it. */
function utf8(ascii: string): number[] {
  const escaped = ascii.replace(
    /[^\x20-\x7e]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Array.from(escaped, (one) => one.charCodeAt(0));
}

function text(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += 4096)
    out += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return out;
}

/** Gathers frames of one minute into a history of the last minutes. Bounded in minutes and streams. */
export class HistoryKeeper {
  readonly #minutes: number;
  readonly #maxStreams: number;
  readonly #columns: readonly string[];
  readonly #locations: Int32Array;
  /** By stream: steps by minute modulo `minutes`. */
  readonly #steps = new Map<string, { readonly steps: Uint16Array; last: number }>();
  #last = -1;
  #refused = 0;

  /** @param vectorNames names of the frames' columns @param columns those to be kept */
  constructor(
    minutes: number,
    maxStreams: number,
    columns: readonly string[],
    vectorNames: readonly string[],
  ) {
    this.#minutes = minutes;
    this.#maxStreams = maxStreams;
    this.#columns = columns;
    this.#locations = Int32Array.from(columns, (name) => vectorNames.indexOf(name));
  }

  /** Windows of streams there was no room for. */
  get refused(): number {
    return this.#refused;
  }

  get streams(): number {
    return this.#steps.size;
  }

  /** Take in a stream's vector of a minute; null for a masked one. Minutes do not descend. */
  note(name: string, minute: number, vector: Float64Array | null): void {
    this.#last = Math.max(this.#last, minute);
    const kept = this.#streamOf(name, minute);
    if (!kept) return;
    const width = this.#columns.length;
    for (let skipped = Math.max(kept.last + 1, minute - this.#minutes + 1); skipped <= minute; skipped++)
      kept.steps.fill(UNKNOWN, (skipped % this.#minutes) * width, ((skipped % this.#minutes) + 1) * width);
    kept.last = minute;
    if (!vector) return;
    const at = (minute % this.#minutes) * width;
    for (let column = 0; column < width; column++)
      kept.steps[at + column] = stepOf(vector[this.#locations[column]!] ?? Number.NaN);
  }

  #streamOf(name: string, minute: number) {
    const known = this.#steps.get(name);
    if (known) return known;
    if (this.#steps.size >= this.#maxStreams) {
      for (const [other, { last }] of this.#steps)
        if (minute - last >= this.#minutes) this.#steps.delete(other);
    }
    if (this.#steps.size >= this.#maxStreams) {
      this.#refused++;
      return null;
    }
    const kept = {
      steps: new Uint16Array(this.#minutes * this.#columns.length).fill(UNKNOWN),
      last: minute - 1,
    };
    this.#steps.set(name, kept);
    return kept;
  }

  /** Take in what an earlier keeper had, before anything else. @returns its minutes. */
  restore({ firstMinute, minutes, columns, streams }: FeatureHistory): number {
    const vector = new Float64Array(this.#locations.reduce((most, at) => Math.max(most, at + 1), 0));
    for (const { name, values } of streams) {
      for (let i = 0; i < minutes; i++) {
        vector.fill(Number.NaN);
        let isKnown = false;
        for (const [c, column] of columns.entries()) {
          const at = this.#locations[this.#columns.indexOf(column)] ?? -1;
          const value = values[i * columns.length + c]!;
          if (at !== -1) vector[at] = value;
          isKnown ||= !Number.isNaN(value);
        }
        if (isKnown) this.note(name, firstMinute + i, vector);
      }
    }
    return minutes;
  }

  /** What is kept, up to the newest minute. */
  history(): FeatureHistory {
    const minutes = this.#last < 0 ? 0 : this.#minutes;
    const firstMinute = Math.max(0, this.#last - this.#minutes + 1);
    const width = this.#columns.length;
    const streams = [...this.#steps].map(([name, { steps, last }]) => {
      const values = new Float32Array(minutes * width).fill(Number.NaN);
      for (let i = 0; i < minutes && firstMinute + i <= last; i++) {
        const at = ((firstMinute + i) % this.#minutes) * width;
        for (let column = 0; column < width; column++)
          values[i * width + column] = valueOf(steps[at + column]!);
      }
      return { name, values };
    });
    return { firstMinute, minutes, columns: this.#columns, streams };
  }

  clear(): void {
    this.#steps.clear();
    this.#last = -1;
  }
}
