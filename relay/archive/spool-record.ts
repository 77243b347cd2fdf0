import { crc32 } from '#core/wire/crc32.ts';

/** Segments are here. */
export const SPOOL_FOLDER = 'spool';

/**
 * Records of a spool segment, one after the other from the file's start, integers big-endian:
 *
 *   0: length u32 of the payload   4: CRC-32 of everything after it   8: type u8   9: zero u24
 *   12: elems u32   16: first seq u64   24: payload
 */
export const RECORD_HEADER_BYTES = 24;
/** More than any frame: a length beyond is damage. */
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024;

export const RECORD = {
  /** Payload: a frame of docs/wire.md. Its elems have the seqs from `firstSeq` on. */
  frame: 0,
  /** Payload: JSON of an `ArchiveGap`. No seqs. */
  gap: 1,
  /** `elems` seqs from `firstSeq` on belong to an import that writes its own files. No payload. */
  reserve: 2,
} as const;

export interface SpoolRecord {
  readonly type: number;
  readonly elems: number;
  readonly firstSeq: number;
  readonly payload: Uint8Array;
}

export function encodeRecord({ type, elems, firstSeq, payload }: SpoolRecord): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  view.setUint8(8, type);
  view.setUint32(12, elems);
  view.setBigUint64(16, BigInt(firstSeq));
  bytes.set(payload, RECORD_HEADER_BYTES);
  view.setUint32(4, crc32(bytes.subarray(8)));
  return bytes;
}

/** The record at byte `at`, or null when none that is whole begins there. The payload is a view. */
export function decodeRecord(bytes: Uint8Array, at: number): SpoolRecord | null {
  if (bytes.length - at < RECORD_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const length = view.getUint32(0);
  if (length > MAX_PAYLOAD_BYTES || length > bytes.length - at - RECORD_HEADER_BYTES) return null;
  // Cheap, so that looking for a record in damaged bytes does not sum megabytes at each of them.
  const head = view.getUint32(8);
  if (head & 0xff_ffff || head >>> 24 > RECORD.reserve) return null;
  const end = at + RECORD_HEADER_BYTES + length;
  if (view.getUint32(4) !== crc32(bytes.subarray(at + 8, end))) return null;
  const firstSeq = view.getBigUint64(16);
  if (firstSeq > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return {
    type: view.getUint8(8),
    elems: view.getUint32(12),
    firstSeq: Number(firstSeq),
    payload: bytes.subarray(at + RECORD_HEADER_BYTES, end),
  };
}

/** What a segment holds. */
export interface SegmentRecords {
  readonly records: readonly SpoolRecord[];
  /** Bytes that are part of no whole record: a torn last write, or damage. */
  readonly badBytes: number;
  /** Whole records came after bad bytes: that is no torn write. */
  readonly isDamaged: boolean;
}

/**
 * Every whole record of a segment. After bad bytes the next place is looked for where a record is whole; its CRC makes a
 * chance hit a matter of 2^-32.
 */
export function readRecords(bytes: Uint8Array): SegmentRecords {
  const records: SpoolRecord[] = [];
  let badBytes = 0;
  let isDamaged = false;
  for (let at = 0; at < bytes.length;) {
    const record = decodeRecord(bytes, at);
    if (record) {
      isDamaged ||= badBytes > 0;
      records.push(record);
      at += RECORD_HEADER_BYTES + record.payload.length;
    } else {
      badBytes++;
      at++;
    }
  }
  return { records, badBytes, isDamaged };
}

/** A segment's name: its first seq, so that names sort as seqs do; `run` tells attempts to begin it apart. */
export function segmentName(firstSeq: number, run: number): string {
  return `${String(firstSeq).padStart(16, '0')}-${String(run).padStart(8, '0')}.spool`;
}

/** What a segment's name says; null for other files. */
export function parseSegmentName(name: string): { firstSeq: number; run: number } | null {
  const match = /^(\d{16})-(\d{8})\.spool$/.exec(name);
  return match ? { firstSeq: Number(match[1]), run: Number(match[2]) } : null;
}
