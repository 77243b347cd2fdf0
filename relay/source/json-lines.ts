import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { JsonlDecoder } from '#core/elem/jsonl.ts';
import { BgpError } from '#core/error.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import type { Damage } from './damage.ts';
import { LineSplitter } from './lines.ts';

/** JSON lines of either format -> batches. A bad line is counted and left out. */
export class JsonLinesReader {
  readonly #builder: BatchBuilder;
  readonly #decode: (text: string) => { elems?: number; badPrefixes?: number; type: string };
  readonly #lines: LineSplitter;
  readonly #onBatch: (batch: ElemBatch) => void;
  readonly #damage: Damage;
  /** Lines that gave elems. */
  messages = 0;

  constructor(
    format: 'ris-live' | 'jsonl',
    batchElems: number,
    damage: Damage,
    onBatch: (batch: ElemBatch) => void,
  ) {
    const builder = new BatchBuilder(batchElems);
    const decoder = format === 'ris-live' ? new RisLiveDecoder(builder) : new JsonlDecoder(builder);
    this.#builder = builder;
    this.#decode = (text) => decoder.decode(text);
    this.#damage = damage;
    this.#onBatch = onBatch;
    const code = format === 'ris-live' ? 'RIS_BAD_MESSAGE' : 'JSONL_BAD_LINE';
    this.#lines = new LineSplitter(
      (text, lineNumber) => this.#line(text, lineNumber),
      (lineNumber) => damage.add(code, lineNumber, 'line too long'),
    );
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
    this.#flush();
  }

  #line(text: string, lineNumber: number): void {
    try {
      const before = this.#builder.length;
      const { badPrefixes } = this.#decode(text);
      if (this.#builder.length > before) this.messages++;
      if (badPrefixes) this.#damage.add('PREFIX_BAD', lineNumber, `${badPrefixes} bad prefixes left out`);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#damage.add(error.code, lineNumber, error.message);
    }
    if (this.#builder.isFull) this.#flush();
  }

  #flush(): void {
    if (this.#builder.length > 0) this.#onBatch(this.#builder.take());
  }
}
