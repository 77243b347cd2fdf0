import { BmpCapture } from '#core/bmp/capture.ts';
import { BmpDecoder } from '#core/bmp/decoder.ts';
import { looksLikeBmp } from '#core/bmp/header.ts';
import { BgpError } from '#core/error.ts';
import { MrtDecoder } from '#core/mrt/decoder.ts';
import { looksLikePcap } from '#core/pcap/reader.ts';
import { LOG_MAGIC } from '#core/wire/log.ts';
import type { Damage } from './damage.ts';
import { FrameLogReader } from './frame-log.ts';
import { jsonFormatOf, JsonLinesReader } from './json-lines.ts';
import type { FormatReader, ReaderOptions } from './reader.ts';

export type ElemFormat = 'mrt' | 'bmp' | 'bmp-pcap' | 'ris-live' | 'jsonl' | 'frame-log';

/** Bytes `formatOf` likes to see; lines of JSON may start with a long label. */
export const HEAD_BYTES = 64 * 1024;

/** The format of a decompressed stream by its first bytes. @throws {BgpError} FILE_UNKNOWN_FORMAT */
export function formatOf(head: Uint8Array): ElemFormat {
  if (LOG_MAGIC.every((byte, i) => head[i] === byte)) return 'frame-log';
  if (looksLikePcap(head)) return 'bmp-pcap';
  // An MRT file would have to begin in the first two months of 1971 or 1972 to be taken for this.
  if (looksLikeBmp(head)) return 'bmp';
  const text = new TextDecoder().decode(head.subarray(0, HEAD_BYTES)).trimStart();
  if (text.startsWith('{')) return jsonFormatOf(text);
  if (looksLikeMrt(head)) return 'mrt';
  throw new BgpError('FILE_UNKNOWN_FORMAT', 'neither MRT, BMP, RIS Live JSON, elem JSONL nor a frame log');
}

export function openReader(format: ElemFormat, options: ReaderOptions): FormatReader {
  switch (format) {
    case 'mrt':
      return new MrtReader(options);
    case 'bmp':
    case 'bmp-pcap':
      return new BmpReader(format, options);
    case 'ris-live':
    case 'jsonl':
      return new JsonLinesReader(format, options.batchElems, options.damage, options.onBatch);
    case 'frame-log':
      return new FrameLogReader(options);
  }
}

/** MRT types ever assigned, RFC 6396 §4 and §5. */
const MRT_TYPES = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 32, 33, 48, 49]);
const MAX_MRT_SUBTYPE = 255;

/** Whether a plausible MRT header (RFC 6396 §2) stands at the start. */
function looksLikeMrt(head: Uint8Array): boolean {
  // 0: timestamp u32   4: type u16   6: subtype u16   8: length u32; a cut header is for the decoder to report
  if (head.length < 8) return false;
  const type = (head[4]! << 8) | head[5]!;
  const subtype = (head[6]! << 8) | head[7]!;
  return MRT_TYPES.has(type) && subtype <= MAX_MRT_SUBTYPE;
}

class MrtReader implements FormatReader {
  readonly #decoder: MrtDecoder;
  readonly #damage: Damage;

  constructor(options: ReaderOptions) {
    const { collector, batchElems, multicast, damage, onBatch } = options;
    this.#decoder = new MrtDecoder({ collector, batchElems, multicast }, onBatch);
    this.#damage = damage;
  }

  get messages(): number {
    return this.#decoder.stats.records;
  }

  get unsupported(): Readonly<Record<string, number>> {
    const { unsupportedKinds, update } = this.#decoder.stats;
    const unsupported: Record<string, number> = {};
    for (const [kind, count] of Object.entries(unsupportedKinds)) unsupported[`MRT ${kind}`] = count;
    for (const [family, count] of update.unsupportedFamilies) unsupported[familyName(family)] = count;
    return unsupported;
  }

  push(chunk: Uint8Array): void {
    try {
      this.#decoder.push(chunk);
    } finally {
      this.#noteDamage();
    }
  }

  end(): void {
    this.#decoder.end();
  }

  #noteDamage(): void {
    const { damaged, damagedByCode, firstDamaged } = this.#decoder.stats;
    if (damaged === this.#damage.total) return;
    const notes = firstDamaged.map(({ offset, code, detail }) => ({ at: offset, code, detail }));
    this.#damage.replace(damagedByCode, notes);
  }
}

/** BMP as a router sends it, or inside a packet capture; who recorded it is the router's own name. */
class BmpReader implements FormatReader {
  readonly #decoder: BmpDecoder | BmpCapture;

  constructor(format: 'bmp' | 'bmp-pcap', { batchElems, damage, onBatch }: ReaderOptions) {
    const onDamage: (...note: Parameters<Damage['add']>) => void = (...note) => damage.add(...note);
    const Decoder = format === 'bmp' ? BmpDecoder : BmpCapture;
    this.#decoder = new Decoder({ batchElems, onDamage }, onBatch);
  }

  get messages(): number {
    return this.#decoder instanceof BmpDecoder ? this.#decoder.stats.messages : this.#decoder.messages;
  }

  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  end(): void {
    this.#decoder.end();
  }
}

/** @param family `afi << 8 | safi`, or -1 for the rest. */
function familyName(family: number): string {
  return family === -1 ? 'other families' : `AFI ${family >>> 8} SAFI ${family & 0xff}`;
}
