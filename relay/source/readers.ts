import { BmpCapture } from '#core/bmp/capture.ts';
import { BmpDecoder } from '#core/bmp/decoder.ts';
import { MrtDecoder } from '#core/mrt/decoder.ts';
import type { ElemFormat } from '#core/sniff/elem-format.ts';
import type { Damage } from './damage.ts';
import { FrameLogReader } from './frame-log.ts';
import { JsonLinesReader } from './json-lines.ts';
import type { FormatReader, ReaderOptions } from './reader.ts';

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
