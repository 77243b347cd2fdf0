import type { ElemBatch } from '../../src/lib/core/elem/batch.ts';
import { BgpError } from '../../src/lib/core/error.ts';
import { MrtDecoder } from '../../src/lib/core/mrt/decoder.ts';
import { HEADER_BYTES, u16, u32 } from '../../src/lib/core/mrt/header.ts';
import { MAX_DAMAGED_KEPT } from '../../src/lib/core/mrt/stats.ts';
import { HAS_DATA, readData } from '../data.ts';
import { checkBatch } from './batch-invariants.ts';
import type { FuzzTarget, Random } from './harness.ts';

const FILES = [
  'mrt/parsers/bird-mrtdump_bgp',
  'mrt/parsers/bird-mrtdump_rib',
  'mrt/parsers/bird6-mrtdump_bgp',
  'mrt/parsers/bird6-mrtdump_rib',
  'mrt/parsers/quagga_bgp',
  'mrt/parsers/quagga_rib',
  'mrt/parsers/bgpipe-sample-20220119.mrt',
  'mrt/parsers/updates.20000102.2014.gz',
  'mrt/bgpdump/updates.20071015.1505.gz',
  'mrt/bgpdump/updates.20100722.2015.gz',
  'mrt/bgpdump/bview.20020722.2337.gz',
  'mrt/bgpdump/bview.ipv4_unicast_add_path.gz',
  'bmp/captures/gobgp-updates.mrt',
  'bmp/captures/gobgp-table.mrt',
];
/** Records taken of each type and subtype of a file. */
const RECORDS_OF_A_KIND = 6;

/** One announcement (TABLE_DUMP), for where the real records are absent. */
const BUILT_IN =
  '47c1a000000c000100000031' +
  '00000001c6336400180147c1a000c0000209fde9001b40010100400206' +
  '0202fde9fdea400304c000020180040400000064';

/** Real records of every kind; RIB records with the PEER_INDEX_TABLE before them, since they mean nothing without. */
export function mrtSeeds(): Uint8Array[] {
  const seeds = [Uint8Array.from(Buffer.from(BUILT_IN, 'hex'))];
  if (!HAS_DATA) return seeds;
  for (const file of FILES) {
    const bytes = readData(file);
    const counts = new Map<number, number>();
    let index: Uint8Array = new Uint8Array(0);
    for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
      const next = at + HEADER_BYTES + u32(bytes, at + 8);
      const record = bytes.subarray(at, next);
      const kind = u32(bytes, at + 4);
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      if (kind === 0x000d_0001) index = record;
      if (count < RECORDS_OF_A_KIND) {
        seeds.push(Uint8Array.from(u16(bytes, at + 4) === 13 ? Buffer.concat([index, record]) : record));
      }
      at = next;
    }
  }
  return seeds;
}

/** Give the last record of the input its real length back, so that the mutation reaches the body's decoder. */
function mendFraming(input: Uint8Array): void {
  let at = 0;
  while (at + HEADER_BYTES <= input.length) {
    const next = at + HEADER_BYTES + u32(input, at + 8);
    if (next + HEADER_BYTES > input.length) break;
    at = next;
  }
  const rest = input.length - at - HEADER_BYTES;
  if (rest < 0) return;
  input[at + 8] = rest >>> 24;
  input[at + 9] = rest >>> 16;
  input[at + 10] = rest >>> 8;
  input[at + 11] = rest;
}

const EXPECTED_AT_THE_BORDER: ReadonlySet<string> = new Set(['MRT_TRUNCATED', 'MRT_LOST_FRAMING']);

/** MRT streams: only the two coded errors may leave the decoder, and every batch must be whole. */
export class MrtTarget implements FuzzTarget {
  readonly name = 'mrt';
  readonly seeds = mrtSeeds();
  #elems = 0;
  #damaged = 0;
  #border = 0;
  /** Lives as long as the run, to see that nothing in it grows. */
  readonly #veteran = new MrtDecoder({ collector: 'fuzz', batchElems: 100, multicast: true }, (batch) =>
    this.#take(batch),
  );

  run(input: Uint8Array, random: Random): void {
    const isMended = random.below(4) !== 0;
    if (isMended) mendFraming(input);
    const decoder = new MrtDecoder({ collector: 'fuzz', batchElems: 1 + random.below(50) }, (batch) =>
      this.#take(batch),
    );
    const chunkBytes = 1 + random.below(random.pick([4, 100, 70_000]));
    try {
      for (let at = 0; at < input.length; at += chunkBytes) decoder.push(input.subarray(at, at + chunkBytes));
      decoder.end();
      this.#veteran.push(input);
    } catch (error) {
      if (!(error instanceof BgpError) || !EXPECTED_AT_THE_BORDER.has(error.code)) throw error;
      this.#border++;
    }
    this.#damaged += decoder.stats.damaged;
  }

  #take(batch: ElemBatch): void {
    checkBatch(batch);
    this.#elems += batch.length;
  }

  checkGrowth(): void {
    const { firstDamaged, unsupportedKinds, update } = this.#veteran.stats;
    const sizes = [
      firstDamaged.length,
      Object.keys(unsupportedKinds).length,
      update.unsupportedFamilies.size,
    ];
    if (sizes[0]! > MAX_DAMAGED_KEPT || sizes[1]! > 65 || sizes[2]! > 65)
      throw new Error(`grows: ${sizes.join(' ')}`);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers > 1e9) throw new Error(`memory: ${heapUsed + arrayBuffers} bytes`);
  }

  summary(): string {
    return `${this.#elems} elems, ${this.#damaged} damaged records, ${this.#border} truncated or lost streams`;
  }
}
