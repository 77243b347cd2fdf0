import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { decodeBatch, encodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, decodeFrame, encodeFrame, FRAME_KIND } from '#core/wire/frame.ts';

/** Deflate level: 6 is where the size stops falling and the time does not (bench/wire.bench.ts). */
const LEVEL = 6;
/** Below this many bytes deflate gains nothing. */
const MIN_DEFLATE_BYTES = 128;

/** One frame of `batch`, compressed here and nowhere else. */
export function frameOfBatch(batch: ElemBatch, stream: number, seq: number, prev: number): Uint8Array {
  const raw = encodeBatch(batch);
  const isSmall = raw.length < MIN_DEFLATE_BYTES;
  const { firstUs, lastUs, messages } = summary(batch);
  return encodeFrame(
    {
      kind: FRAME_KIND.batch,
      compression: isSmall ? COMPRESSION.none : COMPRESSION.deflateRaw,
      stream,
      seq,
      prev,
      firstUs,
      lastUs,
      elems: batch.length,
      messages,
      rawBytes: raw.length,
    },
    isSmall ? raw : deflateRawSync(raw, { level: LEVEL }),
  );
}

/** The frame that says the source starts over. */
export function frameOfReset(stream: number, seq: number, prev: number): Uint8Array {
  return encodeFrame(
    {
      kind: FRAME_KIND.reset,
      compression: COMPRESSION.none,
      stream,
      seq,
      prev,
      firstUs: 0,
      lastUs: 0,
      elems: 0,
      messages: 0,
      rawBytes: 0,
    },
    new Uint8Array(0),
  );
}

/** The batch inside one of our own frames. */
export function batchOfFrame(frame: Uint8Array): ElemBatch {
  const { header, body } = decodeFrame(frame);
  if (header.compression === COMPRESSION.none) return decodeBatch(body);
  return decodeBatch(inflateRawSync(body, { maxOutputLength: header.rawBytes }));
}

/** The same frame, following another one. */
export function withPrev(frame: Uint8Array, prev: number): Uint8Array {
  const { header, body } = decodeFrame(frame);
  return encodeFrame({ ...header, prev }, body);
}

/** First and last moment (not always in order in the batch), and how many messages begin in it. */
function summary(batch: ElemBatch): { firstUs: number; lastUs: number; messages: number } {
  let firstUs = Infinity;
  let lastUs = 0;
  let messages = 0;
  for (let i = 0; i < batch.length; i++) {
    const timeUs = batch.timeUs[i]!;
    if (timeUs < firstUs) firstUs = timeUs;
    if (timeUs > lastUs) lastUs = timeUs;
    if (batch.flags[i]! & ELEM_FLAG.first) messages++;
  }
  return { firstUs: batch.length === 0 ? 0 : firstUs, lastUs, messages };
}
