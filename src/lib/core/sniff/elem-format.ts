import { looksLikeBmp } from '../bmp/header.ts';
import { BgpError } from '../error.ts';
import { looksLikePcap } from '../pcap/reader.ts';
import { LOG_MAGIC } from '../wire/log.ts';

/** What a file of updates may be, compression apart. */
export type ElemFormat = 'frame-log' | 'mrt' | 'bmp' | 'bmp-pcap' | 'ris-live' | 'jsonl';

/** Bytes `elemFormatOf` likes to see; lines of JSON may start with a long label. */
export const HEAD_BYTES = 64 * 1024;

/** MRT types ever assigned, RFC 6396 §4 and §5. */
const MRT_TYPES = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 32, 33, 48, 49]);
const MAX_MRT_SUBTYPE = 255;

/** The format of a decompressed stream by its first bytes. @throws {BgpError} FILE_UNKNOWN_FORMAT */
export function elemFormatOf(head: Uint8Array): ElemFormat {
  if (LOG_MAGIC.every((byte, i) => head[i] === byte)) return 'frame-log';
  if (looksLikePcap(head)) return 'bmp-pcap';
  // An MRT file would have to begin in the first two months of 1971 or 1972 to be taken for this.
  if (looksLikeBmp(head)) return 'bmp';
  const text = asciiOf(head.subarray(0, HEAD_BYTES)).trimStart();
  if (text.startsWith('{')) return jsonFormatOf(text);
  if (looksLikeMrt(head)) return 'mrt';
  throw new BgpError('FILE_UNKNOWN_FORMAT', 'neither MRT, BMP, RIS Live JSON, elem JSONL nor a frame log');
}

/** Byte for character: what tells formats apart is ASCII, and the head may end inside a character. */
function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Whether a plausible MRT header (RFC 6396 §2) stands at the start. */
function looksLikeMrt(head: Uint8Array): boolean {
  // 0: timestamp u32   4: type u16   6: subtype u16   8: length u32; a cut header is for the decoder to report
  if (head.length < 8) return false;
  const type = (head[4]! << 8) | head[5]!;
  const subtype = (head[6]! << 8) | head[7]!;
  return MRT_TYPES.has(type) && subtype <= MAX_MRT_SUBTYPE;
}

/** Which of the two formats of JSON lines: the first line that is an object decides. */
function jsonFormatOf(head: string): 'ris-live' | 'jsonl' {
  for (const line of head.split('\n')) {
    const value = objectOf(line);
    if (!value) continue;
    const { type } = value;
    if (type === 'pong' || (typeof type === 'string' && type.startsWith('ris_'))) return 'ris-live';
    // RIS Live of 2018 wrote flat objects with `timestamp`; elem JSONL has `ts`, its label lines neither.
    return 'timestamp' in value && 'host' in value ? 'ris-live' : 'jsonl';
  }
  return head.includes('"ris_') ? 'ris-live' : 'jsonl';
}

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // the head may end inside a line
  }
}
