import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { ElemBatch } from '../../src/lib/core/elem/batch.ts';
import { batchBuffers } from '../../src/lib/core/elem/batch.ts';
import { elemRows } from '../../src/lib/core/elem/row.ts';
import { BgpError } from '../../src/lib/core/error.ts';
import { decodeBatch, encodeBatch } from '../../src/lib/core/wire/batch.ts';
import { COMPRESSION, decodeFrame, encodeFrame, FRAME_KIND } from '../../src/lib/core/wire/frame.ts';
import { FrameLogDecoder, FrameLogEncoder } from '../../src/lib/core/wire/log.ts';
import { arbitraryBatch } from '../fixtures/arbitrary-batch.ts';
import type { FuzzTarget, Random } from './harness.ts';

/** Bounds of docs/wire.md §6. */
const BYTES_PER_BYTE = 100;
const MAX_LIST_BYTES = 5 * 4 * 4_194_304;
const SLACK_BYTES = 4096;

/** Uncompressed frames of arbitrary batches, always the same. */
function frames(): Uint8Array<ArrayBuffer>[] {
  return fc.sample(arbitraryBatch, { numRuns: 100, seed: 7 }).map((batch, i) => {
    const body = encodeBatch(batch);
    return encodeFrame(
      {
        kind: FRAME_KIND.batch,
        compression: COMPRESSION.none,
        stream: 1,
        seq: i + 1,
        prev: i,
        firstUs: 0,
        lastUs: 0,
        elems: batch.length,
        messages: 0,
        rawBytes: body.length,
      },
      body,
    );
  });
}

/** Counts how inputs end; anything but a coded error goes on to the harness. */
class Endings {
  readonly #byCode = new Map<string, number>();

  count(run: () => void): void {
    let code = 'good';
    try {
      run();
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      code = error.code;
    }
    this.#byCode.set(code, (this.#byCode.get(code) ?? 0) + 1);
  }

  toString(): string {
    return [...this.#byCode].map(([code, count]) => `${code} ${count}`).join(', ');
  }
}

/** A batch out of damaged bytes is whole: it can be read to the last value, sent on, and is no larger than promised. */
function check(batch: ElemBatch, bytes: number): void {
  elemRows(batch);
  const total = batchBuffers(batch).reduce((sum, buffer) => sum + buffer.byteLength, 0);
  const lists = [
    batch.paths,
    batch.communities,
    batch.extCommunities,
    batch.largeCommunities,
    batch.labelStacks,
  ];
  const listBytes = lists.reduce((sum, { words }) => sum + words.byteLength, 0);
  if (listBytes > MAX_LIST_BYTES || total - listBytes > bytes * BYTES_PER_BYTE + SLACK_BYTES) {
    throw new Error(`${total} bytes of batch from ${bytes} bytes`);
  }
  if (!isDeepStrictEqual(decodeBatch(encodeBatch(batch)), batch))
    throw new Error('does not survive its own encoding');
}

/** Frames: header and batch. The stated body length is put right most of the time, or few inputs would get past it. */
export class FrameTarget implements FuzzTarget {
  readonly name = 'frame';
  readonly seeds = frames();
  readonly #endings = new Endings();

  run(input: Uint8Array, random: Random): void {
    this.#endings.count(() => {
      const { body } = decodeFrame(random.below(8) === 0 ? input : mended(input));
      check(decodeBatch(body), body.length);
    });
  }

  summary(): string {
    return this.#endings.toString();
  }
}

function mended(input: Uint8Array): Uint8Array {
  const frame = input.slice();
  if (frame.length < 56) return frame;
  const view = new DataView(frame.buffer);
  const header = Uint8Array.of(0x52, 0x53, 1, 0, 0, 0, 0, 56);
  frame.set(header);
  view.setUint32(52, frame.length - 56);
  return frame;
}

/** Frame logs, in chunks of any size. */
export class FrameLogTarget implements FuzzTarget {
  readonly name = 'log';
  readonly seeds: readonly Uint8Array[];
  readonly #endings = new Endings();

  constructor() {
    const all = frames();
    this.seeds = [0, 1, 5, 40].map((count) => {
      const encoder = new FrameLogEncoder();
      const pieces = [
        encoder.start({ title: 'fuzz' }),
        ...all.slice(0, count).map((one) => encoder.frame(one)),
      ];
      return Uint8Array.from(Buffer.concat([...pieces, encoder.end()]));
    });
  }

  run(input: Uint8Array, random: Random): void {
    this.#endings.count(() => {
      let bytes = 0;
      const decoder = new FrameLogDecoder({ onFrame: (frame) => (bytes += frame.length) });
      for (let at = 0; at < input.length;) {
        const next = at + 1 + random.below(300);
        decoder.push(input.subarray(at, next));
        at = next;
        if (bytes > at) throw new Error('more bytes of frames than of log');
      }
      decoder.end();
    });
  }

  summary(): string {
    return this.#endings.toString();
  }
}
