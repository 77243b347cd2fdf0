import type { PreparedStream } from '../dataset/prepared.ts';
import { volumeZ } from '../baseline/volume-z.ts';
import type { FittedScorer, Scorer } from '../evaluate/scorer.ts';
import type { FittedLstm } from './lstm.ts';
import { LSTM_TRAINING, fittedLstm, trainLstm } from './lstm.ts';
import { forestScorer, logisticScorer, randomForestScorer } from './scorers.ts';
import type { WorkFolder } from './work-folder.ts';

/** Scorers whose scores make the ensemble's; the order is that of tables. */
export const MEMBERS = ['lstm', 'forest', 'logistic'] as const;
/** Without TensorFlow.js. */
export const MEMBERS_WITHOUT_LSTM = ['forest', 'logistic'] as const;

/** Told of the LSTM's steps, the only training that takes long. */
export type OnLstmProgress = (fold: string, done: number, total: number) => void;

/** An LSTM scorer whose finished networks are kept in a work folder. */
export function resumableLstm(
  seed: number,
  nets: number,
  work: WorkFolder | null,
  onProgress?: OnLstmProgress,
): Scorer & { fit(streams: readonly PreparedStream[]): Promise<FittedLstm> } {
  const training = { ...LSTM_TRAINING, nets };
  return {
    id: 'lstm',
    title: 'LSTM',
    fit: async (streams) => {
      const fold = foldName(streams);
      const done: Float32Array[] = [];
      for (let net = 0; net < nets; net++) {
        const weights = work?.load(`lstm-${fold}-${net}`);
        if (!weights) break;
        done.push(weights);
      }
      const model = await trainLstm(streams, seed, training, {
        done,
        onNet: (net, weights) => work?.store(`lstm-${fold}-${net}`, weights),
        onProgress: (steps, total) => onProgress?.(fold, steps, total),
      });
      return fittedLstm(model);
    },
  };
}

/** All rows of an evaluation, the ensemble's members first. */
export function referenceScorers(seed: number): readonly Scorer[] {
  return [forestScorer(seed), logisticScorer, randomForestScorer(seed), volumeZ];
}

/** The events a fold is trained on, as a name. */
function foldName(streams: readonly PreparedStream[]): string {
  return [...new Set(streams.map(({ source }) => source.event))].join('+').slice(0, 150);
}

/** A scorer that was fitted elsewhere. */
export function fixedScorer(id: string, title: string, fitted: FittedScorer): Scorer {
  return { id, title, fit: () => fitted };
}
