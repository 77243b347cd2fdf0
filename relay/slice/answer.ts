import { Readable } from 'node:stream';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { formatJsonl } from '#core/elem/jsonl.ts';
import { elemRows } from '#core/elem/row.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';
import { frameOfBatch } from '../hub/encode.ts';
import { arrowStream } from './arrow.ts';
import type { SliceFormat, SliceQuery } from './query.ts';

/** Media types of the formats. */
export const SLICE_TYPES: Readonly<Record<SliceFormat, string>> = {
  ndjson: 'application/x-ndjson',
  arrow: 'application/vnd.apache.arrow.stream',
  rsl: 'application/vnd.routescope.frame-log',
};

/** The first `limit` elems. */
export async function* limited(
  batches: AsyncIterable<ElemBatch>,
  limit: number,
): AsyncGenerator<ElemBatch, void, undefined> {
  let left = limit;
  for await (const batch of batches) {
    yield batch.length <= left ? batch : firstOf(batch, left);
    left -= batch.length;
    if (left <= 0) return;
  }
}

function firstOf(batch: ElemBatch, count: number): ElemBatch {
  const builder = new BatchBuilder(count);
  const copier = new ElemCopier(builder);
  for (let i = 0; i < count; i++) copier.copy(batch, i);
  return builder.take();
}

/** A slice's elems as the bytes of the answer; reading it drives the archive, closing it ends the query. */
export function sliceBytes(
  batches: AsyncIterable<ElemBatch>,
  query: SliceQuery,
  facts: SliceFacts,
): Readable {
  switch (query.format) {
    case 'arrow':
      return arrowStream(batches, { limit: String(query.limit), ...textsOf(facts) });
    case 'rsl':
      return Readable.from(frameLog(batches, query, facts), { objectMode: false });
    case 'ndjson':
      return Readable.from(lines(batches), { objectMode: false });
  }
}

/** What a slice says of itself beside its rows. */
export interface SliceFacts {
  /** The archive has everything before this; later elems may still be on their way. Unix microseconds. */
  readonly archivedUs: number;
  readonly version: string;
}

function textsOf({ archivedUs, version }: SliceFacts): Record<string, string> {
  return { archivedUs: String(archivedUs), version };
}

async function* lines(batches: AsyncIterable<ElemBatch>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const batch of batches) {
    yield Buffer.from(
      elemRows(batch)
        .map((row) => `${formatJsonl(row)}\n`)
        .join(''),
    );
  }
}

async function* frameLog(
  batches: AsyncIterable<ElemBatch>,
  { fromUs, toUs, filter, limit }: SliceQuery,
  facts: SliceFacts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new FrameLogEncoder();
  yield encoder.start({
    id: `archive-${fromUs}-${toUs}`,
    title: 'A window of the archive',
    from: isoOf(fromUs),
    to: isoOf(toUs),
    firstUs: fromUs,
    lastUs: toUs,
    filter,
    limit,
    ...facts,
  });
  let seq = 0;
  for await (const batch of batches) {
    seq++;
    yield encoder.frame(frameOfBatch(batch, 1, seq, seq - 1));
  }
  yield encoder.end();
}

function isoOf(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
