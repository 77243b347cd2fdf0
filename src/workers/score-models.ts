import { BgpError } from '#core/error.ts';
import type { BackendName, BackendOptions, BackendReport } from '../lib/ml/backend.ts';
import { chooseBackend } from '../lib/ml/backend.ts';
import { LSTM_SEQUENCE } from '../lib/ml/lstm-input.ts';
import type { LstmModel, LstmSpec } from '../lib/ml/lstm-spec.ts';
import { checkLstm } from '../lib/ml/lstm-spec.ts';
import { LstmScorer } from '../lib/ml/lstm.ts';
import type { Models, ReadModelFile } from '../lib/ml/model-files.ts';
import { loadModels } from '../lib/ml/model-files.ts';
import type { ModelInfo, ScorerState } from './api-scores.ts';

/** Streams of the probe: what a well-connected relay has. */
const PROBE_STREAMS = 64;

export interface ModelsOptions {
  readonly read: ReadModelFile;
  readonly backend: Omit<BackendOptions, 'probe' | 'without'>;
}

/** The models as far as they can be used, and how that went. */
export class ScoringModels {
  readonly #options: ModelsOptions;
  #models: Models | null = null;
  #network: LstmScorer | null = null;
  #lstm: LstmModel | null = null;
  /** Where the network has failed. */
  #failed: BackendName[] = [];
  state: ScorerState = { state: 'loading', code: '', reason: '', model: null, backend: null };

  constructor(options: ModelsOptions) {
    this.#options = options;
  }

  get models(): Models | null {
    return this.#models;
  }

  get network(): LstmScorer | null {
    return this.#network;
  }

  /** Read files and choose a backend. What goes wrong is in `state`; nothing is thrown but bugs. */
  async load(): Promise<ScorerState> {
    this.#network?.dispose();
    this.#network = this.#lstm = this.#models = null;
    this.#failed = [];
    this.state = { state: 'loading', code: '', reason: '', model: null, backend: null };
    try {
      this.#models = await loadModels(this.#options.read);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      return (this.state = { ...this.state, state: 'off', code: error.code, reason: error.message });
    }
    const { manifest, lstmWeights, lstmFailure } = this.#models;
    this.state = { ...this.state, model: infoOf(this.#models) };
    if (lstmFailure) return this.#partly(lstmFailure);
    if (!lstmWeights || !manifest.lstm) return (this.state = { ...this.state, state: 'ready' });
    try {
      this.#lstm = checkLstm({ spec: manifest.lstm.spec as LstmSpec, weights: floatsOf(lstmWeights) });
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      return this.#partly(error);
    }
    return this.#choose();
  }

  #partly(error: BgpError, backend: BackendReport | null = null): ScorerState {
    return (this.state = {
      ...this.state,
      state: 'partial',
      code: error.code,
      reason: error.message,
      backend,
    });
  }

  async #choose(): Promise<ScorerState> {
    const sequences = new Float32Array(PROBE_STREAMS * LSTM_SEQUENCE);
    const probed: LstmScorer[] = [];
    const report = await chooseBackend({
      ...this.#options.backend,
      probe: () => {
        // Weights need a backend to be in, so not before the first one is set.
        if (probed.length === 0) probed.push(new LstmScorer(this.#lstm!));
        return probed[0]!.score(sequences, PROBE_STREAMS);
      },
      without: this.#failed,
    });
    for (const one of probed) one.dispose();
    if (report.chosen === null)
      return this.#partly(new BgpError('MODEL_BACKEND', 'the network runs nowhere here'), report);
    this.#network = new LstmScorer(this.#lstm!);
    return (this.state = { ...this.state, state: 'ready', code: '', reason: '', backend: report });
  }

  /** The network failed where it ran: try the other places. */
  async failed(error: unknown): Promise<ScorerState> {
    const failed = this.state.backend?.chosen ?? null;
    if (failed !== null) this.#failed.push(failed);
    this.#network = null;
    const state = await this.#choose();
    if (state.state === 'ready') return state;
    const reason = error instanceof Error ? error.message : String(error);
    return this.#partly(new BgpError('MODEL_BACKEND', reason), state.backend);
  }
}

/** Little-endian 32-bit floats, wherever they begin in their buffer. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >>> 2 }, (_, i) => view.getFloat32(i * 4, true));
}

function infoOf({ manifest }: Models): ModelInfo {
  const { version, budgetPerDay, trained, evaluation, alarm, forestFile, lstm } = manifest;
  return {
    version,
    budgetPerDay,
    events: trained.events,
    evaluation,
    alarm,
    bytes: forestFile.bytes + (lstm?.file.bytes ?? 0),
  };
}
