import { makeData, makeVector, Utf8 } from 'apache-arrow';
import type { Vector } from 'apache-arrow';

/** Texts as an Arrow column; null is none. Arrow's own builders make code from text, which the page's policy forbids. */
export function utf8Vector(texts: readonly (string | null)[]): Vector<Utf8> {
  const encoder = new TextEncoder();
  const offsets = new Int32Array(texts.length + 1);
  const valid = new Uint8Array((texts.length + 7) >> 3);
  let data = new Uint8Array(Math.max(64, texts.length * 16));
  let end = 0;
  let nullCount = 0;
  for (const [i, text] of texts.entries()) {
    if (text === null) nullCount++;
    else {
      // A UTF-16 unit becomes at most three bytes.
      const need = end + text.length * 3;
      if (need > data.length) data = grown(data, need);
      end += encoder.encodeInto(text, data.subarray(end)).written;
      valid[i >> 3]! |= 1 << (i & 7);
    }
    offsets[i + 1] = end;
  }
  return makeVector(
    makeData({
      type: new Utf8(),
      length: texts.length,
      nullCount,
      nullBitmap: valid,
      valueOffsets: offsets,
      data: data.subarray(0, end),
    }),
  );
}

function grown(data: Uint8Array<ArrayBuffer>, need: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(Math.max(need, data.length * 2));
  next.set(data);
  return next;
}
