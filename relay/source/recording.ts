import type { ElemBatch } from '#core/elem/batch.ts';
import { basename } from 'node:path';
import type { Log } from '../log.ts';
import { openElemFile } from './file.ts';
import type { Recording } from './replay.ts';

/** A file of any format `openElemFile` reads, as something to replay. Its damage is logged once per pass. */
export function fileRecording(path: string, collector: string, log: Log): Recording {
  return {
    label: basename(path),
    startUs: null,
    endUs: null,
    open: () => readFile(path, collector, log),
  };
}

async function* readFile(path: string, collector: string, log: Log): AsyncGenerator<ElemBatch> {
  const file = openElemFile(path, collector === '' ? {} : { collector });
  yield* file.batches;
  const { damage, elems } = file.stats;
  if (damage.total > 0) log.warn('replay.records-skipped', { elems, damaged: damage.total });
}
