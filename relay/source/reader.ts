import type { ElemBatch } from '#core/elem/batch.ts';
import type { Damage } from './damage.ts';

export interface ReaderOptions {
  readonly collector: string;
  readonly batchElems: number;
  readonly multicast: boolean;
  readonly damage: Damage;
  readonly onBatch: (batch: ElemBatch) => void;
}

/** Turns the bytes of one file into batches. `push` and `end` throw what ends the file early. */
export interface FormatReader {
  push(chunk: Uint8Array): void;
  end(): void;
  /** MRT records, BGP messages of a log, or lines that gave elems so far. */
  readonly messages: number;
  /** Records of kinds that give no elems, by `type/subtype`. */
  readonly unsupported?: Readonly<Record<string, number>>;
}
