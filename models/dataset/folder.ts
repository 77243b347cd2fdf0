import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import { isCsvName, readCsv } from './csv.ts';
import { isSfuTable, loadSfu } from './sfu.ts';
import { maskSilence } from './silence.ts';
import type { LabelledStream } from './stream.ts';
import { loadUfam } from './ufam.ts';

/** What a folder held. */
export interface DataSet {
  /** In the order of their ids. */
  readonly streams: readonly LabelledStream[];
  /** Files that could not be used, and why. */
  readonly refused: readonly BgpError[];
}

/**
 * Every `.csv` and `.csv.gz` of a folder as streams, UFAM-shaped or SFU by what is in them; what a collector did not record is masked.
 * @throws {BgpError} MODEL_DATA_BAD when the folder cannot be read or none of its files can be used.
 */
export function loadFolder(folder: string, onFile?: (done: number, total: number) => void): DataSet {
  const names = listFolder(folder);
  const streams: LabelledStream[] = [];
  const refused: BgpError[] = [];
  for (const [i, name] of names.entries()) {
    try {
      streams.push(...loadFile(join(folder, name)));
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      refused.push(error);
    }
    onFile?.(i + 1, names.length);
  }
  if (streams.length === 0) {
    const why = refused[0]?.message ?? 'MODEL_DATA_BAD: no .csv or .csv.gz file in it';
    throw new BgpError('MODEL_DATA_BAD', `${folder}: ${why.replace(/^MODEL_DATA_BAD: /, '')}`);
  }
  return { streams: maskSilence(streams), refused };
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).filter(isCsvName).sort();
  } catch (cause) {
    throw new BgpError('MODEL_DATA_BAD', `${folder}: ${(cause as Error).message}`, { cause });
  }
}

/** The streams of one file. @throws {BgpError} MODEL_DATA_BAD */
export function loadFile(path: string): LabelledStream[] {
  return isSfuTable(readCsv(path).slice(0, 1)) ? [loadSfu(path)] : loadUfam(path);
}

/** Events of a data set with their streams, in order of their first minute, then name. */
export function byEvent(streams: readonly LabelledStream[]): Map<string, LabelledStream[]> {
  const ordered = [...streams].sort((a, b) => a.firstMinute - b.firstMinute || (a.id < b.id ? -1 : 1));
  const events = new Map<string, LabelledStream[]>();
  for (const stream of ordered) {
    const of = events.get(stream.event);
    if (of) of.push(stream);
    else events.set(stream.event, [stream]);
  }
  return events;
}
