import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, KIND } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import type { RecordingCounts } from '#core/event/recording.ts';
import { encodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, encodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import { vantageName } from './window.ts';

/** Frames of a recording belong to no run of a relay. */
const STREAM = 1;

/** A recording's frames, numbered from 1, and what they hold. */
export interface FrameSet {
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  readonly frameElems: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly counts: RecordingCounts;
  readonly collectors: readonly string[];
  /** SHA-256 (hex) over the frames. */
  readonly sha256: string;
}

/**
 * What there was before, if that is known, as the first frame; then everything `vantages` said (null: everybody), in
 * frames of about `frameElems` elems; messages stay whole.
 */
export function framesOf(
  baseline: ElemBatch | null,
  batches: readonly ElemBatch[],
  vantages: ReadonlySet<string> | null,
  frameElems: number,
): FrameSet {
  const builder = new BatchBuilder(frameElems);
  const copier = new ElemCopier(builder);
  const writer = new FrameWriter();
  if (baseline) writer.add(baseline);
  for (const batch of batches) {
    const isKept = Array.from(
      { length: batch.vantages.length },
      (_, index) => vantages === null || vantages.has(vantageName(batch, index)),
    );
    for (let i = 0; i < batch.length; i++) {
      if (!isKept[batch.vantage[i]!]) continue;
      if (builder.isFull && (batch.flags[i]! & ELEM_FLAG.first) !== 0) writer.add(builder.take());
      copier.copy(batch, i);
    }
  }
  if (builder.length > 0) writer.add(builder.take());
  return writer.finish(frameElems);
}

class FrameWriter {
  readonly #frames: Uint8Array[] = [];
  readonly #byKind = [0, 0, 0, 0];
  readonly #vantages = new Set<string>();
  readonly #collectors = new Set<string>();
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #messages = 0;
  #firstUs = Infinity;
  #lastUs = -Infinity;

  add(batch: ElemBatch): void {
    let messages = 0;
    for (let i = 0; i < batch.length; i++) {
      this.#byKind[batch.kind[i]!]!++;
      messages += batch.flags[i]! & ELEM_FLAG.first;
      this.#firstUs = Math.min(this.#firstUs, batch.timeUs[i]!);
      this.#lastUs = Math.max(this.#lastUs, batch.timeUs[i]!);
    }
    for (const collector of batch.collectors) this.#collectors.add(collector);
    for (let index = 0; index < batch.vantages.length; index++) this.#vantages.add(vantageName(batch, index));
    const frame = recordingFrame(batch, this.#frames.length + 1, messages);
    this.#frames.push(frame);
    this.#hash.update(frame);
    this.#bytes += frame.length;
    this.#messages += messages;
  }

  finish(frameElems: number): FrameSet {
    const byKind = this.#byKind;
    const counts: RecordingCounts = {
      elems: byKind.reduce((sum, count) => sum + count, 0),
      messages: this.#messages,
      announcements: byKind[KIND.announce]!,
      withdrawals: byKind[KIND.withdraw]!,
      stateChanges: byKind[KIND.state]!,
      tableEntries: byKind[KIND.rib]!,
      vantages: this.#vantages.size,
    };
    const [firstUs, lastUs] = [this.#firstUs, this.#lastUs];
    const collectors = [...this.#collectors].sort();
    const sha256 = this.#hash.digest('hex');
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      frameElems,
      firstUs,
      lastUs,
      counts,
      collectors,
      sha256,
    };
  }
}

/** Earliest and latest moment of a batch whose elems may be a little out of order. */
function timeSpan({ timeUs }: ElemBatch): { readonly firstUs: number; readonly lastUs: number } {
  let [firstUs, lastUs] = [Infinity, -Infinity];
  for (const us of timeUs) {
    if (us < firstUs) firstUs = us;
    if (us > lastUs) lastUs = us;
  }
  return { firstUs, lastUs };
}

/** One frame of a recording, numbered from 1, shrunk as far as it goes. */
export function recordingFrame(batch: ElemBatch, seq: number, messages: number): Uint8Array<ArrayBuffer> {
  const raw = encodeBatch(batch);
  const header = {
    kind: FRAME_KIND.batch,
    compression: COMPRESSION.deflateRaw,
    stream: STREAM,
    seq,
    prev: seq - 1,
    ...timeSpan(batch),
    elems: batch.length,
    messages,
    rawBytes: raw.length,
  };
  return encodeFrame(header, deflateRawSync(raw, { level: 9, memLevel: 9 }));
}
