import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, NONE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { compileFilter } from '#core/elem/filter.ts';
import { addressText } from '#core/elem/row.ts';
import { openElemFile } from '../source/file.ts';
import type { EventDefinition } from './catalogue.ts';
import type { ReplayManifest } from './manifest.ts';

/** What one vantage said in an event's window. */
export interface VantageShare {
  /** `address ASN`, the name it goes by in the manifest. */
  readonly name: string;
  elems: number;
  /** Elems inside the event's focus prefixes. */
  focusElems: number;
}

/** An event's window, read from the archive files. */
export interface EventWindow {
  /** Every elem of the window, messages whole, in the order of the files. */
  readonly batches: readonly ElemBatch[];
  readonly elems: number;
  readonly shares: ReadonlyMap<string, VantageShare>;
  readonly files: ReplayManifest['source']['files'];
}

/** Elems per batch in memory. */
const BATCH_ELEMS = 10_000;

/** Read the window of `event` out of the archive files in `folder`. Damage in a file is an error here: the cut must be whole. */
export async function readWindow(event: EventDefinition, folder: string): Promise<EventWindow> {
  const fromUs = Date.parse(event.from) * 1000;
  const toUs = Date.parse(event.to) * 1000;
  const builder = new BatchBuilder(BATCH_ELEMS);
  const copier = new ElemCopier(builder);
  const batches: ElemBatch[] = [];
  const files: { name: string; bytes: number; sha256: string }[] = [];
  for (const name of event.source.files) {
    const path = join(folder, name);
    const bytes = await readFile(path);
    files.push({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    const file = openElemFile(path, { collector: event.collector, batchElems: BATCH_ELEMS });
    for await (const batch of file.batches) {
      for (let i = 0; i < batch.length; i++) {
        if (batch.timeUs[i]! < fromUs || batch.timeUs[i]! >= toUs) continue;
        if (builder.isFull && (batch.flags[i]! & ELEM_FLAG.first) !== 0) batches.push(builder.take());
        copier.copy(batch, i);
      }
    }
    if (file.stats.damage.total > 0) throw new Error(`${name}: ${file.stats.damage.total} damaged records`);
  }
  if (builder.length > 0) batches.push(builder.take());
  const elems = batches.reduce((sum, batch) => sum + batch.length, 0);
  return { batches, elems, shares: sharesOf(batches, event.focus), files };
}

/** The name of vantage `index` in a manifest. */
export function vantageName(batch: ElemBatch, index: number): string {
  return `${addressText(batch, batch.vantages.address[index]!)} AS${batch.vantages.asn[index]!}`;
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
