import { ELEM_FLAG } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';

/** What a run of NLRI has in common. `flags` goes to each elem; `ELEM_FLAG.addPath` is added by the codec. */
export interface NlriRun {
  kind: number;
  flags: number;
  timeUs: number;
  vantage: number;
  /** Index of the attribute set, `NONE` for withdrawals. */
  attrs: number;
  /** `TABLE` value. */
  table: number;
  addPath: boolean;
  /** Withdrawals carry no meaningful label (RFC 8277 §2.4). */
  labels: boolean;
}

const LABEL_BYTES = 3;
const RD_BYTES = 8;

/**
 * Count the NLRI in `bytes[at .. end)` without decoding them (RFC 4271 §4.3, RFC 7911 §3, RFC 8277 §2, RFC 4364 §4.3.4).
 * @returns -1 if a length is too long for the family or the last entry overruns the end: nothing in the field can then
 * be trusted (RFC 7606 §5.3).
 */
export function countNlri(
  bytes: Uint8Array,
  at: number,
  end: number,
  table: number,
  addPath: boolean,
): number {
  if (table === 0 && !addPath) return countIpv4(bytes, at, end);
  const maxBits = (table & 1) === 1 ? 128 : 32;
  let count = 0;
  while (at < end) {
    if (addPath) at += 4;
    if (at >= end) return -1;
    const bits = bytes[at]!;
    const next = at + 1 + ((bits + 7) >> 3);
    if (next > end) return -1;
    if (table > 1) {
      const labelBytes = labelStackBytes(bytes, at + 1, next);
      const rest = bits - (labelBytes + RD_BYTES) * 8;
      if (labelBytes < 0 || rest < 0 || rest > maxBits) return -1;
    } else if (bits > maxBits) {
      return -1;
    }
    at = next;
    count++;
  }
  return count;
}

/** As `countNlri`, for IPv4 unicast without path identifiers. */
export function countIpv4(bytes: Uint8Array, at: number, end: number): number {
  let count = 0;
  while (at < end) {
    const bits = bytes[at]!;
    if (bits > 32) return -1;
    at += 1 + ((bits + 7) >> 3);
    count++;
  }
  return at === end ? count : -1;
}

/** Where the last whole entry of `bytes[at .. end)` ends, for unicast NLRI whose tail is missing. */
export function wholeNlriEnd(bytes: Uint8Array, at: number, end: number, addPath: boolean): number {
  const head = addPath ? 5 : 1;
  while (at + head <= end) {
    const next = at + head + ((bytes[at + head - 1]! + 7) >> 3);
    if (next > end) break;
    at = next;
  }
  return at;
}

/**
 * Length of the label stack at `at`. It ends at the bottom-of-stack bit, at the withdrawal label 0x800000 (RFC 8277
 * §2.4) and at 0x000000, which some routers send for "label unknown" without a bottom-of-stack bit.
 * @returns bytes, or -1 when `end` comes first.
 */
function labelStackBytes(bytes: Uint8Array, at: number, end: number): number {
  for (let size = LABEL_BYTES; at + size <= end; size += LABEL_BYTES) {
    const last = at + size - LABEL_BYTES;
    const word = (bytes[last]! << 16) | (bytes[last + 1]! << 8) | bytes[last + 2]!;
    if ((word & 1) === 1 || word === 0x80_0000 || word === 0) return size;
  }
  return -1;
}

/** Decodes NLRI fields that `countNlri` accepted, and pushes one elem per entry. */
export class NlriReader {
  readonly #builder: BatchBuilder;
  readonly #labels = new Uint32Array(16);

  constructor(builder: BatchBuilder) {
    this.#builder = builder;
  }

  /** Push every entry of `bytes[at .. end)`; the first one gets `firstFlag` on top of the run's flags. */
  read(bytes: Uint8Array, at: number, end: number, run: NlriRun, firstFlag: number): void {
    const builder = this.#builder;
    const base = run.addPath ? run.flags | ELEM_FLAG.addPath : run.flags;
    let flags = base | firstFlag;
    while (at < end) {
      let pathId = 0;
      if (run.addPath) {
        pathId = u32(bytes, at);
        at += 4;
      }
      const bits = bytes[at]!;
      const next = at + 1 + ((bits + 7) >> 3);
      const isVpn = run.table > 1;
      const labelBytes = isVpn ? labelStackBytes(bytes, at + 1, next) : 0;
      const labels = isVpn && run.labels ? this.#labelStack(bytes, at + 1, labelBytes) : 0;
      const prefix = this.prefixAt(bytes, at, run.table, labelBytes);
      builder.push(run.kind, flags, run.timeUs, run.vantage, prefix, run.attrs, pathId, labels);
      flags = base;
      at = next;
    }
  }

  /** Intern the prefix at `at` (its length octet), whose label stack takes `labelBytes`. Host bits are masked. */
  prefixAt(bytes: Uint8Array, at: number, table: number, labelBytes: number): number {
    let bits = bytes[at++]!;
    let rdHigh = 0;
    let rdLow = 0;
    if (table > 1) {
      at += labelBytes;
      rdHigh = u32(bytes, at);
      rdLow = u32(bytes, at + 4);
      at += RD_BYTES;
      bits -= (labelBytes + RD_BYTES) * 8;
    }
    const w0 = readWord(bytes, at, bits);
    const isV6 = (table & 1) === 1;
    const w1 = isV6 && bits > 32 ? readWord(bytes, at + 4, bits - 32) : 0;
    const w2 = isV6 && bits > 64 ? readWord(bytes, at + 8, bits - 64) : 0;
    const w3 = isV6 && bits > 96 ? readWord(bytes, at + 12, bits - 96) : 0;
    return this.#builder.prefixes.internVpn(table, bits, w0, w1, w2, w3, rdHigh, rdLow);
  }

  /** Labels and prefix of the one VPN entry at `at`, for table dumps: `[prefix, labels]` indexes. */
  labelsAt(bytes: Uint8Array, at: number): { labelBytes: number; labels: number } {
    const next = at + 1 + ((bytes[at]! + 7) >> 3);
    const labelBytes = labelStackBytes(bytes, at + 1, next);
    return { labelBytes, labels: this.#labelStack(bytes, at + 1, labelBytes) };
  }

  #labelStack(bytes: Uint8Array, at: number, size: number): number {
    const labels = this.#labels;
    let count = 0;
    for (const end = at + size; at < end && count < labels.length; at += LABEL_BYTES) {
      const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (word === 0x80_0000 || word === 0) break;
      labels[count++] = word >>> 4;
    }
    return this.#builder.labelStacks.intern(labels, 0, count);
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Up to 32 prefix bits from `at`, host bits zero. Reads only the octets `bits` covers. */
function readWord(bytes: Uint8Array, at: number, bits: number): number {
  if (bits > 24) {
    const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    return bits >= 32 ? word >>> 0 : (word & (-1 << (32 - bits))) >>> 0;
  }
  if (bits <= 0) return 0;
  let word = bytes[at]! << 24;
  if (bits > 8) word |= bytes[at + 1]! << 16;
  if (bits > 16) word |= bytes[at + 2]! << 8;
  return (word & (-1 << (32 - bits))) >>> 0;
}
