import { readFile, rename, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { BgpError } from '#core/error.ts';
import { FeatureExtractor } from '#core/feature/extractor.ts';
import { FEATURE_NAMES } from '#core/feature/features.ts';
import { decodeHistory, encodeHistory, HistoryKeeper } from '#core/feature/history.ts';
import { publicOriginOf } from '#core/origin/path-view.ts';
import { Rib } from '#core/rib/rib.ts';
import { MODEL_COLUMNS } from '../../src/lib/ml/columns.ts';
import { frameBatch } from '../source/frame-log.ts';
import { keepFrame } from './keep-frame.ts';

/** Two days, what models look back over. */
const MINUTES = 2880;
/** Streams kept: at 150 KB each about 75 MB when full. */
const MAX_STREAMS = 512;
const RIB_BYTES = 192 * 1024 * 1024;
/** A stored history when it is read: more than `MAX_STREAMS` of `MINUTES`. */
const MAX_STORED_BYTES = 128 * 1024 * 1024;

export interface FeatureServiceStats {
  readonly vantages: number;
  readonly streams: number;
  /** Windows of streams there was no room for. */
  readonly refused: number;
  readonly elems: number;
  /** Frames that could not be read. */
  readonly badFrames: number;
}

/**
 * What was usual lately, of every vantage: features of what the relay sends, the last two days of them. Scorers that begin
 * later begin with it.
 */
export class FeatureService {
  readonly #rib = new Rib({ budgetBytes: RIB_BYTES, trackPaths: true, originOf: publicOriginOf });
  readonly #keeper = new HistoryKeeper(MINUTES, MAX_STREAMS, MODEL_COLUMNS, FEATURE_NAMES);
  readonly #extractor = new FeatureExtractor(this.#rib, {
    emit: (frame) => {
      if (frame.widthS === 60) keepFrame(this.#keeper, frame);
    },
  });
  #badFrames = 0;

  /** Take in a frame of the stream. */
  take(frame: Uint8Array): void {
    try {
      const batch = frameBatch(frame);
      if (batch) this.#extractor.step(batch, this.#rib.step(batch));
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#badFrames++;
      this.#extractor.gap();
    }
  }

  /** Frames before the next were let go. */
  gap(): void {
    this.#extractor.gap();
  }

  /** The source starts over, or another one is heard: what it says is of another time. */
  startsOver(): void {
    this.#rib.clear();
    this.#extractor.clear();
    this.#keeper.clear();
  }

  /** Everything kept, gzipped; null when there is nothing. */
  async history(): Promise<Uint8Array | null> {
    if (this.#keeper.streams === 0) return null;
    return promisify(gzip)(encodeHistory(this.#keeper.history()));
  }

  /** Begin with what an earlier run stored. @returns minutes read; 0 when there was nothing. @throws {BgpError} FEATURE_HISTORY_BAD */
  async load(path: string): Promise<number> {
    let stored: Uint8Array;
    try {
      stored = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw new BgpError('FEATURE_HISTORY_BAD', error instanceof Error ? error.message : String(error));
    }
    const bytes = await promisify(gunzip)(stored, { maxOutputLength: MAX_STORED_BYTES }).catch(
      (cause: unknown) => {
        throw new BgpError('FEATURE_HISTORY_BAD', `${path} is not gzip`, { cause });
      },
    );
    return this.#keeper.restore(decodeHistory(bytes));
  }

  /** Store what is kept for the next run: whole, or the file stays as it was. */
  async save(path: string): Promise<void> {
    const bytes = await this.history();
    if (!bytes) return;
    await writeFile(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
  }

  stats(): FeatureServiceStats {
    const { elems, vantages } = this.#extractor.stats();
    return {
      elems,
      vantages,
      streams: this.#keeper.streams,
      refused: this.#keeper.refused,
      badFrames: this.#badFrames,
    };
  }
}
