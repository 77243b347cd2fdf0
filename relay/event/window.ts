import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, NONE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { compileFilter } from '#core/elem/filter.ts';
import { addressText } from '#core/elem/row.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import { openElemFile } from '../source/file.ts';
import type { CollectorFiles, FileFacts } from './inputs.ts';
import { fileFacts } from './inputs.ts';
import { mergeByTime } from './merge.ts';

/** What one vantage said in an event's window. */
export interface VantageShare {
  /** `collector address ASN`, the name it goes by in the manifest. */
  readonly name: string;
  elems: number;
  /** Elems inside the event's prefixes. */
  focusElems: number;
}

/** An event's window, read from files. */
export interface EventWindow {
  readonly fromUs: number;
  /** Every elem of the window, messages whole, in order of time (of several files of one collector: of the files). */
  readonly batches: readonly ElemBatch[];
  readonly elems: number;
  readonly shares: ReadonlyMap<string, VantageShare>;
  readonly files: readonly FileFacts[];
  /** Whether it was read from elem JSONL. */
  readonly isElemJsonl: boolean;
}

/** Elems per batch in memory. */
const BATCH_ELEMS = 10_000;

/** The window of `event` out of archive files. Damage in a file is an error here: the cut must be whole. */
export async function readWindow(
  event: RoutingEvent,
  inputs: readonly CollectorFiles[],
): Promise<EventWindow> {
  const lanes = inputs.map(({ collector, window }) =>
    inOrder(
      window.map(({ path }) => path),
      collector,
    ),
  );
  const paths = inputs.flatMap(({ window }) => window.map(({ path }) => path));
  return cutWindow(event, mergeByTime(lanes, BATCH_ELEMS), paths);
}

/** The window of `event` out of any files `openElemFile` reads, one after the other. */
export async function readFiles(event: RoutingEvent, paths: readonly string[]): Promise<EventWindow> {
  const collector = event.collectors.length === 1 ? event.collectors[0] : undefined;
  return cutWindow(event, inOrder(paths, collector), paths);
}

/** The window of `event` out of a stream; `paths` are told as its source. */
export async function cutWindow(
  event: RoutingEvent,
  stream: AsyncIterable<ElemBatch>,
  paths: readonly string[],
): Promise<EventWindow> {
  const fromUs = Date.parse(event.from) * 1000;
  const toUs = Date.parse(event.to) * 1000;
  const builder = new BatchBuilder(BATCH_ELEMS);
  const copier = new ElemCopier(builder);
  const batches: ElemBatch[] = [];
  for await (const batch of stream) {
    for (let i = 0; i < batch.length; i++) {
      if (batch.timeUs[i]! < fromUs || batch.timeUs[i]! >= toUs) continue;
      if (builder.isFull && (batch.flags[i]! & ELEM_FLAG.first) !== 0) batches.push(builder.take());
      copier.copy(batch, i);
    }
  }
  if (builder.length > 0) batches.push(builder.take());
  const files: FileFacts[] = [];
  for (const path of paths) files.push(await fileFacts(path));
  return {
    fromUs,
    batches,
    elems: batches.reduce((sum, batch) => sum + batch.length, 0),
    shares: sharesOf(batches, event.prefixes),
    files,
    isElemJsonl: paths.some((path) => /\.jsonl(\.gz|\.bz2)?$/.test(path)),
  };
}

/** @throws {Error} at the first damaged record */
export async function* inOrder(
  paths: readonly string[],
  collector: string | undefined,
): AsyncGenerator<ElemBatch> {
  for (const path of paths) {
    const file = openElemFile(path, {
      batchElems: BATCH_ELEMS,
      ...(collector !== undefined && { collector }),
    });
    yield* file.batches;
    if (file.stats.damage.total > 0) throw new Error(`${path}: ${file.stats.damage.total} damaged records`);
  }
}

/** The name of vantage `index` in a manifest: `collector address ASN`. */
export function vantageName(batch: ElemBatch, index: number): string {
  const { collector, address, asn } = batch.vantages;
  return `${batch.collectors[collector[index]!]!} ${addressText(batch, address[index]!)} AS${asn[index]!}`;
}

function sharesOf(batches: readonly ElemBatch[], focus: readonly string[]): Map<string, VantageShare> {
  const matcher = compileFilter({ prefixes: focus });
  const shares = new Map<string, VantageShare>();
  for (const batch of batches) {
    const names = Array.from({ length: batch.vantages.length }, (_, index) => vantageName(batch, index));
    for (let i = 0; i < batch.length; i++) {
      const name = names[batch.vantage[i]!]!;
      const share = shares.get(name) ?? { name, elems: 0, focusElems: 0 };
      shares.set(name, share);
      share.elems++;
      if (batch.prefix[i] !== NONE && matcher.matches(batch, i)) share.focusElems++;
    }
  }
  return shares;
}
