import type { Engine } from '../lib/store/history/engine.ts';
import { historyError } from '../lib/store/history/failure.ts';
import { missingOpfs, setAsideDatabase } from '../lib/store/history/opfs.ts';
import type { HistoryState } from './api-history.ts';
import type { Refusal } from './api-reports.ts';

/** A database that is open, and why it is not the one on this device or not what it was. */
export interface OpenPlace {
  readonly engine: Engine;
  readonly place: NonNullable<HistoryState['place']>;
  readonly problem: Refusal | null;
}

export interface PlaceOptions {
  readonly create: (place: 'opfs' | 'memory') => Engine;
  /** Replaced by tests. */
  readonly files?: {
    readonly missing: () => Promise<string | null>;
    readonly setAside: () => Promise<void>;
  };
}

/**
 * Open the history on this device. A file that is damaged is put aside, whole, and another begun. Where nothing can be opened
 * on the device, everything is in memory.
 *
 * @throws {BgpError} HISTORY_ENGINE and what else keeps even that from working
 */
export async function openPlace(options: PlaceOptions): Promise<OpenPlace> {
  const files = options.files ?? { missing: missingOpfs, setAside: setAsideDatabase };
  const missing = await files.missing();
  if (missing !== null) {
    return inMemory(options, { ok: false, code: 'HISTORY_NO_FILES', reason: missing });
  }
  const first = options.create('opfs');
  try {
    await first.start();
    return { engine: first, place: 'device', problem: null };
  } catch (error) {
    await first.close();
    const problem = refusalOf(error);
    if (problem.code === 'HISTORY_ENGINE') throw error;
    if (problem.code !== 'HISTORY_DAMAGED') return inMemory(options, problem);
    return await beginAnew(options, files.setAside, problem);
  }
}

async function beginAnew(
  options: PlaceOptions,
  setAside: () => Promise<void>,
  problem: Refusal,
): Promise<OpenPlace> {
  const engine = options.create('opfs');
  try {
    await setAside();
    await engine.start();
    return { engine, place: 'device', problem };
  } catch {
    await engine.close();
    return inMemory(options, problem);
  }
}

async function inMemory(options: PlaceOptions, problem: Refusal): Promise<OpenPlace> {
  const engine = options.create('memory');
  await engine.start();
  return { engine, place: 'memory', problem };
}

/** A failure as a value. */
export function refusalOf(error: unknown, isQuery = false): Refusal {
  const { code, message } = historyError(error, isQuery);
  return { ok: false, code, reason: message.replace(`${code}: `, '') };
}
