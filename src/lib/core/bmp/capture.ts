import type { ElemBatch } from '../elem/batch.ts';
import type { ErrorCode } from '../error.ts';
import { BgpError } from '../error.ts';
import { PcapReader } from '../pcap/reader.ts';
import { Reassembly } from '../pcap/reassembly.ts';
import { segmentOf } from '../pcap/tcp.ts';
import { BmpDecoder } from './decoder.ts';
import { looksLikeBmp } from './header.ts';

/** Connections followed at a time; more are left out and counted. */
const MAX_FLOWS = 1024;

interface Flow {
  readonly stream: Reassembly;
  /** Null while nothing, or nothing that is BMP, has come. */
  decoder: BmpDecoder | null;
}

export interface CaptureOptions {
  readonly router?: string;
  readonly batchElems?: number;
  readonly onDamage?: (code: ErrorCode, offset: number, detail: string) => void;
}

/** Reads the BMP sessions in a packet capture: each direction of a TCP connection that speaks BMP is one router's stream. */
export class BmpCapture {
  readonly #options: CaptureOptions;
  readonly #onBatch: (batch: ElemBatch) => void;
  readonly #flows = new Map<string, Flow>();
  readonly #pcap: PcapReader;
  /** Connections beyond the bound, and octets the capture missed. */
  refusedFlows = 0;

  constructor(options: CaptureOptions, onBatch: (batch: ElemBatch) => void) {
    this.#options = options;
    this.#onBatch = onBatch;
    this.#pcap = new PcapReader((packet) => {
      const segment = segmentOf(packet);
      if (segment) this.#flow(segment.flow)?.stream.take(segment);
    });
  }

  /** BMP messages read so far. */
  get messages(): number {
    let messages = 0;
    for (const { decoder } of this.#flows.values()) messages += decoder?.stats.messages ?? 0;
    return messages;
  }

  get holes(): number {
    let holes = 0;
    for (const { stream } of this.#flows.values()) holes += stream.holes;
    return holes;
  }

  /** @throws {BgpError} PCAP_BAD */
  push(chunk: Uint8Array): void {
    this.#pcap.push(chunk);
  }

  /** @throws {BgpError} PCAP_TRUNCATED, after everything was delivered */
  end(): void {
    for (const flow of this.#flows.values()) {
      flow.stream.end();
      // A session that goes on after the capture ends in the middle of a message: nothing is wrong with that.
      this.#guard(flow, (decoder) => decoder.end(), ['BMP_TRUNCATED']);
    }
    this.#pcap.end();
  }

  #flow(name: string): Flow | null {
    const known = this.#flows.get(name);
    if (known) return known;
    if (this.#flows.size >= MAX_FLOWS) {
      this.refusedFlows++;
      return null;
    }
    const flow: Flow = {
      decoder: null,
      stream: new Reassembly((bytes, isAfterHole) => this.#take(flow, bytes, isAfterHole)),
    };
    this.#flows.set(name, flow);
    return flow;
  }

  #take(flow: Flow, bytes: Uint8Array, isAfterHole: boolean): void {
    if (isAfterHole) this.#guard(flow, (decoder) => decoder.end(), ['BMP_TRUNCATED']);
    if (flow.decoder === null || isAfterHole) {
      // A capture may begin inside a message, too: wait for a segment that starts one.
      if (!looksLikeBmp(bytes)) return;
      flow.decoder = new BmpDecoder(this.#options, this.#onBatch);
    }
    this.#guard(flow, (decoder) => decoder.push(bytes), []);
  }

  #guard(flow: Flow, act: (decoder: BmpDecoder) => void, usual: readonly ErrorCode[]): void {
    if (!flow.decoder) return;
    try {
      act(flow.decoder);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      if (!usual.includes(error.code)) this.#options.onDamage?.(error.code, 0, error.message);
      flow.decoder = null;
    }
  }
}
