import { BgpError } from '#core/error.ts';
import { sha256 } from '#core/replay/sha256.ts';
import type { IsolationForest } from './isolation.ts';
import { decodeForest } from './isolation-file.ts';
import type { LinearModel } from './linear.ts';
import { checkLinear } from './linear.ts';
import { LSTM_CHANNELS } from './lstm-input.ts';
import type { Manifest, ModelFile } from './manifest.ts';
import { parseManifest } from './manifest.ts';

/** Name of the manifest in the models folder. */
export const MANIFEST_NAME = 'model.json';

/** The models, read and checked. */
export interface Models {
  readonly manifest: Manifest;
  readonly forest: IsolationForest;
  readonly linear: LinearModel;
  /** Bytes of the LSTM's weights, whose hash is right; null when there is none, or `lstmFailure` says why. */
  readonly lstmWeights: Uint8Array | null;
  /** Why the LSTM cannot be used although the manifest has one. Everything else works without it. */
  readonly lstmFailure: BgpError | null;
}

/** How a file of the models folder is read: from disk, or from the relay. Rejects when there is none. */
export type ReadModelFile = (name: string) => Promise<Uint8Array>;

/**
 * Read and check the models. A broken LSTM leaves forest and regression in use.
 * @throws {BgpError} MODEL_BAD, MODEL_HASH, MODEL_VERSION
 */
export async function loadModels(read: ReadModelFile): Promise<Models> {
  const manifest = parseManifest(new TextDecoder().decode(await readFile(read, MANIFEST_NAME)));
  const forest = decodeForest(checkFile(manifest.forestFile, await readFile(read, manifest.forestFile.name)));
  const width = LSTM_CHANNELS.length * manifest.contextSpansMinutes.length;
  if (forest.width !== width)
    throw new BgpError('MODEL_BAD', `forest of ${forest.width} columns, not ${width}`);
  const linear = checkLinear(
    { bias: manifest.linear.bias, weights: Float64Array.from(manifest.linear.weights) },
    width,
  );
  return { manifest, forest, linear, ...(await loadLstm(read, manifest)) };
}

async function loadLstm(
  read: ReadModelFile,
  { lstm }: Manifest,
): Promise<Pick<Models, 'lstmWeights' | 'lstmFailure'>> {
  if (!lstm) return { lstmWeights: null, lstmFailure: null };
  try {
    return { lstmWeights: checkFile(lstm.file, await readFile(read, lstm.file.name)), lstmFailure: null };
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    return { lstmWeights: null, lstmFailure: error };
  }
}

async function readFile(read: ReadModelFile, name: string): Promise<Uint8Array> {
  try {
    return await read(name);
  } catch (cause) {
    throw new BgpError('MODEL_BAD', `${name}: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause,
    });
  }
}

function checkFile(file: ModelFile, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== file.bytes || sha256(bytes) !== file.sha256) {
    throw new BgpError('MODEL_HASH', `${file.name} is not the file its manifest speaks of`);
  }
  return bytes;
}
