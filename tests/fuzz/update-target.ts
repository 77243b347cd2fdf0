import { encodeUpdates } from '../../src/lib/core/bgp/encode.ts';
import { UpdateDecoder } from '../../src/lib/core/bgp/update.ts';
import type { ElemBatch } from '../../src/lib/core/elem/batch.ts';
import { ELEM_FLAG } from '../../src/lib/core/elem/batch.ts';
import { BatchBuilder } from '../../src/lib/core/elem/builder.ts';
import { elemRows } from '../../src/lib/core/elem/row.ts';
import { BgpError } from '../../src/lib/core/error.ts';
import { HEADER_BYTES, u16, u32 } from '../../src/lib/core/mrt/header.ts';
import { checkBatch } from './batch-invariants.ts';
import type { FuzzTarget, Random } from './harness.ts';
import { mrtSeeds } from './mrt-target.ts';

/** A two-octet UPDATE with AS4_PATH, for where the real records are absent. */
const BUILT_IN = '0000002140010100400208020300010002000340030401020304c01106020100030001' + '18c63364';

/** UPDATE bodies of the real BGP4MP records. */
function updateSeeds(): Uint8Array[] {
  const seeds = [Uint8Array.from(Buffer.from(BUILT_IN, 'hex'))];
  for (const record of mrtSeeds()) {
    const type = u16(record, 4);
    if ((type !== 16 && type !== 17) || u32(record, 8) + HEADER_BYTES !== record.length) continue;
    const marker = Buffer.from(record).indexOf(Buffer.alloc(16, 0xff));
    if (marker !== -1 && record[marker + 18] === 2) seeds.push(record.slice(marker + 19));
  }
  return seeds;
}

/** UPDATE bodies: a message gives whole elems or one coded error, and re-encoding the elems gives the same ones. */
export class UpdateTarget implements FuzzTarget {
  readonly name = 'update';
  readonly seeds = updateSeeds();
  readonly #errors = new Map<string, number>();
  #elems = 0;
  #compared = 0;

  run(input: Uint8Array, random: Random): void {
    const context = {
      as4: random.below(2) === 0,
      addPath: random.below(4) === 0,
      internal: random.below(2) === 0,
    };
    const batch = this.#decode([input], context, random.below(2) === 0, false);
    if (batch === null) return;
    checkBatch(batch);
    this.#elems += batch.length;
    this.#compareEncoded(batch);
  }

  /** The one batch of all messages; null on a coded error, of which a message must leave no elems. */
  #decode(
    inputs: readonly Uint8Array[],
    context: { as4: boolean; addPath: boolean; internal: boolean },
    multicast: boolean,
    isWhole: boolean,
  ): ElemBatch | null {
    const builder = new BatchBuilder(64);
    const decoder = new UpdateDecoder(builder, { multicast });
    const vantage = builder.vantages.intern('fuzz', 0, 65001);
    try {
      for (const input of inputs) {
        const full = { ...context, timeUs: 1e15, vantage, flags: 0 };
        if (isWhole) decoder.decodeMessage(input, 0, input.length, full);
        else decoder.decodeBody(input, 0, input.length, full);
      }
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
      if (builder.length > 0)
        throw new Error(`${builder.length} elems of a message that failed`, { cause: error });
      return null;
    }
    return builder.take();
  }

  #compareEncoded(batch: ElemBatch): void {
    // Label stacks with reserved values above the bottom, and a message whose fields disagree on ADD-PATH, have no one form.
    if (batch.prefixes.table.some((table) => table > 1)) return;
    const addPath = batch.length > 0 && (batch.flags[0]! & ELEM_FLAG.addPath) !== 0;
    if (batch.flags.some((flags) => ((flags & ELEM_FLAG.addPath) !== 0) !== addPath)) return;
    let messages: Uint8Array[];
    try {
      messages = encodeUpdates(batch, 0, batch.length, { addPath, maxBytes: 65535 });
    } catch (error) {
      if (error instanceof BgpError && error.code === 'BGP_BAD_LENGTH') return;
      throw error;
    }
    const back = this.#decode(messages, { as4: true, addPath, internal: false }, true, true);
    if (back === null) throw new Error('our own message does not decode');
    const before = rowTexts(batch);
    const after = rowTexts(back);
    if (before.join('\n') !== after.join('\n'))
      throw new Error(`re-encoded differently:\n${before.join('\n')}\n---\n${after.join('\n')}`);
    this.#compared++;
  }

  summary(): string {
    const errors = [...this.#errors].map(([code, count]) => `${code} ${count}`).join(', ');
    return `${this.#elems} elems, ${this.#compared} messages re-encoded alike, ${errors}`;
  }
}

/** Rows as text, in any order: the encoder groups them. What only says how the elem came about is left out. */
function rowTexts(batch: ElemBatch): string[] {
  return elemRows(batch)
    .map((row) => JSON.stringify({ ...row, treatAsWithdraw: undefined }))
    .sort();
}
